"""A record as the report that a physician would read: sections in the template's order, labels in its language.

Owns the layout. Must not know how fields were filled.
"""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from wardscribe_protocol.record import Record
from wardscribe_server.catalog import FieldSpec, Template
from wardscribe_server.pipeline.understanding.checks.rules import load_wording

_ENTRY_NAMES = (
    "finding",
    "problem",
    "drug",
    "test",
    "substance",
    "device",
    "procedure",
    "lesion",
    "action",
    "relation",
)
_DURATION = re.compile(r"P(?P<time>T?)(?P<count>\d+(?:\.\d+)?)(?P<unit>[YMWDHS])")
_LASTING = ("duration", "follow_up")
_PAIRS = {("bp_systolic_mmhg", "bp_diastolic_mmhg"): "bp"}


def render_text(record: Record, template: Template) -> str:
    """The report of `record`, ending in a line break; fields that were not dictated leave no trace."""
    words = load_wording()[record.language.value]
    blocks = []
    patient = record.fields.get("patient")
    if isinstance(patient, dict):
        blocks.append(f"{words['patient']}{words['colon']}{words['comma'].join(_patient(patient, words))}")
    for section in template.sections:
        lines = [
            line
            for spec in template.fields
            if spec.section == section.id and spec.id in record.fields
            for line in _field(record, spec, section.labels.of(record.language), words)
        ]
        if lines:
            blocks.append("\n".join((section.labels.of(record.language), *lines)))
    return "\n\n".join((template.labels.of(record.language), *blocks)) + "\n"


def _patient(patient: Mapping[str, JsonValue], words: Mapping[str, str]) -> Iterator[str]:
    for key, value in patient.items():
        if key == "age_years":
            yield words["age"].format(years=value)
        else:
            yield words.get(str(value), str(value))


def _field(record: Record, spec: FieldSpec, section_label: str, words: Mapping[str, str]) -> Iterator[str]:
    value = record.fields[spec.id]
    label = spec.labels.of(record.language)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if label != section_label:
            yield f"  {label}{words['colon'].rstrip()}"
        for entry in value:
            if isinstance(entry, dict):
                yield f"  - {_entry(entry, words)}"
    elif isinstance(value, list):
        said = [words.get(str(item), str(item)) for item in value]
        if spec.kind == "measures":
            yield f"  {label}{words['colon']}{' × '.join(said)}"
        elif spec.kind in ("texts", "recommendation"):
            yield from (f"  {number}. {item}" for number, item in enumerate(said, start=1))
        else:
            yield f"  {label}{words['colon']}{words['comma'].join(said)}"
    elif isinstance(value, dict):
        yield f"  {label}{words['colon']}{words['comma'].join(_vitals(value, words))}"
    else:
        yield f"  {label}{words['colon']}{_word(spec.id, value, words)}"


def _vitals(values: Mapping[str, JsonValue], words: Mapping[str, str]) -> Iterator[str]:
    done: set[str] = set()
    for (first, second), name in _PAIRS.items():
        if first in values and second in values:
            done |= {first, second}
            yield words[name].format(first=values[first], second=values[second])
    for key, value in values.items():
        if key not in done:
            yield words.get(key, key + " {value}").format(value=value)


def _entry(entry: Mapping[str, JsonValue], words: Mapping[str, str]) -> str:
    """One line of an entry: what it is, then what is said of it, absent and possible in words."""
    named = next((key for key in _ENTRY_NAMES if key in entry), "")
    name = str(entry.get(named, ""))
    presence = str(entry.get("presence", "present"))
    head = words["as_" + presence].format(name=name) if "as_" + presence in words else name
    if named == "substance" and presence == "absent" and words["allergy_word"] not in name.lower():
        head = words["no_allergy"].format(name=name)
    details = []
    for key, value in entry.items():
        if key == named or key in ("presence", "dose_unit", "unit", "relation", "kind"):
            continue
        details.append(_detail(key, value, entry, words))
    if "relation" in entry:
        return f"{entry['relation']}{words['colon']}{entry.get('problem', '')}"
    return words["comma"].join([head, *details] if head else details)


def _detail(key: str, value: JsonValue, entry: Mapping[str, JsonValue], words: Mapping[str, str]) -> str:
    match key:
        case "size_mm":
            return " × ".join(str(item) for item in value) + " mm" if isinstance(value, list) else str(value)
        case "dose":
            unit = str(entry.get("dose_unit", ""))
            return f"{value} {words.get(unit, unit)}".strip()
        case "margin_mm":
            return words["margin_mm"].format(value=value)
        case "value":
            return f"{value} {entry.get('unit', '')}".strip()
        case "tirads_points":
            return words["points"].format(value=value)
        case _ if isinstance(value, list):
            return words["comma"].join(_word(key, item, words) for item in value)
        case _:
            return _word(key, value, words)


def _word(key: str, value: JsonValue, words: Mapping[str, str]) -> str:
    """A code in words; where one code means two things (`none`), its key decides."""
    lasting = _DURATION.fullmatch(str(value)) if key in _LASTING else None
    if lasting is not None:
        unit = "T" + lasting["unit"] if lasting["time"] else lasting["unit"]
        form = words["lasts_1" if lasting["count"] == "1" else "lasts"]
        return form.format(count=lasting["count"], unit=words[f"lasting_{unit}"])
    return words.get(f"{key}_{value}", words.get(str(value), str(value)))
