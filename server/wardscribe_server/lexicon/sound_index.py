"""Words by their toneless syllables, found where something like them was heard.

Owns the syllable trie and the walk through it, with at most one syllable too many or too few. Must not know how a word
is priced or what may not be rewritten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


class SoundIndex:
    """The words that may be written for something heard otherwise. Immutable after building."""

    def __init__(self, model: LanguageModel, channel: Channel) -> None:
        self._children: dict[int, int] = {}
        self._below: list[list[int]] = [[]]
        self._words: list[tuple[tuple[int, Sounds], ...]] = [()]
        number = channel.number
        for word in model.candidates():
            reading = model.reading(word)
            readings = [(sound,) for sound in model.sounds_of(model.words[word])] if len(reading) == 1 else [reading]
            for sounds in readings:
                if sounds:
                    self._add(word, tuple((number[base], tone) for base, tone in sounds))

    def _add(self, word: int, sounds: Sounds) -> None:
        node = 0
        for base, _ in sounds:
            key = node << _BASE_BITS | base
            child = self._children.get(key)
            if child is None:
                child = self._children[key] = len(self._words)
                self._words.append(())
                self._below.append([])
                self._below[node].append(base)
            node = child
        self._words[node] += ((word, sounds),)

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
                for word, sounds in self._words[state.node]:
                    if state.at[-1] == state.here - 1:
                        yield Match(word, sounds, state.here, state.at)
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
        for base in self._below[state.node]:
            child = self._children[state.node << _BASE_BITS | base]
            yield from self._heard(_Front(child, state.here, state.sound, (*state.at, -1), slipped=True), near)
