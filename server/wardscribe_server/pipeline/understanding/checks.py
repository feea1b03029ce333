"""Plain rules on a filled record, before it is signed: contradictions, implausible values, required fields.

Owns the rules and their messages; the ranges are data. Must not know text.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import JsonValue

from wardscribe_protocol.record import Check, Language, Record, Severity
from wardscribe_server.catalog import Template, UnknownTemplate, load_catalog

Entry = Mapping[str, JsonValue]
_NAME_KEYS = ("finding", "problem")
_ENTRY_FIELDS = ("findings", "exam", "symptoms", "diagnoses")
_OPPOSITE = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be: outside `possible` it is an error, outside `usual` a warning."""

    possible: tuple[float, float]
    usual: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """The data of the checks and of the printed report: ranges by field name, words for sides, messages, wording."""

    ranges: Mapping[str, Range]
    sides: Mapping[str, Mapping[str, tuple[str, ...]]]
    messages: Mapping[str, Mapping[str, str]]
    report: Mapping[str, Mapping[str, str]]


@cache
def load_rules() -> Rules:
    """The shipped rules."""
    text = (
        resources.files("wardscribe_server.pipeline.understanding")
        .joinpath("cues", "rules", "checks.toml")
        .read_text(encoding="utf-8")
    )
    content = tomllib.loads(text)
    ranges = {name: Range(tuple(row["possible"]), tuple(row["usual"])) for name, row in content["range"].items()}
    sides = {
        language: {side: tuple(words) for side, words in rows.items()} for language, rows in content["sides"].items()
    }
    return Rules(ranges, sides, content["messages"], content["report"])


def check_record(record: Record) -> tuple[Check, ...]:
    """Checks of a record; a template of which nothing is known is checked by the general rules alone."""
    try:
        template = load_catalog().template(record.template)
    except UnknownTemplate:
        template = None
    return check_fields(record.fields, template=template, language=record.language)


def check_fields(
    fields: Mapping[str, JsonValue], *, template: Template | None, language: Language
) -> tuple[Check, ...]:
    """Checks of filled fields, errors first, then in the order of the fields."""
    found = [
        *_out_of_range(fields, language),
        *_laterality(fields, language),
        *_contradictions(fields, language),
        *_allergic(fields, language),
        *_required(fields, template, language),
    ]
    weight = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda check: weight[check.severity]))


def _check(code: str, severity: Severity, path: str, language: Language, **words: object) -> Check:
    message = load_rules().messages[language.value][code].format(**words)
    return Check(code=code, severity=severity, path=path, message=message)


def _entries(fields: Mapping[str, JsonValue], name: str) -> Iterator[tuple[int, Entry]]:
    value = fields.get(name)
    if isinstance(value, list):
        for index, entry in enumerate(value):
            if isinstance(entry, dict):
                yield index, entry


def _out_of_range(fields: Mapping[str, JsonValue], language: Language) -> Iterator[Check]:
    vitals = fields.get("vitals")
    patient = fields.get("patient")
    for group, values in (("vitals", vitals), ("patient", patient)):
        if not isinstance(values, dict):
            continue
        for name, value in values.items():
            limits = load_rules().ranges.get(name)
            if limits is None or not isinstance(value, int | float) or isinstance(value, bool):
                continue
            path = f"/fields/{group}/{name}"
            if not limits.possible[0] <= value <= limits.possible[1]:
                yield _check("value_impossible", Severity.ERROR, path, language, field=name)
            elif not limits.usual[0] <= value <= limits.usual[1]:
                yield _check("value_unusual", Severity.WARNING, path, language, field=name)
    if isinstance(vitals, dict):
        systolic, diastolic = vitals.get("bp_systolic_mmhg"), vitals.get("bp_diastolic_mmhg")
        if isinstance(systolic, int | float) and isinstance(diastolic, int | float) and diastolic >= systolic:
            yield _check("pressure_reversed", Severity.ERROR, "/fields/vitals/bp_diastolic_mmhg", language)


def _laterality(fields: Mapping[str, JsonValue], language: Language) -> Iterator[Check]:
    """A finding on one side only, and an impression that puts it on the other."""
    sides = load_rules().sides[language.value]
    listed = fields.get("impression")
    impressions = [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    for index, text in enumerate(impressions):
        lowered = text.lower()
        named = {side for side, words in sides.items() if any(_has_word(lowered, word, language) for word in words)}
        for _, entry in _entries(fields, "findings"):
            name, side = entry.get("finding"), entry.get("laterality")
            if (
                entry.get("presence") == "absent"
                or not isinstance(name, str)
                or not isinstance(side, str)
                or name.lower() not in lowered
            ):
                continue
            same = {
                other.get("laterality")
                for _, other in _entries(fields, "findings")
                if other.get("finding") == name and other.get("presence") != "absent"
            }
            if side in _OPPOSITE and named == {_OPPOSITE[side]} and named.isdisjoint(same) and "bilateral" not in same:
                yield _check("laterality_mismatch", Severity.ERROR, f"/fields/impression/{index}", language)
                break
    for index, diagnosis in _entries(fields, "diagnoses"):
        for _, finding in _entries(fields, "exam"):
            if (
                finding.get("finding") == diagnosis.get("problem")
                and finding.get("presence") == "present"
                and _OPPOSITE.get(str(finding.get("laterality"))) == diagnosis.get("laterality")
            ):
                yield _check("laterality_mismatch", Severity.ERROR, f"/fields/diagnoses/{index}/laterality", language)


def _has_word(text: str, word: str, language: Language) -> bool:
    return word in text if language is Language.ZH else f" {word} " in f" {text.replace('-', ' ').replace(',', ' ')} "


def _contradictions(fields: Mapping[str, JsonValue], language: Language) -> Iterator[Check]:
    """One finding, one side, and both there and not there."""
    for name in _ENTRY_FIELDS:
        seen: dict[tuple[JsonValue, ...], str] = {}
        for index, entry in _entries(fields, name):
            key = next((entry[key] for key in _NAME_KEYS if key in entry), None)
            presence = entry.get("presence")
            if key is None or presence not in ("present", "absent") or entry.get("change") == "resolved":
                continue
            place = (key, entry.get("laterality"), entry.get("location"))
            if seen.setdefault(place, str(presence)) != presence:
                yield _check("presence_contradiction", Severity.ERROR, f"/fields/{name}/{index}/presence", language)


def _allergic(fields: Mapping[str, JsonValue], language: Language) -> Iterator[Check]:
    allergens = {
        str(entry.get("substance", "")).lower()
        for _, entry in _entries(fields, "allergies")
        if entry.get("presence") == "present"
    }
    for index, entry in _entries(fields, "prescriptions"):
        drug = str(entry.get("drug", "")).lower()
        if entry.get("action") != "stop" and any(allergen and allergen in drug for allergen in allergens):
            yield _check("allergy_prescribed", Severity.ERROR, f"/fields/prescriptions/{index}/drug", language)


def _required(fields: Mapping[str, JsonValue], template: Template | None, language: Language) -> Iterator[Check]:
    for spec in template.fields if template is not None else ():
        if spec.required and spec.id not in fields:
            weight = Severity.ERROR if spec.at_signing == "prohibit" else Severity.WARNING
            yield _check("required_missing", weight, f"/fields/{spec.id}", language, field=spec.labels.of(language))
