"""One form for what was said and what was written, so that a recogniser which writes digits is not charged for it.

Numbers become words, a few abbreviations and unit signs are spelled out, Traditional characters become Simplified.
It is deterministic and knows no context: "1945" reads as a year, "2.5" as "two point five". What is compared is then
counted by `measures.units`, which drops case and punctuation. Must not know the product.
"""

import re
import unicodedata
from functools import cache

import opencc
from measures import units

from wardscribe_protocol.record import Language

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "st": "saint",
    "okay": "ok",
    "mm": "millimeters",
    "cm": "centimeters",
    "mg": "milligrams",
    "ml": "milliliters",
    "kg": "kilograms",
    "mcg": "micrograms",
    "millimeter": "millimeters",
    "centimeter": "centimeters",
    "milligram": "milligrams",
    "milliliter": "milliliters",
}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ENGLISH_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(\d+))?(st|nd|rd|th)?")
_CHINESE_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(%?)")
_CHINESE_DIGITS = "零一二三四五六七八九"
_LONGEST_NUMBER = 6  # digits; longer ones are read digit by digit
_YEARS = range(1100, 2100)


def neutral_units(text: str, language: Language) -> list[str]:
    """What is counted and matched: words in English, characters in Chinese."""
    return units(neutral(text, language), language)


def neutral(text: str, language: Language) -> str:
    """The neutral form of a text, ready to be compared by `measures.compare`."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return _chinese(plain) if language is Language.ZH else _english(plain)


def _english(text: str) -> str:
    text = re.sub(r"(?<=\d)/(?=\d)", " over ", text)
    text = _ENGLISH_NUMBER.sub(lambda found: f" {_read_english(found)} ", text)
    words = [_ABBREVIATIONS.get(word, word) for word in units(text, Language.EN)]
    joined = " ".join(words)
    return re.sub(r"\b(hundred|thousand) and\b", r"\1", joined)


def _read_english(found: re.Match[str]) -> str:
    whole, decimals, ordinal = found.groups()
    words = _english_whole(whole)
    if decimals:
        words += ["point", *(_ONES[int(digit)] for digit in decimals)]
    elif ordinal:
        words[-1] = _ORDINALS.get(words[-1]) or re.sub("y$", "ie", words[-1]) + "th"
    return " ".join(words)


def _english_whole(digits: str) -> list[str]:
    number = int(digits.replace(",", ""))
    if number >= 10**_LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return [_ONES[int(digit)] for digit in digits.replace(",", "")]
    if "," not in digits and number in _YEARS and number % 100 >= 10:
        return [*_below_thousand(number // 100), *_below_thousand(number % 100)]
    return _counted(number)


def _counted(number: int) -> list[str]:
    if number < 1000:
        return _below_thousand(number) or ["zero"]
    return [*_below_thousand(number // 1000), "thousand", *_below_thousand(number % 1000)]


def _below_thousand(number: int) -> list[str]:
    """The words of 1 to 999; none for 0."""
    words = [_ONES[number // 100], "hundred"] if number >= 100 else []
    rest = number % 100
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    return [*words, _ONES[rest]] if rest else words


def _chinese(text: str) -> str:
    text = _THOUSANDS.sub("", str(_converter().convert(text)))
    text = re.sub(r"(?<!\d)(\d{4})(?=年)", lambda found: "".join(_CHINESE_DIGITS[int(d)] for d in found[1]), text)
    text = _CHINESE_NUMBER.sub(_read_chinese, text)
    return text.replace("两", "二").replace("〇", "零").replace("幺", "一")


def _read_chinese(found: re.Match[str]) -> str:
    whole, decimals, percent = found.groups()
    read = _chinese_whole(whole)
    if decimals:
        read += "点" + "".join(_CHINESE_DIGITS[int(digit)] for digit in decimals)
    return f"百分之{read}" if percent else read


def _chinese_whole(digits: str) -> str:
    if len(digits) > _LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return "".join(_CHINESE_DIGITS[int(digit)] for digit in digits)
    number = int(digits)
    high, low = divmod(number, 10_000)
    if high:
        gap = "零" if 0 < low < 1000 else ""
        return f"{_chinese_counted(high)}万{gap}{_chinese_counted(low) if low else ''}"
    return _chinese_counted(low)


def _chinese_counted(number: int) -> str:
    """0 to 9999 as it is read: 10 is 十, 105 一百零五, 115 一百一十五."""
    if number < 10:
        return _CHINESE_DIGITS[number]
    read, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // size % 10
        if digit:
            read += ("零" if gap else "") + _CHINESE_DIGITS[digit] + name
        gap = bool(read) and not digit
    return read[1:] if read.startswith("一十") else read


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
