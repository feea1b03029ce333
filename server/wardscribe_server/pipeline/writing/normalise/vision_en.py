"""English eye findings: how well an eye sees, and its refraction.

Owns "twenty forty" and what is said with it (lines missed, signs of lenses). A year is no acuity: the sentence must
speak of sight. It must not know other vital signs.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite
from wardscribe_server.pipeline.writing.grammar import either, table

_FEET = {
    "ten": 10,
    "twelve": 12,
    "twelve point five": 12.5,
    "fifteen": 15,
    "sixteen": 16,
    "twenty": 20,
    "twenty five": 25,
    "thirty": 30,
    "thirty two": 32,
    "thirty five": 35,
    "forty": 40,
    "forty five": 45,
    "fifty": 50,
    "sixty": 60,
    "sixty three": 63,
    "seventy": 70,
    "seventy five": 75,
    "eighty": 80,
    "one hundred": 100,
    "one twenty five": 125,
    "one fifty": 150,
    "one sixty": 160,
    "two hundred": 200,
    "two fifty": 250,
    "three hundred": 300,
    "four hundred": 400,
    "eight hundred": 800,
}
_SAID = either([*_FEET, *(feet.replace(" ", "-") for feet in _FEET if " " in feet)])
_ACUITY = re.compile(
    rf"(?<![\w'’.-])twenty[ -](?P<feet>{_SAID})"
    r"(?![\w'’]|-\w| (?:hundred|thousand|point|percent|milli|micro|units?|years?|year-old|one|two|three|four"
    r"|five|six|seven"
    r"|eight|nine)\b(?! (?:eye|left|right)))",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|since|from|of|until|year|by|during|before|after|around)(?: early| late| mid)? $", re.I
)
_SENTENCE = re.compile(r"[.;\n\ue000]")
_LINES = re.compile(
    r"(?<![\w.])(?P<seen>20/\d{2,3})(?P<gap> )(?P<sign>minus|plus) (?P<n>[1-5]|one|two|three|four|five)"
    r"(?![\w.]|-\w| (?:point|diopters?|sphere)\b)",
    re.IGNORECASE,
)
_COUNT = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_QUARTERS = re.compile(
    r"(?:(?<=sphere [+-])|(?<=cylinder [+-])|(?<=sphere of [+-])|(?<=cylinder of [+-]))(\d{1,2})(00|25|50|75)"
    r"(?![\d.,/])",
    re.IGNORECASE,
)
_LENS = re.compile(
    r"(?:(?<!\w)(?P<first>plus|minus) )?(?P<sphere>(?<![\w.])[+-]?\d{1,2}(?:\.\d+)?|plano)(?P<word> sphere)? "
    r"(?P<sign>minus|plus) "
    r"(?=\d\.?\d*(?: cylinder| cyl)? (?:axis|x|times|by|at) \d)",
    re.IGNORECASE,
)


@cache
def _sight() -> re.Pattern[str]:
    return re.compile(rf"\b{either(table('numbers_en').lists('vision')['words'])}\b", re.IGNORECASE)


def acuities(draft: Draft) -> Draft:
    """ "vision twenty forty" is 20/40, while its figures are still words."""
    return draft.rewritten(_ACUITY, _acuity) if "twenty" in draft.text.lower() else draft


def lenses(draft: Draft) -> Draft:
    """The signs of sphere and cylinder, once the numbers are digits: "-3.25 -1.50 axis 180"."""
    return draft.rewritten(_LENS, _lens) if "us " in draft.text else draft


def powers(draft: Draft) -> Draft:
    """ "sphere minus two fifty" is -2.50: lenses come in quarters of a diopter."""
    return draft.rewritten(_QUARTERS, lambda match: f"{match[1]}.{match[2]}")


def lines(draft: Draft) -> Draft:
    """Lines missed or read beyond: 20/40-2, 20/25+2."""
    return draft.rewritten(_LINES, _lines) if "20/" in draft.text else draft


def _sign(said: str) -> str:
    return "-" if said.lower() == "minus" else "+"


def _lens(match: re.Match[str]) -> Rewrite:
    edits = [Edit(match.start("sign"), match.end(), _sign(match["sign"]))]
    if match["first"] is not None:
        edits.insert(0, Edit(match.start("first"), match.start("sphere"), _sign(match["first"])))
    return edits


def _acuity(match: re.Match[str]) -> Rewrite:
    start = max((found.end() for found in _SENTENCE.finditer(match.string, 0, match.start())), default=0)
    stop = _SENTENCE.search(match.string, match.end())
    sentence = match.string[start : stop.start() if stop else len(match.string)]
    if not _sight().search(sentence) or _YEAR_BEFORE.search(match.string[start : match.start()]):
        return None
    return f"20/{_FEET[match['feet'].lower().replace('-', ' ')]}"


def _lines(match: re.Match[str]) -> Rewrite:
    count = _COUNT.get(match["n"].lower(), match["n"])
    return [Edit(match.start("gap"), match.end(), f"{_sign(match['sign'])}{count}")]
