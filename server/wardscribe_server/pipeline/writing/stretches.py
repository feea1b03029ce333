"""Rewriting a long draft stretch by stretch, and each stretch once: what was written before is looked up, not redone.

Owns the cutting and the memory of it. Must not know what a rewriting does; it must be pure, and look at nothing outside
the stretch.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from wardscribe_server.pipeline.writing.draft import Draft, common_beginning

Origins = tuple[int, ...]
_Stretch = tuple[str, Origins, Origins]
_NOWHERE = -(1 << 40)  # a separator, told from a word before the first of the stretch
_OPEN = 2  # stretches at the end of a draft that may go on when it grows


class _Place(NamedTuple):
    """A stretch of a draft, and where it ends before and after rewriting."""

    stretch: _Stretch
    end: int
    reached: int


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """A draft before and after, stretch by stretch."""

    before: Draft
    after: Draft
    places: tuple[_Place, ...]


@dataclass(slots=True)
class Stretches:
    """What one dictation's stretches became under one rewriting; it holds what was said and goes with the dictation.

    Only stretches of the last draft are known: one that grows is another at every word, and none of them comes back.
    """

    known: dict[_Stretch, _Stretch] = field(default_factory=dict)
    last: _Rewritten | None = None


def by_stretches(draft: Draft, ends: re.Pattern[str], rewrite: Callable[[Draft], Draft], *, memory: Stretches) -> Draft:
    """`draft` with every stretch rewritten; a stretch reaches up to and over a match of `ends`.

    `memory` is that of one dictation and one rewriting.
    """
    places = _standing(draft, memory.last)
    gone = {place.stretch for place in memory.last.places[len(places) :]} if memory.last else set()
    start, reached = (places[-1].end, places[-1].reached) if places else (0, 0)
    after = memory.last.after.part(0, reached) if memory.last else draft.part(0, 0)
    text, first, last = [after.text], after.first, after.last
    for begin, end in _stretches(draft.text, ends, start):
        firsts, lasts = draft.first[begin:end], draft.last[begin:end]
        base = next((origin for origin in firsts if origin >= 0), 0)
        stretch = (
            draft.text[begin:end],
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in firsts]),
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in lasts]),
        )
        done = memory.known.get(stretch)
        if done is None:
            done = memory.known[stretch] = _rewritten(rewrite, *stretch)
        gone.discard(stretch)
        text.append(done[0])
        first += [origin + base if origin != _NOWHERE else -1 for origin in done[1]]
        last += [origin + base if origin != _NOWHERE else -1 for origin in done[2]]
        reached += len(done[0])
        places.append(_Place(stretch, end, reached))
    written = Draft("".join(text), first, last, draft.words)
    memory.last = _Rewritten(draft, written, tuple(places))
    for stretch in gone:
        memory.known.pop(stretch, None)
    return written


def _standing(draft: Draft, earlier: _Rewritten | None) -> list[_Place]:
    """The stretches of `earlier` that stand in `draft` just the same."""
    if earlier is None:
        return []
    same = common_beginning(earlier.before, draft)
    kept = min(bisect_right(earlier.places, same, key=lambda place: place.end), len(earlier.places) - _OPEN)
    return list(earlier.places[: max(0, kept)])


def _stretches(text: str, ends: re.Pattern[str], start: int) -> Iterator[tuple[int, int]]:
    for match in ends.finditer(text, start):
        yield start, match.end()
        start = match.end()
    if start < len(text) or not text:
        yield start, len(text)


def _rewritten(rewrite: Callable[[Draft], Draft], text: str, first: Origins, last: Origins) -> _Stretch:
    low = min((origin for origin in first if origin != _NOWHERE), default=0)
    draft = rewrite(
        Draft(
            text,
            [origin - low if origin != _NOWHERE else -1 for origin in first],
            [origin - low if origin != _NOWHERE else -1 for origin in last],
            (),
        )
    )
    return (
        draft.text,
        tuple([origin + low if origin >= 0 else _NOWHERE for origin in draft.first]),
        tuple([origin + low if origin >= 0 else _NOWHERE for origin in draft.last]),
    )
