"""From written text to record fields: the pure stage that the flow runs after every change of the text.

Owns putting reading, mentions, sections and fill together. Must not know audio, sessions or files.
"""

from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_lexicons import Lexicon
from wardscribe_protocol.record import Check, Evidence, Language
from wardscribe_server.catalog import Catalog, Template
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.checks import check_fields
from wardscribe_server.pipeline.understanding.drugs import find_drugs
from wardscribe_server.pipeline.understanding.entities import entities_of, find_mentions
from wardscribe_server.pipeline.understanding.fill import fill
from wardscribe_server.pipeline.understanding.fill_declared import own_cues
from wardscribe_server.pipeline.understanding.quantities import ages, durations
from wardscribe_server.pipeline.understanding.reading import Reader, Reading
from wardscribe_server.pipeline.understanding.sections import assign
from wardscribe_server.pipeline.understanding.slots import evidence_of, plain
from wardscribe_server.pipeline.values import Entity, Written


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a dictation says: fields, their evidence by JSON pointer, entities and checks."""

    fields: dict[str, JsonValue]
    evidence: dict[str, Evidence]
    entities: tuple[Entity, ...]
    checks: tuple[Check, ...]


class Understander:
    """Understands dictations of one language. Immutable after building; safe to share between threads."""

    def __init__(self, *, catalog: Catalog, lexicon: Lexicon, language: Language) -> None:
        self._catalog = catalog
        self._language = language
        headings = {
            name: [
                heading
                for section in template.sections
                for heading in (*section.headings.of(language), section.labels.of(language))
            ]
            for name, template in catalog.templates.items()
        }
        own = {name: tuple(own_cues(template, language)) for name, template in catalog.templates.items()}
        self.reader = Reader(lexicon=lexicon, language=language, headings=headings, own_cues=own)

    def read(self, written: Written, *, template: str) -> Understanding:
        """Fields, evidence, entities and checks of the whole text.

        Raises:
            UnknownTemplate: there is no such template.
        """
        spec = self._catalog.template(template)
        gaps = [piece.start for piece in written.pieces if piece.words and piece.words[0].spaced]
        breaks = [mark.at for mark in written.marks]
        reading = self.reader.read(written.text, template=template, breaks=breaks, gaps=gaps)
        case = _case(reading, spec, written)
        trees = fill(case)
        fields = {name: plain(tree) for name, tree in trees.items()}
        evidence: dict[str, Evidence] = {}
        for name, tree in trees.items():
            evidence |= evidence_of(written, tree, f"/fields/{name}")
        checks = check_fields(fields, template=spec, language=self._language)
        return Understanding(fields, evidence, entities_of(reading, case.mentions), checks)

    def check(self, fields: dict[str, JsonValue], *, template: str) -> tuple[Check, ...]:
        """The pre-sign checks of fields that a person may have changed.

        Raises:
            UnknownTemplate: there is no such template.
        """
        return check_fields(fields, template=self._catalog.template(template), language=self._language)


def _case(reading: Reading, template: Template, written: Written) -> Case:
    mentions, places = find_mentions(reading)
    return Case(
        reading=reading,
        template=template,
        mentions=mentions,
        places=places,
        parts=assign(reading, template, mentions, written.marks) if reading.clauses else (),
        durations=durations(reading.text, reading.language),
        ages=ages(reading.text, reading.language),
        drugs=find_drugs(reading),
    )
