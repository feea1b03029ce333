"""English decades and rough values: the 1980s, pressures in the 150s over 90s.

Owns which plurals of tens are figures. A person's sixties stay words. It must not know dates.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Rewrite
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, TENS

_CENTURIES = {"eighteen": "18", "nineteen": "19"}
_DECADES = {f"{word[:-1]}ies": value for word, value in TENS.items()}
_ROUGHLY = re.compile(
    rf"(?<![\w-])(?:(?P<hundreds>one|two|three|four|five)[ -])?(?P<tens>{either(_DECADES)}|hundreds)(?![\w-])",
    re.IGNORECASE,
)
_DECADE = re.compile(rf"\b(eighteen|nineteen)[ -]({either(_DECADES)})\b", re.IGNORECASE)
_HUNDREDS_OF_YEARS = re.compile(
    r"(?<![\w-])(?:(?P<two>two thousands)|(?P<century>eighteen|nineteen) hundreds"
    rf"|(?:twenty|two thousand) (?P<tens>tens|{either(_DECADES)}))(?![\w-])",
    re.IGNORECASE,
)
_AND_DECADE = re.compile(
    rf"(?<=\d0s)(?P<link> (?:and|to|or|through|into)(?: (?:the|early|mid|late))*| over) "
    rf"(?P<tens>{either(_DECADES)})(?![\w-])",
    re.IGNORECASE,
)
_NINES = re.compile(
    rf"(?<![\w-])(?P<tens>{either(TENS)})[ -](?P<ones>ones|twos|threes|fours|fives|sixes|sevens|eights|nines)(?![\w-])",
    re.IGNORECASE,
)
_PLURALS = ("ties", "hundreds", "thousands", "tens")
_ONES = ("ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


def decades(draft: Draft) -> Draft:
    """Decades and rough values, while the figures are still words."""
    said = draft.text.lower()
    if any(word in said for word in _ONES):
        draft = draft.rewritten(_NINES, _nines)
    if not any(plural in said for plural in _PLURALS):
        return draft
    draft = draft.rewritten(_DECADE, lambda match: f"{_CENTURIES[match[1].lower()]}{_decade(match[2])}s")
    draft = draft.rewritten(_HUNDREDS_OF_YEARS, _years)
    draft = draft.rewritten(_ROUGHLY, _roughly)
    return draft.rewritten(_AND_DECADE, lambda match: f"{match['link']} {_decade(match['tens'])}s")


def _nines(match: re.Match[str]) -> str:
    """ "temperatures in the ninety nines"."""
    return f"{TENS[match['tens'].lower()] + _ONES.index(match['ones'].lower()) + 1}s"


def _decade(said: str) -> int:
    return _DECADES[said.lower()]


@cache
def _measured() -> re.Pattern[str]:
    heads = either(table("numbers_en").lists("measured")["heads"])
    return re.compile(rf"\b{heads}s?\b[^.;:\n]*$", re.IGNORECASE)


def _roughly(match: re.Match[str]) -> Rewrite:
    """ "in the one forties" is 140s, and so are the nineties of a rate; a person's sixties stay words."""
    tens = match["tens"].lower()
    if match["hundreds"] is None:
        before = match.string[max(0, match.start() - 40) : match.start()]
        return f"{_decade(tens)}s" if tens != "hundreds" and _measured().search(before) else None
    hundreds = DIGITS[match["hundreds"].lower()] * 100
    return f"{hundreds}s" if tens == "hundreds" else f"{hundreds + _decade(tens)}s"


def _years(match: re.Match[str]) -> Rewrite:
    """ "the two thousands", "the nineteen hundreds", "the twenty tens"."""
    if match["two"] is not None:
        return "2000s"
    if match["century"] is not None:
        return f"{_CENTURIES[match['century'].lower()]}00s"
    tens = match["tens"].lower()
    return f"20{10 if tens == 'tens' else _decade(tens)}s"
