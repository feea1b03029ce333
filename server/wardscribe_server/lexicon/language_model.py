"""What a clinician says next: an interpolated word trigram over the shipped counts, falling back to classes of terms.

Owns the tables of `zh/lm.npz` (made by lexicons/build/language_model.py) and the readings of words. Must not know what
was heard.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import cast

import numpy as np
import numpy.typing as npt

from wardscribe_lexicons import Term
from wardscribe_server.lexicon.syllables import split_tone

START, NUMBER, LATIN = 0, 1, 2  # the first words of the table
_STEPS_A_NAT = 16  # resolution of a share packed into a byte
_NO_ROW: Mapping[int, float] = {}
_CLASS_SHARE = 10.0  # how much likelier a site's term is where its class stands
_SITE_TERM = 2e-6  # probability of a term that a site brings and no text counts, times its weight


@dataclass(frozen=True, slots=True)
class History:
    """Everything the last two words say about the next one."""

    triple: Mapping[int, float]
    triple_left: float
    pair: Mapping[int, float]
    pair_left: float
    class_pair: Mapping[int, float]
    class_pair_left: float
    classes: Sequence[float]


class _Sequences:
    """Rows of following words, unpacked when first asked for."""

    def __init__(self, tables: Mapping[str, npt.NDArray[np.generic]], name: str) -> None:
        self._row = {int(history): row for row, history in enumerate(tables[f"{name}_histories"])}
        self._starts = tables[f"{name}_starts"].tolist()
        self._left = np.exp(-tables[f"{name}_left"].astype(np.float64) / _STEPS_A_NAT).tolist()
        self._words = tables[f"{name}_words"]
        self._shares = np.exp(-tables[f"{name}_shares"].astype(np.float64) / _STEPS_A_NAT)
        self._unpacked: dict[int, tuple[Mapping[int, float], float]] = {}

    def after(self, history: int) -> tuple[Mapping[int, float], float]:
        """What follows, with its share, and what is left for shorter histories."""
        if (known := self._unpacked.get(history)) is not None:
            return known
        row = self._row.get(history)
        if row is None:
            return _NO_ROW, 1.0
        at = slice(self._starts[row], self._starts[row + 1])
        following = dict(zip(self._words[at].tolist(), self._shares[at].tolist(), strict=True))
        found = self._unpacked[history] = (following, self._left[row])
        return found


class LanguageModel:
    """Words by number, their readings, and their probability after two others. Safe to share between threads."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        path = resources.files("wardscribe_lexicons").joinpath("zh/lm.npz")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            tables: dict[str, npt.NDArray[np.generic]] = {name: archive[name] for name in archive.files}
        self.words = _strings(tables["words"])
        self.sounds = tuple(split_tone(sound) for sound in _strings(tables["syllables"]))
        self._readings = tables["readings"].astype(np.int64)
        self._reading_ends = [0, *np.cumsum(tables["reading_lengths"].astype(np.int64)).tolist()]
        self._heteronyms = dict(_heteronym(line) for line in _strings(tables["heteronyms"]))
        self.n_candidates = int(cast("int", tables["n_candidates"].item()))
        self._class_names = _strings(tables["class_names"])
        self.classes: list[int] = tables["classes"].tolist()
        self._odds: list[float] = (tables["odds"].astype(np.float64) / 10).tolist()
        self._placed = placed = float(cast("float", tables["placed"].item()))
        self._plain: list[float] = (placed * np.exp(tables["unigram"].astype(np.float64))).tolist()
        self._in_class: list[float] = ((1 - placed) * np.exp(tables["in_class"].astype(np.float64))).tolist()
        self._class_follow: list[list[float]] = np.exp(tables["class_follow"].astype(np.float64)).tolist()
        self._class_rows = tables["class_rows"].tolist()
        self._pairs = _Sequences(tables, "pair")
        self._triples = _Sequences(tables, "triple")
        self._class_pairs = _Sequences(tables, "class_pair")
        self._histories: dict[tuple[int, int], History] = {}
        self.number = {word: number for number, word in enumerate(self.words)}
        self._site_readings: dict[int, tuple[tuple[str, int], ...]] = {}
        self._add(terms)

    def base_rows(self, numbers: Mapping[str, int]) -> Iterator[tuple[int, list[int]]]:
        """The words that may be written for something heard otherwise, with the `numbers` of their syllables."""
        of_sound = np.array([numbers[base] for base, _ in self.sounds])
        bases = of_sound[self._readings].tolist()
        ends = self._reading_ends
        for word in range(LATIN + 1, self.n_candidates):
            if ends[word + 1] > ends[word]:
                yield word, bases[ends[word] : ends[word + 1]]
        for word, reading in self._site_readings.items():
            yield word, [numbers[base] for base, _ in reading]

    def reading(self, word: int) -> tuple[tuple[str, int], ...]:
        """Toneless syllable and tone of each character; empty for a word in Latin letters."""
        if word in self._site_readings:
            return self._site_readings[word]
        at = slice(self._reading_ends[word], self._reading_ends[word + 1])
        return tuple(self.sounds[sound] for sound in self._readings[at])

    def sounds_of(self, char: str) -> tuple[tuple[str, int], ...]:
        """All readings of a character, the usual one first; empty when it is not known."""
        number = self.number.get(char)
        return () if number is None else (*self.reading(number), *self._heteronyms.get(char, ()))

    def class_name(self, word: int) -> str:
        """The class of the term that a word is, empty for an ordinary word."""
        return self._class_names[self.classes[word]]

    def odds(self, word: int) -> float:
        """Log odds that a word stands in a clinical text rather than anywhere else."""
        return self._odds[word]

    def history(self, first: int, second: int) -> History:
        """What the words `first second` say about the next one."""
        known = self._histories.get((first, second))
        if known is None:
            if len(self._histories) > 100_000:
                self._histories.clear()
            triple, triple_left = self._triples.after(first << 32 | second)
            pair, pair_left = self._pairs.after(second)
            row = self._class_rows[second] if second < len(self._class_rows) else 0
            of_class, of_class_left = self._class_pairs.after(self.classes[second])
            known = History(triple, triple_left, pair, pair_left, of_class, of_class_left, self._class_follow[row])
            self._histories[first, second] = known
        return known

    def logprob(self, history: History, word: int) -> float:
        """Natural logarithm of the probability of `word`."""
        plain = self._plain[word] + history.classes[self.classes[word]] * self._in_class[word]
        of_class = history.class_pair.get(word, 0.0) + history.class_pair_left * plain
        pair = history.pair.get(word, 0.0) + history.pair_left * of_class
        return math.log(history.triple.get(word, 0.0) + history.triple_left * pair)

    def rarity(self, word: int) -> float:
        """Minus the logarithm of the probability of `word` whatever stands before it."""
        return -math.log(self._plain[word] / self._placed)

    def _add(self, terms: Iterable[Term]) -> None:
        for term in terms:
            for surface in term.surfaces():
                readings = [self.sounds_of(char) for char in surface]
                if surface in self.number or len(surface) < 2 or not all(readings):
                    continue
                number = len(self.words)
                self.words.append(surface)
                self.number[surface] = number
                self._site_readings[number] = tuple(sounds[0] for sounds in readings)
                named = str(term.term_class)
                self.classes.append(self._class_names.index(named) if named in self._class_names else 0)
                self._odds.append(3.0)
                self._plain.append(_SITE_TERM * term.weight * self._placed)
                self._in_class.append(_SITE_TERM * term.weight * _CLASS_SHARE)


def _strings(blob: npt.NDArray[np.generic]) -> list[str]:
    return blob.tobytes().decode("utf-8").split("\n")


def _heteronym(line: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    char, *sounds = line.split(" ")
    return char, tuple(map(split_tone, sounds))
