"""`wardscribe format`, `correct` and `entities`: one line in, one line out, flushed as it comes."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from pydantic import JsonValue

from wardscribe_cli import options
from wardscribe_cli.lines import read_lines
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers, habits
from wardscribe_server.lexicon.correction import correct
from wardscribe_server.pipeline.understanding.entities import find_entities
from wardscribe_server.pipeline.understanding.tagged import TagMemory
from wardscribe_server.pipeline.understanding.tagged_entities import Layer
from wardscribe_server.pipeline.values import Entity
from wardscribe_server.pipeline.writing.written_form import format_line


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of the three commands."""
    parser.add_argument("--lang", required=True, metavar="en|zh", help="language of the lines")
    options.add_habits(parser)
    if parser.get_default("command") == "entities":
        parser.add_argument(
            "--layer",
            choices=tuple(Layer),
            type=Layer,
            default=Layer.BOTH,
            help="who finds them: rules and tagger together, or one of them",
        )


def run(arguments: Namespace) -> int:
    """Run one of the three, named by `arguments.command`."""
    language = options.language(arguments.lang)
    change = {"format": _formatter, "correct": _corrector, "entities": _tagger}[arguments.command](language, arguments)
    for line in read_lines():
        sys.stdout.write(change(line.rstrip("\r\n")) + "\n")
        sys.stdout.flush()
    return 0


def _formatter(language: Language, arguments: Namespace) -> Callable[[str], str]:
    chosen = habits(options.server_settings(arguments)).options
    return lambda line: format_line(line, language=language, options=chosen)


def _corrector(language: Language, arguments: Namespace) -> Callable[[str], str]:
    corrector = Readers(options.server_settings(arguments)).corrector(language)
    if corrector is None:
        raise InputError("the lexicon is switched off (WARDSCRIBE_LEXICON)")
    return lambda line: correct(line, corrector).text


def _tagger(language: Language, arguments: Namespace) -> Callable[[str], str]:
    readers = Readers(options.server_settings(arguments))
    tagger = readers.tagger if arguments.layer is not Layer.RULES else None
    if tagger is None and arguments.layer is Layer.TAGGER:
        raise InputError("there is no tagger (WARDSCRIBE_TAGGER, WARDSCRIBE_TAGGER_FOLDER)")
    reader, tags = readers.understander(language).reader, TagMemory(tagger)

    def found(line: str) -> str:
        entities = find_entities(line, reader=reader, tagged=tags.tagged(line), layer=arguments.layer)
        return json.dumps({"entities": [_entity(entity, line) for entity in entities]}, ensure_ascii=False)

    return found


def _entity(entity: Entity, line: str) -> dict[str, JsonValue]:
    assertion = entity.assertion
    return {
        "label": entity.label.value,
        "start": entity.start,
        "end": entity.end,
        "text": line[entity.start : entity.end],
        "score": entity.score,
        "presence": assertion.presence.value,
        "certainty": assertion.certainty.value,
        "time": assertion.time.value,
        "subject": assertion.subject.value,
    }
