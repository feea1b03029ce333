"""The plain checks, each with a record that trips it and one that does not."""

from pydantic import JsonValue

from wardscribe_protocol.record import Language, Record, Severity, Transcript
from wardscribe_server.pipeline.understanding.checks import check_record


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
