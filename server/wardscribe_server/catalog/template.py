"""A template: its sections with their headings, its fields with the way they are filled, its labels in both languages.

Owns the schema. Must not know files or text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from wardscribe_protocol.record import Language

FieldKind = Literal[
    "views",
    "indication",
    "comparison",
    "devices",
    "heart_size",
    "findings",
    "texts",
    "recommendation",
    "chief_complaint",
    "narrative",
    "problems",
    "family",
    "allergies",
    "medications",
    "prescriptions",
    "vitals",
    "labs",
    "plan",
    "follow_up",
    "contrast",
    "slice_thickness",
    "measure",
    "measures",
    "nodules",
    "bed",
    "day_count",
    "amount",
    "assessment",
    "orders",
    "stay_date",
    "admission_diagnoses",
    "procedures",
    "course",
    "condition",
    "discharge_medications",
    "discharge_follow_up",
    "advice",
    "statement",
    "operation",
    "surgeon",
    "assistants",
    "anaesthesia",
    "side",
    "operative_findings",
    "specimens",
    "drains",
    "implants",
    "complications",
    "counts_correct",
    "specimen",
    "specimen_procedure",
    "specimen_size",
    "lesions",
    "lymph_nodes",
    "cassettes",
]
Takes = Literal["finding", "symptom", "disease"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


CheckCode = Literal[
    "value_impossible",
    "value_unusual",
    "unit_unusual",
    "pressure_reversed",
    "laterality_mismatch",
    "laterality_missing",
    "order_laterality",
    "order_procedure",
    "patient_sex",
    "patient_age",
    "patient_mrn",
    "sex_condition",
    "age_condition",
    "presence_contradiction",
    "macro_contradicted",
    "dose_unusual",
    "dose_unit",
    "drug_duplicate",
    "allergy_prescribed",
    "dates_reversed",
    "critical_uncommunicated",
    "required_missing",
    "value_doubtful",
    "values_unconfirmed",
    "confirmed_contradicted",
]
AtSigning = Literal["prohibit", "require", "alert", "ignore"]


class TemplateError(ValueError):
    """A template that cannot be used; the text names file, line and remedy."""


class UnknownTemplate(ValueError):
    """A template that is not in the catalog; the text lists those that are."""


class Model(BaseModel):
    """Base of the template models: immutable, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Headings(Model):
    """Phrases that open a section, by language."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def of(self, language: Language) -> tuple[str, ...]:
        """The phrases of one language."""
        return self.en if language is Language.EN else self.zh


class Labels(Model):
    """A label in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The label in one language."""
        return self.en if language is Language.EN else self.zh


class SectionSpec(Model):
    """A part of the dictation that a heading opens.

    In a template with a `rest`, a `brief` section ends with its sentence, and the headings of a `measured` one count
    only before a number.
    """

    id: Identifier
    labels: Labels
    headings: Headings = Headings()
    loinc: str = ""
    brief: bool = False
    measured: bool = False


class FieldSpec(Model):
    """A field of the record: how it is filled, from which sections, and where the report prints it.

    A field of findings or problems takes mentions of the kinds in `takes` from `from_sections`, and of any kind from
    the sections in `gathers`.
    """

    id: Identifier
    kind: FieldKind
    section: Identifier
    labels: Labels
    values: tuple[str, ...] = ()
    takes: tuple[Takes, ...] = ()
    from_sections: tuple[Identifier, ...] = ()
    gathers: tuple[Identifier, ...] = ()
    statements: bool = Field(default=False, description="Statements of normality about a structure count as findings")
    required: bool = False


class Template(Model):
    """A kind of report."""

    id: Identifier
    source: str
    licence: str
    loinc: str
    fhir: str
    opening: Identifier = Field(description="The section that a dictation begins in")
    rest: Identifier | None = Field(
        default=None, description="Sections come in any order; what follows a brief one belongs to this section"
    )
    labels: Labels
    sections: tuple[SectionSpec, ...] = Field(min_length=1)
    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    signing: Mapping[CheckCode, AtSigning] = Field(
        default_factory=dict,
        description="What a check does at signing, where this kind of report differs from the rest",
    )

    _kinds: frozenset[str] = PrivateAttr(default=frozenset())

    def model_post_init(self, _context: object, /) -> None:
        """Collect the kinds of the fields: fillers ask for them often."""
        self._kinds = frozenset(spec.kind for spec in self.fields)

    @model_validator(mode="after")
    def _sections_are_known(self) -> "Template":
        known = {section.id for section in self.sections}
        named = {self.opening, self.rest or self.opening} | {
            name for spec in self.fields for name in (spec.section, *spec.from_sections, *spec.gathers)
        }
        if len(known) < len(self.sections):
            raise ValueError("two sections have one id")
        if len({spec.id for spec in self.fields}) < len(self.fields):
            raise ValueError("two fields have one id")
        if missing := sorted(named - known):
            raise ValueError(f"no section {missing[0]!r} in this template")
        return self

    def section(self, section_id: str) -> SectionSpec:
        """The section of that id."""
        return next(section for section in self.sections if section.id == section_id)

    def order(self, section_id: str) -> int:
        """The place of a section in the template's order."""
        return next(at for at, section in enumerate(self.sections) if section.id == section_id)

    def has_kind(self, kind: FieldKind) -> bool:
        """Whether a field is filled that way."""
        return kind in self._kinds


@dataclass(frozen=True, slots=True)
class Catalog:
    """The templates in use, by id."""

    templates: Mapping[str, Template]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids in order."""
        return tuple(sorted(self.templates))

    def template(self, template_id: str) -> Template:
        """The template of that id.

        Raises:
            UnknownTemplate: there is none; the text lists the known ids.
        """
        try:
            return self.templates[template_id]
        except KeyError:
            raise UnknownTemplate(f"no template {template_id!r}: choose one of {', '.join(self.ids)}") from None
