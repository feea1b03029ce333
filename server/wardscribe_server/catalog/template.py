"""A template: its sections with their headings, its fields with the way they are filled, its labels in both languages.

Owns the schema. Must not know files or text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

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
    "number",
    "choice",
    "choices",
    "flag",
    "text",
]
Takes = Literal["finding", "symptom", "disease"]
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
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
SectionCode = Annotated[str, Field(pattern=r"^(\d{1,6}-\d)?$")]
Phrase = Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]

CHOOSING: frozenset[str] = frozenset(("choice", "choices"))
ANNOUNCED: frozenset[str] = frozenset(("number", "flag", "text"))
MEASURING: frozenset[str] = frozenset(("measure", "measures", "amount"))


class TemplateError(ValueError):
    """A template that cannot be used; the text names file, line and remedy."""


class UnknownTemplate(ValueError):
    """A template that is not in the catalog; the text lists those that are."""


class Model(BaseModel):
    """Base of the template models: immutable, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Headings(Model):
    """Phrases by language: those that open a section, announce a field or say a choice."""

    en: tuple[Phrase, ...] = ()
    zh: tuple[Phrase, ...] = ()

    def of(self, language: Language) -> tuple[str, ...]:
        """The phrases of one language."""
        return self.en if language is Language.EN else self.zh


class Labels(Model):
    """A label in both languages."""

    en: Phrase
    zh: Phrase

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
    loinc: SectionCode = ""
    brief: bool = False
    measured: bool = False


class Choice(Model):
    """One value of an enumeration: its code, and the phrases that say it."""

    code: Identifier
    en: tuple[Phrase, ...] = Field(min_length=1)
    zh: tuple[Phrase, ...] = Field(min_length=1)

    def of(self, language: Language) -> tuple[str, ...]:
        """The phrases of one language."""
        return self.en if language is Language.EN else self.zh


class FieldSpec(Model):
    """A field of the record: how it is filled, from which sections, and where the report prints it.

    A field of findings or problems takes mentions of the kinds in `takes` from `from_sections`, and of any kind from
    the sections in `gathers`. `triggers` are the words that announce a number, a flag, a text, or the size of an organ;
    before a choice they say what the choice is about. `unit` names the unit that numbers are converted to, and
    `choices` the codes of an enumeration. `at_signing` is what an empty required field does at signing, where that
    is not what the template says of `required_missing`.
    """

    id: Identifier
    kind: FieldKind
    section: Identifier
    labels: Labels
    values: tuple[Identifier, ...] = ()
    unit: str = ""
    triggers: Headings = Headings()
    choices: tuple[Choice, ...] = ()
    takes: tuple[Takes, ...] = ()
    from_sections: tuple[Identifier, ...] = ()
    gathers: tuple[Identifier, ...] = ()
    statements: bool = Field(default=False, description="Statements of normality about a structure count as findings")
    required: bool = False
    at_signing: AtSigning | None = None
    concept: str = Field(default="", description="What the field means in a code system, such as RadLex RID50296")

    @model_validator(mode="after")
    def _is_told_enough(self) -> "FieldSpec":
        if self.kind in CHOOSING and not self.choices:
            raise ValueError(f"a field of kind {self.kind!r} needs choices: [[fields.choices]] with code, en and zh")
        if self.choices and self.kind not in CHOOSING:
            raise ValueError("choices belong to kind 'choice' or 'choices'")
        if len({choice.code for choice in self.choices}) < len(self.choices):
            raise ValueError("two choices have one code")
        if self.kind in ANNOUNCED and not (self.triggers.en and self.triggers.zh):
            raise ValueError(f"a field of kind {self.kind!r} needs triggers in both languages")
        if self.triggers != Headings() and self.kind not in ANNOUNCED | CHOOSING | MEASURING:
            raise ValueError(f"a field of kind {self.kind!r} has no triggers of its own")
        if self.at_signing is not None and not self.required:
            raise ValueError("at_signing is for a required field: add required = true")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """The values that an enumeration may take."""
        return self.values or tuple(choice.code for choice in self.choices)

    @property
    def trigger_cue(self) -> str:
        """The kind of cue that the field's announcing words are."""
        return f"field_trigger:{self.id}"

    @property
    def choice_cue(self) -> str:
        """The kind of cue that the phrases of its choices are."""
        return f"field_choice:{self.id}"


class Template(Model):
    """A kind of report."""

    id: Identifier
    source: str
    licence: str
    loinc: SectionCode
    fhir: Literal["DiagnosticReport", "Composition"]
    opening: Identifier = Field(description="The section that a dictation begins in")
    rest: Identifier | None = Field(
        default=None, description="Sections come in any order; what follows a brief one belongs to this section"
    )
    per_patient: bool = Field(default=False, description="One recording may go over many beds: a record for each")
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
    def _names_fit(self) -> "Template":
        sections = [section.id for section in self.sections]
        for what, names in (("section", sections), ("field", [spec.id for spec in self.fields])):
            if again := [name for at, name in enumerate(names) if name in names[:at]]:
                raise _wrong(f"two {what}s have the id {again[0]!r}", again[0], last=True)
        named = [self.opening, *([self.rest] if self.rest else [])]
        named += [name for spec in self.fields for name in (spec.section, *spec.from_sections, *spec.gathers)]
        if missing := [name for name in named if name not in sections]:
            raise _wrong(f"no section {missing[0]!r} in this template: add it under [[sections]]", missing[0])
        return self

    @model_validator(mode="after")
    def _headings_open_one_section(self) -> "Template":
        for language in Language:
            opened: dict[str, str] = {}
            for section in self.sections:
                for phrase in section.headings.of(language):
                    first = opened.setdefault(phrase.casefold(), section.id)
                    if first != section.id:
                        raise _wrong(
                            f"the heading {phrase!r} opens both {first!r} and {section.id!r}", phrase, last=True
                        )
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


def _wrong(message: str, name: str, *, last: bool = False) -> PydanticCustomError:
    """What is wrong with the template as a whole, and the name whose line the error cites."""
    return PydanticCustomError("template", "{message}", {"message": message, "name": name, "last": last})


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
