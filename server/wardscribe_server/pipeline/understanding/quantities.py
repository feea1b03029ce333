"""Quantities in written text: durations, sizes, ages, plain numbers.

Owns their patterns and units. Must not know what a quantity belongs to.
"""

import re
from dataclasses import dataclass

from wardscribe_protocol.record import Language

_EN_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_EN_NUMBERS = {word: value for value, word in enumerate(_EN_WORDS.split(), start=1)} | {
    "a": 1,
    "an": 1,
    "a couple of": 2,
    "couple of": 2,
    "fourteen": 14,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
_ZH_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_EN_COUNT = "|".join(sorted(_EN_NUMBERS, key=len, reverse=True))
_EN_UNITS = {
    "hour": "H",
    "hr": "H",
    "minute": "MIN",
    "min": "MIN",
    "day": "D",
    "week": "W",
    "month": "M",
    "year": "Y",
    "yr": "Y",
}
_ZH_UNITS = {"小时": "H", "分钟": "MIN", "天": "D", "日": "D", "周": "W", "星期": "W", "月": "M", "年": "Y"}
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"  # 7, 2.5, 150,000
COMMA = r",(?!(?<=\d,)\d{3}(?!\d))"  # but not the one in 150,000
_EN_DURATION = re.compile(
    rf"\b(?P<n>\d+(?:\.\d+)?|{_EN_COUNT})[\s-]+(?:(?:to|or|and)\s+(?:\d+|{_EN_COUNT})[\s-]+)?"
    r"(?P<u>hour|hr|minute|min|day|week|month|year|yr)s?\b(?!['’]?s?[\s-]+old)(?!\s+of\s+age)",
    re.IGNORECASE,
)
_EN_YESTERDAY = re.compile(r"\bsince yesterday(?: (?:morning|afternoon|evening))?\b", re.IGNORECASE)
_ZH_DURATION = re.compile(
    r"(?<![第每\d.月一])(?P<n>\d+(?:\.\d+)?|[一二两三四五六七八九十]{1,3}|半)(?:\d+)?(?P<more>[多余])?个?(?P<half>半)?(?P<u>小时|分钟|天|日|周|星期|月|年)"
    r"(?P<tail>半)?(?!\d*[次回号])(?!\d+日)(?!一次)(?!\d+月)"
)
_EN_LENGTH = r"(?:mm|cm|m(?:illi|)met(?:er|re)s?|millimet(?:er|re)s?|centimet(?:er|re)s?)"
_LENGTH = rf"(?:{_EN_LENGTH}\b|毫米|厘米|公分)"
_WAY = r"(?:in\s+)?(?:long|length|wide|width|deep|depth|high|height|tall|thick)"
_TIMES = (
    rf"\s*(?:(?:{_WAY}\s*)?(?:x|×|\*|by|times|乘以|乘)\s*|(?:long|wide|deep|high|tall|thick),?\s+(?:and\s+)?"
    r"|[，,]?(?:宽|厚|高|前后径|左右径|横径|纵径|上下径)约?)"
)
_SIZE = re.compile(
    rf"(?<![\d.])(?P<a>{NUMBER})\s*(?P<ua>{_LENGTH})?(?:{_TIMES}(?P<b>{NUMBER})\s*(?P<ub>{_LENGTH})?)?"
    rf"(?:{_TIMES}(?P<c>{NUMBER})\s*(?P<uc>{_LENGTH})?)?",
    re.IGNORECASE,
)
_PERSON = r"(?:male|female|man|woman|gentleman|lady|boy|girl)"
_EN_AGE = re.compile(
    r"\b(\d{1,3})[\s-]*(?:year|yr)s?[\s-]*old\b|\baged?\s+(\d{1,3})\b|\b(\d{1,3})[\s-]+years?\s+of\s+age"
    rf"|\b{_PERSON},?\s+(\d{{1,3}})\s+years?\b(?!\s+(?:ago|history|since|after|before|of\b))"
    rf"|\b(\d{{1,3}})[\s-]+(?:year|yr)s?[\s-]+{_PERSON}\b",
    re.IGNORECASE,
)
_ZH_AGE = re.compile(r"(?:年龄)?(\d{1,3}|[一二三四五六七八九十]{1,3})周?岁")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at the characters `[start, end)`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duration(Quantity):
    """An ISO 8601 duration."""

    iso: str


@dataclass(frozen=True, slots=True)
class Size(Quantity):
    """One to three lengths in millimetres, in the order said."""

    mm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Age(Quantity):
    """Years of age."""

    years: int


def han_number(text: str) -> float | None:
    """The value of a number up to 99 in Han digits; None when it is none."""
    if text == "半":
        return 0.5
    if "十" in text:
        tens, _, ones = text.partition("十")
        if (tens and tens not in _ZH_DIGITS) or (ones and ones not in _ZH_DIGITS):
            return None
        return (_ZH_DIGITS[tens] if tens else 1) * 10 + (_ZH_DIGITS[ones] if ones else 0)
    return _ZH_DIGITS.get(text)


def durations(text: str, language: Language, start: int = 0, end: int | None = None) -> tuple[Duration, ...]:
    """Durations in `text[start:end]`, in order."""
    end = len(text) if end is None else end
    if language is Language.EN:
        said = [
            Duration(match.start(), match.end(), _iso(_count(match["n"]), _EN_UNITS[match["u"].lower()]))
            for match in _EN_DURATION.finditer(text, start, end)
        ]
        said += [Duration(match.start(), match.end(), "P1D") for match in _EN_YESTERDAY.finditer(text, start, end)]
        return tuple(sorted(said, key=lambda found: found.start))
    found = []
    for match in _ZH_DURATION.finditer(text, start, end):
        count = float(match["n"]) if match["n"][0].isdigit() else han_number(match["n"])
        unit = _ZH_UNITS[match["u"]]
        if (
            count is None
            or (unit == "Y" and count > 120)
            or (unit == "M" and match["u"] == "月" and _is_calendar(match) and not text.startswith("后", match.end()))
        ):
            continue
        if match["half"] or match["tail"]:
            count += 0.5
        found.append(Duration(match.start(), match.end(), _iso(count, unit)))
    return tuple(found)


def _is_calendar(match: re.Match[str]) -> bool:
    """`5月2日` and `12月` name a month; `5个月` counts."""
    return "个" not in match.group() and match["n"] != "半" and not match.group().endswith("半")


def _count(text: str) -> float:
    return float(text) if text[0].isdigit() else _EN_NUMBERS[text.lower()]


def _iso(count: float, unit: str) -> str:
    if unit == "MIN":
        return f"PT{_plain(count)}M"
    if unit == "H":
        return f"PT{_plain(count)}H" if count == int(count) else f"PT{round(count * 60)}M"
    if count != int(count):
        parts, finer = {"Y": (12, "M"), "M": (30, "D"), "W": (7, "D"), "D": (24, "H")}[unit]
        return _iso(round(count * parts), finer)
    return f"P{_plain(count)}{unit}"


def _plain(count: float) -> str:
    return str(int(count)) if count == int(count) else str(count)


def sizes(text: str, start: int = 0, end: int | None = None) -> tuple[Size, ...]:
    """Lengths above zero in `text[start:end]` with a unit of length, in order, in millimetres."""
    found = []
    for match in _SIZE.finditer(text, start, len(text) if end is None else end):
        units = [match[name] for name in ("ua", "ub", "uc")]
        said = next((unit for unit in reversed(units) if unit), None)
        if said is None:
            continue
        values = tuple(
            _tidy(number(match[name]) * _factor(match["u" + name] or said)) for name in ("a", "b", "c") if match[name]
        )
        if min(values) > 0:
            found.append(Size(match.start(), match.end(), values))
    return tuple(found)


def _factor(unit: str) -> int:
    return 10 if unit.lower().startswith("c") or unit in ("厘米", "公分") else 1


def _tidy(value: float) -> float:
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def number(text: str) -> float:
    """The value of what `NUMBER` matched."""
    return float(text.replace(",", ""))


def tidy(text: str) -> float:
    """A number as dictated: whole ones as integers."""
    return _tidy(number(text))


def ages(text: str, language: Language, start: int = 0) -> tuple[Age, ...]:
    """Ages in years in `text[start:]`, in order."""
    if language is Language.EN:
        return tuple(
            Age(match.start(), match.end(), int(next(filter(None, match.groups()))))
            for match in _EN_AGE.finditer(text, start)
        )
    found = []
    for match in _ZH_AGE.finditer(text, start):
        years = int(match[1]) if match[1].isdigit() else han_number(match[1])
        if years is not None:
            found.append(Age(match.start(), match.end(), int(years)))
    return tuple(found)
