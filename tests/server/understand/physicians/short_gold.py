"""The short form in which the physicians' cases write their gold, made into the long form that `gold.compare` takes.

A string `a|b` is any of them; a key that ends with `?` may be missing; `"*"` leaves a field unscored. Entries are
strings of parts divided by `;`. Before an entry's name `?` makes the entry optional, `-` absent, `~` possible; after a
part `?` makes it optional. Parts: a side; a change; `12x8mm`; `@place`; `!severity`; `#count`; `^position`; `m5`
(margin); durations as in the record; of drugs dose, route, frequency, action; of plan items the kind; of relatives the
problem.
"""

import json
import re
from pathlib import Path

_HERE = Path(__file__).parent
_NAMES = {
    "findings": "finding",
    "exam": "finding",
    "symptoms": "problem",
    "past_history": "problem",
    "diagnoses": "problem",
    "admission_diagnoses": "problem",
    "discharge_diagnoses": "problem",
    "medications": "drug",
    "prescriptions": "drug",
    "labs": "test",
    "allergies": "substance",
    "devices": "device",
    "procedures": "procedure",
    "lesions": "lesion",
    "plan": "action",
    "family_history": "relation",
}
_TEXT_PROCEDURES = ("operative", "pathology_gross")
_SIDES = ("left", "right", "bilateral", "midline")
_CHANGES = ("new", "stable", "increased", "decreased", "resolved")
_ROUTES = ("oral", "iv", "im", "sc", "inhaled", "topical", "sublingual", "rectal", "ophthalmic", "nasal")
_ACTIONS = ("start", "stop", "continue", "increase", "decrease", "change")
_FREQUENCIES = (
    "once",
    "daily",
    "bid",
    "tid",
    "qid",
    "q4h",
    "q6h",
    "q8h",
    "q12h",
    "qod",
    "weekly",
    "qn",
    "qam",
    "prn",
    "stat",
)
_INTERPRETATIONS = ("high", "low", "normal", "abnormal")
_VITALS = {
    "T": "temperature_c",
    "P": "pulse_bpm",
    "R": "respiration_bpm",
    "S": "spo2_pct",
    "W": "weight_kg",
    "H": "height_cm",
    "pain": "pain_score",
}
_DURATION = re.compile(r"P(\d|T\d)")
_DOSE = re.compile(r"([\d.]+) (mg|g|mcg|mL|unit|tablet|capsule|puff|drop)")
_SIZE = re.compile(r"[\d.]+(x[\d.]+){0,2}mm")


def cases(name: str) -> list[dict[str, object]]:
    """The cases of one file, their gold in the long form; `unscored` are the fields that gold leaves open."""
    rows = [json.loads(line) for line in (_HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["language"] = name[:2]
        row["unscored"] = [key.rstrip("?") for key, value in row["gold"].items() if value == "*"]
        row["fields"] = {
            key.rstrip("?"): _value(key, value, row["template"]) for key, value in row["gold"].items() if value != "*"
        }
    return rows


def _value(key: str, value: object, template: str) -> object:
    name = key.rstrip("?")
    if name == "bed":
        return {"any": str(value).split("|")}  # a bed is called, not counted
    if name == "vitals":
        long: object = _vitals(str(value))
    elif isinstance(value, list) and name in _NAMES and not (name == "procedures" and template in _TEXT_PROCEDURES):
        long = [_entry(name, str(item)) for item in value]
    elif isinstance(value, list):
        long = [_listed(item) for item in value]
    elif isinstance(value, dict):
        long = {inner.rstrip("?"): _value(inner, item, template) for inner, item in value.items()}
    else:
        long = _any(value)
    return {"optional": long} if key.endswith("?") else long


def _listed(item: object) -> object:
    if isinstance(item, dict):
        return {key.rstrip("?"): _value(key, value, "") for key, value in item.items()}
    if isinstance(item, str) and item.startswith("?"):
        return {"optional": _any(item[1:])}
    return _any(item)


def _any(value: object) -> object:
    if isinstance(value, str) and "|" in value:
        return {"any": [_plain(part) for part in value.split("|")]}
    return value


def _plain(text: str) -> object:
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else int(text) if re.fullmatch(r"\d+", text) else text


def _vitals(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in text.split():
        letters, number = re.match(r"([A-Za-z]+)(.+)", part).groups()
        if letters == "BP":
            systolic, diastolic = number.split("/")
            found |= {"bp_systolic_mmhg": int(systolic), "bp_diastolic_mmhg": int(diastolic)}
        else:
            found[_VITALS[letters]] = _plain(number)
    return found


def _entry(field: str, text: str) -> dict[str, object]:
    head, *parts = [part.strip() for part in text.split(";")]
    entry: dict[str, object] = {}
    if head.startswith("?"):
        entry["optional_entry"] = True
        head = head[1:]
    if field in ("findings", "exam", "symptoms", "allergies") or _NAMES[field] == "problem":
        entry["presence"] = {"-": "absent", "~": "possible"}.get(head[0], "present")
        head = head.lstrip("-~")
    entry[_NAMES[field]] = _any(head)
    for part in parts:
        optional = part.endswith("?")
        for key, value in _part(field, part.replace("?", "")).items():
            entry[key] = {"optional": value} if optional else value
    if field == "labs" and entry.get("value") in ("normal", "正常"):
        entry |= {"value": {"optional": entry["value"]}, "interpretation": {"optional": "normal"}}
    return entry


def _part(field: str, part: str) -> dict[str, object]:
    """The keys that one part of an entry stands for."""
    first = part.split("|")[0]
    if field == "plan":
        return {"kind": _any(part)}
    if field == "family_history":
        return {"problem": _any(part)}
    if field == "allergies":
        return {"reaction": _any(part)}
    if field == "labs":
        if first in _INTERPRETATIONS and first != "normal":
            return {"interpretation": first}
        return {"unit": _any(part)} if re.search(r"^(%|mmol)", part) else {"value": _number_or_text(part)}
    for names, key in ((_SIDES, "laterality"), (_CHANGES, "change")):
        if first in names:
            return {key: _any(part)}
    if _DURATION.match(first):
        return {"duration": _any(part)}
    if field in ("medications", "prescriptions"):
        return _drug_part(part, first)
    return _shape_part(part)


def _drug_part(part: str, first: str) -> dict[str, object]:
    for names, key in ((_ROUTES, "route"), (_FREQUENCIES, "frequency"), (_ACTIONS, "action")):
        if first in names:
            return {key: _any(part)}
    dose = _DOSE.fullmatch(part)
    assert dose is not None, part
    return {"dose": _plain(dose[1]), "dose_unit": dose[2]}


def _shape_part(part: str) -> dict[str, object]:
    if _SIZE.fullmatch(part):
        return {"size_mm": [_plain(number) for number in part[:-2].split("x")]}
    if re.fullmatch(r"m[\d.|]+", part):
        return {"margin_mm": _any(part[1:]) if "|" in part else _plain(part[1:])}
    if re.fullmatch(r"[\d-]{7,10}", part):
        return {"date": part}
    key = {"@": "location", "!": "severity", "^": "position", "#": "count"}[part[0]]
    return {key: int(part[1:]) if key == "count" else _any(part[1:])}


def _number_or_text(part: str) -> object:
    return _any(part) if "|" in part else _plain(part)
