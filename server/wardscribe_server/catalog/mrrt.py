"""A template from an IHE MRRT report template.

Owns how sections, inputs and codes of such a form become sections and fields of ours. Texts that the form would
pre-fill are left out: nothing becomes a finding that nobody said. Must not know HTML.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wardscribe_server.catalog.load import load_catalog
from wardscribe_server.catalog.mrrt_document import MAX_BYTES, Code, Document, Input, read_document
from wardscribe_server.catalog.template import FieldSpec, SectionSpec, Template, TemplateError
from wardscribe_server.catalog.units import load_units

_KNOWN_SECTIONS_OF = "ct_chest"
_FREE = ("text", "textarea", "date", "time")
_LOINC = re.compile(r"\d{1,6}-\d")
_LONGEST = 120
_PLACEHOLDER = re.compile(r"[\W_]*(?:(?:please )?(?:select|choose)\b.*|n/?a|请选择)?[\W_]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Imported:
    """The template, remarks for its file's head, and what the person should look at."""

    template: Template
    comments: tuple[str, ...]
    notes: tuple[str, ...]


def imported(path: Path, *, template_id: str | None = None) -> Imported:
    """The template in an MRRT file.

    Raises:
        TemplateError: names file, line and what is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise TemplateError(f"{path}: larger than {MAX_BYTES >> 20} MiB: no report template is")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}:1: not UTF-8: save the file as UTF-8") from error
    return _Import(read_document(text, name=str(path)), name=str(path)).template(template_id)


class _Import:
    """One import: ids given so far, and what to tell."""

    def __init__(self, document: Document, *, name: str) -> None:
        self._document = document
        self._name = name
        self._notes: list[str] = []
        self._codes: dict[str, list[Code]] = {}
        for code in document.codes:
            self._codes.setdefault(code.about, []).append(code)
        shipped = load_catalog()
        self._shipped_ids = shipped.ids
        self._known = shipped.template(_KNOWN_SECTIONS_OF)
        self._section_ids: dict[int, str] = {}
        self._standard: dict[str, SectionSpec] = {}
        self._ids: set[str] = set()

    def template(self, template_id: str | None) -> Imported:
        """The whole template.

        Raises:
            TemplateError: what the form asks for is no template of ours.
        """
        sections = list(self._sections())
        fields = list(self._fields())
        if not fields:
            raise TemplateError(f"{self._name}:1: no input that a dictation could fill")
        _keep_labels_apart(fields)
        wanted = {field["section"] for field in fields}
        if "findings" in {section["id"] for section in sections} and "findings" not in wanted:
            self._note("the section findings has no input; a field for its findings would need to be added")
        if self._document.default_text:
            self._note("sentences that stand in the form were left out: nothing is a finding that nobody said")
        title = self._document.title or "Report"
        made = template_id or self._new_id(title)
        content = {
            "id": made,
            "source": f"MRRT template {title!r}" + (f" by {self._document.creator}" if self._document.creator else ""),
            "licence": self._document.licence or "as the MRRT template; not stated there",
            "loinc": self._loinc("") or "",
            "fhir": "DiagnosticReport",
            "opening": sections[0]["id"],
            "labels": {"en": title[:_LONGEST], "zh": title[:_LONGEST]},
            "sections": sections,
            "fields": fields,
        }
        try:
            template = Template.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "template"
            raise TemplateError(f"{self._name}:1: {where}: {first['msg'].removeprefix('Value error, ')}") from error
        language = self._document.language or "one language"
        self._note(f"labels, triggers and choices are in {language} only: add the other language's words")
        comments = (f"From an IHE MRRT report template: {title}.", *(f"Note: {note}." for note in self._notes))
        return Imported(template, comments, tuple(self._notes))

    def _new_id(self, title: str) -> str:
        made = _slug(title) or "imported_report"
        return f"{made}_imported" if made in self._shipped_ids else made

    def _sections(self) -> Iterator[dict[str, Any]]:
        used: set[str] = set()
        for at, part in enumerate(self._document.sections):
            name = (part.name or part.element_id or f"part {at + 1}")[:_LONGEST]
            known = self._known_section(name)
            if known is not None and known.id not in used:
                used.add(known.id)
                self._section_ids[at] = known.id
                self._standard[known.id] = known
                yield {**known.model_dump(mode="python"), "loinc": self._loinc(part.element_id) or known.loinc}
                continue
            made = _free_id(_slug(name) or "part", used)
            used.add(made)
            self._section_ids[at] = made
            repeated = any(other.name.casefold() == name.casefold() for other in self._document.sections[:at])
            phrases = () if repeated or known is not None else (name,)
            yield {
                "id": made,
                "labels": {"en": name, "zh": name},
                "loinc": self._loinc(part.element_id) or "",
                "headings": {"en": phrases, "zh": phrases},
            }
        if not self._section_ids or any(item.section < 0 for item in self._document.inputs):
            self._section_ids[-1] = _free_id("report", used)
            yield {"id": self._section_ids[-1], "labels": {"en": "Report", "zh": "报告"}}

    def _known_section(self, name: str) -> SectionSpec | None:
        said = name.casefold().rstrip(":： ")
        return next(
            (
                section
                for section in self._known.sections
                if said in {*map(str.casefold, (*section.headings.en, *section.headings.zh)), section.id}
            ),
            None,
        )

    def _fields(self) -> Iterator[dict[str, Any]]:
        radios: dict[str, list[Input]] = {}
        for item in self._document.inputs:
            if item.kind == "radio":
                radios.setdefault(item.name or item.element_id, []).append(item)
        for item in self._document.inputs:
            if item.has_default:
                self._note("what the form pre-fills was left out: only what is said becomes a value")
            if item.kind == "merge":
                self._note("fields that another system merges in (patient, order) were left out")
            elif item.kind == "radio":
                group = radios.pop(item.name or item.element_id, None)
                if group is not None:
                    yield from self._choice(item, [one.label or one.value for one in group], label=item.name)
            elif item.kind == "select":
                yield from self._choice(item, item.options, label=item.label or item.name)
            elif item.kind == "number":
                yield self._number(item)
            elif item.kind == "checkbox":
                label = item.label or item.value or item.name
                if label:
                    yield self._field(item, label, kind="flag") | _triggers(label)
            elif item.kind in _FREE:
                yield self._free(item)
            else:
                self._note(f"inputs of type {item.kind[:20]!r} were left out")

    def _free(self, item: Input) -> dict[str, Any]:
        """A free text: all that is said in a section of ours, or what follows its label."""
        section = self._section_ids[item.section]
        label = item.label or item.name
        heads = {section, *(part.name.casefold() for part in self._document.sections if part.name)}
        if section in self._standard and (
            not label or label.casefold().rstrip(":： ") in heads or item.kind == "textarea"
        ):
            shipped = next(
                (spec for spec in self._known.fields if spec.section == section and spec.id == section), None
            )
            if shipped is not None and shipped.id not in self._ids:
                self._ids.add(shipped.id)
                return _plain(shipped, sections=set(self._section_ids.values())) | self._signing(item)
        if not label or label.casefold().rstrip(":： ") in heads:
            return self._field(item, label or section, kind="texts")
        return self._field(item, label, kind="text") | _triggers(label)

    def _number(self, item: Input) -> dict[str, Any]:
        label = item.label or item.name or "number"
        unit = _unit(item.unit or _in_brackets(label))
        if unit == "1" and item.unit:
            self._note(f"the unit {item.unit[:20]!r} is not known: its numbers are taken without unit")
        name = re.sub(r"\s*[(\[（].*$", "", label) or label
        return self._field(item, name, kind="number", suffix="" if unit == "1" else f"_{unit}") | {
            "unit": unit,
            **_triggers(name),
        }

    def _choice(self, item: Input, options: list[str], *, label: str) -> Iterator[dict[str, Any]]:
        choices, codes = [], set[str]()
        for at, option in enumerate(options, start=1):
            if _PLACEHOLDER.fullmatch(option):
                continue
            if len(option) > _LONGEST:
                self._note("choices longer than a phrase were left out")
                continue
            code = _free_id(_slug(option) or f"option_{at}", codes)
            codes.add(code)
            choices.append({"code": code, "en": (option,), "zh": (option,)})
        if not choices:
            self._note("lists without choices were left out")
            return
        kind = "choices" if item.multiple else "choice"
        field = self._field(item, label or "choice", kind=kind) | {"choices": choices}
        told = all(_tells_enough(choice["en"][0]) for choice in choices)
        yield field if told or not label else field | _triggers(label)

    def _field(self, item: Input, label: str, *, kind: str, suffix: str = "") -> dict[str, Any]:
        label = " ".join(label.split()).rstrip(":：* ")[:_LONGEST] or "field"
        section = self._section_ids[item.section]
        stem = (_slug(label) or "field")[: 60 - len(suffix)]
        if f"{stem.removesuffix(suffix)}{suffix}" in self._ids:
            stem = f"{section}_{stem}"[: 60 - len(suffix)]
        made = _free_id(stem, self._ids, suffix=suffix)
        self._ids.add(made)
        concept = next(
            (f"{code.scheme} {code.value}" for code in self._codes.get(item.element_id, ()) if code.scheme != "LOINC"),
            "",
        )
        return {
            "id": made,
            "kind": kind,
            "section": section,
            "labels": {"en": label, "zh": label},
            "concept": concept,
            **self._signing(item),
        }

    def _signing(self, item: Input) -> dict[str, Any]:
        """MRRT's completion action: what happens at signing when the field is empty."""
        at_signing = {"ALERT": "require", "PROHIBIT": "prohibit"}.get(item.action)
        return {} if at_signing is None else {"required": True, "at_signing": at_signing}

    def _loinc(self, element_id: str) -> str | None:
        return next(
            (
                code.value
                for code in self._codes.get(element_id, ())
                if code.scheme == "LOINC" and _LOINC.fullmatch(code.value)
            ),
            None,
        )

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)


def _plain(spec: FieldSpec, *, sections: set[str]) -> dict[str, Any]:
    """A shipped field, with those of its sections that this template has."""
    field = spec.model_dump(mode="python", exclude={"required", "at_signing"})
    for key in ("from_sections", "gathers"):
        field[key] = tuple(name for name in field[key] if name in sections)
    return field


def _tells_enough(option: str) -> bool:
    """Whether a choice says by itself what it is about: more than a word, and no number."""
    han = sum("\u4e00" <= char <= "\u9fff" for char in option)
    return not option[0].isdigit() and (han > 2 or len(option.split()) > 1)


def _keep_labels_apart(fields: list[dict[str, Any]]) -> None:
    """Where two fields are announced by the same words, each listens in its own section only."""
    said: dict[str, list[dict[str, Any]]] = {}
    for field in fields:
        own = [phrase for choice in field.get("choices", ()) for phrase in choice["en"]]
        for phrase in {*field.get("triggers", {}).get("en", ()), *own}:
            said.setdefault(phrase.casefold(), []).append(field)
    for rivals in said.values():
        if len(rivals) > 1:
            for field in rivals:
                field["from_sections"] = (field["section"],)


def _triggers(label: str) -> dict[str, Any]:
    phrase = " ".join(label.split()).rstrip(":：* ")[:_LONGEST] or "field"
    return {"triggers": {"en": (phrase,), "zh": (phrase,)}}


def _slug(text: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:60].strip("_")
    return made if made[:1].isalpha() else f"n_{made}" if made else ""


def _free_id(wanted: str, used: set[str], *, suffix: str = "") -> str:
    stem = wanted.removesuffix(suffix)
    made, number = f"{stem}{suffix}", 2
    while made in used:
        made, number = f"{stem}_{number}{suffix}", number + 1
    return made


def _unit(said: str) -> str:
    for unit in load_units().values():
        if any(said == form or said.casefold() == form.casefold() for form, factor in unit.written if factor == 1):
            return unit.name
    return "1"


def _in_brackets(label: str) -> str:
    found = re.search(r"[(\[（]([^)\]）]{1,20})[)\]）]", label)
    return found[1].strip() if found else ""
