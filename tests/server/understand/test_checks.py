"""The plain checks, each with a record that trips it and one that does not."""

import re
from typing import get_args

import pytest
from pydantic import JsonValue

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Evidence, Language, Record, Severity, Source, Transcript
from wardscribe_server.catalog import AtSigning, CheckCode, load_catalog
from wardscribe_server.pipeline.understanding.checks import Subject, check, check_record
from wardscribe_server.pipeline.understanding.checks.rules import load_rules


def _codes(template: str, fields: dict[str, JsonValue], language: Language = Language.EN) -> dict[str, str]:
    record = Record(
        template=template, language=language, transcript=Transcript(raw="", text=""), fields=fields, evidence={}
    )
    return {check.code: check.path for check in check_record(record)}


_FILM: dict[str, JsonValue] = {
    "findings": [{"finding": "pneumothorax", "presence": "present", "laterality": "left"}],
    "impression": ["Small left pneumothorax"],
}


def test_a_consistent_film_has_no_complaints() -> None:
    assert _codes("chest_xray", _FILM) == {}


def test_the_impression_on_the_other_side_is_an_error() -> None:
    assert _codes("chest_xray", _FILM | {"impression": ["Small right pneumothorax"]}) == {
        "laterality_mismatch": "/fields/impression/0"
    }


def test_the_same_side_in_chinese_is_none() -> None:
    fields: dict[str, JsonValue] = {
        "findings": [{"finding": "气胸", "presence": "present", "laterality": "left"}],
        "impression": ["右侧气胸"],
    }
    assert "laterality_mismatch" in _codes("chest_xray", fields, Language.ZH)
    assert "laterality_mismatch" not in _codes("chest_xray", fields | {"impression": ["左侧气胸"]}, Language.ZH)


def test_present_and_absent_at_once_is_an_error() -> None:
    findings: JsonValue = [{"finding": "cough", "presence": "present"}, {"finding": "cough", "presence": "absent"}]
    assert (
        _codes("chest_xray", _FILM | {"findings": findings})["presence_contradiction"] == "/fields/findings/1/presence"
    )


def test_impossible_and_unusual_values() -> None:
    base: dict[str, JsonValue] = {"chief_complaint": "x", "diagnoses": [{"problem": "x", "presence": "present"}]}
    assert _codes("outpatient", base | {"vitals": {"spo2_pct": 980}}) == {"value_impossible": "/fields/vitals/spo2_pct"}
    assert _codes("outpatient", base | {"vitals": {"pulse_bpm": 230}}) == {"value_unusual": "/fields/vitals/pulse_bpm"}
    assert "pressure_reversed" in _codes(
        "outpatient", base | {"vitals": {"bp_systolic_mmhg": 80, "bp_diastolic_mmhg": 120}}
    )


def test_an_ordered_drug_that_the_patient_is_allergic_to_is_an_error() -> None:
    fields: dict[str, JsonValue] = {
        "allergies": [{"substance": "penicillin", "presence": "present"}],
        "prescriptions": [{"drug": "penicillin V", "dose": 500, "dose_unit": "mg"}],
    }
    assert _codes("outpatient", fields)["allergy_prescribed"] == "/fields/prescriptions/0/drug"


def test_required_fields_are_warned_of_and_no_content_goes_into_a_message() -> None:
    record = Record(
        template="chest_xray",
        language=Language.EN,
        transcript=Transcript(raw="", text=""),
        fields={"impression": ["secret"]},
        evidence={},
    )
    checks = check_record(record)
    assert [(check.code, check.severity) for check in checks] == [("required_missing", Severity.WARNING)]
    assert "secret" not in checks[0].message


def test_a_template_that_nobody_knows_is_checked_by_the_general_rules() -> None:
    assert _codes("unheard_of", {"vitals": {"spo2_pct": 980}}) == {"value_impossible": "/fields/vitals/spo2_pct"}


def _raised(
    template: str,
    fields: dict[str, JsonValue],
    *,
    language: Language = Language.EN,
    text: str = "",
    context: dict[str, JsonValue] | None = None,
) -> dict[str, tuple[str, str | None]]:
    record = Record(
        template=template, language=language, transcript=Transcript(raw="", text=text), fields=fields, evidence={}
    )
    known = Context.model_validate(context) if context is not None else None
    return {check.code: (check.path, check.against) for check in check_record(record, context=known)}


_OPERATION: dict[str, JsonValue] = {
    "preoperative_diagnosis": "right inguinal hernia",
    "postoperative_diagnosis": "right inguinal hernia",
    "procedure": "right inguinal hernia repair",
    "laterality": "right",
    "surgeon": "Dr Lane",
}


def test_an_operation_on_the_other_side_names_both_places() -> None:
    assert _raised("operative", _OPERATION) == {}
    assert _raised("operative", _OPERATION | {"procedure": "left inguinal hernia repair"})["laterality_mismatch"] == (
        "/fields/procedure",
        "/fields/preoperative_diagnosis",
    )


def test_the_order_is_compared_by_side_study_and_operation() -> None:
    def ordered(**order: JsonValue) -> set[str]:
        return set(_raised("operative", _OPERATION, context={"order": dict(order)}))

    assert ordered(laterality="right", procedure="Repair of right inguinal hernia") == set()
    assert ordered(laterality="left") == {"order_laterality"}
    assert ordered(procedure="Laparoscopic cholecystectomy") == {"order_procedure"}
    assert "order_procedure" in _raised("chest_xray", _FILM, context={"order": {"procedure": "CT abdomen"}})
    assert "order_procedure" not in _raised("chest_xray", _FILM, context={"order": {"procedure": "CXR 2 views"}})


def test_the_patient_is_compared_by_sex_age_and_number() -> None:
    fields = _FILM | {"patient": {"sex": "male", "age_years": 50, "mrn": "0012 34"}}
    same: dict[str, JsonValue] = {"patient": {"sex": "male", "age_years": 51, "mrn": "1234"}}
    assert _raised("chest_xray", fields, context=same) == {}
    other: dict[str, JsonValue] = {"patient": {"sex": "female", "age_years": 60, "mrn": "999"}}
    assert set(_raised("chest_xray", fields, context=other)) == {"patient_sex", "patient_age", "patient_mrn"}


def test_what_the_patients_sex_or_age_rules_out() -> None:
    fields: dict[str, JsonValue] = {
        "chief_complaint": "x",
        "patient": {"sex": "female", "age_years": 6},
        "diagnoses": [{"problem": "benign prostatic hyperplasia", "presence": "present"}],
    }
    assert set(_raised("outpatient", fields)) == {"sex_condition", "age_condition"}
    told = fields | {"diagnoses": [{"problem": "asthma", "presence": "present"}], "history": "father has prostatitis"}
    assert _raised("outpatient", told) == {}


def test_a_denial_of_the_general_denies_the_particular_but_not_another_one() -> None:
    findings: list[JsonValue] = [{"finding": "apical pneumothorax", "presence": "present", "laterality": "left"}]
    absent: JsonValue = {"finding": "pneumothorax", "presence": "absent"}
    film: dict[str, JsonValue] = {"findings": [*findings, absent], "impression": ["left apical pneumothorax"]}
    assert "presence_contradiction" in _raised("chest_xray", film)
    right: JsonValue = {"finding": "pneumothorax", "presence": "absent", "laterality": "right"}
    assert "presence_contradiction" not in _raised("chest_xray", film | {"findings": [*findings, right]})
    other = film | {"findings": findings, "impression": ["No other pneumothorax"]}
    assert "presence_contradiction" not in _raised("chest_xray", other)
    denied = film | {"findings": findings, "impression": ["No pneumothorax"]}
    assert _raised("chest_xray", denied)["presence_contradiction"] == ("/fields/impression/0", "/fields/findings/0")


@pytest.mark.parametrize(
    ("drug", "raised"),
    [
        ({"drug": "amoxicillin", "dose": 500, "dose_unit": "mg", "frequency": "tid"}, set()),
        ({"drug": "amoxicillin", "dose": 5000, "dose_unit": "mg"}, {"dose_unusual"}),
        ({"drug": "paracetamol", "dose": 1, "dose_unit": "g", "frequency": "q4h"}, {"dose_unusual"}),
        ({"drug": "digoxin", "dose": 62.5, "dose_unit": "mcg"}, set()),
        ({"drug": "digoxin", "dose": 62.5, "dose_unit": "mg"}, {"dose_unusual"}),
        ({"drug": "insulin glargine", "dose": 10, "dose_unit": "mg"}, {"dose_unit"}),
        ({"drug": "阿莫西林胶囊", "dose": 0.5, "dose_unit": "g"}, set()),
        ({"drug": "阿莫西林胶囊", "dose": 50, "dose_unit": "g"}, {"dose_unusual"}),
        ({"drug": "some new drug", "dose": 5000, "dose_unit": "mg"}, set()),
    ],
)
def test_doses_are_compared_with_the_usual_adult_range(drug: dict[str, JsonValue], raised: set[str]) -> None:
    base: dict[str, JsonValue] = {"chief_complaint": "x", "diagnoses": [{"problem": "x", "presence": "present"}]}
    assert set(_raised("outpatient", base | {"prescriptions": [drug]})) == raised


@pytest.mark.parametrize(
    ("substance", "drug", "language", "barred"),
    [
        ("penicillin", "co-amoxiclav", Language.EN, True),
        ("sulfa drugs", "co-trimoxazole", Language.EN, True),
        ("penicillin", "azithromycin", Language.EN, False),
        ("青霉素", "阿莫西林胶囊", Language.ZH, True),
        ("头孢类", "头孢呋辛酯片", Language.ZH, True),
        ("青霉素", "头孢呋辛酯片", Language.ZH, False),
    ],
)
def test_an_allergy_forbids_its_class(substance: str, drug: str, language: Language, barred: bool) -> None:
    fields: dict[str, JsonValue] = {
        "allergies": [{"substance": substance, "presence": "present"}],
        "prescriptions": [{"drug": drug}],
    }
    assert ("allergy_prescribed" in _raised("outpatient", fields, language=language)) is barred


def test_two_of_a_kind_and_the_same_drug_twice() -> None:
    def listed(*names: str) -> bool:
        drugs: JsonValue = [{"drug": name} for name in names]
        return "drug_duplicate" in _raised("discharge", {"medications": drugs})

    assert listed("ibuprofen", "naproxen")
    assert listed("metformin", "metformin")
    assert not listed("metformin", "ibuprofen")


def test_dates_in_the_wrong_order_as_far_as_they_are_given() -> None:
    stay: dict[str, JsonValue] = {"admission_date": "2026-03", "discharge_date": "2026-03-04"}
    assert "dates_reversed" not in _raised("discharge", stay)
    assert "dates_reversed" in _raised("discharge", stay | {"admission_date": "2026-04"})


def test_a_critical_finding_asks_whether_anybody_was_told() -> None:
    film: dict[str, JsonValue] = {
        "findings": [{"finding": "tension pneumothorax", "presence": "present", "laterality": "left"}],
        "impression": ["Left tension pneumothorax"],
    }
    assert "critical_uncommunicated" in _raised("chest_xray", film, text="Left tension pneumothorax.")
    told = "Left tension pneumothorax. Discussed with Dr Hale at 14:05."
    assert "critical_uncommunicated" not in _raised("chest_xray", film, text=told)
    chinese: dict[str, JsonValue] = {
        "findings": [{"finding": "气腹", "presence": "present"}],
        "impression": ["消化道穿孔"],
    }
    assert "critical_uncommunicated" in _raised("ct_chest", chinese, language=Language.ZH, text="消化道穿孔。")
    known = "消化道穿孔。已电话通知值班医生。"
    assert "critical_uncommunicated" not in _raised("ct_chest", chinese, language=Language.ZH, text=known)


def test_a_laboratory_value_is_judged_by_its_unit() -> None:
    def lab(**entry: JsonValue) -> set[str]:
        return set(_raised("ward_round", {"labs": [dict(entry)]}))

    assert lab(test="hemoglobin", value=130, unit="g/L") == set()
    assert lab(test="hemoglobin", value=130, unit="g/dL") == {"value_impossible"}
    assert lab(test="potassium", value=41) == {"value_impossible"}
    assert lab(test="platelet count", value=150_000) == set()
    assert lab(test="potassium", value=4.1, unit="mg") == {"unit_unusual"}


def test_a_template_decides_what_a_check_does_at_signing() -> None:
    template = load_catalog().template("chest_xray")
    film: dict[str, JsonValue] = _FILM | {"impression": ["Small right pneumothorax"]}

    def severity(does: AtSigning) -> list[Severity]:
        changed = template.model_copy(update={"signing": {"laterality_mismatch": does}})
        return [found.severity for found in check(Subject(fields=film, language=Language.EN, template=changed))]

    assert severity("prohibit") == [Severity.ERROR]
    assert severity("require") == [Severity.WARNING]
    assert severity("alert") == [Severity.INFO]
    assert severity("ignore") == []


def test_an_empty_required_field_weighs_what_the_field_says_or_else_the_template() -> None:
    template = load_catalog().template("chest_xray")
    unsaid = {name: value for name, value in _FILM.items() if name != "impression"}

    def severity(field: AtSigning | None, by_template: AtSigning) -> list[Severity]:
        fields = tuple(
            spec.model_copy(update={"at_signing": field}) if spec.id == "impression" else spec
            for spec in template.fields
        )
        changed = template.model_copy(update={"fields": fields, "signing": {"required_missing": by_template}})
        found = check(Subject(fields=unsaid, language=Language.EN, template=changed))
        return [one.severity for one in found if one.path == "/fields/impression"]

    assert severity(None, "alert") == [Severity.INFO]
    assert severity(None, "ignore") == []
    assert severity("prohibit", "ignore") == [Severity.ERROR]
    assert severity("require", "prohibit") == [Severity.WARNING]
    assert severity("ignore", "prohibit") == []


@pytest.mark.parametrize("language", list(Language))
def test_every_check_has_a_weight_and_a_line_without_contents_in_both_languages(language: Language) -> None:
    weights = load_rules().weights
    assert set(weights.signing) == set(get_args(CheckCode)) == set(weights.messages[language])
    assert all("\n" not in line and len(line) < 100 for line in weights.messages[language].values())
    assert {name for line in weights.messages[language].values() for name in re.findall(r"{(\w+)}", line)} == {"field"}


def test_what_was_not_clearly_heard_waits_for_confirmation() -> None:
    def raised(**more: object) -> set[str]:
        proof = Evidence(text="left", chars=(0, 4), confidence=0.2).model_copy(update=more)
        subject = Subject(fields=_FILM, language=Language.EN, evidence={"/fields/findings/0/laterality": proof})
        return {found.code for found in check(subject)}

    assert raised() == {"value_doubtful"}
    assert raised(confirmed=True) == set()
    assert raised(source=Source.EDITED) == set()
    assert raised(confidence=0.9) == set()
