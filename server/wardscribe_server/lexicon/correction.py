"""Text-only correction of recognised lines: what `wardscribe correct` does.

Owns the shape of a correction and the choice by language. Never changes a number, a unit, a negation or a side, and
leaves a line as it is when in doubt. Must not know audio.
"""

from dataclasses import dataclass
from typing import Protocol

from wardscribe_lexicons import Lexicon


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


def corrector_for(lexicon: Lexicon) -> Corrector:
    """A corrector over `lexicon`. Takes up to two seconds: build it once and keep it."""
    if lexicon.language == "zh":
        from wardscribe_server.lexicon.mandarin import MandarinCorrector  # loads jieba and its dictionary

        return MandarinCorrector(lexicon)
    from wardscribe_server.lexicon.english import EnglishCorrector

    return EnglishCorrector(lexicon)


def correct(text: str, corrector: Corrector) -> Corrected:
    """`text` with everything that `corrector` proposes written in."""
    return apply(text, corrector.propose(text))


def correct_line(text: str, language: str, lexicon: Lexicon) -> str:
    """One line corrected, building the corrector anew; for many lines use `corrector_for` and `correct`.

    Raises:
        ValueError: the lexicon is of another language.
    """
    if lexicon.language != language:
        raise ValueError(f"the lexicon is for language {lexicon.language!r}, not {language!r}")
    return correct(text, corrector_for(lexicon)).text
