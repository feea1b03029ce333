"""The lexicon's doubts put to the audio: a segment is heard once more with the terms in view that may have been said.

Owns which terms are shown and what counts as an answer. What the recogniser writes by itself when a term is before its
eyes, in the place of the doubt, is upheld; nothing else that it hears differently is taken over, so a term shown can
replace what was heard there but never put a word where none was. Must not know engines or the lexicon.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from wardscribe_server.lexicon.correction import Correction, Doubt
from wardscribe_server.pipeline.frontier import plain
from wardscribe_server.pipeline.values import Utterance, joined

_MOST_TERMS = 30  # in view of the recogniser at a time
_UNIT = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff〇]|[^\s\u3400-\u4dbf\u4e00-\u9fff〇]+")  # a character, or a word


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask of the audio of one utterance; `sure` are corrections that need no answer."""

    doubts: tuple[Doubt, ...]
    sure: tuple[Correction, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """What is shown: also what is sure, for the recogniser should hear the rest of the segment rightly."""
        shown = [*(found.written for found in self.sure), *(doubt.correction.written for doubt in self.doubts)]
        return tuple(dict.fromkeys(term.lower() for term in shown))[-_MOST_TERMS:]


def verified(utterance: Utterance, questions: Questions, heard_again: str) -> Utterance:
    """`utterance` with what the second hearing says to its doubts."""
    text, _ = joined([word.text for word in utterance.words])
    upheld = tuple(_upheld(text, heard_again, questions.doubts))
    return replace(
        utterance,
        verified=tuple(doubt.correction for doubt in upheld if doubt.decisive),
        disputed=tuple(doubt.correction for doubt in upheld if not doubt.decisive),
    )


def _upheld(text: str, heard_again: str, doubts: Sequence[Doubt]) -> Iterator[Doubt]:
    """The doubts that are right, the likeliest of each place."""
    heard = [(found.start(), found.end(), plain(found.group())) for found in _UNIT.finditer(text)]
    again = [plain(found.group()) for found in _UNIT.finditer(heard_again)]
    matcher = SequenceMatcher(None, [unit for _, _, unit in heard], again, autojunk=False)
    codes = matcher.get_opcodes()
    taken: list[Correction] = []
    for doubt in doubts:
        this = doubt.correction
        places = [at for at, (start, end, _) in enumerate(heard) if start < this.end and this.start < end]
        if not places or any(this.start < other.end and other.start < this.end for other in taken):
            continue
        place = _counterpart(codes, places[0], places[-1] + 1)
        if _stands_in(again[place], this.written):
            taken.append(this)
            yield doubt


def _counterpart(codes: Sequence[tuple[str, int, int, int, int]], first: int, last: int) -> slice:
    """The units of the second hearing in place of `[first, last)` of the first, and one more on either side."""
    starts, ends = [], []
    for tag, i1, i2, j1, j2 in codes:
        if i1 < last and first < max(i2, i1 + 1):
            same = tag == "equal"
            starts.append(j1 + max(first - i1, 0) if same else j1)
            ends.append(j2 - max(i2 - last, 0) if same else j2)
    return slice(max(min(starts) - 1, 0), max(ends) + 1)


def _stands_in(units: Sequence[str], written: str) -> bool:
    """Whether a run of whole units is `written`, however its words are joined."""
    wanted = plain(written.replace(" ", ""))
    return any(
        "".join(units[first:last]) == wanted for first in range(len(units)) for last in range(first + 1, len(units) + 1)
    )
