"""Numbers that a pause has split: "two point" | "five", 二点 | 五. Without this they would read as two numbers.

Only where the decimal sign leaves no doubt: "one hundred" | "twenty" may be two numbers and stays two.
"""

import re
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import PAUSE, Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, SCALES, TEENS, TENS
from wardscribe_server.pipeline.writing.normalise.numbers_zh import DIGIT, NUMERAL


def unsplit(draft: Draft, *, language: Language) -> Draft:
    """`draft` without the pauses that stand inside a decimal number."""
    space = " " if language is Language.EN else ""
    return draft.rewritten(
        _split(language),
        lambda match: [
            Edit(index, index + 1, space) for index in range(match.start(), match.end()) if match.string[index] == PAUSE
        ],
    )


@cache
def _split(language: Language) -> re.Pattern[str]:
    if language is Language.EN:
        number = rf"(?:{either([*DIGITS, *TEENS, *TENS, *SCALES, 'hundred'])}|\d+)"
        digit = rf"(?:{either(DIGITS)}|\d)"
        return re.compile(rf"\b{number}(?:{PAUSE}point[ {PAUSE}]| point{PAUSE}){digit}(?![\w.])", re.IGNORECASE)
    return re.compile(rf"[{NUMERAL}\d](?:{PAUSE}点{PAUSE}?|点{PAUSE})(?=[{DIGIT}\d])")
