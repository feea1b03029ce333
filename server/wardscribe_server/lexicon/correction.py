"""Text-only correction of recognised lines: what `wardscribe correct` does.

Owns the shape of a correction; which corrector a language has is in `correctors`. Never changes a number, a unit, a
negation or a side, and leaves a line as it is when in doubt. Must not know audio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Correction:
    """`heard` at the characters `[start, end)` of the recognised line became `written`.

    `score` is 1 for the same sound and falls with the distance; `why` is a code, not a sentence. `unsure`: not to be
    applied without evidence from the audio.
    """

    heard: str
    written: str
    why: str
    score: float
    start: int
    end: int
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text that the recogniser thought of, with the mean natural log probability of its tokens."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole segment as it may have been said; `score` is a log probability that only ranks readings of one segment.

    `corrections` lead from the recognised text to `text`.
    """

    text: str
    score: float
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A correction that text alone does not settle: the audio is asked.

    `decisive`: what the audio says is written. Else a valid clinical term stands there, and both readings are shown.
    """

    correction: Correction
    decisive: bool = True


@dataclass(frozen=True, slots=True)
class Corrected:
    """A line after correction, with what was changed, in order."""

    text: str
    corrections: tuple[Correction, ...]


class Corrector(Protocol):
    """Finds the corrections of one language."""

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping; `alternatives` are what else may have been heard."""
        ...

    def doubts(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Doubt, ...]:
        """What the audio should be asked about, likeliest first; corrections of one place exclude each other."""
        ...

    def completed(self, text: str, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
        """`corrections` of `text`, all of them sure, and what the line that they make needs besides."""
        ...

    def continued(self, before: str, after: str) -> str | None:
        """The first word of `after` as it is written where the sentence goes on behind `before`, though the recogniser
        ended it; None where it may well have ended."""
        ...

    def readings(self, text: str, alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
        """Up to five texts that may have been said for `text`, best first, to be ranked against the audio."""
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
    """`text` with everything that `corrector` proposes and is sure of written in."""
    return apply(text, tuple(found for found in corrector.propose(text) if not found.unsure))
