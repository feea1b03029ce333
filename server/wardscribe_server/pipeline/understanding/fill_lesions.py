"""Lesions in a specimen, each with its size, its place and its distance to a margin.

Owns which measure belongs to a lesion. Must not know the specimen as a whole.
"""

import re
from dataclasses import dataclass

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.english_mentions import is_content
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_EN_NEGATED = re.compile(r"\b(?:no|without|not)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
_ZH_NEGATED = re.compile(r"(?:未见|无|未触及|未扪及|未查见|未发现)[^，。；]{0,6}$")
_EN_AGAIN = re.compile(r"\b(?:the|this|these|said)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
_EN_PLACE = re.compile(
    r"\b(?:in|at|within|involving|on|from)\s+(?:the\s+)?(?P<place>(?!formalin|section|opening|bisect|cut |size|"
    r"diameter|"
    r"greatest|maximum|cassette|aggregate|largest|total|keeping|continuity|"
    r"toto)[a-z][a-z -]{2,40}?)"
    r"(?=\s*(?:,|\.|;|$|\d|\bmeasur|\band\b|\bwith\b|\blocated\b|\bis\b|\bwhich\b|\bthat\b|"
    r"\bof the specimen\b|\blimited\b|\bcloses|\bapproximately\b|\bsize\b|\bno\b|\ban?\b|\bthere\b))",
    re.IGNORECASE,
)
_EN_HOLDER = re.compile(
    r"(?:^|[,.;]\s*|\d (?:cm|mm)\s+(?:thick\s+)?)(?:the\s+)?(?P<place>[a-z][a-z -]{2,30}?)\s+"
    r"(?:shows?|contains?|reveals?|bears?|harbou?rs|has)\s+"
    r"(?:an?\s+|one\s+|the\s+)?(?:[a-z-]+\s+){0,4}$",
    re.IGNORECASE,
)
_EN_MARGIN_AFTER = re.compile(
    r"^\s*(?:away\s+)?(?:from|to|of)\s+(?:the\s+)?(?:[a-z-]+\s+){0,4}?(?:margins?|resection|edge|surface)\b",
    re.IGNORECASE,
)
_EN_MARGIN_BEFORE = re.compile(
    r"\b(?:margins?|clearance)\b[^.;]{0,40}?\b(?:is|at|of|by|measures|measuring|are)\s+(?:[a-z ]+\s)?$|\bmargin\s*$",
    re.IGNORECASE,
)
_ZH_MARGIN = re.compile(r"(?:距|至|离)[^，。；\d]{0,10}?(?:切缘|切端|断端|基底|底切|缘|被膜)[^，。；\d]{0,4}$")
_ZH_ELSE = re.compile(r"(?:距|至|离|附|带|厚|深|长|宽|壁厚|浸润深度)[^，。；\d]{0,8}$")
_ZH_PLACE = re.compile(
    r"(?P<place>[^，。；、\d：:\s]{1,14}?)(?:可?见|内见|查见|有|扪及|触及|处见|检见)(?:有|一|多枚|数枚|多个|大小不等)*$"
)
_ZH_CAVITY = re.compile(r"(?P<place>(?:胆囊|[肠管宫囊])?腔内)可?见[^，。；]{0,8}$")
_ZH_AT = re.compile(r"位于(?P<place>[^，。；\d]{1,12})")
_ZH_LEADS = re.compile(
    r"^(?:切面|剖面|剖开|另于|另外|另|其内|于|在|肺|镜下|腔内|书页状切开|纵切|沿.{1,6}剖开|多切面切开|一侧|处|旁|毫米|厘米|cm)+"
)
_ZH_BEFORE = re.compile(r"(?:距[^，。；]{1,12}?[\d.]+(?:厘米|cm|毫米|mm)处?)")
_ZH_NAME = re.compile(r"[^，。；、\d：:\s见有及为的枚个处于内]{0,8}$")
_CODE_BEFORE = re.compile(r"\b(?:[A-Z]{1,2}\d{1,2}|\d{1,2}[A-Z])[\s:,-]*(?:\w+\s)?$")
_GOES_ON = re.compile(
    r"\s*(?:it|they|this|the (?:mass|tumou?r|lesion|nodule|polyp|cyst|ulcer)|measur|大小|最大径|直径|体积)",
    re.IGNORECASE,
)
_EN_REACH = 160


@dataclass(frozen=True, slots=True)
class _Lesion:
    """A lesion named at `[start, end)`; what is said in `[begin, stop)` is said of it."""

    start: int
    end: int
    begin: int
    stop: int


def first_lesion(case: Case) -> int:
    """Where the first lesion is named; the end of the text when there is none."""
    found = _lesions(case)
    return found[0].start if found else len(case.reading.text)


def lesions(case: Case, _spec: FieldSpec) -> Tree:
    """Each lesion once, in text order."""
    entries: list[Tree] = []
    for lesion in _lesions(case):
        text = case.reading.text
        entry: dict[str, Tree] = {
            "lesion": Leaf(
                text[lesion.start : lesion.end].lower() if not case.reading.is_zh else text[lesion.start : lesion.end],
                lesion.start,
                lesion.end,
            )
        }
        size = _size_of(case, lesion)
        if size is not None and all(value > 0 for value in size.mm):
            entry["size_mm"] = [Leaf(value, size.start, size.end) for value in size.mm]
        place = _zh_place(case, lesion) if case.reading.is_zh else _en_place(case, lesion)
        if place is not None:
            entry["location"] = place
        margin = _margin_of(case, lesion)
        if margin is not None:
            entry["margin_mm"] = margin
        entries.append(entry)
    return entries


def _lesions(case: Case) -> list[_Lesion]:
    named: list[tuple[int, int]] = []
    for cue in case.reading.cues.of("gross_lesion"):
        if (
            case.section_at(cue.start) == "cassettes"
            or _is_negated(case, cue)
            or _is_reference(case, cue, told=bool(named))
        ):
            continue
        start = _name_start(case, cue)
        if not named or start >= named[-1][1]:
            named.append((start, cue.end))
    found = []
    for at, (start, end) in enumerate(named):
        begin = case.reading.sentence(case.clause_at(start).sentence)[0]
        begin = max(begin, _end_of_talk(case, named[at - 1][1], start)) if at else begin
        stop = _end_of_talk(case, end, named[at + 1][0]) if at + 1 < len(named) else _last_stop(case, end)
        found.append(_Lesion(start, end, begin, stop))
    return found


def _end_of_talk(case: Case, end: int, following: int) -> int:
    """Where what is said of one lesion ends and the next begins: the last sign before the next one's name."""
    text = case.reading.text
    signs = [
        match.end()
        for match in re.finditer(r"[。；;\n]|\.\s|[,，]|\band (?=an?\b)|\ba (?=second|third)", text[end:following])
    ]
    if not signs:
        return following
    hard = [match.end() for match in re.finditer(r"[。；;\n]|\.\s", text[end:following])]
    return end + (hard[-1] if hard else signs[-1])


def _last_stop(case: Case, end: int) -> int:
    cassette = next(
        (part.clause.start for part in case.parts if part.section == "cassettes" and part.clause.start > end), None
    )
    return min(cassette if cassette is not None else len(case.reading.text), end + 3 * _EN_REACH)


def _is_negated(case: Case, cue: Cue) -> bool:
    before = case.reading.text[max(0, cue.start - 40) : cue.start]
    return (_ZH_NEGATED if case.reading.is_zh else _EN_NEGATED).search(before) is not None


def _is_reference(case: Case, cue: Cue, *, told: bool) -> bool:
    """The same lesion again ("the mass abuts …"), or a class word before the name ("the other lesion is a polyp")."""
    text = case.reading.text
    if case.reading.is_zh:
        return (
            text[cue.end : cue.end + 2].startswith(("型", "样", "状", "扩大", "切除", "根治", "穿刺", "标本"))
            or text[cue.end : cue.end + 2].startswith(("切缘", "旁", "周围", "表面", "切面", "边界", "性"))
            or text[max(0, cue.start - 2) : cue.start].endswith(("该", "上述"))
            or (
                told
                and text[max(0, cue.start - 1) : cue.start] in ("，", "。")
                and not sizes(text, cue.end, cue.end + 20)
            )
        )
    if re.match(r"\s+(?:is|are)\s+an?\b", text[cue.end :]) or _CODE_BEFORE.search(text[: cue.start]):
        return True
    again = _EN_AGAIN.search(text[max(0, cue.start - 40) : cue.start])
    return told and again is not None and again.group().lower().strip() != ""


def _name_start(case: Case, cue: Cue) -> int:
    text = case.reading.text
    if case.reading.is_zh:
        match = _ZH_NAME.search(text[max(0, cue.start - 8) : cue.start])
        name = match.group() if match is not None else ""
        name = re.sub(r"^.*(?:厘米|毫米|cm|mm|侧|区|部|极)", "", name)
        name = re.sub(r"^(?:一|多|数)", "", name)
        return cue.start - len(name)
    index = cue.first
    while index > 0 and is_content(case.reading, index - 1) and index > cue.first - 7:
        if text[case.reading.tokens[index - 1].end : case.reading.tokens[index].start].strip(" -"):
            break
        if case.reading.tokens[index - 1].text in (
            "second",
            "third",
            "single",
            "smaller",
            "larger",
            "additional",
            "reveals",
            "shows",
            "cm",
            "mm",
        ):
            break
        index -= 1
    return case.reading.tokens[index].start


def _size_of(case: Case, lesion: _Lesion) -> Size | None:
    text = case.reading.text
    inside = [size for size in sizes(text, lesion.begin, lesion.stop) if _is_extent(case, size)]
    before = [size for size in inside if size.end <= lesion.start and lesion.start - size.end <= 2]
    if before:
        return before[-1]
    sentence = case.reading.sentence(case.clause_at(lesion.end - 1).sentence)[1]
    goes_on = _GOES_ON.match(case.reading.text, sentence)
    reach = _sentence_end(case, sentence + 1) if goes_on is not None else sentence
    after = [size for size in inside if lesion.end <= size.start < reach]
    best = max((len(size.mm) for size in after[:2]), default=0)
    return next((size for size in after[:2] if len(size.mm) == best), None)


def _sentence_end(case: Case, at: int) -> int:
    return case.reading.sentence(case.clause_at(min(at, len(case.reading.text) - 1)).sentence)[1]


def _is_extent(case: Case, size: Size) -> bool:
    text = case.reading.text
    before, after = text[max(0, size.start - 50) : size.start], text[size.end : size.end + 60]
    if case.reading.is_zh:
        return _ZH_ELSE.search(before[-12:]) is None and _ZH_MARGIN.search(before) is None
    from_somewhere = re.match(r"\s*(?:away\s+)?from\b", after, re.IGNORECASE)
    return not from_somewhere and _EN_MARGIN_AFTER.match(after) is None and _EN_MARGIN_BEFORE.search(before) is None


def _margin_of(case: Case, lesion: _Lesion) -> Leaf | None:
    """The nearest margin."""
    text = case.reading.text
    found = []
    for size in sizes(text, lesion.begin, lesion.stop):
        before, after = text[max(0, size.start - 60) : size.start], text[size.end : size.end + 60]
        if case.reading.is_zh:
            is_margin = _ZH_MARGIN.search(before[-20:]) is not None
        else:
            is_margin = _EN_MARGIN_AFTER.match(after) is not None or _EN_MARGIN_BEFORE.search(before) is not None
        if is_margin and len(size.mm) == 1:
            found.append(size)
    nearest = min(found, key=lambda size: size.mm[0], default=None)
    return Leaf(nearest.mm[0], nearest.start, nearest.end) if nearest is not None else None


def _en_place(case: Case, lesion: _Lesion) -> Leaf | None:
    text = case.reading.text
    stop = min(lesion.stop, case.reading.sentence(case.clause_at(lesion.end - 1).sentence)[1])
    for match in _EN_PLACE.finditer(text, lesion.end, stop):
        if "margin" in match["place"].lower():
            continue
        return Leaf(
            match["place"].strip().lower(), match.start("place"), match.start("place") + len(match["place"].rstrip())
        )
    held = _EN_HOLDER.search(text, lesion.begin, lesion.start)
    if held is not None and not re.search(r"\b(?:specimen|section|sectioning|it|lumen|surface)\b", held["place"], re.I):
        return Leaf(held["place"].lower(), held.start("place"), held.end("place"))
    before = list(_EN_PLACE.finditer(text, lesion.begin, lesion.start))
    if before and "margin" not in before[-1]["place"].lower():
        last = before[-1]
        return Leaf(
            last["place"].strip().lower(), last.start("place"), last.start("place") + len(last["place"].rstrip())
        )
    return None


def _zh_place(case: Case, lesion: _Lesion) -> Leaf | None:
    text = case.reading.text
    at = _ZH_AT.search(text, lesion.end, lesion.stop)
    if at is not None:
        return Leaf(at["place"], at.start("place"), at.end("place"))
    clause = re.search(r"[^，。；\n]*$", text[lesion.begin : lesion.start])
    start = lesion.begin + (clause.start() if clause is not None else 0)
    start = max([start, *(gap for gap in case.reading.gaps if start < gap <= lesion.start)])
    cavity = _ZH_CAVITY.search(text, start, lesion.start)
    if cavity is not None:
        return Leaf(cavity["place"], cavity.start("place"), cavity.end("place"))
    said = text[start : lesion.start]
    distance = _ZH_BEFORE.search(said)
    if distance is not None:
        rest = said[distance.end() :]
        offset = distance.end() if len(re.sub(r"见|有|内|处", "", rest)) > 1 else 0
        said = rest if offset else said[: distance.start()] + "见"
        start += offset
    match = _ZH_PLACE.search(said)
    if match is None:
        return None
    lead = _ZH_LEADS.match(match["place"])
    begin = start + match.start("place") + (lead.end() if lead is not None else 0)
    place = text[begin : start + match.end("place")]
    return Leaf(place, begin, begin + len(place)) if place else None
