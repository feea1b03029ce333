"""All words that may have been said from each place on, with the cost of having heard what was heard.

Owns the price of a word and the fences: which characters may not become which. Must not know what is likely
to follow what.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from wardscribe_server.lexicon.channel import Channel, Weights
from wardscribe_server.lexicon.fences import GUARDED, NUMERALS, fences
from wardscribe_server.lexicon.hearing import Kind, Place
from wardscribe_server.lexicon.language_model import LATIN, NUMBER, LanguageModel
from wardscribe_server.lexicon.syllable_index import Match, SyllableIndex

_LONGEST = 14
_BEST_A_LENGTH = (0, 20, 20, 14, 10, 8)  # words tried of so many characters, five standing for all longer ones
_NEAR = 2.5  # cost in nats up to which a sound may be written as a guarded character that was not heard
_NUMERAL_LOST = 2.0  # extra cost of writing something else for a numeral
_UNKNOWN = 14.0  # cost of a character that no word has
TRANSPARENT = -1

Near = Sequence[tuple[int, float]]


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


class Lattice:
    """Prices the words of a sound index. Immutable after building."""

    def __init__(self, model: LanguageModel, channel: Channel) -> None:
        self._model = model
        self._weights: Weights = channel.weights
        self._index = SyllableIndex(model, channel)

    def edges(self, places: Sequence[Place]) -> list[list[Edge]]:
        """For each place the words that may start there."""
        near = [place.near for place in places]
        return [self._starting(places, near, at) for at in range(len(places))]

    def _starting(self, places: Sequence[Place], near: Sequence[Near], at: int) -> list[Edge]:
        place = places[at]
        match place.kind:
            case Kind.MARK:
                return [Edge(at, at + 1, TRANSPARENT, place.char, 0.0)]
            case Kind.DIGIT:
                return [_run(places, at, Kind.DIGIT, NUMBER), *self._changed(places, near, at)]
            case Kind.LATIN:
                edge = _run(places, at, Kind.LATIN, LATIN)
                return [replace(edge, word=self._model.number.get(edge.written.upper(), LATIN))]
            case _:
                return [*self._as_heard(places, at), *self._changed(places, near, at)]

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

    def _changed(self, places: Sequence[Place], near: Sequence[Near], at: int) -> list[Edge]:
        """Words that sound like what was heard and are written otherwise, the most plausible of each length."""
        found: dict[int, list[tuple[float, Edge]]] = defaultdict(list)
        for match in self._index.matches(near, at):
            edge = self._edge(places, at, match)
            if edge is not None:
                found[match.end].append((edge.cost + self._model.rarity(match.word), edge))
        best: list[Edge] = []
        for end, ranked in found.items():
            ranked.sort(key=lambda pair: pair[0])
            best += [edge for _, edge in ranked[: _BEST_A_LENGTH[min(end - at, len(_BEST_A_LENGTH) - 1)]]]
        return best

    def _edge(self, places: Sequence[Place], start: int, match: Match) -> Edge | None:
        """The word at its places, or nothing where it is what was heard or a fence forbids it."""
        weights = self._weights
        written = self._model.words[match.word]
        cost = farthest = 0.0
        guarded = False
        changed = len(written) != match.end - start or -1 in match.at
        if changed:
            slips = self._slips(places, start, match)
            if slips is None:
                return None
            cost += slips
        for char, (base, tone), at in zip(written, match.sounds, match.at, strict=True):
            if at < 0:
                continue
            place = places[at]
            if char == place.char:
                cost += place.kept[char]
                continue
            changed = True
            fence = self._fence(places, at, char, match)
            if fence is _Fence.CLOSED or place.costs is None:
                return None
            sound = float(place.costs[base])
            if fence is _Fence.GUARDED:
                guarded = True
                if char in GUARDED and sound > _NEAR:
                    return None
            price = weights.change + sound + (0.0 if (base, tone) in place.tones else weights.tone)
            price += _NUMERAL_LOST if place.kind is Kind.NUMERAL else 0.0
            farthest = max(farthest, sound)
            cost += min(price, place.kept.get(char, price))
        if not changed:
            return None
        return Edge(start, match.end, match.word, written, cost, changed=True, sound=farthest, guarded=guarded)

    def _slips(self, places: Sequence[Place], start: int, match: Match) -> float | None:
        """The cost of a syllable too many or too few, None where a fence stands in the way."""
        cost = 0.0
        heard = set(match.at)
        for at in range(start, match.end):
            if at not in heard:
                place = places[at]
                if place.kind is not Kind.HAN or place.fenced or place.char in GUARDED:
                    return None
                cost += self._weights.skipped
        for char, at in zip(self._model.words[match.word], match.at, strict=True):
            if at < 0:
                if char in GUARDED:
                    return None
                cost += self._weights.added
        return cost

    def _fence(self, places: Sequence[Place], at: int, char: str, match: Match) -> "_Fence":
        """Whether `char` may be written for what was heard at a place."""
        place = places[at]
        if place.fenced or (place.char, char) in fences().opposites:
            return _Fence.CLOSED
        if place.kind is Kind.DIGIT:
            same = char in place.kept and self._names_a_thing(match.word)
            return _Fence.OPEN if same else _Fence.CLOSED
        if place.kind is Kind.NUMERAL:
            return _Fence.GUARDED if self._may_vanish(places, match) else _Fence.CLOSED
        if char in NUMERALS and not self._names_a_thing(match.word):
            return _Fence.CLOSED
        return _Fence.GUARDED if char in GUARDED and char not in place.kept else _Fence.OPEN

    def _names_a_thing(self, word: int) -> bool:
        """Whether numerals in the word are none (二尖瓣)."""
        written = self._model.words[word]
        return len(written) > 1 and (bool(self._model.class_name(word)) or written in fences().numeral_words)

    def _may_vanish(self, places: Sequence[Place], match: Match) -> bool:
        """Whether a numeral may become part of a term: no other number touches it outside the term, and no unit."""
        start = next(place for place in match.at if place >= 0)
        beside = [places[index] for index in (start - 1, match.end) if 0 <= index < len(places)]
        return self._names_a_thing(match.word) and not any(
            place.kind in (Kind.NUMERAL, Kind.DIGIT) or place.fenced for place in beside
        )


class _Fence(Enum):
    OPEN = "open"
    GUARDED = "guarded"  # only for a near sound, and with more margin
    CLOSED = "closed"


def _run(places: Sequence[Place], at: int, kind: Kind, word: int) -> Edge:
    """The run of letters or digits that starts at a place."""
    end = at
    while end < len(places) and places[end].kind is kind:
        end += 1
    return Edge(at, end, word, "".join(place.char for place in places[at:end]), 0.0)
