"""Text-only correction of recognised lines: what `wardscribe correct` does.

Owns the shape of a correction; which corrector a language has is in `correctors`. Never changes a number, a unit, a
negation or a side, and leaves a line as it is when in doubt. Must not know audio.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Correction:
    """`heard` at the characters `[start, end)` of the recognised line became `written`.

    `score` is 1 for the same sound and falls with the distance; `why` is a code, not a sentence.
    """

    heard: str
    written: str
    why: str
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text that the recogniser thought of, with its log-probability (the average over its tokens)."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Corrected:
    """A line after correction, with what was changed, in order."""

    text: str
    corrections: tuple[Correction, ...]


class Corrector(Protocol):
    """Finds the corrections of one language."""

    def propose(self, text: str) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping."""
        ...


def apply(text: str, corrections: tuple[Correction, ...]) -> Corrected:
    """`text` with `corrections` written in."""
    parts = []
    at = 0
    for correction in corrections:
        parts += [text[at : correction.start], correction.written]
        at = correction.end
    return Corrected("".join([*parts, text[at:]]), corrections)


def correct(text: str, corrector: Corrector) -> Corrected:
    """`text` with everything that `corrector` proposes written in."""
    return apply(text, corrector.propose(text))
