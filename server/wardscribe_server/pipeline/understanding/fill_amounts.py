"""Amounts that a word announces: millilitres in and out, minutes of an operation, grams of a specimen, days of a stay.

Owns which number an announcing word takes and the conversion to the field's unit. Must not know other fields.
"""

import re

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.quantities import NUMBER, han_number, tidy
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_EN_GAP = (
    r"(?:\s|,|:|(?:is|was|of|about|approximately|around|only|minimal|total|a|at|in|over|the|last|past|24|hours?|"
    r"overnight|today|yesterday|serous|bloody|haemoserous|serosanguinous|serosanguineous|bilious|estimated|up|to|than|"
    r"less|came|put)\b)*"
)
_ZH_GAP = r"[^\d。；;\n，,]{0,8}"
_VOLUME = re.compile(rf"(?P<n>{NUMBER})\s*(?P<u>mL|ml|ML|cc|L\b|litres?|liters?|毫升|升)?(?P<end>)")
_WEIGHT = re.compile(rf"(?P<n>{NUMBER})\s*(?P<u>g|grams?|kg|kilograms?|千克|公斤|克)(?![a-z])(?P<end>)", re.IGNORECASE)
_EN_TIME = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?|an?|one|two|three|four|five|six)\s*(?:hours?|"
    r"hrs?)\b(?P<half>\s+and\s+a\s+half)?)?\s*(?:and\s+)?"
    r"(?:(?P<m>\d+)\s*(?:minutes?|mins?)\b)?",
    re.IGNORECASE,
)
_ZH_TIME = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?|[一二两三四五六七八九十半])个?(?P<half>半)?小时(?P<half2>半)?)?(?:(?P<m>\d+|[一二三四五六七八九十]+)分钟?)?"
)
_EN_HOURS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_EN_GAP_END = re.compile(_EN_GAP, re.IGNORECASE)
_ZH_GAP_END = re.compile(_ZH_GAP)
_DAYS = {
    "hospital_day": re.compile(
        r"\bhospital day(?: number)? (\d+)|\bday (\d+) of (?:admission|hospitali[sz]ation|"
        r"(?:the )?(?:hospital )?stay)|\badmission day (\d+)|\binpatient day (\d+)|\bHD ?#?(\d+)"
        r"|(?:入院|住院)(?:后)?第?(\d+|[一二三四五六七八九十]+)[天日]",
        re.IGNORECASE,
    ),
    "postop_day": re.compile(
        r"\bpost[ -]?op(?:erative)?(?:ly)? day(?: number)? (\d+)|\bPOD ?#?(\d+)|"
        r"\bday (\d+) post[ -]?op(?:erative(?:ly)?)?|\b(\d+) days? post[ -]?op"
        r"|\bday (\d+) (?:after|following|post)[ -](?:surgery|(?:the )?operation)"
        r"|\bday (\d+) (?:after|following|post)[ -](?:[a-z]+ ){0,4}?(?:[a-z]+(?:ectomy|otomy|ostomy|plasty)"
        r"|repair|replacement|bypass|fixation|resection|section|graft)\b"
        r"|(?<!入院)术后(?:第)?(\d+|[一二三四五六七八九十]+)[天日]",
        re.IGNORECASE,
    ),
}


def day_count(case: Case, spec: FieldSpec) -> Tree:
    """The day of the stay or after the operation, where it is said as such."""
    match = _DAYS[spec.id].search(case.reading.text)
    if match is None:
        return []
    group = next(index for index, value in enumerate(match.groups(), start=1) if value)
    days = int(match[group]) if match[group].isdigit() else han_number(match[group])
    return Leaf(int(days), match.start(group), match.end(group)) if days is not None else []


def amount(case: Case, spec: FieldSpec) -> Tree:
    """The amount that the field's own words announce, in the field's unit."""
    for cue in case.reading.cues.of("amount"):
        if _field_of(case, cue) != spec.id or (_is_order(case, cue) and not case.template.rest):
            continue
        found = _measured(case, cue, spec.id)
        if found is not None:
            return found
    if spec.id == "drain_ml":
        return _before(case)
    return _listed_weight(case) if spec.id == "weight_g" else []


def _field_of(case: Case, cue: Cue) -> str:
    """ "Drain placed yesterday, output 75 mL": what comes out is of the drain just spoken of."""
    start, _ = case.reading.sentence(case.clause_at(cue.start).sentence)
    before = case.reading.text[start : cue.start].lower()
    is_plain = case.reading.text[cue.start : cue.end].lower() == "output"
    return "drain_ml" if is_plain and re.search(r"\b(?:drain|pigtail)\b(?!.*\burine\b)", before) else cue.value


def _listed_weight(case: Case) -> Tree:
    """ "Right nephrectomy, 380 g, 13 x 7 x 6 cm": a weight in a list, without the word."""
    for weight in _WEIGHT.finditer(case.reading.text) if not case.reading.is_zh else ():
        before, after = case.reading.text[: weight.start()].rstrip(), case.reading.text[weight.end("u") :].lstrip()
        if before[-1:] in ("", ",", ".") and after[:1] in ("", ",", ".") and tidy(weight["n"]) > 0:
            return _grams(weight)
    return []


def _is_order(case: Case, cue: Cue) -> bool:
    return case.section_at(cue.start) == "plan"


def _measured(case: Case, cue: Cue, field: str) -> Leaf | None:
    text = case.reading.text
    if field == "duration_min":
        return _minutes(case, cue) or _minutes_before(case, cue)
    gap = (_ZH_GAP_END if case.reading.is_zh else _EN_GAP_END).match(text, cue.end)
    start = gap.end() if gap is not None else cue.end
    if field == "weight_g":
        weight = _WEIGHT.match(text, start)
        return _grams(weight) if weight is not None and tidy(weight["n"]) > 0 else None
    found = _VOLUME.match(text, start)
    if found is None or _is_something_else(case, cue, found):
        return None
    litres = (found["u"] or "").lower() in ("l", "litre", "litres", "liter", "liters", "升")
    value = tidy(found["n"])
    return Leaf(tidy(str(value * 1000)) if litres else value, found.start("n"), found.end("end"), computed=litres)


def _is_something_else(case: Case, cue: Cue, found: re.Match[str]) -> bool:
    """A number of another kind: a count of drains, a size, a time, a test of the fluid."""
    after = case.reading.text[found.end("end") : found.end("end") + 8].lower().lstrip()
    if found["u"]:
        return False
    if case.reading.is_zh:
        return not re.match(r"(?:$|[，。；,;\s]|[^\d\w])|[\u4e00-\u9fff]", after) or after.startswith(
            ("根", "个", "天", "小时", "次", "枚", "°", "℃", "岁", "型", "号", "厘米", "毫米", "日", "月", "年", "床")
        )
    words = re.match(r"(?:french|fr\b|days?|weeks?|mm|cm|%|percent|hours?|to\b|mg|g\b|/)", after)
    bare = case.reading.text[cue.start : cue.end].lower() in ("ins", "outs")
    return words is not None or (bare and not re.match(r"(?:,|\.|and|out|;|$)", after)) or _is_chemistry(case, cue)


def _is_chemistry(case: Case, cue: Cue) -> bool:
    return bool(re.match(r"\s*(?:culture|sodium|protein|ph\b|specific|albumin|amylase)", case.reading.text[cue.end :]))


def _grams(match: re.Match[str]) -> Leaf:
    kilos = match["u"].lower() in ("kg", "kilogram", "kilograms", "千克", "公斤")
    value = tidy(match["n"])
    return Leaf(tidy(str(value * 1000)) if kilos else value, match.start("n"), match.end("end"), computed=kilos)


def _minutes(case: Case, cue: Cue) -> Leaf | None:
    text = case.reading.text
    gap = re.compile(r"[约为共计：:，\s大]*" if case.reading.is_zh else _EN_GAP, re.IGNORECASE).match(text, cue.end)
    match = (_ZH_TIME if case.reading.is_zh else _EN_TIME).match(text, gap.end() if gap is not None else cue.end)
    if match is None or not (match["h"] or match["m"]):
        return None
    minutes = 60 * _count(match["h"]) + _count(match["m"])
    if not minutes:
        return None
    halves = [name for name in ("half", "half2") if match.groupdict().get(name)]
    minutes += 30 * len(halves)
    return Leaf(tidy(str(minutes)), match.start(), match.end(), computed=bool(match["h"]))


def _minutes_before(case: Case, cue: Cue) -> Leaf | None:
    """ "25 minutes operating time"."""
    match = re.search(
        r"(\d+)\s+min(?:ute)?s?\s+(?:of\s+)?(?:total\s+)?$", case.reading.text[: cue.start], re.IGNORECASE
    )
    return Leaf(int(match[1]), match.start(1), match.end(1)) if match is not None and int(match[1]) else None


def _count(text: str | None) -> float:
    if text is None:
        return 0
    if text[0].isdigit():
        return float(text)
    return _EN_HOURS[text.lower()] if text.lower() in _EN_HOURS else (han_number(text) or 0)


def _before(case: Case) -> Tree:
    """ "80 mL from the drain", 约80毫升引流液."""
    match = re.search(
        rf"({NUMBER})\s*(?:mL|ml|cc)\s+(?:\w+\s+)?(?:from|in|out of|through|via) (?:the |her |his |"
        rf"both )?(?:\w+ )?drains?\b",
        case.reading.text,
        re.IGNORECASE,
    )
    if match is None or case.section_at(match.start()) == "plan":
        return []
    return Leaf(tidy(match[1]), match.start(1), match.end(1))
