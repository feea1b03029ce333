"""Whether a change to recognised text brought it nearer to what was said; what became of numbers, sides and negations.

Pure functions of texts. Must not know who made the change: any corrector is judged by the same rule.
"""

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from measures import units, unwritten

from wardscribe_protocol.record import Language

# Words of which one more or one less turns a statement round or changes a quantity.
_GUARDED = {
    Language.EN: re.compile(
        r"\d+(?:[.,]\d+)*|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
        r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|"
        r"thousand|half|left|right|bilateral|bilaterally|unilateral|no|not|none|nor|never|without|denies|denied|negative|"
        r"positive)\b|n't\b"
    ),
    Language.ZH: re.compile(r"\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万半左右双无未否不非没阴阳]"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """`written` stands for the characters `[start, end)` of the recognised text."""

    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Changes counted by what they did. After a slip fewer numbers, sides or negations are as they were said."""

    made: int = 0
    right: int = 0
    wrong: int = 0
    slips: int = 0

    def __add__(self, other: Self) -> "Judged":
        return Judged(
            self.made + other.made, self.right + other.right, self.wrong + other.wrong, self.slips + other.slips
        )

    @property
    def neutral(self) -> int:
        """Wrong before and as wrong after, or a difference that does not count as an error."""
        return self.made - self.right - self.wrong


def written_in(text: str, changes: Sequence[Change]) -> str:
    """`text` with `changes`, which are in order and do not overlap, carried out."""
    parts, at = [], 0
    for change in changes:
        parts += [text[at : change.start], change.written]
        at = change.end
    return "".join([*parts, text[at:]])


def judged(said: str, heard: str, changes: Sequence[Change], *, language: Language) -> Judged:
    """Each change by itself: the text with all of them against the text with all but this one."""
    if not changes:
        return Judged()
    reference = units(said, language)
    optional = unwritten(reference, language)
    guarded = _guarded(said, language)
    whole = written_in(heard, changes)
    errors, strayed = _errors(reference, units(whole, language), optional), _astray(guarded, whole, language)
    right = wrong = slips = 0
    for left_out in range(len(changes)):
        without = written_in(heard, [*changes[:left_out], *changes[left_out + 1 :]])
        fewer = _errors(reference, units(without, language), optional)
        right += errors < fewer
        wrong += errors > fewer
        slips += strayed > _astray(guarded, without, language)
    return Judged(len(changes), right, wrong, slips)


def _guarded(text: str, language: Language) -> Counter[str]:
    return Counter(_GUARDED[language].findall(text.lower()))


def _astray(said: Counter[str], text: str, language: Language) -> int:
    """Guarded words missing and added."""
    there = _guarded(text, language)
    return (said - there).total() + (there - said).total()


def _errors(reference: Sequence[str], heard: Sequence[str], optional: AbstractSet[int]) -> int:
    """As `measures.edits`, the number alone: this runs once a change."""
    row = list(range(len(heard) + 1))
    for place, said in enumerate(reference):
        price = 0 if place in optional else 1
        diagonal, row[0] = row[0], row[0] + price
        for column, word in enumerate(heard, start=1):
            best = min(row[column] + price, row[column - 1] + 1, diagonal + (word != said))
            diagonal, row[column] = row[column], best
    return row[-1]
