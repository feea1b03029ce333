"""Fields of a clinic note, from sentences of our own."""

import pytest

from tests.server.understand.reading_tools import read

Entry = dict[str, object]


def _en(text: str) -> Entry:
    return dict(read(text, template="outpatient", language="en").fields)


def _zh(text: str) -> Entry:
    return dict(read(text, template="outpatient", language="zh").fields)


def test_a_drug_taken_and_a_drug_ordered_go_to_different_fields() -> None:
    fields = _en("Medications: ramipril 5 mg daily. Plan: start amlodipine 10 mg once daily.")
    assert fields["medications"] == [{"drug": "ramipril", "dose": 5, "dose_unit": "mg", "frequency": "daily"}]
    assert fields["prescriptions"] == [
        {"drug": "amlodipine", "dose": 10, "dose_unit": "mg", "frequency": "daily", "action": "start"}
    ]


def test_a_stopped_drug_stays_among_those_taken() -> None:
    fields = _en("Medications: ramipril 5 mg daily. Plan: stop ramipril.")
    assert fields["medications"] == [
        {"drug": "ramipril", "dose": 5, "dose_unit": "mg", "frequency": "daily", "action": "stop"}
    ]
    assert "prescriptions" not in fields


def test_an_increased_drug_keeps_its_old_dose_and_orders_the_new() -> None:
    fields = _zh("现服氨氯地平5mg每日一次。诊断：高血压。氨氯地平加至10mg每日一次。")
    assert [drug["dose"] for drug in fields["medications"]] == [5]
    assert fields["prescriptions"] == [
        {"drug": "氨氯地平", "dose": 10, "dose_unit": "mg", "frequency": "daily", "action": "increase"}
    ]


def test_a_route_belongs_to_its_own_drug() -> None:
    fields = _zh("处方：奥美拉唑20mg口服每日一次，甘草片3片每日三次。")
    assert [drug.get("route") for drug in fields["prescriptions"]] == ["oral", None]


def test_fahrenheit_becomes_celsius_and_says_that_it_was_computed() -> None:
    said = read("Vitals: temperature 101.3 degrees Fahrenheit.", template="outpatient", language="en")
    assert said.fields["vitals"] == {"temperature_c": 38.5}
    evidence = said.evidence["/fields/vitals/temperature_c"]
    assert (evidence.source, evidence.computed_from) == ("computed", ("/transcript/text",))
    assert evidence.text == "101.3 degrees Fahrenheit"


def test_blood_pressure_in_an_illness_is_no_vital_sign() -> None:
    assert "vitals" not in _zh("高血压10年。")


def test_a_lab_has_a_unit_only_if_it_was_said() -> None:
    fields = _en("Labs: sodium 131 mmol/L, low, potassium 4.1.")
    assert fields["labs"] == [
        {"test": "sodium", "value": 131, "unit": "mmol/L", "interpretation": "low"},
        {"test": "potassium", "value": 4.1},
    ]


def test_no_known_allergies_is_one_absent_entry() -> None:
    assert [entry["presence"] for entry in _en("No known drug allergies.")["allergies"]] == ["absent"]
    assert [entry["presence"] for entry in _zh("否认药物过敏史。")["allergies"]] == ["absent"]


def test_an_allergy_has_its_reaction_and_the_drug_is_not_taken() -> None:
    fields = _en("Allergic to amoxicillin, rash.")
    assert fields["allergies"] == [{"substance": "amoxicillin", "presence": "present", "reaction": "rash"}]
    assert "medications" not in fields
    assert "symptoms" not in fields


def test_an_illness_with_allergic_in_its_name_is_no_allergy() -> None:
    assert "allergies" not in _zh("既往过敏性鼻炎。")


def test_relatives_illnesses_are_family_history_only() -> None:
    fields = _en("Her mother had breast cancer and her brother has gout.")
    assert fields["family_history"] == [
        {"relation": "mother", "problem": "breast cancer"},
        {"relation": "brother", "problem": "gout"},
    ]
    assert "past_history" not in fields


def test_complaints_share_the_duration_after_them() -> None:
    fields = _zh("发热、咳嗽4天，无胸痛。")
    assert [(entry["problem"], entry.get("duration")) for entry in fields["symptoms"]] == [
        ("发热", "P4D"),
        ("咳嗽", "P4D"),
        ("胸痛", None),
    ]


def test_half_a_month_is_fifteen_days() -> None:
    assert _zh("头晕半个月。")["symptoms"] == [{"problem": "头晕", "presence": "present", "duration": "P15D"}]


def test_a_return_visit_is_the_follow_up_and_no_plan_item() -> None:
    fields = _en("Plan: chest x-ray, return in 3 weeks.")
    assert fields["plan"] == [{"action": "chest x-ray", "kind": "imaging"}]
    assert fields["follow_up"] == "P3W"


def test_plan_items_have_their_kind() -> None:
    fields = _zh("处理：完善胃镜，查血常规，低盐饮食，监测血压，心内科会诊。")
    assert [item["kind"] for item in fields["plan"]] == ["procedure", "lab", "advice", "monitoring", "consult"]


def test_without_headings_vital_signs_open_the_examination() -> None:
    fields = _en("Cough for 3 days. Blood pressure 120/80, pulse 70. Scattered rhonchi.")
    assert [entry["finding"] for entry in fields["exam"]] == ["rhonchi"]


def test_the_patient_is_introduced_by_title_age_and_sex() -> None:
    fields = _en("Mr. Peter Small is a 47-year-old man with cough.")
    assert fields["patient"] == {"name": "Peter Small", "age_years": 47, "sex": "male"}


def test_what_was_not_dictated_is_absent() -> None:
    assert set(_en("Cough for 2 days.")) == {"chief_complaint", "history", "symptoms"}


def test_a_history_of_some_weeks_is_the_complaint_and_no_past_illness() -> None:
    fields = _en("She has a three week history of intermittent claudication.")
    assert fields["symptoms"] == [{"problem": "intermittent claudication", "presence": "present", "duration": "P3W"}]
    assert "past_history" not in fields


def test_soap_letters_are_headings_only_before_a_colon() -> None:
    fields = _en("S: cough for a week. O: pulse 80. A: acute bronchitis. P: rest.")
    assert fields["diagnoses"] == [{"problem": "acute bronchitis", "presence": "present"}]
    assert fields["plan"] == [{"action": "rest", "kind": "advice"}]


def test_an_order_right_after_the_diagnosis_opens_the_plan() -> None:
    fields = _zh("咳嗽3天考虑急性支气管炎给阿莫西林0.5克口服每日三次")
    assert fields["diagnoses"] == [{"problem": "急性支气管炎", "presence": "possible"}]
    assert [drug["drug"] for drug in fields["prescriptions"]] == ["阿莫西林"]


@pytest.mark.parametrize("said", ["Allergies: none.", "Allergies: nil known.", "Drug allergies: none known."])
def test_a_heading_of_allergies_with_none_behind_it_is_no_substance(said: str) -> None:
    entries = read(f"Chief complaint: cough. {said}", template="outpatient", language="en").fields["allergies"]
    assert isinstance(entries, list)
    assert [entry["presence"] for entry in entries if isinstance(entry, dict)] == ["absent"]


def test_a_number_with_its_thousands_apart_is_one_number() -> None:
    fields = _en(
        "Labs: platelets 150,000, white count 12,400. Plan: vitamin D 50,000 units weekly, heparin 5,000 units"
    )
    assert [(lab["test"], lab["value"]) for lab in fields["labs"]] == [
        ("platelet count", 150_000),
        ("white cell count", 12_400),
    ]
    assert [(drug["drug"], drug["dose"], drug["dose_unit"]) for drug in fields["prescriptions"]] == [
        ("vitamin D", 50_000, "unit"),
        ("heparin", 5_000, "unit"),
    ]


def test_values_that_only_a_comma_parts_stay_apart() -> None:
    fields = _en("Labs: potassium 4, sodium 131,chloride 100.")
    assert [lab["value"] for lab in fields["labs"]] == [4, 131, 100]
