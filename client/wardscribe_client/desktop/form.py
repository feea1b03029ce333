"""A template as the window shows it: sections and fields with their labels in both languages, and the words for codes.

Pure. Comes from `GET /v1/templates`; a field or a code without a label is shown by its own name, made readable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict

from wardscribe_protocol.record import Language

# Lists that are read as one value ("PA, lateral"; "23 x 14 mm"), by the kind of field that holds them.
_JOINED_KINDS: Final = frozenset(("views", "measure", "measures", "choices", "specimen_size"))


class _Answer(BaseModel):
    """Of a server: keys that are not known yet are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Labels(_Answer):
    """A label in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The label in one language."""
        return self.en if language is Language.EN else self.zh


class FormSection(_Answer):
    """A part of the report."""

    id: str
    labels: Labels


class FormField(_Answer):
    """A field of the report."""

    id: str
    section: str = ""
    kind: str = ""
    labels: Labels
    unit: str = ""
    codes: tuple[str, ...] = ()
    required: bool = False

    @property
    def is_joined(self) -> bool:
        """Whether a list of values is read, edited and confirmed as one."""
        return self.kind in _JOINED_KINDS


class TemplateForm(_Answer):
    """One template."""

    id: str
    labels: Labels
    per_patient: bool = False
    sections: tuple[FormSection, ...] = ()
    fields: tuple[FormField, ...] = ()

    @classmethod
    def unknown(cls, template: str) -> "TemplateForm":
        """A template of which only the id is known."""
        name = readable(template)
        return cls(id=template, labels=Labels(en=name, zh=name))

    def field(self, field_id: str) -> FormField | None:
        """The field of that id, where the template has it."""
        return next((field for field in self.fields if field.id == field_id), None)


class FormsAnswer(_Answer):
    """What the server answers: every template, and by language the words for codes."""

    templates: tuple[TemplateForm, ...]
    words: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Forms:
    """Every template that is known; one that is not is shown by its id until the server has told."""

    templates: Mapping[str, TemplateForm] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: FormsAnswer) -> "Forms":
        """The server's answer by id."""
        return cls({form.id: form for form in answer.templates}, answer.words)

    def form(self, template: str) -> TemplateForm:
        """The template of that id, or one without fields."""
        return self.templates.get(template) or TemplateForm.unknown(template)


def readable(name: str) -> str:
    """A code or key as words: `right_lobe_mm` is "Right lobe mm"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
