"""Regular expressions of the rule baseline: sizes, doses, vital signs, dates, kinds of orders, in both languages."""

import re
from typing import Any

NUMBER = r"(\d+(?:\.\d+)?)"
SIZE = re.compile(rf"{NUMBER}(?:\s*[x×]\s*{NUMBER})?(?:\s*[x×]\s*{NUMBER})?\s*(mm|cm|毫米|厘米)")
_SIDES = {
    "left": r"\bleft\b|左",
    "right": r"\bright\b|右",
    "bilateral": r"\bbilateral(?:ly)?\b|\bboth\b|双|两",
}
_SEVERITY = re.compile(
    r"\b(mild|moderate|severe|small|large|trace|tiny)\b|(少量|中量|大量|轻度|中度|重度|少许)", re.IGNORECASE
)
_CHANGE = {
    "stable": r"\b(?:stable|unchanged)\b|同前|稳定|无变化",
    "increased": r"\b(?:increased|enlarging|worse(?:ning)?)\b|较前增[大多]|进展",
    "decreased": r"\b(?:decreased|improv(?:ed|ing)|smaller)\b|较前减[少轻小]|吸收",
    "new": r"\bnew\b|新发|新见",
}
DOSE = re.compile(
    rf"{NUMBER}\s*(mg|g|mcg|mL|units?|tablets?|capsules?|puffs?|drops?|毫克|克|微克|毫升|单位|片|粒|吸|喷|滴)(?![a-z])"
)
_DOSE_UNITS = {
    "毫克": "mg",
    "克": "g",
    "微克": "mcg",
    "毫升": "mL",
    "单位": "unit",
    "片": "tablet",
    "粒": "capsule",
} | {"吸": "puff", "喷": "puff", "滴": "drop", "units": "unit", "tablets": "tablet", "puffs": "puff", "drops": "drop"}
_FREQUENCY = {
    "bid": r"\bb\.?i\.?d\b|twice (?:a day|daily)|(?:2|two) times (?:a|per) day|每[日天][2两]次",
    "tid": r"\bt\.?i\.?d\b|(?:3|three) times (?:a|per)? ?da(?:y|ily)|每[日天][3三]次",
    "qid": r"\bq\.?i\.?d\b|(?:4|four) times (?:a|per)? ?da(?:y|ily)|每[日天][4四]次",
    "q4h": r"every 4 hours|每4小时",
    "q6h": r"every 6 hours|每6小时",
    "q8h": r"every 8 hours|每8小时",
    "q12h": r"every 12 hours|每12小时",
    "qn": r"at night|at bedtime|每晚|睡前",
    "prn": r"as needed|\bprn\b|必要时|按需",
    "weekly": r"\bweekly\b|每周[1一]次",
    "daily": r"\bdaily\b|once a day|每[日天][1一]次",
}
_ROUTE = {
    "iv": r"\bIV\b|intravenous|静[脉滴注推]",
    "oral": r"\boral(?:ly)?\b|by mouth|口服",
    "sc": r"subcutaneous|\bsc\b|皮下",
    "im": r"\bIM\b|肌注",
    "inhaled": r"\binhale|nebuli|雾化|吸入",
    "topical": r"\bcream\b|ointment|topical|外用|乳膏",
}
_ACTION = {
    "stop": r"\bstop(?:ped)?\b|\bhold\b|停用|停",
    "increase": r"\bincrease|增至|加至",
    "decrease": r"\bdecrease|\bwean|减至|减量",
    "start": r"\bstart\b|加用|改为",
    "continue": r"\bcontinue|继续",
}
_DURATION = re.compile(rf"(?:for )?{NUMBER}\s*(days?|weeks?|months?|years?|天|周|个?月|年)", re.IGNORECASE)
_DURATION_UNITS = {"d": "D", "w": "W", "m": "M", "y": "Y", "天": "D", "周": "W", "月": "M", "个": "M", "年": "Y"}
_VITALS = {
    "temperature_c": rf"(?:temp(?:erature)?|体温)\D{{0,6}}{NUMBER}",
    "pulse_bpm": rf"(?:pulse|heart rate|\bhr|脉搏|心率)\D{{0,6}}{NUMBER}",
    "respiration_bpm": rf"(?:respirat\w+(?: rate)?|\brr|呼吸)\D{{0,4}}{NUMBER}",
    "spo2_pct": rf"(?:sats?|saturations?|spo2|饱和度)\D{{0,8}}{NUMBER}",
    "weight_kg": rf"(?:weight|体重)\D{{0,4}}{NUMBER}",
}
_PRESSURE = re.compile(rf"(?:bp|blood pressure|血压)\D{{0,6}}{NUMBER}\s*/\s*{NUMBER}", re.IGNORECASE)


def side(sentence: str) -> dict[str, str]:
    """The side, when the sentence names only one."""
    said = [side for side, form in _SIDES.items() if re.search(form, sentence, re.IGNORECASE)]
    return {"laterality": said[0]} if len(said) == 1 else {}


def details(ent: Any) -> dict[str, Any]:
    """Size, severity, change and place from the sentence of a finding."""
    sentence = ent.sent.text
    found: dict[str, Any] = {}
    size, severity = SIZE.search(sentence), _SEVERITY.search(sentence)
    if size is not None:
        found["size_mm"] = mm(size)
    if severity is not None:
        found["severity"] = severity[0].lower()
    for change, form in _CHANGE.items():
        if re.search(form, sentence, re.IGNORECASE):
            found["change"] = change
    places = [other.text for other in ent.doc.ents if other.label_ == "ANATOMY" and other.sent == ent.sent]
    return found | ({"location": places[0]} if places else {})


def mm(size: re.Match[str]) -> list[float]:
    """A size in millimetres."""
    factor = 10 if size[4] in ("cm", "厘米") else 1
    return [round(float(value) * factor, 2) for value in size.groups()[:3] if value]


def millimetres(text: str, patterns: dict[str, str]) -> dict[str, Any]:
    """What each organ measures."""
    found: dict[str, Any] = {}
    for key, form in patterns.items():
        match = re.search(rf"(?:{form})[^.。\d]{{0,30}}({SIZE.pattern})", text, re.IGNORECASE)
        if match is not None:
            values = mm(SIZE.search(match[1]))
            found[key] = values if "lobe" in key else values[0]
    return found


def drug(tail: str, sentence: str) -> dict[str, Any]:
    """Dose, frequency, route and action of a drug."""
    found: dict[str, Any] = {}
    dose = DOSE.search(tail)
    if dose is not None:
        found |= {"dose": float(dose[1]), "dose_unit": _DOSE_UNITS.get(dose[2], dose[2])}
    for key, table, where in (("frequency", _FREQUENCY, tail), ("route", _ROUTE, tail), ("action", _ACTION, sentence)):
        code = next((code for code, form in table.items() if re.search(form, where, re.IGNORECASE)), None)
        if code is not None:
            found[key] = code
    return found


def lasting(text: str) -> dict[str, str]:
    """How long something has lasted."""
    match = _DURATION.search(text)
    return {"duration": f"P{match[1]}{_DURATION_UNITS[match[2][0].lower()]}"} if match is not None else {}


def vitals(text: str) -> dict[str, float]:
    """Vital signs, temperatures in Celsius."""
    found = {key: float(match[1]) for key, form in _VITALS.items() if (match := re.search(form, text)) is not None}
    if found.get("temperature_c", 0) > 80:
        found["temperature_c"] = round((found["temperature_c"] - 32) / 1.8, 1)
    pressure = _PRESSURE.search(text)
    if pressure is not None:
        found |= {"bp_systolic_mmhg": float(pressure[1]), "bp_diastolic_mmhg": float(pressure[2])}
    return found


def first(text: str, patterns: dict[str, str]) -> dict[str, str]:
    """The first match of each pattern."""
    matches = {key: re.search(form, text, re.IGNORECASE) for key, form in patterns.items()}
    return {key: next(filter(None, match.groups())) for key, match in matches.items() if match is not None}


def code(key: str, codes: dict[str, str], text: str) -> dict[str, str]:
    """The first code whose form is in the text."""
    code = next((code for code, form in codes.items() if re.search(form, text)), None)
    return {key: code} if code is not None else {}


def stay(text: str) -> dict[str, str]:
    """The first two dates, as admission and discharge."""
    months = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
    dates = []
    for match in re.finditer(r"(\w+) (\d{1,2})(?:st|nd|rd|th)?,? (20\d\d)|(20\d\d)年(\d{1,2})月(\d{1,2})", text):
        if match[4]:
            dates.append(f"{match[4]}-{int(match[5]):02}-{int(match[6]):02}")
        elif match[1].lower() in months:
            dates.append(f"{match[3]}-{months.index(match[1].lower()) + 1:02}-{int(match[2]):02}")
    return dict(zip(("admission_date", "discharge_date"), dates, strict=False))


def kind(item: str) -> str:
    """What kind of order an item of the plan is."""
    kinds = {
        "imaging": r"\bct\b|\bmri\b|x-?ray|ultrasound|echo|mammogram|超声|彩超|磁共振|胸片",
        "lab": r"bloods?|culture|test|levels?|hba1c|血常规|化验|培养|电解质",
        "consult": r"refer|review|consult|physio|会诊",
        "procedure": r"remove|biopsy|endoscopy|drain|拔|穿刺|镜检|活检",
        "follow_up": r"follow|return|复诊|复查|随访",
        "monitoring": r"monitor|watch|监测|观察",
    }
    return next((kind for kind, form in kinds.items() if re.search(form, item, re.IGNORECASE)), "advice")
