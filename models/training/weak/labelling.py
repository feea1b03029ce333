"""Open text labelled by the teacher, kept where it agrees with people.

Owns which spans become labels, which become "unknown", and the two forms of dictated lines. Must not know files.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from models.training.examples import Entity, Example, settled
from models.training.labels import UNKNOWN
from models.training.weak.agreement import Agreements
from models.training.weak.teacher import Taught, Teacher
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import write

_LEAST: Final = 0.5  # share of people's mentions that a surface must meet where they were asked often enough
_ASKED: Final = 3
_CONTESTED: Final = frozenset(("finding", "symptom", "disease", "drug", "test", "procedure"))
_TITLED: Final = re.compile(
    r"\b(?:Dr|Drs|Mr|Mrs|Ms|Miss)\.? (?P<name>(?:[A-Z][a-z]+(?:-[A-Z][a-z]+)?)(?: (?:[A-Z]\. ?)?[A-Z][a-z]+)?)"
    r"|^(?P<patient>[A-Z][a-z]+ [A-Z][a-z]+) is an? (?:\w+ )?\d"
)
_MONTHS: Final = re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|General|Hospital|The")


@dataclass(frozen=True, slots=True)
class Labeller:
    """Labels open text of one language; `agreements` say which surfaces people do not call so."""

    teacher: Teacher
    language: str
    agreements: Agreements | None = None

    def written(self, text: str, *, name: str, source: str, section: str | None = None) -> Example:
        """A written sentence with what the teacher says of it."""
        taught = self.teacher.taught(text)
        entities = settled([*_names(text), *(self._kept(text, one) for one in taught)])
        return Example(
            id=f"{source}/{name}",
            source=source,
            language=self.language,
            form="written",
            text=text,
            entities=entities,
            section=section,
        )

    def dictated(self, line: str, *, name: str, source: str, section: str | None = None) -> Iterator[Example]:
        """A dictated line in written form, and as it was said where every mention is found in both."""
        utterances = words_from_text(line)
        written = write(utterances, language=Language(self.language))
        if not written.text.strip() or "\n" in written.text:
            return
        example = self.written(written.text, name=f"{name}/written", source=source, section=section)
        yield example
        said = _said([word.text for utterance in utterances for word in utterance.words])
        starts = {
            word.id: start
            for word, start in zip((word for utterance in utterances for word in utterance.words), said[1], strict=True)
        }
        moved: list[Entity] = []
        for entity in example.entities:
            words = written.words(entity.start, entity.end)
            if not words:
                return
            first, last = words[0], words[-1]
            moved.append(replace(entity, start=starts[first.id], end=starts[last.id] + len(last.text)))
        in_order = all(one.end <= other.start for one, other in pairwise(moved))
        if in_order and said[0] != written.text:
            yield replace(example, id=f"{source}/{name}/spoken", form="spoken", text=said[0], entities=tuple(moved))

    def _kept(self, text: str, one: Taught) -> Entity:
        if self.agreements is None or one.entity.label not in _CONTESTED:
            return one.entity
        surface = text[one.entity.start : one.entity.end].casefold()
        known = self.agreements.surfaces.get((surface, str(one.entity.label)))
        if known is not None and known.total >= _ASKED and known.touch < _LEAST:
            return Entity(start=one.entity.start, end=one.entity.end, label=UNKNOWN)
        return one.entity


def _names(text: str) -> Iterator[Entity]:
    for match in _TITLED.finditer(text):
        group = "name" if match["name"] else "patient"
        if not _MONTHS.search(match[group]):
            yield Entity(start=match.start(group), end=match.end(group), label="name")


def _said(words: Sequence[str]) -> tuple[str, list[int]]:
    """The words as one line, and where each begins: no space between Han characters."""
    line, starts = "", []
    for word in words:
        if line and line[-1].isascii() and word[:1].isascii():
            line += " "
        starts.append(len(line))
        line += word
    return line, starts
