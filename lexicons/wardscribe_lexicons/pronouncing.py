"""How an English word sounds: from a dictionary of exceptions, else letter by letter in its context.

Owns the phone alphabet (one character a phone) and the reading of `en/sounds_*`. Must not know what words are for.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

# ARPAbet, stress left out, one character each; ER is said as two phones so that "er" and "erosion" can meet.
PHONES: Mapping[str, str] = {
    "AA": "a",
    "AE": "@",
    "AH": "x",
    "AO": "c",
    "AW": "W",
    "AY": "Y",
    "EH": "e",
    "ER": "xr",
    "EY": "A",
    "IH": "i",
    "IY": "I",
    "OW": "o",
    "OY": "O",
    "UH": "U",
    "UW": "u",
    "B": "b",
    "CH": "C",
    "D": "d",
    "DH": "D",
    "F": "f",
    "G": "g",
    "HH": "h",
    "JH": "J",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "N",
    "P": "p",
    "R": "r",
    "S": "s",
    "SH": "S",
    "T": "t",
    "TH": "T",
    "V": "v",
    "W": "w",
    "Y": "y",
    "Z": "z",
    "ZH": "Z",
}
VOWELS = frozenset("a@xcWYeAiIoOUu")
EDGE = "."
# The letter itself, then its neighbours in the order in which they say most about its sound.
CONTEXT = (0, 1, -1, 2, -2, 3, -3, 4, -4)


class Pronouncer:
    """Says any lower-case word of letters. Immutable after building, apart from what it remembers."""

    def __init__(self, letters: Mapping[str, str], words: Mapping[str, str]) -> None:
        self._letters = letters
        self._words = words
        self.phones = lru_cache(maxsize=100_000)(self._phones)

    def _phones(self, word: str) -> str:
        """The phones of `word`, one character each; empty for what has no letters."""
        known = self._words.get(word)
        return spell_out(word, self._letters) if known is None else known

    def by_letters(self, word: str) -> str:
        """The phones of `word` by its letters alone."""
        return spell_out(word, self._letters)


def spell_out(word: str, letters: Mapping[str, str]) -> str:
    """The phones of `word`, each letter by the longest context that `letters` holds."""
    phones = []
    for at in range(len(word)):
        phone = ""
        for context in contexts(word, at):
            phone = letters.get(context, phone)
        phones.append(phone)
    return "".join(phones)


def contexts(word: str, at: int) -> Iterator[str]:
    """The letter `at` with more and more of its neighbours."""
    context = ""
    length = len(word)
    for offset in CONTEXT:
        place = at + offset
        context += word[place] if 0 <= place < length else EDGE
        yield context


@lru_cache(maxsize=1)
def pronouncer() -> Pronouncer:
    """The pronouncer over the shipped tables."""
    return Pronouncer(dict(_pairs("en/sounds_letters.txt")), dict(_pairs("en/sounds_words.txt")))


def _pairs(path: str) -> Iterator[tuple[str, str]]:
    text = resources.files("wardscribe_lexicons").joinpath(path).read_text(encoding="utf-8")
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            key, _, phones = line.partition(" ")
            yield key, phones
