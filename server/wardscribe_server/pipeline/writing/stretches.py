"""Rewriting a long draft stretch by stretch, and each stretch once: what was written before is looked up, not redone.

Owns the cutting and the memory of it. Must not know what a rewriting does; it must be pure, and look at nothing outside
the stretch.
"""

import re
from collections.abc import Callable, Iterator

from wardscribe_server.pipeline.writing.draft import Draft

Origins = tuple[int, ...]
Stretches = dict[tuple[str, Origins, Origins], tuple[str, Origins, Origins]]
_NOWHERE = -(1 << 40)  # a separator, told from a word before the first of the stretch


def by_stretches(draft: Draft, ends: re.Pattern[str], rewrite: Callable[[Draft], Draft], *, memory: Stretches) -> Draft:
    """`draft` with every stretch rewritten; a stretch reaches up to and over a match of `ends`.

    `memory` is that of one dictation and one rewriting: it holds what was said, and goes with the dictation.
    """
    text: list[str] = []
    first: list[int] = []
    last: list[int] = []
    for start, end in _stretches(draft.text, ends):
        firsts, lasts = draft.first[start:end], draft.last[start:end]
        base = next((origin for origin in firsts if origin >= 0), 0)
        key = (
            draft.text[start:end],
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in firsts]),
            tuple([origin - base if origin >= 0 else _NOWHERE for origin in lasts]),
        )
        done = memory.get(key)
        if done is None:
            done = memory[key] = _rewritten(rewrite, *key)
        text.append(done[0])
        first += [origin + base if origin != _NOWHERE else -1 for origin in done[1]]
        last += [origin + base if origin != _NOWHERE else -1 for origin in done[2]]
    return Draft("".join(text), first, last, draft.words)


def _stretches(text: str, ends: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for match in ends.finditer(text):
        yield start, match.end()
        start = match.end()
    if start < len(text) or not text:
        yield start, len(text)


def _rewritten(
    rewrite: Callable[[Draft], Draft], text: str, first: Origins, last: Origins
) -> tuple[str, Origins, Origins]:
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
