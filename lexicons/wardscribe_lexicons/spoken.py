"""English text as the words of the clinical language model: lower case, numbers and units each one class.

Owns what a token is, for counting and for reading alike. Must not know counts.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = "<num>"
UNIT = "<unit>"
START = "<s>"
WORD = re.compile(r"[^\W_]+(?:['’][a-zA-Z]+)?")
_STOPS = re.compile(r"[.:;?!|\n](?!\d)")
_NUMBER_WORDS = frozenset(
    [
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty"),
        *("forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million"),
    ]
)
_METRES = ("meter", "meters", "metre", "metres", "liter", "liters", "litre", "litres", "gram", "grams")
_UNIT_WORDS = frozenset(
    [prefix + unit for prefix in ("", "milli", "centi", "kilo", "micro") for unit in _METRES]
    + ["mg", "mcg", "g", "kg", "ml", "mm", "cm", "l", "dl", "mmhg", "mmol", "percent", "units"]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text at its characters `[start, end)`; `after_stop` when a sentence began with it."""

    text: str
    key: str
    start: int
    end: int
    after_stop: bool


def tokens(text: str) -> Iterator[Token]:
    """The words of `text`, in order."""
    last = 0
    for match in WORD.finditer(text):
        stop = last == 0 or _STOPS.search(text, last, match.start() + 1) is not None
        yield Token(match.group(), key(match.group()), match.start(), match.end(), stop)
        last = match.end()


def key(word: str) -> str:
    """What `word` counts as."""
    low = word.lower().replace("’", "'")
    if not low.isascii():
        low = "".join(char for char in unicodedata.normalize("NFKD", low) if not unicodedata.combining(char))
    if any(char.isdigit() for char in low) or low in _NUMBER_WORDS:
        return NUMBER
    return UNIT if low in _UNIT_WORDS else low
