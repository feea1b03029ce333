"""What correction does with a line and why, stretch by stretch: for people who tend the lexicon.

Must not know how a corrector finds what it proposes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_lexicons import Lexicon, Term
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.lexicon.matcher import Matcher

KEPT_TERM = "a_term"
KEPT_WIDE = "a_wide_term"
KEPT = "no_term"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The characters `[start, end)` of the line: what was heard and what is written.

    `why` is a correction's code, or why the stretch stays; with `unsure_` before it, it stays until the audio speaks
    for what `terms` says. `terms` are what the written form stands for, or would.
    """

    start: int
    end: int
    heard: str
    written: str
    why: str
    score: float
    terms: tuple[Term, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether something else is written than was heard."""
        return self.heard != self.written


def explain(text: str, corrector: Corrector, lexicon: Lexicon) -> tuple[Stretch, ...]:
    """Every stretch of `text`, in order: corrections, terms that stay, and what lies between."""
    stretches: list[Stretch] = []
    at = 0
    for correction in corrector.propose(text):
        if correction.unsure and lexicon.lookup(correction.heard, wide=True):
            continue
        stretches += _kept(text, at, correction.start, lexicon)
        stretches.append(_explained(correction, lexicon.lookup(correction.written, wide=True)))
        at = correction.end
    return (*stretches, *_kept(text, at, len(text), lexicon))


def _explained(correction: Correction, terms: tuple[Term, ...]) -> Stretch:
    heard, score = correction.heard, correction.score
    if correction.unsure:
        return Stretch(correction.start, correction.end, heard, heard, f"unsure_{correction.why}", score, terms)
    return Stretch(correction.start, correction.end, heard, correction.written, correction.why, score, terms)


def _kept(text: str, first: int, last: int, lexicon: Lexicon) -> Iterator[Stretch]:
    """What stays of `[first, last)`: terms of any table, and what lies between them."""
    at = first
    for hit in Matcher(lexicon, wide=True).find(text[first:last]):
        yield from _between(text, at, first + hit.start)
        start, at = first + hit.start, first + hit.end
        why = KEPT_TERM if hit.term.trusted else KEPT_WIDE
        yield Stretch(start, at, text[start:at], text[start:at], why, 1.0, (hit.term, *hit.also))
    yield from _between(text, at, last)


def _between(text: str, first: int, last: int) -> Iterator[Stretch]:
    heard = text[first:last].strip()
    if any(map(str.isalnum, heard)):
        start = first + text[first:last].index(heard)
        yield Stretch(start, start + len(heard), heard, heard, KEPT, 1.0)
