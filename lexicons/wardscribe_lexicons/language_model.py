"""How likely an English word is after the two before it, in clinical talk and in ordinary English.

Owns the reading of `en/lm.npz`. Must not know sounds or what is proposed.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from copy import copy
from functools import lru_cache
from importlib import resources
from typing import Self

import numpy as np
import numpy.typing as npt

from wardscribe_lexicons.spoken import NUMBER, START
from wardscribe_lexicons.terms import TermClass

LEXICON, SEEN, ORDINARY, NAME = 1, 2, 4, 8
CLASSES = ("", "<drug>", "<disease>", "<anatomy>", "<procedure>")
_OF_CLASS = {
    TermClass.DRUG: "<drug>",
    TermClass.ALLERGEN: "<drug>",
    TermClass.DISEASE: "<disease>",
    TermClass.FINDING: "<disease>",
    TermClass.SYMPTOM: "<disease>",
    TermClass.ORGANISM: "<disease>",
    TermClass.ANATOMY: "<anatomy>",
    TermClass.SPECIMEN: "<anatomy>",
    TermClass.PROCEDURE: "<procedure>",
    TermClass.TEST: "<procedure>",
    TermClass.DEVICE: "<procedure>",
}
_STEP = 0.1  # nats in one step of a stored logarithm
_NONE = 255
_CLINICAL = 0.75
_AS_CLASS = 0.5
_OF_SITE = 4.0  # a word that somebody added is one that somebody says
_UNKNOWN = -17.0  # a word in no list at all
_LISTED = -15.5  # a word in some list, never counted
_NAMELIKE = -16.0
_CLINICAL_SHARE = 3e-6
_FUNCTION = 3e-4


def class_of(term_class: TermClass) -> str:
    """The class token of a lexicon class, empty where none is counted."""
    return _OF_CLASS.get(term_class, "")


def quantised(log: float) -> int:
    """A logarithm as one byte."""
    return min(_NONE, round(-log / _STEP)) if log < 0 else 0


class LanguageModel:
    """Log probabilities of words in context. Immutable after building, apart from what it remembers."""

    def __init__(self, table: Mapping[str, npt.NDArray[np.generic]]) -> None:
        words = table["words"].tobytes().decode().split("\n")
        self.words: tuple[str, ...] = tuple(words)
        self.numbers: Mapping[str, int] = {word: at for at, word in enumerate(words)}
        self._flags = table["flags"].tobytes()
        self._n_counted = len(table["clinical"])
        self._clinical = [math.exp(-_STEP * value) for value in table["clinical"].tobytes()]
        self._general = [math.exp(-_STEP * value) if value < _NONE else 0.0 for value in table["general"].tobytes()]
        self._classes = table["classes"].tobytes()
        self._rare = table["rare"].tobytes()
        n_of_class = [max(1, self._classes.count(bytes([at]))) for at in range(len(CLASSES))]
        self._share = [0.0, *(1 / n for n in n_of_class[1:])]
        self._class_number = [0, *(self.numbers[name] for name in CLASSES[1:])]
        self._two = _keys(table["two_keys"]), table["two_logs"].tobytes()
        self._two_left = _keys(table["two_histories"]), table["two_left"].tobytes()
        self._three = _keys(table["three_keys"]), table["three_logs"].tobytes()
        self._three_left = _keys(table["three_histories"]), table["three_left"].tobytes()
        self._general_two = _keys(table["general_two_keys"]), table["general_two_logs"].tobytes()
        self.start = self.numbers[START]
        self.figure = self.numbers[NUMBER]
        self.added: Mapping[int, int] = {}
        self.score = lru_cache(maxsize=200_000)(self.log_probability)

    def with_words(self, classes: Mapping[str, str]) -> Self:
        """This model with the words of a site as well, each as likely as any other word of its class."""
        new = [word for word in classes if self.numbers.get(word, self._n_counted) >= self._n_counted]
        if not new:
            return self
        grown = copy(self)
        grown.words = (*self.words, *new)
        grown.numbers = {**self.numbers, **{word: len(self.words) + at for at, word in enumerate(new)}}
        grown.added = {len(self.words) + at: CLASSES.index(classes[word]) for at, word in enumerate(new)}
        grown.score = lru_cache(maxsize=200_000)(grown.log_probability)
        return grown

    def number(self, key: str) -> int:
        """The number of a word, -1 for a word in no list."""
        return self.numbers.get(key, -1)

    def flags(self, number: int) -> int:
        """What is known of a word."""
        if number >= len(self._flags):
            return LEXICON
        return self._flags[number] if number >= 0 else 0

    def commonness(self, number: int) -> tuple[float, float]:
        """How often the word is used, in clinical text and in ordinary English, as shares."""
        return (self._clinical[number], self._general[number]) if 0 <= number < self._n_counted else (0.0, 0.0)

    def is_clinical(self, number: int) -> bool:
        """Whether a word belongs to clinical talk more than to ordinary English."""
        if number < 0:
            return False
        clinical, general = self.commonness(number)
        flags = self.flags(number)
        if number >= len(self._flags) or (flags & LEXICON and general == 0):
            return True
        ratio = 1.5 if flags & LEXICON else 4.0
        return (
            bool(flags & (LEXICON | SEEN)) and general < _FUNCTION and clinical > max(_CLINICAL_SHARE, ratio * general)
        )

    def is_drug(self, number: int) -> bool:
        """Whether a word is counted as a drug."""
        drug = CLASSES.index("<drug>")
        return self.added.get(number) == drug or (0 <= number < self._n_counted and self._classes[number] == drug)

    def clinical_words(self, *, share: float, ratio: float) -> Iterator[str]:
        """Words of clinical text as frequent as `share` and `ratio` times as frequent as in ordinary English."""
        for word, clinical, general, flags in zip(self.words, self._clinical, self._general, self._flags, strict=False):
            if clinical >= share and clinical >= ratio * general and flags & SEEN:
                yield word

    def log_probability(self, before: int, last: int, word: int) -> float:
        """Natural log of the probability of `word` after `before` and `last`."""
        if word < 0:
            return _UNKNOWN
        before, last = self._as_history(before), self._as_history(last)
        if (added := self.added.get(word)) is not None:
            return math.log(_OF_SITE * self._share[added] * self._after_two(before, last, self._class_number[added]))
        if word >= self._n_counted:
            return _NAMELIKE if self._flags[word] == NAME else _LISTED
        clinical = self._after_two(before, last, word)
        word_class = self._classes[word]
        if word_class:
            clinical += (
                _AS_CLASS * self._share[word_class] * self._after_two(before, last, self._class_number[word_class])
            )
        pair = _found(self._general_two, last << 20 | word) if last >= 0 else 0.0
        general = 0.6 * pair + 0.4 * self._general[word]
        return math.log(_CLINICAL * clinical + (1 - _CLINICAL) * general + 1e-8)

    def _as_history(self, word: int) -> int:
        if (added := self.added.get(word)) is not None:
            return self._class_number[added]
        if word < 0 or word >= self._n_counted:
            return -1
        word_class = self._classes[word]
        return self._class_number[word_class] if word_class and self._rare[word] else word

    def _after_two(self, before: int, last: int, word: int) -> float:
        shorter = self._after_one(last, word)
        if before < 0 or last < 0:
            return shorter
        history = before << 20 | last
        return _found(self._three, history << 20 | word) + _left(self._three_left, history) * shorter

    def _after_one(self, last: int, word: int) -> float:
        alone = self._clinical[word]
        if last < 0:
            return alone
        return _found(self._two, last << 20 | word) + _left(self._two_left, last) * alone


def _keys(differences: npt.NDArray[np.generic]) -> "array[int]":
    return array("Q", np.cumsum(differences, dtype=np.uint64).tobytes())


_EXP = tuple(math.exp(-_STEP * value) for value in range(256))


def _found(table: "tuple[array[int], bytes]", key: int) -> float:
    keys, logs = table
    at = bisect_left(keys, key)
    return _EXP[logs[at]] if at < len(keys) and keys[at] == key else 0.0


def _left(table: "tuple[array[int], bytes]", history: int) -> float:
    keys, logs = table
    at = bisect_left(keys, history)
    return _EXP[logs[at]] if at < len(keys) and keys[at] == history else 1.0


@lru_cache(maxsize=1)
def language_model() -> LanguageModel:
    """The shipped model."""
    with resources.files("wardscribe_lexicons").joinpath("en/lm.npz").open("rb") as file, np.load(file) as table:
        return LanguageModel({name: table[name] for name in table.files})
