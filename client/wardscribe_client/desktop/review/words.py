"""Places and people of a report in words: which field a pointer is, who a patient is. Pure."""

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.rows import steps
from wardscribe_client.desktop.wording import Wording
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Record


def value_place(pointer: str, form: TemplateForm, wording: Wording) -> str:
    """A pointer as a person reads it: the field's label, which entry, which part."""
    field, *rest = steps(pointer)[1:] or ("",)
    known = form.field(field)
    said = [known.labels.of(wording.language) if known is not None else wording.key(field)]
    said += [str(int(step) + 1) if step.isdecimal() else wording.key(step) for step in rest]
    return " · ".join(said)


def patient_line(record: Record, context: Context | None, phrases: Phrases, wording: Wording) -> str | None:
    """Who it is about: as the order says, else as dictated."""
    known = context.patient if context is not None else None
    dictated = record.fields.get("patient")
    said = dict(dictated) if isinstance(dictated, dict) else {}
    if known is not None:
        ordered = {"name": known.name, "age_years": known.age_years, "sex": known.sex, "mrn": known.mrn}
        said |= {key: value for key, value in ordered.items() if value is not None}
    if not said:
        return None
    age = said.get("age_years")
    parts = [
        str(said.get("name", "")),
        phrases("age", years=f"{age:g}") if isinstance(age, int | float) else "",
        wording.code(said["sex"]) if "sex" in said else "",
        phrases("number", mrn=said["mrn"]) if "mrn" in said else "",
    ]
    order = context.order.accession if context is not None and context.order is not None else None
    parts.append(phrases("order", accession=order) if order else "")
    return " · ".join(part for part in parts if part)
