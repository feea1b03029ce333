"""Ward rounds: bed and days, fluid balance, drugs with actions, assessment and plan."""

import pytest

from tests.server.understand.dictations import check_contract, f1_of, fields_of


def _en(text: str) -> dict[str, object]:
    return fields_of(text, template="ward_round", language="en")


def _zh(text: str) -> dict[str, object]:
    return fields_of(text, template="ward_round", language="zh")


@pytest.mark.parametrize(
    ("name", "language", "floor"),
    [
        ("cases_ward_round", "en", 0.94),
        ("cases_ward_round", "zh", 0.92),
        ("cases_ward_round_held_out", "en", 0.89),
        ("cases_ward_round_held_out", "zh", 0.93),
    ],
)
def test_the_cases_of_a_language_reach_their_floor(name: str, language: str, floor: float) -> None:
    assert f1_of(name, language) >= floor


@pytest.mark.parametrize("name", ["cases_ward_round", "cases_ward_round_held_out"])
def test_fields_fit_the_contract_and_every_leaf_quotes_the_text(name: str) -> None:
    check_contract(name)


@pytest.mark.parametrize(
    ("text", "bed"),
    [
        ("Bed 14, feeling well.", "14"),
        ("bed six C, no complaints", "6C"),
        ("room 212 bed A, slept well", "212 A"),
    ],
)
def test_a_bed_is_called_by_its_number_letter_and_room(text: str, bed: str) -> None:
    assert _en(text)["bed"] == bed


def test_a_chinese_bed_number_stands_before_its_word() -> None:
    assert _zh("心内科四十二床，今日无不适。")["bed"] == "42"


def test_days_count_only_when_said_as_such() -> None:
    assert _en("Hospital day 5, no fever.")["hospital_day"] == 5
    assert _en("Post-op day 2, no pain.")["postop_day"] == 2
    assert "postop_day" not in _en("Stroke, day 4, moving the arm.")
    assert _zh("术后第六天，无发热。")["postop_day"] == 6
    assert "hospital_day" not in _zh("脑出血第三天，无头痛。")


def test_fluid_balance_is_in_millilitres() -> None:
    fields = _en("Intake 1.8 L, urine output 900 mL, drain 45 mL.")
    assert (fields["intake_ml"], fields["urine_ml"], fields["drain_ml"]) == (1800, 900, 45)
    assert "labs" not in fields


def test_a_chinese_total_and_its_part_are_two_amounts() -> None:
    fields = _zh("昨日出量一千九百毫升，其中尿量一千五百毫升。")
    assert (fields["output_ml"], fields["urine_ml"]) == (1900, 1500)


def test_pain_out_of_ten_is_the_pain_score() -> None:
    assert _en("Post-op day 1. Wound pain 6/10. Pulse 80.")["vitals"] == {"pulse_bpm": 80, "pain_score": 6}


def test_a_dose_after_the_order_belongs_to_the_drug_before_it() -> None:
    (drug,) = _en("Plan: prednisolone, reduce to 20 mg IV daily.")["medications"]
    assert (drug["dose"], drug["action"], drug["route"]) == (20, "decrease", "iv")


def test_a_route_before_the_next_drug_is_the_next_ones() -> None:
    stopped, started = _en("Plan: stop morphine and start oral oxycodone 5 mg twice daily.")["medications"]
    assert "route" not in stopped
    assert started["route"] == "oral"


def test_one_frequency_for_all_drugs_is_each_ones() -> None:
    drugs = _zh("目前氨氯地平五毫克，瑞舒伐他汀十毫克，均为每晚一次。")["medications"]
    assert [drug["frequency"] for drug in drugs] == ["qn", "qn"]


def test_what_only_qualifies_a_problem_stays_with_it() -> None:
    fields = _en("Pulse 80. Assessment: urosepsis, improving, acute kidney injury, probably prerenal. Plan: bloods.")
    assert fields["assessment"] == ["urosepsis, improving", "acute kidney injury, probably prerenal"]


def test_what_is_said_under_the_plan_is_done_on_a_ward() -> None:
    plan = _en("Pulse 80. Plan: mouth care, repeat bloods in the morning.")["plan"]
    assert [item["action"] for item in plan] == ["mouth care", "repeat bloods in the morning"]


def test_a_number_before_a_heading_is_a_result_and_no_list_item() -> None:
    assert _en("Pulse 80. Platelets 47. Assessment: thrombocytopenia.")["labs"] == [
        {"test": "platelet count", "value": 47}
    ]


def test_chinese_patients_are_introduced_after_the_bed() -> None:
    assert _zh("十一床，陈晓梅，女，五十岁，今日无发热。")["patient"] == {
        "name": "陈晓梅",
        "age_years": 50,
        "sex": "female",
    }
