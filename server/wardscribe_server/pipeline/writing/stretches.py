"""Rewriting a long draft stretch by stretch, and each stretch once: what was written before is looked up, not redone.

Owns the cutting and the memory of it. Must not know what a rewriting does; it must be pure, and look at nothing outside
the stretch.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wardscribe_server.pipeline.writing.draft import Draft, common_beginning

Origins = tuple[int, ...]
_Stretch = tuple[str, Origins, Origins]
_NOWHERE = -(1 << 40)  # a separator, told from a word before the first of the stretch
_OPEN = 2  # stretches at the end of a draft that may go on when it grows


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """A draft before and after, and where each of its stretches ended in both."""

    before: Draft
    after: Draft
    ends: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Stretches:
    """What one dictation's stretches became under one rewriting; it holds what was said and goes with the dictation."""

    known: dict[_Stretch, _Stretch] = field(default_factory=dict)
    last: _Rewritten | None = None


def by_stretches(draft: Draft, ends: re.Pattern[str], rewrite: Callable[[Draft], Draft], *, memory: Stretches) -> Draft:
    """`draft` with every stretch rewritten; a stretch reaches up to and over a match of `ends`.

    `memory` is that of one dictation and one rewriting.
    """
    start, bounds, text, first, last = _begun(draft, memory.last)
    reached = bounds[-1][1] if bounds else 0
    for begin, end in _stretches(draft.text, ends, start):
        firsts, lasts = draft.first[begin:end], draft.last[begin:end]
        base = next((origin for origin in firsts if origin >= 0), 0)
        key = (
            draft.text[begin:end],
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in firsts]),
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in lasts]),
        )
        done = memory.known.get(key)
        if done is None:
            done = memory.known[key] = _rewritten(rewrite, *key)
        text.append(done[0])
        first += [origin + base if origin != _NOWHERE else -1 for origin in done[1]]
        last += [origin + base if origin != _NOWHERE else -1 for origin in done[2]]
        reached += len(done[0])
        bounds.append((end, reached))
    written = Draft("".join(text), first, last, draft.words)
    memory.last = _Rewritten(draft, written, tuple(bounds))
    return written


def _begun(
    draft: Draft, earlier: _Rewritten | None
) -> tuple[int, list[tuple[int, int]], list[str], list[int], list[int]]:
    """Where to go on from, and what the stretches before it became: those that stand in `earlier` just the same."""
    if earlier is None:
        return 0, [], [], [], []
    same = common_beginning(earlier.before, draft)
    kept = min(bisect_right(earlier.ends, same, key=lambda end: end[0]), len(earlier.ends) - _OPEN)
    if kept <= 0:
        return 0, [], [], [], []
    start, reached = earlier.ends[kept - 1]
    after = earlier.after
    return start, list(earlier.ends[:kept]), [after.text[:reached]], after.first[:reached], after.last[:reached]


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
