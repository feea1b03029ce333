"""Words by their toneless syllables, found where something like them was heard.

Owns the syllable trie and the walk through it, with at most one syllable too many or too few. Must not know how a word
is priced or what may not be rewritten.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.language_model import LanguageModel

Sounds = tuple[tuple[int, int], ...]  # syllable number and tone of each character

_LONGEST = 14
_BASE_BITS = 9  # there are about 400 toneless syllables
_ALLOWANCE = (0.0, 4.5, 6.5, 8.5, 10.0, 11.5, 13.0)  # nats, dearest sound of a word of so many syllables
_SLIP_AFTER = 2  # syllables that must fit before one may be too many or too few
_SLIP_ALLOWANCE = 4.0  # nats, dearest sound of what fits before a slip


@dataclass(frozen=True, slots=True)
class Match:
    """A word whose syllables were heard up to place `end`; `at` is where each was heard, -1 where it was not."""

    word: int
    sounds: Sounds
    end: int
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Front:
    node: int
    here: int  # next place
    sound: float
    at: tuple[int, ...]
    slipped: bool = False


class SyllableIndex:
    """The words that may be written for something heard otherwise. Immutable after building."""

    def __init__(self, model: LanguageModel, channel: Channel) -> None:
        self._model = model
        self._children: dict[int, int] = {}
        self._keys: list[int] = []  # of all children, in order: those of one node lie together
        self._words: dict[int, list[tuple[int, Sounds | None]]] = defaultdict(list)
        self._number = channel.number
        self._sounds: dict[int, Sounds] = {}
        entries: list[tuple[int, Sounds | None]] = []
        rows: list[list[int]] = []
        for word, bases in model.base_rows(channel.number):
            if len(bases) > 1:
                entries.append((word, None))
                rows.append(bases)
            else:
                for base, tone in model.sounds_of(model.words[word]):
                    entries.append((word, ((channel.number[base], tone),)))
                    rows.append([channel.number[base]])
        self._grow(entries, rows)

    def _grow(self, entries: Sequence[tuple[int, Sounds | None]], rows: Sequence[Sequence[int]]) -> None:
        """Builds the trie level by level: nodes are numbered in the order of their levels."""
        lengths = np.array([len(row) for row in rows])
        table = np.zeros((len(rows), int(lengths.max())), dtype=np.int64)
        table[np.arange(table.shape[1]) < lengths[:, None]] = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
        node = np.zeros(len(rows), dtype=np.int64)
        n_nodes = 1
        for depth in range(table.shape[1]):
            alive = np.flatnonzero(lengths > depth)
            keys, which = np.unique(node[alive] << _BASE_BITS | table[alive, depth], return_inverse=True)
            node[alive] = n_nodes + which
            self._children.update(zip(keys.tolist(), range(n_nodes, n_nodes + len(keys)), strict=True))
            self._keys += keys.tolist()
            n_nodes += len(keys)
        for at, entry in zip(node.tolist(), entries, strict=True):
            self._words[at].append(entry)

    def _below(self, node: int) -> list[int]:
        first = bisect_left(self._keys, node << _BASE_BITS)
        last = bisect_left(self._keys, (node + 1) << _BASE_BITS)
        return self._keys[first:last]

    def _sounds_of(self, word: int) -> Sounds:
        known = self._sounds.get(word)
        if known is None:
            known = tuple((self._number[base], tone) for base, tone in self._model.reading(word))
            self._sounds[word] = known
        return known

    def matches(self, near: Sequence[Sequence[tuple[int, float]]], start: int) -> Iterator[Match]:
        """Words heard from place `start` on; `near` are the syllables that may have been said at each place."""
        front = [_Front(0, start, 0.0, ())]
        while front:
            after: list[_Front] = []
            for state in front:
                after += self._heard(state, near)
                if not state.slipped and len(state.at) >= _SLIP_AFTER and state.sound <= _SLIP_ALLOWANCE:
                    after += self._slipped(state, near)
            for state in after:
                if state.at[-1] == state.here - 1:
                    for word, sounds in self._words.get(state.node, ()):
                        yield Match(word, sounds or self._sounds_of(word), state.here, state.at)
            front = [state for state in after if len(state.at) < _LONGEST]

    def _heard(self, state: _Front, near: Sequence[Sequence[tuple[int, float]]]) -> Iterator[_Front]:
        if state.here >= len(near):
            return
        allowed = _ALLOWANCE[min(len(state.at) + 1, len(_ALLOWANCE) - 1)] - state.sound
        key = state.node << _BASE_BITS
        here = state.here
        for base, dear in near[here]:
            if dear > allowed:
                break
            child = self._children.get(key | base)
            if child is not None:
                yield _Front(child, here + 1, state.sound + dear, (*state.at, here), state.slipped)

    def _slipped(self, state: _Front, near: Sequence[Sequence[tuple[int, float]]]) -> Iterator[_Front]:
        """One syllable heard that was not said, or one said that was not heard; the next one must be heard again."""
        if state.here < len(near) and near[state.here]:
            yield from self._heard(_Front(state.node, state.here + 1, state.sound, state.at, slipped=True), near)
        for key in self._below(state.node):
            child = self._children[key]
            yield from self._heard(_Front(child, state.here, state.sound, (*state.at, -1), slipped=True), near)
