"""English correction: a word that nobody says and one term that sounds like it.

Only words unknown to the lexicon and to the list of common words are candidates; the one term must be clearly nearest.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

from wardscribe_lexicons import Lexicon
from wardscribe_lexicons.spelling import WORD
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.lexicon.phonetics import VOWELS, distance, skeleton, sound

_MIN_LETTERS = 7
_MIN_JOINED = 8  # "a telectasis": two heard words that make one
_JOINED_MOST = 0.2
_MIN_BESIDE = 4  # "plurel effusion": the neighbour vouches
_PER_LETTER = 0.075  # allowed distance a letter ...
_MOST = 0.9  # ... and in all
_MARGIN = 0.35  # the runner-up must be this much farther
_LEAST_WEIGHT = 0.4
_N_FUNCTION_WORDS = 250  # so many of the most frequent words never join with a neighbour
_ENDINGS = ("s", "es", "ed", "ing", "ly", "er", "al", "'s")


@dataclass(frozen=True, slots=True)
class _Heard:
    text: str
    low: str
    start: int
    end: int
    known: bool


class EnglishCorrector:
    """Corrections by sound over one lexicon. Immutable after building."""

    def __init__(self, lexicon: Lexicon) -> None:
        rules = tomllib.loads(_resource("en/correction.toml"))
        self._fenced = frozenset(rules["fenced"].split())
        self._opposites = tuple((str(one), str(other)) for one, other in rules["opposites"])
        self._fold = lexicon.words.fold
        common = list(_common_words())
        self._vocabulary: set[str] = {self._fold(word) for word in common}
        self._function_words = frozenset(common[:_N_FUNCTION_WORDS]) - {"a"}
        self._group: dict[str, str] = {}  # spellings of one term are one target
        self._after: dict[str, set[str]] = defaultdict(set)
        self._before: dict[str, set[str]] = defaultdict(set)
        for term in lexicon.terms:
            for surface in term.surfaces():
                written = WORD.findall(surface)
                words = [word.lower() for word in written]
                self._vocabulary.update(self._fold(word) for word in words)
                if term.weight == 1 or (term.weight >= _LEAST_WEIGHT and len(words) == 1):
                    for word, cased in zip(words, written, strict=True):
                        name = len(words) > 1 and cased != word  # Cushing's disease is no target for "gushing"
                        if len(word) >= _MIN_LETTERS and word.isalpha() and not name:
                            self._group.setdefault(word, term.preferred if len(words) == 1 else self._fold(word))
                if term.weight == 1 and len(words) == 2:
                    self._after[self._fold(words[0])].add(words[1])
                    self._before[self._fold(words[1])].add(words[0])
        self._by_skeleton: dict[str, set[str]] = defaultdict(set)
        for word in self._group:
            for key in _less_one(skeleton(word)):
                self._by_skeleton[key].add(word)

    def propose(self, text: str) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping."""
        heard = list(self._words(text))
        found = []
        at = 0
        while at < len(heard):
            correction = self._joined(text, heard[at : at + 2]) or self._single(heard, at)
            if correction is not None:
                found.append(correction)
            at += 2 if correction is not None and " " in correction.heard else 1
        return tuple(found)

    def _words(self, text: str) -> Iterator[_Heard]:
        for match in WORD.finditer(text):
            word = match.group()
            name = word[0].isupper() and not _opens_sentence(text, match.start())
            plain = word.isascii() and word.isalpha() and not name and not word.isupper()
            known = not plain or word.lower() in self._fenced or self._is_word(word.lower())
            yield _Heard(word, word.lower(), match.start(), match.end(), known)

    def _is_word(self, word: str) -> bool:
        if self._fold(word) in self._vocabulary:
            return True
        stems = [word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending)]
        stems += [stem[:-1] for stem in stems if len(stem) > 3 and stem[-1] == stem[-2]]
        return any(self._fold(form) in self._vocabulary for stem in stems for form in (stem, stem + "e"))

    def _single(self, heard: list[_Heard], at: int) -> Correction | None:
        word = heard[at]
        if word.known:
            return None
        beside: set[str] = set()
        if at:
            beside |= self._after.get(self._fold(heard[at - 1].low), set())
        if at + 1 < len(heard):
            beside |= self._before.get(self._fold(heard[at + 1].low), set())
        if len(word.low) >= _MIN_BESIDE:
            near = self._nearest(word.low, beside, allowed=min(_MOST, 0.13 * len(word.low)))
            if near is not None:
                return _correction(word.text, near, "sounds_like_beside", word.start, word.end)
        if len(word.low) < _MIN_LETTERS:
            return None
        near = self._nearest(word.low, self._alike(word.low), allowed=min(_MOST, _PER_LETTER * len(word.low)))
        return None if near is None else _correction(word.text, near, "sounds_like", word.start, word.end)

    def _joined(self, text: str, pair: list[_Heard]) -> Correction | None:
        if len(pair) < 2 or all(word.known for word in pair) or text[pair[0].end : pair[1].start] != " ":
            return None
        joined = pair[0].low + pair[1].low
        if not self._function_words.isdisjoint((pair[0].low, pair[1].low)):
            return None
        if len(joined) < _MIN_JOINED or not joined.isalpha() or not self._fenced.isdisjoint((pair[0].low, pair[1].low)):
            return None
        near = self._nearest(joined, self._alike(joined), allowed=_JOINED_MOST)
        if near is None:
            return None
        start, end = pair[0].start, pair[1].end
        return _correction(text[start:end], near, "sounds_like_joined", start, end)

    def _alike(self, word: str) -> set[str]:
        return {target for key in _less_one(skeleton(word)) for target in self._by_skeleton.get(key, ())}

    def _nearest(self, word: str, targets: Iterable[str], *, allowed: float) -> tuple[str, float] | None:
        best: dict[str, tuple[float, str]] = {}
        for target in targets:
            if sound(target)[-1:] != sound(word)[-1:]:  # -scope and -scopy, -ic and -y are other words, not other ears
                continue
            if _opening(target) != _opening(word):
                continue
            if abs(len(target) - len(word)) <= 3:
                ranked = (distance(word, target), target)
                key = self._group.get(target, self._fold(target))
                best[key] = min(best.get(key, ranked), ranked)
        ranking = sorted(best.values())
        if not ranking or ranking[0][0] > allowed:
            return None
        if len(ranking) > 1 and ranking[1][0] - ranking[0][0] < _MARGIN:
            return None
        far, target = ranking[0]
        return None if self._opposite(word, target) else (target, far)

    def _opposite(self, one: str, other: str) -> bool:
        return any(
            (one.startswith(a) and not one.startswith(b) and other.startswith(b) and not other.startswith(a))
            or (one.startswith(b) and not one.startswith(a) and other.startswith(a) and not other.startswith(b))
            for a, b in self._opposites
        )


def _common_words() -> Iterator[str]:
    return (line for line in _resource("en/common_words.txt").split("\n") if line and not line.startswith("#"))


def _resource(path: str) -> str:
    return resources.files("wardscribe_lexicons").joinpath(path).read_text(encoding="utf-8")


def _less_one(key: str) -> Iterator[str]:
    yield key
    for at in range(len(key)):
        yield key[:at] + key[at + 1 :]


def _opening(word: str) -> str:
    """The first sound; all vowels count as one."""
    first = sound(word)[:1]
    return "a" if first in VOWELS else skeleton(first)


def _opens_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in ".:;!?\n|" or "\n" in text[len(before) : start]


def _correction(heard: str, near: tuple[str, float], why: str, start: int, end: int) -> Correction:
    written, far = near
    if heard[0].isupper():
        written = written[0].upper() + written[1:]
    return Correction(heard, written, why, round(1 / (1 + far), 3), start, end)
