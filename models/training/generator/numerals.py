"""Numbers as they are said, in both languages, or as digits where the recogniser writes digits.

Owns spoken numerals and the number slots of the grammars. Must not know entities.

    2-40   5-500/5   1.0-9.9      from-to, in steps, with decimals        两2-9   Chinese before a measure word
    digits7   year   ordinal1-31   pressure   clock   phone
"""

import random
import re
from typing import Final, Protocol

_RANGE: Final = re.compile(r"(两?)(\d+(?:\.(\d+))?)-(\d+(?:\.\d+)?)(?:/(\d+))?")
_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_HAN: Final = "零一二三四五六七八九"
_TWELVE_MONTHS, _MINUTES = 12, (0, 5, 10, 15, 20, 30, 40, 45, 50)


class Numerals(Protocol):
    """How a language says numbers."""

    def whole(self, number: int) -> str:
        """A whole number."""

    def decimal(self, whole: int, decimals: str) -> str:
        """A number with its decimals, digit by digit."""

    def digits(self, digits: str) -> str:
        """One digit at a time."""

    def year(self, year: int) -> str:
        """A year."""

    def ordinal(self, number: int) -> str:
        """First, second ..."""

    def pressure(self, upper: int, lower: int) -> str:
        """A blood pressure."""

    def clock(self, hour: int, minute: int) -> str:
        """A time of day."""


def said(slot: str, numerals: Numerals, rng: random.Random) -> str:
    """A number for the slot `slot`, drawn and said.

    Raises:
        ValueError: there is no such slot.
    """
    if slot == "pressure":
        return numerals.pressure(rng.randrange(90, 190), rng.randrange(50, 112))
    if slot == "year":
        return numerals.year(rng.randrange(1985, 2026))
    if slot == "clock":
        return numerals.clock(rng.randrange(24), rng.choice(_MINUTES))
    if slot == "phone":
        return numerals.digits("1" + "".join(rng.choices("3456789", k=10)))
    if slot.startswith("digits"):
        return numerals.digits("".join(rng.choices("0123456789", k=int(slot[6:]))))
    is_ordinal = slot.startswith("ordinal")
    match = _RANGE.fullmatch(slot.removeprefix("ordinal"))
    if match is None:
        raise ValueError(f"no number slot {slot}")
    if match[3]:
        places = len(match[3])
        number = rng.randint(round(float(match[2]) * 10**places), round(float(match[4]) * 10**places))
        return numerals.decimal(number // 10**places, f"{number % 10**places:0{places}d}")
    number = rng.randrange(int(match[2]), int(match[4]) + 1, int(match[5] or 1))
    if is_ordinal:
        return numerals.ordinal(number)
    if match[1] and number == 2:
        return "两"
    return numerals.whole(number)


class English:
    """English; `brief` drops "hundred" as dictation does: one twenty two."""

    def __init__(self, rng: random.Random) -> None:
        self._brief = rng.random() < 0.5
        self._and = " and " if rng.random() < 0.3 else " "
        self._oh = "oh" if rng.random() < 0.5 else "zero"

    def whole(self, number: int) -> str:
        """A whole number."""
        if number < 20:
            return _ONES[number]
        if number < 100:
            return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
        if number < 1000:
            head, rest = divmod(number, 100)
            if not rest:
                return f"{_ONES[head]} hundred"
            if self._brief:
                return f"{_ONES[head]} {'oh ' if rest < 10 else ''}{self.whole(rest)}"
            return f"{_ONES[head]} hundred{self._and}{self.whole(rest)}"
        head, rest = divmod(number, 1000)
        return f"{self.whole(head)} thousand" + (f" {self.whole(rest)}" if rest else "")

    def decimal(self, whole: int, decimals: str) -> str:
        """A number with its decimals, digit by digit."""
        front = self.whole(whole) + " " if whole or not self._brief else ""
        return f"{front}point {self.digits(decimals)}"

    def digits(self, digits: str) -> str:
        """One digit at a time."""
        return " ".join(self._oh if digit == "0" else _ONES[int(digit)] for digit in digits)

    def year(self, year: int) -> str:
        """A year."""
        head, rest = divmod(year, 100)
        if head == 20 and rest < 10:
            return "two thousand" + (f" {_ONES[rest]}" if rest else "")
        return f"{self.whole(head)} {self.whole(rest)}" if rest else f"{self.whole(head)} hundred"

    def ordinal(self, number: int) -> str:
        """First, second ..."""
        front, _, last = self.whole(number).rpartition(" ")
        last = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
        return f"{front} {last}".strip()

    def pressure(self, upper: int, lower: int) -> str:
        """A blood pressure."""
        return f"{self.whole(upper)} over {self.whole(lower)}"

    def clock(self, hour: int, minute: int) -> str:
        """A time of day."""
        half = "a m" if hour < _TWELVE_MONTHS else "p m"
        return f"{self.whole(hour % 12 or 12)} {self.whole(minute) + ' ' if minute else ''}{half}"


class Chinese:
    """Mandarin; some say 幺 in digit strings."""

    def __init__(self, rng: random.Random) -> None:
        self._one = "幺" if rng.random() < 0.4 else "一"

    def whole(self, number: int) -> str:
        """A whole number."""
        if number < 10:
            return _HAN[number]
        text = ""
        for size, name in ((10000, "万"), (1000, "千"), (100, "百"), (10, "十")):
            count, rest = divmod(number, size)
            if count:
                text += (self.whole(count) if count != 1 or text or size != 10 else "") + name
                if rest and rest < size // 10:
                    text += "零"
            number = rest
        return text + (_HAN[number] if number else "")

    def decimal(self, whole: int, decimals: str) -> str:
        """A number with its decimals, digit by digit."""
        return f"{self.whole(whole)}点{''.join(_HAN[int(digit)] for digit in decimals)}"

    def digits(self, digits: str) -> str:
        """One digit at a time."""
        return "".join(self._one if digit == "1" else _HAN[int(digit)] for digit in digits)

    def year(self, year: int) -> str:
        """A year."""
        return "".join(_HAN[int(digit)] for digit in str(year)) + "年"

    def ordinal(self, number: int) -> str:
        """First, second ..."""
        return f"第{self.whole(number)}"

    def pressure(self, upper: int, lower: int) -> str:
        """A blood pressure."""
        return f"{self.whole(upper)}{'比' if self._one == '一' else '杠'}{self.whole(lower)}"

    def clock(self, hour: int, minute: int) -> str:
        """A time of day."""
        half = "上午" if hour < _TWELVE_MONTHS else "下午"
        return f"{half}{self.whole(hour % 12 or 12)}点" + (f"{self.whole(minute)}分" if minute else "")


class Digits:
    """Either language as a recogniser writes it."""

    def __init__(self, language: str) -> None:
        self._language = language

    def whole(self, number: int) -> str:
        """A whole number."""
        return str(number)

    def decimal(self, whole: int, decimals: str) -> str:
        """A number with its decimals, digit by digit."""
        return f"{whole}.{decimals}"

    def digits(self, digits: str) -> str:
        """One digit at a time."""
        return digits

    def year(self, year: int) -> str:
        """A year."""
        return f"{year}年" if self._language == "zh" else str(year)

    def ordinal(self, number: int) -> str:
        """First, second ..."""
        if self._language == "zh":
            return f"第{number}"
        endings = {1: "st", 2: "nd", 3: "rd"}
        return f"{number}{'th' if number // 10 == 1 else endings.get(number % 10, 'th')}"

    def pressure(self, upper: int, lower: int) -> str:
        """A blood pressure."""
        return f"{upper}/{lower}"

    def clock(self, hour: int, minute: int) -> str:
        """A time of day."""
        return f"{hour}:{minute:02d}"
