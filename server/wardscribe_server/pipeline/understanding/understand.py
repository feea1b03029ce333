"""From written text to record fields: the pure stage that the flow runs after every change of the text.

Owns putting reading, mentions, sections and fill together. Must not know audio, sessions or files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from wardscribe_lexicons import Lexicon
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Check, Evidence, Language
from wardscribe_server.catalog import Catalog, Template
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.checks import Subject, check
from wardscribe_server.pipeline.understanding.fill import fill
from wardscribe_server.pipeline.understanding.fill_declared import own_cues
from wardscribe_server.pipeline.understanding.quantities import ages, durations
from wardscribe_server.pipeline.understanding.reading import Reader
from wardscribe_server.pipeline.understanding.rereading import Read, read_on
from wardscribe_server.pipeline.understanding.sections import Sections, assign_on
from wardscribe_server.pipeline.understanding.slots import evidence_of, plain, storable
from wardscribe_server.pipeline.understanding.tagged import NOT_TAGGED, TaggedText
from wardscribe_server.pipeline.values import Written


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a dictation says: fields, and their evidence by JSON pointer."""

    fields: dict[str, JsonValue]
    evidence: dict[str, Evidence]
    read: Read  # what a later reading of the same dictation may go on from


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

    def read(
        self, written: Written, *, template: str, earlier: Read | None = None, tagged: TaggedText = NOT_TAGGED
    ) -> Understanding:
        """Fields and evidence of the whole text; `earlier` saves reading again what has not changed, and nothing else.
        `tagged` is what a tagger says of the text.

        Raises:
            UnknownTemplate: there is no such template.
        """
        spec = self._catalog.template(template)
        breaks = [mark.at for mark in written.marks]
        gaps = [piece.start for piece in written.pieces if piece.words and piece.words[0].spaced]
        read = read_on(
            self.reader, written.text, template=template, breaks=breaks, gaps=gaps, tagged=tagged, earlier=earlier
        )
        sections = assign_on(read.reading, spec, read.mentions, written.marks, earlier=read.sections, kept=read.kept)
        read = replace(read, sections=sections)
        case = _case(read, spec, sections)
        trees = {name: kept for name, tree in fill(case).items() if (kept := storable(tree)) is not None}
        fields = {name: plain(tree) for name, tree in trees.items()}
        evidence: dict[str, Evidence] = {}
        for name, tree in trees.items():
            evidence |= evidence_of(written, tree, f"/fields/{name}")
        return Understanding(fields, evidence, read)

    def check(
        self,
        fields: dict[str, JsonValue],
        evidence: dict[str, Evidence],
        *,
        written: Written,
        template: str,
        context: Context | None = None,
        disputed: Sequence[str] = (),
    ) -> tuple[Check, ...]:
        """The pre-sign checks of fields that a person may have changed; later dictation disagrees with the `disputed`.

        Raises:
            UnknownTemplate: there is no such template.
        """
        subject = Subject(
            fields=fields,
            language=self._language,
            template=self._catalog.template(template),
            text=written.text,
            evidence=evidence,
            context=context,
            macro_spans=written.macro_spans,
            disputed=tuple(disputed),
        )
        return check(subject)


def _case(read: Read, template: Template, sections: Sections) -> Case:
    reading = read.reading
    return Case(
        reading=reading,
        template=template,
        mentions=read.mentions,
        places=read.places,
        parts=sections.parts,
        durations=durations(reading.text, reading.language),
        ages=ages(reading.text, reading.language),
        drugs=read.drugs,
    )
