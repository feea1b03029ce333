"""The shapes of `fields` in a record: the shared entries and the nine templates.

Owns shapes and codes only; what a value means and whether it is plausible belongs to the checks. Templates that are not
listed here may hold any JSON object. A value that was not dictated is absent: its key is left out; null and empty lists
are refused.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from wardscribe_protocol.record import RecordModel

# ISO 8601 durations. Written out without look-ahead, which pydantic's expressions do not have.
_N = r"\d+(\.\d+)?"
_TIME = rf"T({_N}H({_N}M)?({_N}S)?|{_N}M({_N}S)?|{_N}S)"
_DAYS = rf"({_N}Y({_N}M)?({_N}D)?|{_N}M({_N}D)?|{_N}D)"
DURATION_PATTERN = rf"^P({_N}W|{_DAYS}({_TIME})?|{_TIME})$"
DATE_PATTERN = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"

Text = Annotated[StrictStr, Field(min_length=1)]
Date = Annotated[StrictStr, Field(pattern=DATE_PATTERN, description="ISO 8601, as far as dictated")]
Duration = Annotated[StrictStr, Field(pattern=DURATION_PATTERN, description="ISO 8601 duration")]
Positive = Annotated[
    Annotated[StrictInt, Field(gt=0)] | Annotated[StrictFloat, Field(gt=0, allow_inf_nan=False)],
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
NonNegative = Annotated[
    Annotated[StrictInt, Field(ge=0)] | Annotated[StrictFloat, Field(ge=0, allow_inf_nan=False)],
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Number = Annotated[
    StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)],
    WithJsonSchema({"type": "number"}),
]
Count = Annotated[StrictInt, Field(ge=0)]
Size = Annotated[
    tuple[Positive, ...], Field(min_length=1, max_length=3, description="Millimetres, in the order dictated")
]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]

Presence = Literal["present", "absent", "possible"]
Laterality = Literal["left", "right", "bilateral", "midline"]


class FieldsModel(RecordModel):
    """Base of everything inside `fields`: a key is there with a value, or is not there."""

    model_config = ConfigDict(allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if isinstance(value, dict) and any(item is None for item in value.values()):
            raise ValueError("null is not used: a key that was not dictated is left out")
        return value


class Finding(FieldsModel):
    """One pathological observation, or one that is negated by name."""

    finding: Text
    presence: Presence
    laterality: Laterality | None = None
    location: Text | None = None
    size_mm: Size | None = None
    count: Count | None = None
    severity: Text | None = None
    change: Literal["new", "stable", "increased", "decreased", "resolved"] | None = None


class Problem(FieldsModel):
    """A symptom or a disease of the patient."""

    problem: Text
    presence: Presence
    duration: Duration | None = None
    laterality: Laterality | None = None


class Medication(FieldsModel):
    """A drug, taken or ordered."""

    drug: Text
    dose: Positive | None = None
    dose_unit: Literal["mg", "g", "mcg", "mL", "unit", "tablet", "capsule", "puff", "drop"] | None = None
    route: (
        Literal["oral", "iv", "im", "sc", "inhaled", "topical", "sublingual", "rectal", "ophthalmic", "nasal"] | None
    ) = None
    frequency: (
        Literal[
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
        ]
        | None
    ) = None
    duration: Duration | None = None
    action: Literal["start", "stop", "continue", "increase", "decrease", "change"] | None = None


class Lab(FieldsModel):
    """A test and its result."""

    test: Text
    value: Number | Text | None = None
    unit: Text | None = Field(default=None, description="UCUM-style")
    interpretation: Literal["high", "low", "normal", "abnormal"] | None = None


class Allergy(FieldsModel):
    """What the patient does or does not react to."""

    substance: Text
    reaction: Text | None = None
    presence: Presence


class Vitals(FieldsModel):
    """Vital signs, in the units of their names."""

    temperature_c: Positive | None = None
    pulse_bpm: NonNegative | None = None
    respiration_bpm: NonNegative | None = None
    bp_systolic_mmhg: NonNegative | None = None
    bp_diastolic_mmhg: NonNegative | None = None
    spo2_pct: Annotated[NonNegative, Field(description="0 to 100")] | None = None
    weight_kg: Positive | None = None
    height_cm: Positive | None = None
    pain_score: NonNegative | None = None


class PlanItem(FieldsModel):
    """Something to be done."""

    action: Text
    kind: Literal["imaging", "lab", "medication", "procedure", "consult", "follow_up", "monitoring", "advice", "other"]


class Relative(FieldsModel):
    """A condition of somebody in the family."""

    relation: Text
    problem: Text


class Device(FieldsModel):
    """A line, tube or implant seen on an image."""

    device: Text
    laterality: Laterality | None = None
    position: Text | None = None


class ThyroidNodule(FieldsModel):
    """A thyroid nodule in the terms of ACR TI-RADS (2017); points and category are computed."""

    laterality: Literal["left", "right", "isthmus"] | None = None
    location: Literal["upper", "mid", "lower"] | None = None
    size_mm: Size | None = None
    composition: Literal["cystic", "spongiform", "mixed", "solid"] | None = None
    echogenicity: Literal["anechoic", "hyperechoic", "isoechoic", "hypoechoic", "very_hypoechoic"] | None = None
    shape: Literal["wider_than_tall", "taller_than_wide"] | None = None
    margin: Literal["smooth", "ill_defined", "lobulated", "irregular", "extrathyroidal"] | None = None
    foci: (
        Annotated[
            tuple[Literal["none", "comet_tail", "macrocalcification", "rim", "punctate"], ...], Field(min_length=1)
        ]
        | None
    ) = None
    tirads_points: Count | None = None
    tirads: Literal["TR1", "TR2", "TR3", "TR4", "TR5"] | None = None


class Procedure(FieldsModel):
    """Something that was done to the patient."""

    procedure: Text
    date: Date | None = None
    laterality: Laterality | None = None


class Lesion(FieldsModel):
    """A lesion in a specimen."""

    lesion: Text
    size_mm: Size | None = None
    location: Text | None = None
    margin_mm: NonNegative | None = None


class Patient(FieldsModel):
    """Who it is about, when dictated."""

    name: Text | None = None
    age_years: NonNegative | None = None
    sex: Literal["male", "female"] | None = None
    mrn: Text | None = None


class TemplateFields(FieldsModel):
    """What every template takes."""

    patient: Patient | None = None


Findings = Annotated[tuple[Finding, ...], Field(min_length=1)]
Problems = Annotated[tuple[Problem, ...], Field(min_length=1)]
Medications = Annotated[tuple[Medication, ...], Field(min_length=1)]
Allergies = Annotated[tuple[Allergy, ...], Field(min_length=1)]
Devices = Annotated[tuple[Device, ...], Field(min_length=1)]
Labs = Annotated[tuple[Lab, ...], Field(min_length=1)]
Lesions = Annotated[tuple[Lesion, ...], Field(min_length=1)]
Nodules = Annotated[tuple[ThyroidNodule, ...], Field(min_length=1)]
Plan = Annotated[tuple[PlanItem, ...], Field(min_length=1)]
Procedures = Annotated[tuple[Procedure, ...], Field(min_length=1)]
Relatives = Annotated[tuple[Relative, ...], Field(min_length=1)]


class ChestXray(TemplateFields):
    """Chest radiograph."""

    views: (
        Annotated[tuple[Literal["pa", "ap", "lateral", "portable", "supine", "decubitus"], ...], Field(min_length=1)]
        | None
    ) = None
    indication: Text | None = None
    comparison: Text | None = None
    findings: Findings | None = None
    heart_size: Literal["normal", "borderline", "enlarged"] | None = None
    devices: Devices | None = None
    impression: Texts | None = None
    recommendation: Texts | None = None


class CtChest(TemplateFields):
    """CT of the chest."""

    contrast: Literal["none", "iv", "oral", "iv_and_oral"] | None = None
    slice_thickness_mm: Positive | None = None
    indication: Text | None = None
    comparison: Text | None = None
    findings: Findings | None = None
    impression: Texts | None = None
    recommendation: Texts | None = None


class UsThyroid(TemplateFields):
    """Ultrasound of the thyroid."""

    right_lobe_mm: Size | None = None
    left_lobe_mm: Size | None = None
    isthmus_mm: Positive | None = None
    nodules: Nodules | None = None
    findings: Findings | None = None
    impression: Texts | None = None
    recommendation: Texts | None = None


class UsAbdomen(TemplateFields):
    """Ultrasound of the abdomen."""

    liver_mm: Positive | None = None
    spleen_mm: Positive | None = None
    common_bile_duct_mm: Positive | None = None
    gallbladder_wall_mm: Positive | None = None
    right_kidney_mm: Positive | None = None
    left_kidney_mm: Positive | None = None
    findings: Findings | None = None
    impression: Texts | None = None
    recommendation: Texts | None = None


class Outpatient(TemplateFields):
    """Outpatient visit. `medications` are taken now, `prescriptions` ordered now."""

    chief_complaint: Text | None = None
    history: Text | None = None
    symptoms: Problems | None = None
    past_history: Problems | None = None
    family_history: Relatives | None = None
    allergies: Allergies | None = None
    medications: Medications | None = None
    vitals: Vitals | None = None
    exam: Findings | None = None
    labs: Labs | None = None
    diagnoses: Problems | None = None
    prescriptions: Medications | None = None
    plan: Plan | None = None
    follow_up: Duration | Date | None = None


class WardRound(TemplateFields):
    """Ward round."""

    bed: Text | None = None
    hospital_day: Count | None = None
    postop_day: Count | None = None
    symptoms: Problems | None = None
    vitals: Vitals | None = None
    intake_ml: NonNegative | None = None
    output_ml: NonNegative | None = None
    urine_ml: NonNegative | None = None
    drain_ml: NonNegative | None = None
    exam: Findings | None = None
    labs: Labs | None = None
    medications: Medications | None = None
    assessment: Texts | None = None
    plan: Plan | None = None


class Discharge(TemplateFields):
    """Discharge summary."""

    admission_date: Date | None = None
    discharge_date: Date | None = None
    admission_diagnoses: Problems | None = None
    discharge_diagnoses: Problems | None = None
    procedures: Procedures | None = None
    course: Text | None = None
    condition: Literal["recovered", "improved", "stable", "unchanged", "worse", "died"] | None = None
    medications: Medications | None = None
    follow_up: Duration | Date | None = None
    advice: Texts | None = None


class Operative(TemplateFields):
    """Operative report. `complications` holds `none` when that was stated."""

    preoperative_diagnosis: Text | None = None
    postoperative_diagnosis: Text | None = None
    procedure: Text | None = None
    laterality: Laterality | None = None
    surgeon: Text | None = None
    assistants: Texts | None = None
    anaesthesia: Literal["general", "spinal", "epidural", "regional", "local", "sedation"] | None = None
    findings: Findings | None = None
    blood_loss_ml: NonNegative | None = None
    fluids_ml: NonNegative | None = None
    urine_ml: NonNegative | None = None
    specimens: Texts | None = None
    drains: Texts | None = None
    implants: Texts | None = None
    complications: Texts | None = None
    counts_correct: StrictBool | None = None
    duration_min: Positive | None = None


class PathologyGross(TemplateFields):
    """Gross description of a specimen."""

    specimen: Text | None = None
    laterality: Laterality | None = None
    procedure: Text | None = None
    size_mm: Size | None = None
    weight_g: Positive | None = None
    lesions: Lesions | None = None
    lymph_nodes: Count | None = None
    cassettes: Texts | None = None


TEMPLATES: Mapping[str, type[TemplateFields]] = MappingProxyType(
    {
        "chest_xray": ChestXray,
        "ct_chest": CtChest,
        "us_thyroid": UsThyroid,
        "us_abdomen": UsAbdomen,
        "outpatient": Outpatient,
        "ward_round": WardRound,
        "discharge": Discharge,
        "operative": Operative,
        "pathology_gross": PathologyGross,
    }
)


def fields_model(template: str) -> type[TemplateFields] | None:
    """The shape of the fields of `template`; None for a template of somebody's own, whose fields are any object."""
    return TEMPLATES.get(template)
