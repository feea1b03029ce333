"""Text on its way from spoken to written form, each character with the words it came from.

Owns the bookkeeping of rewriting: stages say which characters become what, the draft keeps the alignment. It must not
know any language, command or unit.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from wardscribe_server.pipeline.values import Piece, Utterance, Word

PAUSE = "\ue000"  # between two utterances; becomes the language's separator at the end
MARK = "\ue001"  # place of a section mark
HELD = "\u02bc"  # a letter to every pattern, so that a word it stands before matches none: said to be taken literally

_NOWHERE = -1
_COVERED = re.compile(f"[^ \n{PAUSE}{MARK}]+")


class Edit(NamedTuple):
    """Characters `[start, end)` become `text`."""

    start: int
    end: int
    text: str


Rewrite = str | Sequence[Edit] | None


class Draft:
    """Immutable text with, for each character, the first and last index of the words behind it (-1: a separator)."""

    __slots__ = ("first", "last", "text", "words")

    def __init__(self, text: str, first: list[int], last: list[int], words: tuple[Word, ...]) -> None:
        self.text = text
        self.first = first
        self.last = last
        self.words = words

    def edited(self, edits: Iterable[Edit]) -> "Draft":
        """The draft after `edits`; an edit that starts before the end of an earlier one is dropped."""
        parts: list[str] = []
        first: list[int] = []
        last: list[int] = []
        position = 0
        for start, end, text in sorted(edits, key=lambda edit: (edit[0], edit[1])):
            if start < position:
                continue
            parts.append(self.text[position:start])
            first += self.first[position:start]
            last += self.last[position:start]
            if text:
                low, high = (_NOWHERE, _NOWHERE) if text.isspace() else self._origin(start, end)
                parts.append(text)
                first += [low] * len(text)
                last += [high] * len(text)
            position = end
        if not parts and not position:
            return self
        parts.append(self.text[position:])
        return Draft("".join(parts), first + self.first[position:], last + self.last[position:], self.words)

    def rewritten(self, pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], Rewrite]) -> "Draft":
        """Replace each match by what `rewrite` says: a text for all of it, edits of parts of it, None to leave it."""
        edits: list[Edit] = []
        for match in pattern.finditer(self.text):
            result = rewrite(match)
            if result is None:
                continue
            if isinstance(result, str):
                if result != match.group():
                    edits.append(Edit(match.start(), match.end(), result))
            else:
                edits.extend(result)
        return self.edited(edits) if edits else self

    def part(self, start: int, end: int) -> "Draft":
        """The characters `[start, end)` as a draft of their own."""
        return Draft(self.text[start:end], self.first[start:end], self.last[start:end], self.words)

    def pieces(self, earlier: "Pieced | None" = None) -> tuple[Piece, ...]:
        """Runs of characters with the same origin, in order, without separators; `earlier` saves finding them again."""
        kept = self._kept(earlier) if earlier is not None else ()
        return (*kept, *self._pieces(kept[-1].end if kept else 0))

    def _kept(self, earlier: "Pieced") -> tuple[Piece, ...]:
        """The earlier pieces that end before the first character that differs, or comes from other words."""
        old = earlier.draft
        low = common_beginning(old, self)
        pieces = earlier.pieces[: bisect_left(earlier.pieces, low, key=lambda piece: piece.end)]
        reached = max(self.last[: pieces[-1].end], default=-1) + 1 if pieces else 0
        return pieces if old.words[:reached] == self.words[:reached] else ()

    def _pieces(self, run: int) -> Iterator[Piece]:
        for origin, group in groupby(zip(islice(self.first, run, None), islice(self.last, run, None), strict=True)):
            start, run = run, run + len(list(group))
            if origin[0] == _NOWHERE:
                continue
            words = self.words[origin[0] : origin[1] + 1]
            for covered in _COVERED.finditer(self.text, start, run):
                yield Piece(covered.start(), covered.end(), words)

    def _origin(self, start: int, end: int) -> tuple[int, int]:
        low = next((origin for origin in self.first[start:end] if origin != _NOWHERE), _NOWHERE)
        if low == _NOWHERE:
            return self._beside(start, end)
        high = next((origin for origin in reversed(self.last[start:end]) if origin != _NOWHERE), _NOWHERE)
        return low, high

    def _beside(self, start: int, end: int) -> tuple[int, int]:
        """A sign set between two words ("18-gauge") comes from both."""
        before = self.last[start - 1] if start else _NOWHERE
        after = self.first[end] if end < len(self.first) else _NOWHERE
        if before == _NOWHERE or after == _NOWHERE:
            return max(before, after), max(before, after)
        return before, after


class Pieced(NamedTuple):
    """A draft and its pieces."""

    draft: Draft
    pieces: tuple[Piece, ...]


def common_start(one: str, other: str) -> int:
    """How many characters both texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_beginning(one: Draft, other: Draft) -> int:
    """How many characters both drafts begin with that come from the same words."""
    low, high = 0, common_start(one.text, other.text)
    while low < high:
        middle = (low + high + 1) // 2
        if one.first[low:middle] == other.first[low:middle] and one.last[low:middle] == other.last[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def drafted(utterances: Sequence[Utterance], *, between: Callable[[Word, Word], str]) -> Draft:
    """The words as a draft; `between` gives the separator of two neighbouring words of one utterance."""
    words = tuple(word for utterance in utterances for word in utterance.words)
    parts: list[str] = []
    first: list[int] = []
    index = 0
    previous: Word | None = None
    for number, utterance in enumerate(utterances):
        for position, word in enumerate(utterance.words):
            gap = between(previous, word) if previous is not None else ""
            if previous is not None and number and not position and not _splits_number(previous, word):
                gap = PAUSE
            parts += (gap, word.text)
            first += [_NOWHERE] * len(gap) + [index] * len(word.text)
            previous = word
            index += 1
    return Draft("".join(parts), first, list(first), words)


def _splits_number(previous: Word, following: Word) -> bool:
    """A pause falls inside "1" ".7": the recogniser's segments do not end where numbers do."""
    return (
        previous.span is not None
        and previous.text[-1:].isdigit()
        and following.text[:1] == "."
        and following.text[1:2].isdigit()
    )


def joined(drafts: Sequence[Draft | str], *, words: tuple[Word, ...]) -> Draft:
    """Drafts of the same words and separators, one after the other."""
    parts: list[str] = []
    first: list[int] = []
    last: list[int] = []
    for draft in drafts:
        if isinstance(draft, str):
            parts.append(draft)
            first += [_NOWHERE] * len(draft)
            last += [_NOWHERE] * len(draft)
        else:
            parts.append(draft.text)
            first += draft.first
            last += draft.last
    return Draft("".join(parts), first, last, words)


def edit_of(match: re.Match[str], group: int | str, text: str) -> Edit:
    """One group of a match becomes `text`."""
    return Edit(match.start(group), match.end(group), text)
