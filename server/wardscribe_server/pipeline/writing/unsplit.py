"""Numbers, and a few names, that a pause has split: "two point" | "five", 二点 | 五, "co, amoxiclav". Without this they
would read as two.

Only where what stands around them leaves no doubt: "one hundred" | "twenty" may be two numbers and stays two.
"""

import re
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import PAUSE, Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, SCALES, TEENS, TENS
from wardscribe_server.pipeline.writing.normalise.numbers_zh import DIGIT, NUMERAL

_GAP = rf"\.?[ {PAUSE}]"
_ONES = {word: str(value) for word, value in DIGITS.items() if len(word) > 2}
_METRIC = r"(?:centi|milli|kilo)?(?:met(?:er|re)s?|grams?|lit(?:er|re)s?)\b|(?:cm|mm|mg|kg|g|ml)\b"
_DECIMAL = re.compile(  # how "one point seven" is heard with a pause in it: "measuring one. 0.7 by", "2.0.4"
    rf"\b(?:(?P<zero>zero|0)\.[ {PAUSE}]0|(?P<m>\d+)\.0"
    rf"|(?P<lead>(?:measur(?:es|ed|ing)|about|approximately|by) )(?P<n>{either(_ONES)}|\d)\.[ {PAUSE}]0)"
    rf"(?P<rest>\.\d)(?=\s*(?:by\b|x\b|×|{_METRIC}))",
    re.IGNORECASE,
)
_POINT_FOR = re.compile(
    rf"(?P<lead>\bpoint){_GAP}(?P<word>for|to|too)(?= (?:{_METRIC}))",
    re.IGNORECASE,
)
_PRESSURE = re.compile(
    rf"\b(?P<tens>1?\d)0{_GAP}(?P<ones>{either(_ONES)}|[1-9])(?= over (?:\d|{either([*TENS, *TEENS])}))", re.IGNORECASE
)
_COMPOUND = re.compile(
    rf"\bco(?:,?[ {PAUSE}])(?=(?:amoxiclav|codamol|careldopa|beneldopa|trimoxazole|phenotrope|dydramol|danthramer)\b)",
    re.IGNORECASE,
)


def unsplit(draft: Draft, *, language: Language) -> Draft:
    """`draft` without the pauses that stand inside a decimal number."""
    space = " " if language is Language.EN else ""
    if language is Language.EN:
        draft = draft.rewritten(_DECIMAL, _whole).rewritten(_POINT_FOR, _counted).rewritten(_PRESSURE, _pressure)
        draft = draft.rewritten(_COMPOUND, lambda _: "co-")
    return draft.rewritten(
        _split(language),
        lambda match: [
            Edit(index, index + 1, space) for index in range(match.start(), match.end()) if match.string[index] == PAUSE
        ],
    )


def _whole(match: re.Match[str]) -> str:
    number = match["zero"] or match["n"] or match["m"]
    return f"{match['lead'] or ''}{_ONES.get(number.lower(), number)}{match['rest']}"


def _counted(match: re.Match[str]) -> str:
    return f"{match['lead']} {'four' if match['word'].lower() == 'for' else 'two'}"


def _pressure(match: re.Match[str]) -> str:
    return match["tens"] + _ONES.get(match["ones"].lower(), match["ones"])


@cache
def _split(language: Language) -> re.Pattern[str]:
    if language is Language.EN:
        number = rf"(?:{either([*DIGITS, *TEENS, *TENS, *SCALES, 'hundred'])}|\d+)"
        digit = rf"(?:{either(DIGITS)}|\d)"
        return re.compile(rf"\b{number}(?:{PAUSE}point[ {PAUSE}]| point{PAUSE}){digit}(?![\w.])", re.IGNORECASE)
    return re.compile(rf"[{NUMERAL}\d](?:{PAUSE}点{PAUSE}?|点{PAUSE})(?=[{DIGIT}\d])")
