"""All words that may have been said from each place on, with the cost of having heard what was heard.

Owns the search of words by sound and the fences: which characters may not become which. Must not know what is likely
to follow what.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from wardscribe_server.lexicon.channel import Channel, Weights
from wardscribe_server.lexicon.fences import GUARDED, NUMERALS, fences
from wardscribe_server.lexicon.hearing import Kind, Place
from wardscribe_server.lexicon.language_model import LATIN, NUMBER, LanguageModel

_LONGEST = 14
_BEST_A_LENGTH = (0, 14, 14, 10, 8, 6)  # words tried of so many characters, five standing for all longer ones
_NEAR = 2.5  # cost in nats up to which a sound may be written as a guarded character that was not heard
_NUMERAL_LOST = 3.0  # extra cost of writing something else for a numeral
_BASE_BITS = 9
_UNKNOWN = 14.0  # cost of a character that no word has
_ALLOWANCE = (0.0, 4.5, 6.5, 8.5, 10.0, 11.5, 13.0)  # dearest sound of a word of so many syllables
TRANSPARENT = -1

_Sounds = tuple[tuple[int, int], ...]  # syllable number and tone of each character


@dataclass(frozen=True, slots=True)
class Edge:
    """A word written for the places `[start, end)`. A mark has the word number -1: nothing is said there."""

    start: int
    end: int
    word: int
    written: str
    cost: float
    changed: bool = False
    sound: float = 0.0  # nats of the farthest of its syllables
    guarded: bool = False  # writes a side, a negation or a numeral that was not heard, or drops a numeral


class SoundIndex:
    """Words by their toneless syllables. Immutable after building."""

    def __init__(self, model: LanguageModel, channel: Channel) -> None:
        self._model = model
        self._weights: Weights = channel.weights
        self._children: dict[int, int] = {}
        self._below: list[list[int]] = [[]]
        self._words: list[tuple[tuple[int, _Sounds], ...]] = [()]
        number = channel.number
        for word in model.candidates():
            reading = model.reading(word)
            readings = [(sound,) for sound in model.sounds_of(model.words[word])] if len(reading) == 1 else [reading]
            for sounds in readings:
                if sounds:
                    self._add(word, tuple((number[base], tone) for base, tone in sounds))

    def _add(self, word: int, sounds: _Sounds) -> None:
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

    def edges(self, places: Sequence[Place]) -> list[list[Edge]]:
        """For each place the words that may start there."""
        return [self._starting(places, at) for at in range(len(places))]

    def _starting(self, places: Sequence[Place], at: int) -> list[Edge]:
        place = places[at]
        match place.kind:
            case Kind.MARK:
                return [Edge(at, at + 1, TRANSPARENT, place.char, 0.0)]
            case Kind.DIGIT:
                return [_run(places, at, Kind.DIGIT, NUMBER), *self._changed(places, at)]
            case Kind.LATIN:
                edge = _run(places, at, Kind.LATIN, LATIN)
                return [replace(edge, word=self._model.number.get(edge.written.upper(), LATIN))]
            case _:
                return [*self._as_heard(places, at), *self._changed(places, at)]

    def _as_heard(self, places: Sequence[Place], at: int) -> Iterable[Edge]:
        text = ""
        cost = 0.0
        numerals = True
        for end in range(at, min(at + _LONGEST, len(places))):
            place = places[end]
            if place.kind not in (Kind.HAN, Kind.NUMERAL):
                break
            text += place.char
            cost += place.kept[place.char]
            numerals = numerals and place.kind is Kind.NUMERAL
            number = self._model.number.get(text)
            if number is not None:
                yield Edge(at, end + 1, number, text, cost)
            elif end == at:
                yield Edge(at, end + 1, LATIN, text, cost + _UNKNOWN)
            if numerals:
                yield Edge(at, end + 1, NUMBER, text, cost)

    def _changed(self, places: Sequence[Place], at: int) -> list[Edge]:
        """Words that sound like what was heard and are written otherwise, the most plausible ones."""
        found: list[tuple[float, Edge]] = []
        # node, place, cost of the sounds so far, slips left (a syllable too many or too few)
        front = [(0, at, 0.0, 0)]
        depth = 0
        while front and depth < _LONGEST:
            depth += 1
            allowed = _ALLOWANCE[min(depth, len(_ALLOWANCE) - 1)]
            after = []
            for node, here, cost, slips in front:
                if here >= len(places) or not places[here].near:
                    continue
                key = node << _BASE_BITS
                for base, dear in places[here].near:
                    if cost + dear > allowed:
                        break
                    child = self._children.get(key | base)
                    if child is not None:
                        after.append((child, here + 1, cost + dear, slips))
                        for word, sounds in self._words[child]:
                            if (edge := self._edge(places, at, here + 1, word, sounds)) is not None:
                                found.append((edge.cost + self._model.rarity(word), edge))
            front = after
        best: list[Edge] = []
        for _, same_length in groupby(
            sorted(found, key=lambda ranked: (ranked[1].end, ranked[0])), key=lambda ranked: ranked[1].end
        ):
            tried = [edge for _, edge in same_length]
            best += tried[: _BEST_A_LENGTH[min(tried[0].end - at, len(_BEST_A_LENGTH) - 1)]]
        return best

    def _edge(self, places: Sequence[Place], start: int, end: int, word: int, sounds: _Sounds) -> Edge | None:
        """The word at these places, or nothing where it is what was heard or a fence forbids it."""
        written = self._model.words[word]
        weights = self._weights
        cost = farthest = 0.0
        changed = guarded = False
        for offset, (char, (base, tone)) in enumerate(zip(written, sounds, strict=True)):
            place = places[start + offset]
            if char == place.char:
                cost += place.kept[char]
                continue
            changed = True
            assert place.costs is not None
            sound = float(place.costs[base])
            price = weights.change + sound + (0.0 if (base, tone) in place.tones else weights.tone)
            if char not in place.kept:
                appears = char in GUARDED
                vanishes = place.kind is Kind.NUMERAL
                if place.fenced or (appears and not self._may_appear(char, word, sound)):
                    return None
                if vanishes and not self._may_vanish(places, start + offset, word):
                    return None
                guarded = guarded or appears or vanishes
                price += _NUMERAL_LOST if vanishes else 0.0
            elif place.fenced or (place.kind is Kind.DIGIT and not self._names_a_thing(word)):
                return None
            farthest = max(farthest, sound)
            cost += min(price, place.kept.get(char, price))
        return Edge(start, end, word, written, cost, True, farthest, guarded) if changed else None

    def _names_a_thing(self, word: int) -> bool:
        """Whether numerals in the word are none (二尖瓣)."""
        written = self._model.words[word]
        return len(written) > 1 and (bool(self._model.class_name(word)) or written in fences().numeral_words)

    def _may_appear(self, char: str, word: int, sound: float) -> bool:
        """Whether a side, negation or numeral may be written that was not heard: numerals only where they are none."""
        if char in NUMERALS and not self._names_a_thing(word):
            return False
        return sound <= _NEAR

    def _may_vanish(self, places: Sequence[Place], at: int, word: int) -> bool:
        """Whether a numeral may become part of a term: it stands alone."""
        beside = [places[index].kind for index in (at - 1, at + 1) if 0 <= index < len(places)]
        return self._names_a_thing(word) and not any(kind in (Kind.NUMERAL, Kind.DIGIT) for kind in beside)


def _run(places: Sequence[Place], at: int, kind: Kind, word: int) -> Edge:
    """The run of letters or digits that starts at a place."""
    end = at
    while end < len(places) and places[end].kind is kind:
        end += 1
    return Edge(at, end, word, "".join(place.char for place in places[at:end]), 0.0)
