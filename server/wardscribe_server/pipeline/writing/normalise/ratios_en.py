"""English ratios: "one to forty" as a titer, a dilution or a proportion is 1:40; as a range it keeps its "to".

Owns that decision, once the numbers are digits. It must not know units.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.measures_en import unit_at

_PART = r"\d[\d,]*(?:\.\d+)?"
_LINK = r"(?: (?:is|was|of|at|positive|in|a|to|with|from|reactive|set|approximately|about|up|greater|than|less))*"
_KNOWN = re.compile(r"(?<![\w.,/:])1(?P<to> to )(?P<n>1,?000|10,000|100,000|200,000)(?![\w.,]\d|\w)", re.IGNORECASE)
_THREE = re.compile(r"(?<![\w.,/:])1(?P<a> to )[1-4](?P<b> to )[1-4](?![\w.,]\d|\w| to)", re.IGNORECASE)
# Steps of serial dilution: nothing else is said as one to one of these.
_SERIAL = re.compile(
    r"(?<![\w.,/:])1(?P<to> to )(?:32|64|128|256|512|1024|2048|4096|160|320|640|1280|2560|5120)(?![\w.,]\d|\w)",
    re.IGNORECASE,
)
_AND = re.compile(rf"(?<=\d)(?<!\d to )(?: and| or|,| to)? 1(?P<to> to )(?={_PART}(?![\w.,]\d|\w))", re.IGNORECASE)
_AFTER_RATIO = re.compile(rf"{_PART}:{_PART}$")
_RANGE_BEFORE = re.compile(
    r"\b(?:scale|scale of|from|ages?|aged|between|range|ranges|number|numbers|grades?) (?:of |from )?$"
)


@cache
def _headed() -> re.Pattern[str]:
    words = table("numbers_en").lists("ratio")
    heads, before = either(words["heads"]), either(words["before"])
    return re.compile(
        rf"\b{heads}{_LINK} (?P<a>{_PART})(?P<to> to )(?P<b>{_PART})(?![\w]|[.,]\d| (?:to|out of|over) \d)"
        rf"|(?<![\w.,/:])(?P<c>{_PART})(?P<to2> to )(?P<d>{_PART})(?= (?:(?:and|or|versus) \d+ to \d+ )?"
        rf"(?:\w+ )?{before}\b)",
        re.IGNORECASE,
    )


def ratios(draft: Draft) -> Draft:
    """The draft with its ratios written as such."""
    if " to " not in draft.text:
        return draft
    draft = draft.rewritten(_THREE, lambda match: [edit_of(match, "a", ":"), edit_of(match, "b", ":")])
    draft = draft.rewritten(_KNOWN, lambda match: [edit_of(match, "to", ":")])
    draft = draft.rewritten(_SERIAL, _unless_range)
    draft = draft.rewritten(_headed(), _as_ratio)
    return draft.rewritten(_AND, _next)


def _unless_range(match: re.Match[str]) -> Rewrite:
    ranged = _RANGE_BEFORE.search(match.string[max(0, match.start() - 24) : match.start()].lower())
    return None if ranged or unit_at(match.string, match.end()) else [edit_of(match, "to", ":")]


def _as_ratio(match: re.Match[str]) -> Rewrite:
    group = "to" if match["to"] is not None else "to2"
    if group == "to" and (unit_at(match.string, match.end()) or match.string.startswith("%", match.end())):
        return None
    if group == "to" and "1" not in {match["a"], match["b"]} and not _exact(match):
        return None
    return [edit_of(match, group, ":")]


def _exact(match: re.Match[str]) -> bool:
    """A ratio without a one needs its name beside it: "ratio thirty to two"."""
    return (
        re.search(r"ratios?|compression", match.group() + match.string[match.end() : match.end() + 14], re.I)
        is not None
    )


def _next(match: re.Match[str]) -> Rewrite:
    """ "titers of 1:8 and one to sixteen": what follows a ratio is one."""
    return [edit_of(match, "to", ":")] if _AFTER_RATIO.search(match.string[: match.start()]) else None
