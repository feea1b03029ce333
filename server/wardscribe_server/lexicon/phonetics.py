"""How alike two English words sound, from their spelling alone.

A word becomes a string of sound letters; a weighted edit distance compares two of them. Must not know the lexicon.
"""

import re
from functools import lru_cache

VOWELS = frozenset("aeiou")

_SPELLING_TO_SOUND: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""),
        (r"^(ps|cz)", "s"),
        (r"^pt", "t"),
        (r"^(pn|kn|gn|mn)", "n"),
        (r"^x", "z"),
        (r"^wh", "w"),
        (r"rrh", "r"),
        (r"rh", "r"),
        (r"ph", "f"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"tch", "c"),
        (r"s?ch", "k"),
        (r"sc(?=[eiy])", "s"),
        (r"c(?=[eiy])", "s"),
        (r"ck|c|q", "k"),
        (r"x", "ks"),
        (r"[ao]e", "e"),
        (r"g(?=[eiy])", "j"),
        (r"dg", "j"),
        (r"y", "i"),
        (r"ti(?=[oae])", "si"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[^aeiou])e$", ""),
        (r"h", ""),
    )
)
_NEAR = {frozenset(pair): 0.4 for pair in ("bp", "dt", "gk", "vf", "zs", "js", "jg", "mn", "lr", "vw", "jk", "pf")}
_VOWEL_CHANGE = 0.3
_VOWEL_GONE = 0.4
_CONSONANT = 1.0


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """The sound letters of a lower-case word."""
    for pattern, replacement in _SPELLING_TO_SOUND:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=100_000)
def skeleton(word: str) -> str:
    """The consonants of the sound, near ones merged; words that sound alike share it or lack one letter of it."""
    return "".join(_MERGED.get(letter, letter) for letter in sound(word) if letter not in VOWELS)


_MERGED = {"b": "p", "d": "t", "g": "k", "v": "f", "z": "s", "j": "k", "m": "n"}


def distance(one: str, other: str) -> float:
    """Weighted edit distance of two words' sounds; 0 for the same sound, about 1 a changed consonant."""
    a, b = sound(one), sound(other)
    row = [0.0]
    for letter in b:
        row.append(row[-1] + _gone(letter))
    for letter in a:
        gone = _gone(letter)
        previous, row = row, [row[0] + gone]
        for at, opposite in enumerate(b):
            row.append(
                min(previous[at] + _changed(letter, opposite), previous[at + 1] + gone, row[at] + _gone(opposite))
            )
    return row[-1]


def _gone(letter: str) -> float:
    return _VOWEL_GONE if letter in VOWELS else _CONSONANT


def _changed(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in VOWELS and other in VOWELS:
        return _VOWEL_CHANGE
    return _NEAR.get(frozenset((one, other)), _CONSONANT)
