"""English numbers said one after another: when they are one number, when several, and when nobody can tell.

Owns that decision for figures without a scale word: "two oh four" is one number, "ribs seven eight nine" are three,
"over eighty one thirty over" two. What cannot be told stays in words: numbers that run together are misread (ISMP).
It must not know what units mean.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, TEENS, TENS, Neighbours, Number

_LONG = 5  # figures said one by one: nobody lists so many without a word between
_MOST_WORDS = 16
_NEAR = 3.0  # values of one list lie within this factor
_CLEARLY = 1.3  # how much nearer the chosen reading must be than the next
_DIASTOLIC = range(20, 161)
_SYSTOLIC = range(50, 261)
_CENTURIES = frozenset([18, 19, 20])
_QUARTERED = 25  # 1250 mg, 1750 units: doses above a thousand are said in steps of this
_DOSE_LIMIT = 30
_LEAD = r"(?: (?:is|was|are|were|of|at|about|to|from|now|today|down|up|number|approximately|around))* $"


@cache
def _words(key: str) -> frozenset[str]:
    return frozenset(table("numbers_en").lists("sequences")[key])


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"\b{either(_words('identifiers'))}\b[^.,;\n]*$")


@cache
def _large() -> re.Pattern[str]:
    return re.compile(rf"\b{either(_words('large'))}{_LEAD}")


@cache
def _valued() -> re.Pattern[str]:
    measured = table("numbers_en").lists("measured")["heads"]
    return re.compile(rf"\b{either([*_words('large'), *_words('values'), *measured])}{_LEAD}")


@cache
def _small() -> re.Pattern[str]:
    return re.compile(rf"\b{either(_words('small'))}{_LEAD}")


def is_one_string(figures: str, *, first: bool, to_end: bool, around: Neighbours) -> bool:
    """Whether three figures or more, said one by one, are one number; `first` and `to_end` of their run."""
    if around.before in _words("labels"):
        return False
    if "0" in figures or (_named().search(around.clause) is not None and first):
        return True
    rising = all(int(after) == int(figure) + 1 for figure, after in pairwise(figures))
    if rising:
        return False
    if len(figures) >= _LONG:
        return True
    over = around.before == "over" or around.after == "over"
    if over or (around.unit_follows and to_end and not around.pills_follow):
        return True
    return len(figures) > 3 or _valued().search(around.clause) is not None


def is_one_pair(first: int, second: int, *, to_end: bool, around: Neighbours) -> bool:
    """Whether two numbers from ten to ninety-nine are one of four figures: a year, a code, a large value."""
    if _named().search(around.clause) is not None:
        return True
    if around.unit_follows and to_end:
        doses = around.after in _words("dose_units") and first < _DOSE_LIMIT and second % _QUARTERED == 0
        return doses and second > 0 and not around.pills_follow
    if _small().search(around.clause) is not None or around.before in _words("labels"):
        return False
    return first in _CENTURIES or _large().search(around.clause) is not None


def several(words: Sequence[str], around: Neighbours) -> list[Number] | None:
    """The numbers of a run that says more than one; empty where nobody can tell, None where it is no such run."""
    if len(words) < 2 or len(words) > _MOST_WORDS:
        return None
    if around.before == "over" and around.after == "over":
        return _pressures(words)
    if around.pills_follow:
        return _pills(words)
    if "point" in words:
        return None
    if around.sizes_follow and words[0] in DIGITS and DIGITS[words[0]] > 1:
        size = _chunk(words, 1)
        return _labels(words) if size is not None and size[1] == len(words) and size[0] > 9 else None
    if around.before in _words("labels") and "hundred" not in words:
        return _labels(words)
    if around.before in _words("values") and not _is_one(words):
        return _nearest(words)
    return None


def _chunk(words: Sequence[str], index: int) -> tuple[int, int] | None:
    """A number below a hundred at `index` and where it ends."""
    word = words[index] if index < len(words) else ""
    if word in TENS:
        ones = DIGITS.get(words[index + 1], 0) if index + 1 < len(words) else 0
        return (TENS[word] + ones, index + 2) if ones else (TENS[word], index + 1)
    value = TEENS.get(word, DIGITS.get(word))
    return None if value is None else (value, index + 1)


def _ends(words: Sequence[str], index: int) -> Iterator[tuple[int, int]]:
    """Every number that may start at `index`: its value and where it ends."""
    word = words[index]
    if word in TENS:
        yield TENS[word], index + 1
    chunk = _chunk(words, index)
    if chunk is None or word in {"oh", "o"}:
        return
    if chunk[1] != index + 1 or word not in TENS:
        yield chunk
    rest = words[index + 1 : index + 3]
    if word not in DIGITS or not rest or not DIGITS[word]:
        return
    hundreds = DIGITS[word] * 100
    if rest[0] == "hundred":
        after = _chunk(words, index + 2)
        yield hundreds, index + 2
        if after is not None and after[0]:
            yield hundreds + after[0], after[1]
    elif rest[0] in {"oh", "o", "zero"} and len(rest) == 2 and rest[1] in DIGITS:
        yield hundreds + DIGITS[rest[1]], index + 3
    elif rest[0] in TEENS or rest[0] in TENS:
        yield from ((hundreds + value, end) for value, end in _ends(words, index + 1) if 10 <= value < 100)


def _readings(words: Sequence[str], index: int = 0) -> Iterator[list[Number]]:
    """Every way to cut the run into numbers; "and" stands between two of them."""
    if index < len(words) and words[index] == "and" and index:
        index += 1
    if index >= len(words):
        yield []
        return
    for value, end in _ends(words, index):
        for rest in _readings(words, end):
            yield [Number(index, end, str(value)), *rest]


def _is_one(words: Sequence[str]) -> bool:
    return any(len(reading) == 1 for reading in _readings(words))


def _labels(words: Sequence[str]) -> list[Number] | None:
    """Names of things that have small numbers: "teeth one sixteen seventeen"."""
    numbers: list[Number] = []
    index = 0
    while index < len(words):
        if words[index] == "and":
            index += 1
            continue
        chunk = _chunk(words, index)
        if chunk is None:
            return None
        numbers.append(Number(index, chunk[1], str(chunk[0])))
        index = chunk[1]
    return numbers


def _nearest(words: Sequence[str]) -> list[Number]:
    """Values of one kind lie near each other: "one twenty one forty five" is 120 and 145, not 121, 40, 5."""
    ranked: list[tuple[float, list[Number]]] = []
    for reading in _readings(words):
        values = [int(number.text) for number in reading]
        if len(values) > 1 and min(values) > 0:
            ranked.append((max(values) / min(values), reading))
    ranked.sort(key=lambda pair: pair[0])
    if not ranked or ranked[0][0] > _NEAR:
        return []
    return ranked[0][1] if len(ranked) == 1 or ranked[1][0] >= ranked[0][0] * _CLEARLY else []


def _pressures(words: Sequence[str]) -> list[Number]:
    """ "120 over | eighty one thirty | over 85": the lower value of one pressure and the upper of the next."""
    pairs = [
        reading
        for reading in _readings(words)
        if len(reading) == 2 and int(reading[0].text) in _DIASTOLIC and int(reading[1].text) in _SYSTOLIC
    ]
    return pairs[0] if len(pairs) == 1 else []


def _pills(words: Sequence[str]) -> list[Number] | None:
    """ "ninety twenty five milligram tablets" are 90 of 25 mg; "two fifty milligram tablets" nobody can tell."""
    if "point" in words or "hundred" in words or "thousand" in words:
        return None
    strengths = _words("strengths")
    readings = list(_readings(words))
    if any(len(reading) == 1 and words[0] not in DIGITS for reading in readings):
        return None  # "twenty five milligram tablets"
    counted = [reading for reading in readings if len(reading) == 2 and reading[1].text in strengths]
    whole = [reading for reading in readings if len(reading) == 1 and reading[0].text in strengths]
    if len(counted) == 1 and not whole:
        return counted[0]
    if whole and not counted:
        return None
    return []
