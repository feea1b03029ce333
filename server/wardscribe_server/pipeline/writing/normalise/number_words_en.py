"""The English number words, what one number of a run is, and how ordinals and roman numerals are spelled.

Owns the vocabulary that the rules for numbers, dates and corrections share. It must not know how a run is read.
"""

from functools import cache
from typing import NamedTuple

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEEN_WORDS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = {word: value for value, word in enumerate(DIGIT_WORDS)} | {"oh": 0, "o": 0}
TEENS = {word: value for value, word in enumerate(TEEN_WORDS, start=10)}
TENS = dict(zip(TENS_WORDS, range(20, 100, 10), strict=True))
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
        ],
        start=1,
    )
} | {f"{word[:-1]}ieth": value for word, value in TENS.items()}


class Number(NamedTuple):
    """Digits for tokens `[start, end)` of a run."""

    start: int
    end: int
    text: str


class Neighbours(NamedTuple):
    """What decides how a run is read: the words beside it, lower case, and whether a unit follows."""

    before: str
    after: str
    unit_follows: bool
    times_follow: bool = False
    tablet_follows: bool = False
    pills_follow: bool = False  # "milligram tablets": a count may stand before the strength
    sizes_follow: bool = False  # "millimeter ports": a count may stand before the size
    clause: str = ""  # what the sentence says before the run, lower case


@cache
def months() -> tuple[str, ...]:
    """Month names, lower case."""
    return (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    )


def roman(value: int) -> str:
    """Roman numeral of 1 to 39."""
    return "X" * (value // 10) + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[value % 10]


def ordinal(value: int) -> str:
    """ "3rd", "12th"."""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th") if value // 10 % 10 != 1 else "th"
    return f"{value}{suffix}"
