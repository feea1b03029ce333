"""Written text cut into runs that look different: corrected words with what was heard, words heard with doubt.

Pure. Knows corrections and confidences, neither messages nor how a run is drawn.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from wardscribe_protocol.messages import CommittedWord, Correction

DOUBTFUL_BELOW: Final = 0.5
_REVISED: Final = "revised"  # the whole text is another one: said by the server of a segment, not of words
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-'.][A-Za-z0-9]+)*|[^\W\x00-\x7f]")


class RunKind(StrEnum):
    """How settled a run of text is."""

    TAIL = "tail"  # a preview
    COMMITTED = "committed"  # words that stand, in spoken form
    FINAL = "final"  # written form
    COMMAND = "command"  # was said, and is no text


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that look the same. `heard` is what stood there before a correction."""

    text: str
    kind: RunKind
    heard: str | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Replaced:
    """Net effect of all corrections at one place: what was heard first, what stands now."""

    heard: str
    written: str
    score: float


def net_corrections(before: Sequence[Replaced], corrections: Iterable[Correction]) -> tuple[Replaced, ...]:
    """Corrections of corrections told as one; what came back to how it was heard is none."""
    standing = list(before)
    for correction in corrections:
        if correction.why != _REVISED:
            _join(standing, Replaced(correction.heard, correction.written, correction.score))
    return tuple(one for one in standing if _plain(one.heard) != _plain(one.written))


def _join(standing: list[Replaced], new: Replaced) -> None:
    was = _plain(new.heard)
    for at, one in enumerate(standing):
        stands = _plain(one.written)
        if stands and stands == was:
            standing[at] = replace(one, written=new.written, score=new.score)
            return
        if stands and stands in was:
            heard = was.replace(stands, _plain(one.heard), 1)
            standing[at] = Replaced(heard, new.written, new.score)
            return
        if was and was in stands:
            written = stands.replace(was, _plain(new.written), 1)
            standing[at] = Replaced(one.heard, written, min(one.score, new.score))
            return
    standing.append(new)


def _plain(text: str) -> str:
    """Without the punctuation around it and in lower case: how words are compared."""
    return text.strip().strip("".join({c for c in text if unicodedata.category(c)[0] in "PS"}) + " ").casefold()


def final_runs(
    text: str, replaced: Sequence[Replaced], words: Sequence[CommittedWord]
) -> tuple[tuple[Run, ...], tuple[Replaced, ...]]:
    """The runs of a segment's written text, and the corrections whose place in it cannot be told."""
    taken: list[tuple[int, int, str | None, bool]] = []
    unplaced: list[Replaced] = []
    for one in replaced:
        span = _place(text, _plain(one.written), taken)
        if span is None:
            unplaced.append(one)
        else:
            taken.append((*span, one.heard, one.score < DOUBTFUL_BELOW))
    for start, end in _doubtful(text, words):
        if not _overlaps(start, end, taken):
            taken.append((start, end, None, True))
    return tuple(_cut(text, sorted(taken, key=lambda mark: mark[0]))), tuple(unplaced)


def _place(text: str, written: str, taken: Sequence[tuple[int, int, str | None, bool]]) -> tuple[int, int] | None:
    if not written:
        return None
    folded = text.casefold()
    if len(folded) != len(text):
        return None  # folding moved the characters: offsets would lie
    at = folded.find(written)
    while at >= 0:
        end = at + len(written)
        if _whole_words(text, at, end) and not _overlaps(at, end, taken):
            return at, end
        at = folded.find(written, at + 1)
    return None


def _whole_words(text: str, start: int, end: int) -> bool:
    """Not the middle of a Latin word or of a number; between Chinese characters there is no edge to look for."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_latin(before) and _latin(text[start])) and not (_latin(after) and _latin(text[end - 1]))


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int, str | None, bool]]) -> bool:
    return any(start < mark[1] and mark[0] < end for mark in taken)


def _doubtful(text: str, words: Sequence[CommittedWord]) -> Iterable[tuple[int, int]]:
    """Where words stand that were heard with doubt and are written as they were heard."""
    if not any(word.confidence < DOUBTFUL_BELOW for word in words):
        return
    written = [(match.group().casefold(), match.span()) for match in _tokens(text)]
    heard = [
        (match.group().casefold(), word.confidence < DOUBTFUL_BELOW) for word in words for match in _tokens(word.text)
    ]
    matcher = SequenceMatcher(None, [token for token, _ in heard], [token for token, _ in written], autojunk=False)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            if heard[block.a + offset][1]:
                yield written[block.b + offset][1]


def _tokens(text: str) -> Iterable[re.Match[str]]:
    """Latin words and numbers, and Chinese characters one by one."""
    return _TOKEN.finditer(text)


def _cut(text: str, marks: Sequence[tuple[int, int, str | None, bool]]) -> Iterable[Run]:
    at = 0
    for start, end, heard, doubtful in marks:
        if start > at:
            yield Run(text[at:start], RunKind.FINAL)
        yield Run(text[start:end], RunKind.FINAL, heard, doubtful)
        at = end
    if at < len(text):
        yield Run(text[at:], RunKind.FINAL)
