"""What a recogniser makes of a sentence: words exchanged for others that sound like them.

Owns the drawing from the lexicon's learned tables of confusions (English phones, Mandarin syllables). An entity keeps
its place, whatever was heard there. Must not know grammars.
"""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final, Protocol

from models.training.generator.draft import Draft, Token
from wardscribe_lexicons.pronouncing import VOWELS, pronouncer
from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.language_model import LanguageModel
from wardscribe_server.lexicon.sound_index import SoundIndex

_MOST_WORDS: Final = 3
_OPEN: Final = frozenset(
    ("finding", "symptom", "disease", "anatomy", "drug", "procedure", "test", "device", "specimen", "organism",
     "allergen", "reaction", "name", "place")
)  # fmt: skip
_COMMON: Final = 12_000
_LEAST_PHONES, _NEAR_SHARE, _SPLIT_PHONES = 4, 0.4, 7
_CANDIDATES: Final = 8
_SLURRED, _NEIGHBOURS, _LONGEST = 0.4, 6, 3
_RARITY_WEIGHT: Final = 1.0


class Ear(Protocol):
    """What a language's words are heard as."""

    def heard(self, words: Sequence[str], rng: random.Random) -> list[str] | None:
        """Other words for a few neighbouring ones of one entity; None where nothing sounds like them."""

    def span(self, rng: random.Random) -> int:
        """How many neighbouring words are misheard together."""


def misheard(draft: Draft, rng: random.Random) -> Draft:
    """The draft with a few of its words misheard."""
    ear = _ear(draft.language)
    tokens = list(draft.tokens)
    for _ in range(rng.randint(1, _MOST_WORDS)):
        at = end = _place(draft, tokens, rng)
        if at is None or end is None:
            break
        while (
            end < min(len(tokens), at + ear.span(rng))
            and tokens[end].owner == tokens[at].owner
            and not tokens[end].is_mark
        ):
            end += 1
        if new := ear.heard([token.text for token in tokens[at:end]], rng):
            tokens[at:end] = [Token(text, tokens[at].owner) for text in new]
    return draft.saying(tuple(tokens))


def _place(draft: Draft, tokens: Sequence[Token], rng: random.Random) -> int | None:
    """A word of an open class; any other only where there is none, so that no "no" is lost."""
    terms = [place for place, token in enumerate(tokens) if _is_open(draft, token)]
    places = terms or [place for place, token in enumerate(tokens) if token.owner < 0 and not token.is_mark]
    return rng.choice(places) if places else None


def _is_open(draft: Draft, token: Token) -> bool:
    return token.owner >= 0 and draft.entities[token.owner].label in _OPEN


class EnglishEar:
    """A word as a common word that sounds alike, or as two of them; sometimes without its ending."""

    def __init__(self) -> None:
        path = resources.files("wardscribe_lexicons").joinpath("en/common_words.txt")
        lines = path.read_text(encoding="utf-8").splitlines()
        words = [word for line in lines if line and not line.startswith("#") for word in line.split()]
        self._say = pronouncer().phones
        self._words = [word for word in words[:_COMMON] if len(word) > 1 and word.isalpha() and self._say(word)]
        self._index = SoundIndex([self._say(word) for word in self._words])
        self._known: dict[str, list[tuple[str, float]]] = {}

    def span(self, rng: random.Random) -> int:  # noqa: ARG002 - always one
        """How many neighbouring words are misheard together."""
        return 1

    def heard(self, words: Sequence[str], rng: random.Random) -> list[str] | None:
        """Other words for these; None where nothing sounds like them."""
        word = words[0] if words else ""
        if not word.isalpha() or word.isupper():
            return None
        phones = self._say(word.lower())
        if len(phones) < _LEAST_PHONES:
            return None
        if len(phones) >= _SPLIT_PHONES and rng.random() < 0.5:
            cuts = [cut for cut in range(2, len(phones) - 2) if phones[cut - 1] in VOWELS]
            cut = rng.choice(cuts or [len(phones) // 2])
            halves = [self._one(part, "", rng) for part in (phones[:cut], phones[cut:])]
            return [half for half in halves if half] if all(halves) else None
        found = self._one(phones, word.lower(), rng)
        return [found] if found else None

    def _one(self, phones: str, word: str, rng: random.Random) -> str:
        if phones not in self._known:
            near = self._index.near([phones], share=_NEAR_SHARE)[:_CANDIDATES]
            self._known[phones] = [(self._words[one.target], one.distance) for one in near]
        found = [(other, distance) for other, distance in self._known[phones] if other != word]
        if not found:
            return ""
        return rng.choices([other for other, _ in found], [math.exp(-2 * distance) for _, distance in found])[0]


class ChineseEar:
    """Characters as words of the same or a neighbouring sound."""

    def __init__(self) -> None:
        self._model = LanguageModel()
        self._channel = Channel(sorted({base for base, _ in self._model.sounds}))
        self._said: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for word, bases in self._model.base_rows(self._channel.number):
            if len(bases) <= _LONGEST:
                self._said[tuple(self._channel.bases[base] for base in bases)].append(word)
        self._near: dict[str, list[tuple[str, float]]] = {}

    def span(self, rng: random.Random) -> int:
        """How many neighbouring words are misheard together."""
        return rng.randint(1, _LONGEST)

    def heard(self, words: Sequence[str], rng: random.Random) -> list[str] | None:
        """Other words for these; None where nothing sounds like them."""
        sounds = [self._model.sounds_of(char) for char in words]
        if not words or not all(sounds):
            return None
        bases = [readings[0][0] for readings in sounds]
        if rng.random() < _SLURRED:
            place = rng.randrange(len(bases))
            bases[place] = self._slurred(bases[place], rng)
        said = "".join(words)
        found = [word for word in self._said.get(tuple(bases), ()) if self._model.words[word] != said]
        if found:
            weights = [math.exp(-_RARITY_WEIGHT * self._model.rarity(word)) for word in found]
            return list(self._model.words[rng.choices(found, weights)[0]])
        if len(words) == 1:
            return None
        place = rng.randrange(len(words))
        return [*words[:place], *(self.heard([words[place]], rng) or [words[place]]), *words[place + 1 :]]

    def _slurred(self, base: str, rng: random.Random) -> str:
        if base not in self._near:
            costs = self._channel.costs([(base, 1.0)])
            order = [at for at in costs.argsort()[: _NEIGHBOURS + 1].tolist() if self._channel.bases[at] != base]
            self._near[base] = [(self._channel.bases[at], math.exp(-float(costs[at]))) for at in order]
        near = self._near[base]
        return rng.choices([one for one, _ in near], [share for _, share in near])[0]


@cache
def _ear(language: str) -> Ear:
    return ChineseEar() if language == "zh" else EnglishEar()
