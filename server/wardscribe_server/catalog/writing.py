"""A template as TOML text: the skeleton of a new one, and one that was made by program.

Owns that text. Must not know where it is written to.
"""

import json
from collections.abc import Iterator
from importlib import resources

from wardscribe_server.catalog.template import Choice, FieldSpec, Headings, Labels, SectionSpec, Template
from wardscribe_server.catalog.units import load_units


def skeleton(template_id: str) -> str:
    """A commented template that passes the check and is there to be changed."""
    text = resources.files("wardscribe_server").joinpath("catalog", "skeleton.toml").read_text(encoding="utf-8")
    return text.replace("@ID@", template_id).replace("@UNITS@", ", ".join(load_units()))


def to_toml(template: Template, *, comments: tuple[str, ...] = ()) -> str:
    """The template as a TOML file that reads back as the same template."""
    return "\n".join((*(f"# {line}" for line in comments), *_head(template), *_body(template))) + "\n"


def _head(template: Template) -> Iterator[str]:
    for key in ("id", "source", "licence", "loinc", "fhir", "opening"):
        yield f"{key} = {_quoted(getattr(template, key))}"
    if template.rest is not None:
        yield f"rest = {_quoted(template.rest)}"
    if template.per_patient:
        yield "per_patient = true"
    yield f"labels = {_labels(template.labels)}"


def _body(template: Template) -> Iterator[str]:
    for section in template.sections:
        yield from ("", "[[sections]]", *_section(section))
    for spec in template.fields:
        yield from ("", "[[fields]]", *_field(spec))
        for choice in spec.choices:
            yield from ("", "[[fields.choices]]", *_choice(choice))


def _section(section: SectionSpec) -> Iterator[str]:
    yield f"id = {_quoted(section.id)}"
    yield f"labels = {_labels(section.labels)}"
    if section.loinc:
        yield f"loinc = {_quoted(section.loinc)}"
    if section.headings != Headings():
        yield f"headings = {_phrases(section.headings)}"
    for key in ("brief", "measured"):
        if getattr(section, key):
            yield f"{key} = true"


def _field(spec: FieldSpec) -> Iterator[str]:
    yield f"id = {_quoted(spec.id)}"
    yield f"kind = {_quoted(spec.kind)}"
    if spec.unit:
        yield f"unit = {_quoted(spec.unit)}"
    yield f"section = {_quoted(spec.section)}"
    yield f"labels = {_labels(spec.labels)}"
    if spec.triggers != Headings():
        yield f"triggers = {_phrases(spec.triggers)}"
    for key in ("values", "takes", "from_sections", "gathers"):
        if items := getattr(spec, key):
            yield f"{key} = {_list(items)}"
    for key in ("statements", "required"):
        if getattr(spec, key):
            yield f"{key} = true"
    if spec.at_signing is not None:
        yield f"at_signing = {_quoted(spec.at_signing)}"
    if spec.concept:
        yield f"concept = {_quoted(spec.concept)}"


def _choice(choice: Choice) -> Iterator[str]:
    yield f"code = {_quoted(choice.code)}"
    yield f"en = {_list(choice.en)}"
    yield f"zh = {_list(choice.zh)}"


def _labels(labels: Labels) -> str:
    return f"{{ en = {_quoted(labels.en)}, zh = {_quoted(labels.zh)} }}"


def _phrases(phrases: Headings) -> str:
    return f"{{ en = {_list(phrases.en)}, zh = {_list(phrases.zh)} }}"


def _list(items: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, items))}]"


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
