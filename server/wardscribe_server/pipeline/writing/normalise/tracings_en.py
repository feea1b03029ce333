"""English electrocardiogram leads: I, II and III beside aVL, leads V1 to V6.

Owns which numbers are leads. It must not know intervals or rates.
"""

import re

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite
from wardscribe_server.pipeline.writing.normalise.number_words_en import roman

_AUGMENTED = re.compile(r"(?<![\w'’.-])a ?v ?(?P<limb>[flr])(?![\w'’])", re.IGNORECASE)
_LIMB = r"(?:one|two|three|[1-3]|I{1,3})"
_NAMED = r"(?:aV[FLR]|V ?[1-6]R?|V (?:one|two|three|four|five|six))"
_BESIDE = re.compile(
    rf"(?<![\w.-])(?:(?<=\bin )|(?<=\bleads )|(?<=\blead ))(?P<list>{_LIMB}(?:,? (?:and )?{_LIMB})*)"
    rf"(?=,? (?:and )?{_NAMED}(?!\w))|(?P<after>(?<=aV[FLR] )(?:and )?{_LIMB})(?=$|[.,;])"
)
_LEADS = re.compile(
    rf"\bleads (?P<list>{_LIMB}(?:,? (?:and |through |to )?{_LIMB})*)(?![\w/]|[.,]\d| (?:placed|were|are))", re.I
)
_WORDS = {"one": 1, "two": 2, "three": 3}


def leads(draft: Draft) -> Draft:
    """aVF and its neighbours, while the figures are still words."""
    draft = draft.rewritten(_AUGMENTED, lambda match: f"aV{match['limb'].upper()}")
    draft = draft.rewritten(_BESIDE, lambda match: _roman(match, "list" if match["list"] is not None else "after"))
    return draft if "lead" not in draft.text.lower() else draft.rewritten(_LEADS, lambda match: _roman(match, "list"))


def limb_leads(draft: Draft) -> Draft:
    """The same once the numbers are digits."""
    return draft.rewritten(_BESIDE, lambda match: _roman(match, "list" if match["list"] is not None else "after"))


def _roman(match: re.Match[str], group: str) -> Rewrite:
    offset = match.start(group)
    return [
        Edit(offset + said.start(), offset + said.end(), roman(_WORDS.get(said.group().lower()) or int(said.group())))
        for said in re.finditer(r"\b(?:one|two|three|[1-3])\b", match[group], re.IGNORECASE)
    ]
