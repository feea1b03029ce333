"""Everything that filling a record looks at, in one value.

Owns the questions that fillers share: which section, which text, which drugs. Must not know field shapes.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from wardscribe_server.catalog import Template
from wardscribe_server.pipeline.understanding.drugs import Drug
from wardscribe_server.pipeline.understanding.mentions import Mention, Said
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.quantities import Age, Duration
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.sentences import Clause
from wardscribe_server.pipeline.understanding.slots import Leaf

EDGE = " \n\t,，.。;；:：、"


@dataclass(frozen=True, slots=True)
class Case:
    """One dictation, read and divided."""

    reading: Reading
    template: Template
    mentions: tuple[Mention, ...]
    places: tuple[Place, ...]
    parts: tuple[Part, ...]
    durations: tuple[Duration, ...]
    ages: tuple[Age, ...]
    drugs: tuple[Drug, ...]
    _starts: list[int] = field(init=False, repr=False, compare=False)  # where the parts begin
    _sentences: list[int] = field(init=False, repr=False, compare=False)  # which sentences the parts are of
    _named: list[int] = field(init=False, repr=False, compare=False)  # where the mentions begin

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [part.clause.start for part in self.parts])
        object.__setattr__(self, "_sentences", [part.clause.sentence for part in self.parts])
        object.__setattr__(self, "_named", [mention.start for mention in self.mentions])

    def part_at(self, char: int) -> Part:
        """The part that the character lies in."""
        at = bisect_right(self._starts, char) - 1
        return self.parts[max(at, 0)]

    def section_at(self, char: int) -> str:
        """The section that the character lies in."""
        return self.part_at(char).section

    def clause_at(self, char: int) -> Clause:
        """The clause that the character lies in."""
        return self.part_at(char).clause

    def mentions_in(self, start: int, end: int) -> tuple[Mention, ...]:
        """Mentions that begin inside `[start, end)`."""
        return self.mentions[bisect_left(self._named, start) : bisect_left(self._named, end)]

    def parts_of_sentence(self, number: int) -> tuple[Part, ...]:
        """The parts of one sentence."""
        return self.parts[bisect_left(self._sentences, number) : bisect_right(self._sentences, number)]

    def runs(self, section: str) -> list[list[Part]]:
        """Stretches of neighbouring parts of one section."""
        found: list[list[Part]] = []
        last = -2
        for index, part in enumerate(self.parts):
            if part.section == section:
                if index == last + 1:
                    found[-1].append(part)
                else:
                    found.append([part])
                last = index
        return found

    def trimmed(self, start: int, end: int) -> Leaf | None:
        """The text of `[start, end)` without signs at its edges, as a value; None when nothing is left."""
        text = self.reading.text
        while start < end and text[start] in EDGE:
            start += 1
        while end > start and text[end - 1] in EDGE:
            end -= 1
        return Leaf(text[start:end], start, end) if start < end else None


def leaf(said: Said) -> Leaf:
    """A said value as a leaf."""
    return Leaf(said.value, said.start, said.end)
