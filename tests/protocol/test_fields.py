"""The shapes of the nine templates and the schema that is published of them."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wardscribe_protocol.fields import TEMPLATES, fields_model
from wardscribe_protocol.record import Evidence, Language, Record, Transcript
from wardscribe_protocol.schema import published_schema

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA_FILE = REPOSITORY / "docs" / "record.schema.json"

FINDING = {
    "finding": "granuloma",
    "presence": "present",
    "laterality": "left",
    "location": "lingula",
    "size_mm": [6, 4.5],
    "count": 2,
    "severity": "small",
    "change": "stable",
}
PROBLEM = {"problem": "hoarseness", "presence": "possible", "duration": "P2W", "laterality": "midline"}
MEDICATION = {
    "drug": "carbimazole",
    "dose": 2.5,
    "dose_unit": "mg",
    "route": "oral",
    "frequency": "tid",
    "duration": "P1M",
    "action": "start",
}
LAB = {"test": "ferritin", "value": 18, "unit": "ug/L", "interpretation": "low"}
PLAN_ITEM = {"action": "refer to the voice clinic", "kind": "consult"}
VITALS = {
    "temperature_c": 37.4,
    "pulse_bpm": 88,
    "respiration_bpm": 16,
    "bp_systolic_mmhg": 131,
    "bp_diastolic_mmhg": 79,
    "spo2_pct": 97,
    "weight_kg": 70.2,
    "height_cm": 181,
    "pain_score": 0,
}
PATIENT = {"name": "Test Patient", "age_years": 44, "sex": "female", "mrn": "000"}
IMAGING = {
    "indication": "annual check",
    "findings": [FINDING],
    "impression": ["stable granuloma"],
    "recommendation": ["none needed"],
    "patient": PATIENT,
}
GOOD = {
    "chest_xray": IMAGING
    | {
        "comparison": "2024-11",
        "views": ["pa", "lateral"],
        "heart_size": "borderline",
        "devices": [{"device": "pacemaker", "laterality": "left", "position": "tip in the right ventricle"}],
    },
    "ct_chest": IMAGING | {"comparison": "none", "contrast": "iv_and_oral", "slice_thickness_mm": 0.625},
    "us_thyroid": {
        "right_lobe_mm": [48, 16, 15],
        "left_lobe_mm": [47, 15.5],
        "isthmus_mm": 3,
        "nodules": [
            {
                "laterality": "isthmus",
                "location": "mid",
                "size_mm": [9],
                "composition": "solid",
                "echogenicity": "very_hypoechoic",
                "shape": "taller_than_wide",
                "margin": "extrathyroidal",
                "foci": ["punctate", "rim"],
                "tirads_points": 14,
                "tirads": "TR5",
            }
        ],
        "findings": [FINDING],
        "impression": ["nodule of the isthmus"],
        "recommendation": ["fine needle aspiration"],
    },
    "us_abdomen": {
        "liver_mm": 150,
        "spleen_mm": 110.5,
        "common_bile_duct_mm": 4,
        "gallbladder_wall_mm": 2.5,
        "right_kidney_mm": 105,
        "left_kidney_mm": 108,
        "findings": [FINDING],
        "impression": ["gallstones"],
        "recommendation": ["surgical opinion"],
    },
    "outpatient": {
        "chief_complaint": "hoarse for two weeks",
        "history": "began after a cold",
        "symptoms": [PROBLEM],
        "past_history": [PROBLEM],
        "family_history": [{"relation": "aunt", "problem": "goitre"}],
        "allergies": [{"substance": "latex", "reaction": "hives", "presence": "present"}],
        "medications": [MEDICATION],
        "vitals": VITALS,
        "exam": [FINDING],
        "labs": [LAB, {"test": "throat swab", "value": "negative"}],
        "diagnoses": [PROBLEM],
        "prescriptions": [{"drug": "saline spray"}],
        "plan": [PLAN_ITEM],
        "follow_up": "P6W",
    },
    "ward_round": {
        "bed": "12",
        "hospital_day": 3,
        "postop_day": 0,
        "symptoms": [PROBLEM],
        "vitals": VITALS,
        "intake_ml": 2100,
        "output_ml": 1800.5,
        "urine_ml": 1500,
        "drain_ml": 0,
        "exam": [FINDING],
        "labs": [LAB],
        "medications": [MEDICATION],
        "assessment": ["recovering"],
        "plan": [PLAN_ITEM],
    },
    "discharge": {
        "admission_date": "2026-05-30",
        "discharge_date": "2026-06",
        "admission_diagnoses": [PROBLEM],
        "discharge_diagnoses": [PROBLEM],
        "procedures": [{"procedure": "laryngoscopy", "date": "2026", "laterality": "midline"}],
        "course": "uneventful",
        "condition": "recovered",
        "medications": [MEDICATION],
        "follow_up": "2026-07-01",
        "advice": ["rest the voice"],
    },
    "operative": {
        "preoperative_diagnosis": "vocal cord polyp",
        "postoperative_diagnosis": "the same",
        "procedure": "microlaryngoscopy and excision",
        "laterality": "left",
        "surgeon": "Dr Example",
        "assistants": ["Dr Other"],
        "anaesthesia": "general",
        "findings": [FINDING],
        "blood_loss_ml": 0,
        "fluids_ml": 500,
        "urine_ml": 0,
        "specimens": ["polyp"],
        "drains": ["none"],
        "implants": ["none"],
        "complications": ["none"],
        "counts_correct": True,
        "duration_min": 25,
    },
    "pathology_gross": {
        "specimen": "polyp",
        "laterality": "left",
        "procedure": "excision",
        "size_mm": [5, 3, 2],
        "weight_g": 0.2,
        "lesions": [{"lesion": "polyp", "size_mm": [4], "location": "surface", "margin_mm": 0}],
        "lymph_nodes": 0,
        "cassettes": ["A1 all of it"],
    },
}


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def record_of(template, fields):
    evidence = {
        "/fields": Evidence(text="granuloma", chars=(3, 12), audio_ms=(10, 900), confidence=0.9),
        "/fields/x": Evidence(
            text="", chars=(0, 0), confidence=1, source="computed", computed_from=("/fields/a", "/fields/b")
        ),
    }
    record = Record(
        template=template,
        language=Language.EN,
        transcript=Transcript(raw="a granuloma", text="A granuloma."),
        fields=fields,
        evidence=evidence,
    )
    return json.loads(record.to_json())


def accepted(template, fields):
    try:
        fields_model(template).model_validate_json(json.dumps(fields))
    except ValidationError:
        return False
    return True


def test_the_nine_templates_of_the_contract_have_shapes_and_others_have_none():
    assert tuple(TEMPLATES) == tuple(GOOD)
    assert fields_model("letter_to_the_editor") is None


@pytest.mark.parametrize("template", GOOD)
def test_a_record_with_every_key_of_its_template_is_good(validator, template):
    model = fields_model(template)
    assert set(GOOD[template]) | {"patient"} == set(model.model_fields)
    validated = model.model_validate_json(json.dumps(GOOD[template]))
    assert json.loads(validated.model_dump_json(exclude_none=True)) == GOOD[template]
    validator.validate(record_of(template, GOOD[template]))
    validator.validate(record_of(template, {}))


BAD = [
    ("chest_xray", {"views": ["oblique"]}, "a view that has no code"),
    ("chest_xray", {"views": []}, "an empty list"),
    ("chest_xray", {"heart_size": None}, "null"),
    ("chest_xray", {"heart": "normal"}, "a key that the contract does not have"),
    ("chest_xray", {"findings": [{"finding": "granuloma"}]}, "a finding without presence"),
    ("chest_xray", {"findings": [FINDING | {"presence": "yes"}]}, "a presence that has no code"),
    ("chest_xray", {"findings": [FINDING | {"size_mm": [1, 2, 3, 4]}]}, "four sizes"),
    ("chest_xray", {"findings": [FINDING | {"size_mm": 6}]}, "a size that is no list"),
    ("chest_xray", {"findings": [FINDING | {"size_mm": [0]}]}, "a size of nothing"),
    ("chest_xray", {"findings": [FINDING | {"count": 1.5}]}, "half a finding"),
    ("chest_xray", {"findings": [FINDING | {"location": None}]}, "null inside an entry"),
    ("chest_xray", {"findings": FINDING}, "an entry where a list belongs"),
    ("chest_xray", {"impression": "stable"}, "a text where a list belongs"),
    ("chest_xray", {"indication": ""}, "an empty text"),
    ("ct_chest", {"slice_thickness_mm": "1"}, "a number as text"),
    ("ct_chest", {"slice_thickness_mm": True}, "a truth value as number"),
    ("us_thyroid", {"nodules": [{"tirads": "TR6"}]}, "a category that does not exist"),
    ("outpatient", {"symptoms": [PROBLEM | {"duration": "2 weeks"}]}, "a duration that is not ISO 8601"),
    ("outpatient", {"follow_up": "in spring"}, "a follow-up that is neither duration nor date"),
    ("outpatient", {"vitals": {"pulse": 80}}, "a vital sign that has no key"),
    ("outpatient", {"patient": {"sex": "f"}}, "a sex that has no code"),
    ("discharge", {"admission_date": "30.05.2026"}, "a date that is not ISO 8601"),
    ("discharge", {"admission_date": "2026-13"}, "a thirteenth month"),
    ("operative", {"counts_correct": "yes"}, "a text where a truth value belongs"),
]


@pytest.mark.parametrize(("template", "fields", "why"), BAD, ids=[why for _, _, why in BAD])
def test_neither_model_nor_schema_accepts(validator, template, fields, why):
    assert not accepted(template, fields), why
    assert not validator.is_valid(record_of(template, {}) | {"fields": fields}), why


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "wardscribe.record/2"},
        {"language": "de"},
        {"state": "signed"},
        {"transcript": {"raw": "x"}},
        {"evidence": {"/fields": {"text": "x", "confidence": 2, "source": "dictated"}}},
        {"evidence": {"/fields": {"text": "x", "confidence": 1, "source": "guessed"}}},
        {"checks": [{"code": "c", "severity": "fatal", "path": "", "message": "m"}]},
        {"fields": []},
        {"extra": 1},
    ],
    ids=str,
)
def test_the_schema_refuses_a_record_that_is_not_one(validator, change):
    assert not validator.is_valid(record_of("chest_xray", {}) | change)


@pytest.mark.parametrize(
    "key", ["schema", "template", "language", "state", "transcript", "fields", "evidence", "checks"]
)
def test_the_schema_wants_every_key_of_a_record(validator, key):
    record = record_of("chest_xray", {})
    del record[key]
    assert not validator.is_valid(record)


def test_a_template_of_ones_own_may_hold_any_object(validator):
    validator.validate(record_of("sleep_study", {"ahi": 12.5, "stages": [{"n3": {"pct": 20}}]}))


@pytest.mark.parametrize(
    "duration", ["P3D", "P10Y", "PT6H", "P2W", "P1Y6M", "P1DT12H", "PT90M", "P0.5D", "PT1H30M", "P1Y2M3DT4H5M6S", "P2M"]
)
def test_iso_durations_are_durations(duration):
    assert accepted("outpatient", {"symptoms": [PROBLEM | {"duration": duration}]})


@pytest.mark.parametrize("duration", ["P", "PT", "P1DT", "3D", "P3", "P1D2Y", "P1W2D", "PT6D", "P-3D", "p3d", " P3D"])
def test_other_strings_are_not_durations(duration):
    assert not accepted("outpatient", {"symptoms": [PROBLEM | {"duration": duration}]})


def test_errors_do_not_repeat_what_was_dictated():
    with pytest.raises(ValidationError) as caught:
        fields_model("chest_xray").model_validate({"heart_size": "a secret", "findings": [{"finding": None}]})
    assert "secret" not in str(caught.value)


def test_a_value_that_is_no_object_is_refused():
    assert not accepted("chest_xray", ["heart_size"])


def leaves(value, path=()):
    """Paths to everything inside a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*path, key))


PLACES = [(template, path) for template, fields in GOOD.items() for path in leaves(fields)]
# 3.0 is an integer to JSON Schema and not to the models; the writers of records never write it.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 500)
    | st.floats(-2, 500, allow_nan=False).filter(lambda number: not number.is_integer())
    | st.sampled_from(["", "left", "isthmus", "present", "P3D", "2026-02", "TR2", "oral", "negative", "pa", "none"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["finding", "x"]), inner)
)


@given(place=st.sampled_from(PLACES), value=VALUES)
def test_model_and_schema_agree_about_any_change(validator, place, value):
    template, path = place
    fields = deepcopy(GOOD[template])
    holder = fields
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    assert accepted(template, fields) == validator.is_valid(record_of(template, {}) | {"fields": fields})


@given(place=st.sampled_from([place for place in PLACES if isinstance(place[1][-1], str)]))
def test_model_and_schema_agree_about_what_may_be_left_out(validator, place):
    template, path = place
    fields = deepcopy(GOOD[template])
    holder = fields
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    assert accepted(template, fields) == validator.is_valid(record_of(template, {}) | {"fields": fields})


def test_the_published_schema_is_fresh():
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == published_schema(), "run scripts/record_schema.py"


def test_the_script_says_whether_the_schema_is_fresh():
    script = REPOSITORY / "scripts" / "record_schema.py"
    result = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
