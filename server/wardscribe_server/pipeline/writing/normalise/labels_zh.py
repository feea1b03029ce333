"""Chinese names that end in a number, and the value said right after: CD三四十五 is CD3 45, never 345.

Owns where such a run divides. Where it can divide in two ways it stays in words (ISMP: numbers that run together are
misread). It must not know what the names mean.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import table
from wardscribe_server.pipeline.writing.normalise.number_words_en import roman
from wardscribe_server.pipeline.writing.normalise.numbers_zh import DIGIT, NUMERAL, digits_of, has_scale, value_of

_NAMED = re.compile(
    rf"(?<![A-Za-z])(?P<label>[A-Z][A-Za-z]{{0,3}})(?P<run>[{NUMERAL}]{{2,}}(?:点[{DIGIT}]+)?)(?![{NUMERAL}点])"
)
_PERCENT = re.compile(rf"(?<=[A-Za-z])(?P<n>[{DIGIT}])(?=百分之)")
_LEVEL_AND_DEGREE = re.compile(
    r"(?P<region>[颈胸腰骶]椎?)(?P<n>十[一二]?|[一二三四五六七八九])(?=[一二三四](?:度|级)[滑前后向压楔骨脱])"
)
_CATEGORY_AND_STAGE = re.compile(r"(?P<m>(?<![A-Za-z])[cpr]?M[零一01])(?=[一二三四1-4][ABCabc]?[1-3一二三]?期)")
_POINT = re.compile(rf"(?<=[{NUMERAL}\d])(小数点)(?=[{DIGIT}\d])")
_LIMB_LEADS = re.compile(
    r"(?<![十百\d第])(?P<list>[一二三](?:、?(?:和|及)?[一二三])*)(?=、?(?:和|及)?aV[FLR])", re.IGNORECASE
)
_LIMB_LEADS_NAMED = re.compile(
    r"(?<![十百千\d第零])(?P<list>[一二三](?:、?(?:和|及)?[一二三])+)(?=导联)|(?P<one>(?<![十百千\d第零])[一二三])(?=导联(?:和|及|、)?aV)"
)
_AXIS_PLUS = re.compile(rf"(?<=电轴)(?P<plus>正)(?=[{NUMERAL}\d])")
_OWN_DIGIT = re.compile(rf"(?<=[A-Za-z]\d{{4}})(?=[{DIGIT}十])")


@cache
def _known() -> dict[str, frozenset[str]]:
    return {label: frozenset(names) for label, names in table("numerals_zh").lists("labels").items()}


def labelled(draft: Draft) -> Draft:
    """Names and their values apart, while the numerals are still characters."""
    draft = draft.rewritten(_POINT, lambda _: "点")
    draft = draft.rewritten(_AXIS_PLUS, lambda _: "+")
    draft = draft.rewritten(_LIMB_LEADS, _leads)
    draft = draft.rewritten(_LIMB_LEADS_NAMED, _leads)
    draft = draft.rewritten(_CATEGORY_AND_STAGE, lambda match: f"{match['m']} ")
    draft = draft.rewritten(_LEVEL_AND_DEGREE, lambda match: [edit_of(match, "n", digits_of(match["n"]) or match["n"])])
    draft = draft.rewritten(_PERCENT, lambda match: f"{digits_of(match['n'])} ")
    draft = draft.rewritten(_OWN_DIGIT, lambda _: " ")
    return draft.rewritten(_NAMED, _divided)


def _leads(match: re.Match[str]) -> Rewrite:
    """二三aVF导联: the limb leads are roman, a mark between any two."""
    group = "list" if match["list"] is not None else "one"
    said = match[group]
    edits: list[Edit] = []
    for figure in re.finditer("[一二三]", said):
        apart = "、" if figure.start() and said[figure.start() - 1] in "一二三" else ""
        joins = "、" if figure.end() == len(said) and match.string.startswith(("a", "A"), match.end()) else ""
        written = roman(int(digits_of(figure.group()) or 0))
        edits.append(
            Edit(match.start(group) + figure.start(), match.start(group) + figure.end(), apart + written + joins)
        )
    return edits


def _divided(match: re.Match[str]) -> Rewrite:
    """CD四二百五十 is CD4 250; figures alone are a name (CD五六)."""
    run, known = match["run"], _known().get(match["label"].upper())
    whole, point, decimals = run.partition("点")
    if known is None or value_of(whole) is not None:
        return None
    if not has_scale(whole) and not point:
        return [edit_of(match, "run", digits_of(run) or run)] if digits_of(run) in known else None
    cuts = [
        cut
        for cut in range(1, len(whole))
        if digits_of(whole[:cut]) in known and _is_value(whole[cut:], point + decimals)
    ]
    if len(cuts) != 1:
        return None
    name, value = digits_of(whole[: cuts[0]]), digits_of(whole[cuts[0] :] + point + decimals)
    return [edit_of(match, "run", f"{name} {value}")]


def _is_value(whole: str, decimals: str) -> bool:
    if has_scale(whole):
        return value_of(whole) is not None
    return bool(decimals) and len(whole) == 1
