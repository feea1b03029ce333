"""English sizes that have a notation of their own: sutures (3-0), endotracheal tubes (7.5).

Owns "three oh" and "seven five" beside a suture or a tube. It must not know other numbers.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Rewrite
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS

_FIGURE = "|".join(word for word in DIGITS if word not in {"zero", "oh", "o"}) + "|ten|eleven|twelve"
_ZERO = r"(?:oh|o|zero|0)"
_TUBE = re.compile(
    r"(?<![\w.-])(?P<whole>[4-9]|four|five|six|seven|eight|nine)[ -](?P<part>oh|zero|five)"
    r"(?= (?:(?:cuffed|uncuffed|oral|nasal|cm)? ?(?:ett?|endotracheal|e t|tracheostomy|trach|shiley"
    r"|nasotracheal)\b|(?:cuffed|uncuffed)\b))",
    re.IGNORECASE,
)


@cache
def _suture() -> re.Pattern[str]:
    materials = either(table("numbers_en").lists("suture")["materials"])
    more = rf"(?:,? (?:and|or|to|then),?|,)? (?:{_FIGURE}|\d{{1,2}})[ -]{_ZERO}"
    return re.compile(
        rf"(?<![\w.-])(?P<n>{_FIGURE}|\d{{1,2}})(?:[ -]{_ZERO}|(?= (?:and|or|to|through) (?:{_FIGURE}"
        rf"|\d{{1,2}})[ -]{_ZERO} (?:[\w-]+ )??{materials}\b))"
        rf"(?=(?:{more})* (?:[\w-]+ ){{0,2}}?{materials}\b"
        rf"| (?:and|or|to|through) (?:{_FIGURE}|\d{{1,2}})[ -]{_ZERO} (?:[\w-]+ )??{materials}\b)",
        re.IGNORECASE,
    )


@cache
def _plain() -> re.Pattern[str]:
    """A suture of size one or nought: "zero looped PDS", "oh Vicryl"."""
    materials = either(table("numbers_en").lists("suture")["brands"])
    return re.compile(
        rf"(?<![\w.'’-])(?<!number )(?<!# )(?P<n>oh|o|zero|one|two)(?= {materials}\b)|\b(?:looped|running) "
        rf"(?P<m>one|zero|oh|o)(?= {materials}\b)",
        re.IGNORECASE,
    )


def sizes(draft: Draft) -> Draft:
    """Sutures and tubes, while their figures are still words."""
    draft = draft.rewritten(_suture(), _sutured)
    draft = draft.rewritten(_plain(), _whole)
    return draft.rewritten(_TUBE, _tube)


def _value(said: str) -> str:
    word = said.lower()
    return {"ten": "10", "eleven": "11", "twelve": "12"}.get(word) or str(DIGITS.get(word, said))


def _sutured(match: re.Match[str]) -> Rewrite:
    return f"{_value(match['n'])}-0"


def _whole(match: re.Match[str]) -> Rewrite:
    said = match["n"] or match["m"]
    return match.group()[: -len(said)] + _value(said)


def _tube(match: re.Match[str]) -> Rewrite:
    return f"{_value(match['whole'])}.{'5' if match['part'].lower() == 'five' else '0'}"
