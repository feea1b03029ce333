"""`wardscribe fill`: dictated text to records."""

import json
from argparse import ArgumentParser, Namespace

from pydantic import BaseModel, ConfigDict, ValidationError

from wardscribe_cli import options
from wardscribe_cli.lines import STANDARD_INPUT, read_lines
from wardscribe_cli.notices import say
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language, Record
from wardscribe_server.assembly import Readers
from wardscribe_server.pipeline.understanding.report import render_text
from wardscribe_server.pipeline.values import words_from_text


class _Case(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    template: str
    language: Language
    text: str


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe fill`."""
    parser.add_argument(
        "file", nargs="?", default=STANDARD_INPUT, metavar="FILE", help="text file; - or nothing reads standard input"
    )
    options.add_dictation(parser, required=False)
    options.add_output(parser)
    options.add_habits(parser)
    parser.add_argument("--spoken", action="store_true", default=True, help="the text is in spoken form (the default)")
    parser.add_argument(
        "--batch", action="store_true", help="JSON lines with id, template, language, text in; records out"
    )


def run(arguments: Namespace) -> int:
    """Fill one record, or many with `--batch`."""
    readers = Readers(options.server_settings(arguments))
    if arguments.batch:
        return _batch(readers, arguments.file)
    if arguments.template is None or arguments.lang is None:
        raise InputError("--template and --lang are needed (or --batch)")
    form = options.output_format(arguments.format)
    text = "".join(read_lines(arguments.file))
    if not text.strip():
        raise InputError("there is no text to fill a record from")
    records = _fill(readers, text, arguments.template, options.language(arguments.lang))
    options.emit("".join(as_text(record, form, readers) for record in records), arguments.output)
    return 0


def _batch(readers: Readers, file: str) -> int:
    """A record a line; a line that cannot be filled costs one line on standard error and exit code 2, no other line."""
    code = 0
    for number, line in enumerate(read_lines(file), start=1):
        if not line.strip():
            continue
        try:
            case = _case(line)
            records = _fill(readers, case.text, case.template, case.language)
        except InputError as error:
            say(f"line {number}: {error.message}")
            code = 2
            continue
        options.emit(_line(case.id, records), None)
    return code


def _line(case: str, records: tuple[Record, ...]) -> str:
    """A line of `--batch`: the record, and of a round over several patients the first one's and then all."""
    several = f', "records": [{", ".join(record.to_json() for record in records)}]' if len(records) > 1 else ""
    return f'{{"id": {json.dumps(case, ensure_ascii=False)}, "record": {records[0].to_json()}{several}}}\n'


def as_text(record: Record, form: str, readers: Readers) -> str:
    """A record in the form that was asked for, ending in a line break."""
    if form == "text":
        return render_text(record, readers.template(record.template)).rstrip("\n") + "\n"
    return record.to_json() + "\n"


def _fill(readers: Readers, text: str, template: str, language: Language) -> tuple[Record, ...]:
    """The record, or of a round over several patients one each."""
    composer = readers.composer(template=template, language=language, recognised=False)
    composed = composer.compose(words_from_text(text), raw=text.strip())
    return composed.records or (composed.record,)


def _case(line: str) -> _Case:
    try:
        return _Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "line"
        raise InputError(f"{where}: {first['msg'].lower()}") from None
