"""The patient, as far as dictated: name, age, sex, record number.

Owns how people are introduced. Must not know the rest of the record.
"""

import re

from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_NAME = re.compile(r"\s+((?:[A-Z][a-z'’]+)(?:\s+[A-Z][a-z'’-]+){0,2})")
_NAMED = re.compile(r"\b[Pp]atient(?:'s)? name(?: is)?\s*:?\s+((?:[A-Z][A-Za-z'’-]+)(?:\s+[A-Z][A-Za-z'’-]+){0,2})")
_AGE_AFTER_NAME = re.compile(r",?\s+(?:aged? )?([1-9]\d?|10\d)(?=\s*[,.;]|$)")
_ZH_NAMED = re.compile(r"(?:患者|病人|患儿|产妇|姓名[：:为]?|\d床[，,]?\s*|^|患者姓名[：:为]?)")
_ZH_AFTER_NAME = re.compile(r"[，,。、\s]|男|女|因|于|\d|岁|术后|入院|住院|昨|今|$")
_ZH_CHARS = re.compile(r"[\u4e00-\u9fff]+")
_STAFF = ("surgeon", "assistants", "staff")
_MRN = re.compile(
    r"(?:\bMRN|medical record number|record number|hospital number|病历号|住院号|门诊号)"
    r"\s*(?:is|为|是|:|：)?\s*([A-Za-z]?\d{3,})",
    re.IGNORECASE,
)
_ZH_SEX = re.compile(
    r"患[者儿]?[，,\s]*(男|女)|(?:(?<=[\u4e00-\u9fff])(男|女)(?:性|的|孩|童)?[，,\s]*(?=\d{1,3}(?:岁|个月|月)))|(?:^|[，,。；\s])(男|女)(?:性|孩|童|婴)?(?=[，,。\s\d]|$|患|岁|[一二三四五六七八九十])|(男|女)性|(?<!活)(男|女)[孩童婴]|(?<=岁)(男|女)的"
)


_ZH_BARE_AGE = re.compile(
    r"(?:^|[，,。；\s床])(?:患者)?[男女]性?[，,\s]*([1-9]\d?)(?=$|[，,。\s]|[^\d.\W天年个周月次床号/%度小])"
)


def patient(case: Case) -> dict[str, Tree]:
    """Keys of the patient that were said."""
    found: dict[str, Tree] = {}
    text = case.reading.text
    name = _name(case)
    if name is not None:
        found["name"] = name
    ages = [age for age in case.ages if not _is_other_age(case, age.start)]
    bare = _ZH_BARE_AGE.search(text, 0, 60) if case.reading.is_zh and not ages else None
    if bare is not None:
        found["age_years"] = Leaf(int(bare[1]), bare.start(1), bare.end(1))
    if not ages and not case.reading.is_zh and name is not None:
        ages_said = _AGE_AFTER_NAME.match(text, name.end)
        if ages_said is not None:
            found["age_years"] = Leaf(int(ages_said[1]), ages_said.start(1), ages_said.end(1))
    if ages:
        found["age_years"] = Leaf(ages[0].years, ages[0].start, ages[0].end)
    sex = _sex(case)
    if sex is not None:
        found["sex"] = sex
    mrn = _MRN.search(text)
    if mrn is not None:
        found["mrn"] = Leaf(mrn[1], mrn.start(1), mrn.end(1))
    return found


def _name(case: Case) -> Leaf | None:
    if case.reading.is_zh:
        return _zh_name(case)
    said = _NAMED.search(case.reading.text)
    if said is not None:
        return Leaf(said[1], said.start(1), said.end(1))
    for cue in case.reading.cues.of("title"):
        if case.section_at(cue.start) in _STAFF:
            continue
        match = _NAME.match(case.reading.text, cue.end + (case.reading.text[cue.end : cue.end + 1] == "."))
        if match is not None:
            return Leaf(match[1], match.start(1), match.end(1))
    return None


def _zh_name(case: Case) -> Leaf | None:
    """A surname and one or two characters after 患者 or a bed, and something else right behind them."""
    text = case.reading.text
    for match in _ZH_NAMED.finditer(text):
        for length in (3, 2):
            start, end = match.end(), match.end() + length
            if case.reading.cues.first("surname", start, start + 1) is None or not _ZH_CHARS.fullmatch(text[start:end]):
                continue
            inside = any(hit.start < end and start < hit.end for hit in case.reading.hits) or text.startswith(
                "分辨", start + 1
            )
            bounded = _ZH_AFTER_NAME.match(text, end) or any(hit.start == end for hit in case.reading.hits)
            if bounded and not inside:
                return Leaf(text[start:end], start, end)
    return None


def _is_other_age(case: Case, start: int) -> bool:
    """An age in a sentence about a relative is the relative's."""
    clause = case.clause_at(start)
    return bool(case.reading.cues.within("relation", clause.start, start))


def _sex(case: Case) -> Leaf | None:
    if case.reading.is_zh:
        match = _ZH_SEX.search(case.reading.text, 0, 60)
        if match is None:
            return None
        group = match.lastindex or 1
        return Leaf("male" if match[group] == "男" else "female", match.start(group), match.end(group))
    for cue in case.reading.cues.of("sex"):
        clause = case.clause_at(cue.start)
        if case.section_at(cue.start) in _STAFF:
            continue
        if not case.reading.cues.within("relation", clause.start, clause.end):
            return Leaf(cue.value, cue.start, cue.end)
    return None
