"""Finds lexicon terms in written text.

Owns tokenising and the choice between overlapping terms. Must not know assertion, templates or sound.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wardscribe_lexicons import Entry, Lexicon, Term, TermClass
from wardscribe_lexicons.spelling import WORD, plain_char

_GAP = re.compile(r"[ \t\-–‑/]{0,3}")
_DOTTED = re.compile(r"\.? ?")
# Below one, so that 左侧胸腔积液 is 左侧 + 胸腔积液, not 左侧胸腔 + 积液: what was found binds its own place.
# Whole numbers: what is equal stays equal, however much text follows.
_SHARE, _ANATOMY_SHARE = 10, 7


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term at the characters `[start, end)` of the text.

    `also` are readings of the same words in other classes (penicillin: drug, allergen). A `nested` hit lies inside a
    longer one (the anatomy in 右肺上叶结节).
    """

    start: int
    end: int
    term: Term
    surface: str
    also: tuple[Term, ...] = ()
    nested: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    first: int  # units: words in English, characters in Chinese
    last: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Matcher:
    """The trusted terms of one lexicon, or with `wide` all, ready to be found. Immutable; threads may share it."""

    lexicon: Lexicon
    wide: bool = False

    @property
    def _entries(self) -> Mapping[str, tuple[Entry, ...]]:
        return self.lexicon.wide_entries if self.wide else self.lexicon.entries

    @property
    def _lengths(self) -> Mapping[str, tuple[int, ...]]:
        return self.lexicon.wide_lengths if self.wide else self.lexicon.lengths

    def find(self, text: str, *, nested: bool = False, gaps: Sequence[int] = ()) -> tuple[TermHit, ...]:
        """Terms in `text`, in order, not overlapping: the choice that covers most in the longest terms.

        With `nested`, terms inside a chosen one follow it, flagged. In Chinese no term goes on over one of `gaps`,
        characters before which the speaker paused: ST段压低 血压 says nothing of 低血压.
        """
        blank = len(text) - len(text.lstrip(" "))  # a text whose beginning is left out
        if self.lexicon.language == "zh":
            spans = [(at, at + 1) for at in range(blank, len(text))]
            found = [match for match in self._in_characters(text[blank:]) if not _halves_size(text[blank:], match)]
            if gaps:
                paused = [at - blank for at in gaps]
                found = [match for match in found if not _crosses(match, paused)]
        else:
            spans = [match.span() for match in WORD.finditer(text, blank)]
            found = self._in_words(text, spans)
        chosen = _cover(found, len(spans))
        hits = [_hit(text, spans, match, nested=False) for match in chosen]
        if nested:
            hits += [_hit(text, spans, match, nested=True) for match in _inside(found, chosen)]
            hits.sort(key=lambda hit: (hit.start, -hit.end))
        return tuple(hits)

    def _in_words(self, text: str, spans: Sequence[tuple[int, int]]) -> list[_Found]:
        fold = self.lexicon.words.fold
        entries, lengths = self._entries, self._lengths
        units = [fold(text[start:end]) for start, end in spans]
        runs = _runs(text, spans)
        found = []
        for first, unit in enumerate(units):
            for length in lengths.get(unit, ()):
                last = first + length
                if last > runs[first]:
                    break
                here = entries.get(" ".join(units[first:last]) if length > 1 else unit)
                if here and (kept := _in_case(here, text[spans[first][0] : spans[last - 1][1]])):
                    found.append(_Found(first, last, kept))
        return found

    def _in_characters(self, text: str) -> list[_Found]:
        entries, lengths = self._entries, self._lengths
        plain = "".join(map(plain_char, text))
        found = []
        for first, char in enumerate(plain):
            for length in lengths.get(char, ()):
                last = first + length
                if last > len(plain):
                    break
                here = entries.get(plain[first:last])
                if here and _whole(plain, first, last) and (kept := _in_case(here, text[first:last])):
                    found.append(_Found(first, last, kept))
        longest: dict[int, int] = {}
        for match in found:
            longest[match.first] = max(match.last, longest.get(match.first, 0))
        denied = {first for first in longest if plain[first] == "无"}  # 无尿 is none in 无尿频
        return [one for one in found if one.first not in denied or longest.get(one.first + 1, 0) <= one.last]


def _halves_size(text: str, match: _Found) -> bool:
    """脾大 is no term in 脾大小正常: 大小 is one word."""
    return text[match.last - 1 : match.last + 1] == "大小" or text[match.first - 1 : match.first + 1] == "大小"


def _crosses(match: _Found, gaps: Sequence[int]) -> bool:
    following = bisect_right(gaps, match.first)
    return following < len(gaps) and gaps[following] < match.last


def _runs(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """For each word the index after the last word that a term beginning there may reach: terms keep within commas."""
    runs = [0] * len(spans)
    end = len(spans)
    for at in range(len(spans) - 1, -1, -1):
        if at + 1 < len(spans):
            gap = text[spans[at][1] : spans[at + 1][0]]
            initial = spans[at][1] - spans[at][0] == 1  # b.i.d., E. coli
            if not (_GAP.fullmatch(gap) or (initial and _DOTTED.fullmatch(gap))):
                end = at + 1
        runs[at] = end
    return runs


def _in_case(entries: tuple[Entry, ...], surface: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if not entry.case_exact or entry.surface == surface)


def _whole(text: str, first: int, last: int) -> bool:
    """Latin letters and digits at either edge may not go on outside: CT is not in ACTH."""
    before = first > 0 and _latin(text[first - 1]) and _latin(text[first])
    after = last < len(text) and _latin(text[last]) and _latin(text[last - 1])
    return not (before or after)


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _cover(found: Sequence[_Found], n_units: int) -> list[_Found]:
    """Matches that do not overlap and cover most: squared lengths add up, anatomy marked down; of equals the first."""
    starting: dict[int, list[_Found]] = {}
    for match in found:
        starting.setdefault(match.first, []).append(match)
    best = [0] * (n_units + 1)
    choice: list[_Found | None] = [None] * n_units
    for at in range(n_units - 1, -1, -1):
        best[at] = best[at + 1]
        for match in starting.get(at, ()):
            score = _value(match) + best[match.last]
            if score >= best[at]:
                best[at] = score
                choice[at] = match
    chosen = []
    at = 0
    while at < n_units:
        match_here = choice[at]
        if match_here is None:
            at += 1
        else:
            chosen.append(match_here)
            at = match_here.last
    return chosen


def _value(match: _Found) -> int:
    share = _ANATOMY_SHARE if match.entries[0].term.term_class is TermClass.ANATOMY else _SHARE
    return share * (match.last - match.first) ** 2


def _inside(found: Sequence[_Found], chosen: Sequence[_Found]) -> list[_Found]:
    outer = {at: match for match in chosen for at in range(match.first, match.last)}
    return [
        match
        for match in found
        if (around := outer.get(match.first)) is not None and match is not around and match.last <= around.last
    ]


def _hit(text: str, spans: Sequence[tuple[int, int]], match: _Found, *, nested: bool) -> TermHit:
    start, end = spans[match.first][0], spans[match.last - 1][1]
    first, *others = match.entries
    also = tuple(entry.term for entry in others)
    return TermHit(start, end, first.term, text[start:end], also, nested)
