"""Discharge summaries: dates, diagnoses, procedures, course, condition, drugs to go home with, advice."""

import pytest

from tests.server.understand.dictations import check_contract, f1_of, fields_of
from wardscribe_server.pipeline.understanding.dates import dates


def _en(text: str) -> dict[str, object]:
    return fields_of(text, template="discharge", language="en")


def _zh(text: str) -> dict[str, object]:
    return fields_of(text, template="discharge", language="zh")


@pytest.mark.parametrize(
    ("name", "language", "floor"),
    [
        ("cases_discharge", "en", 0.94),
        ("cases_discharge", "zh", 0.95),
        ("cases_discharge_held_out", "en", 0.95),
        ("cases_discharge_held_out", "zh", 0.87),
    ],
)
def test_the_cases_of_a_language_reach_their_floor(name: str, language: str, floor: float) -> None:
    assert f1_of(name, language) >= floor


@pytest.mark.parametrize("name", ["cases_discharge", "cases_discharge_held_out"])
def test_fields_fit_the_contract_and_every_leaf_quotes_the_text(name: str) -> None:
    check_contract(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on 3 April 2026 and again on the 9th of May", ["2026-04-03", "2026-05-09"]),
        ("July 4, 2025 to July 9", ["2025-07-04", "2025-07-09"]),
        ("since March 2024", ["2024-03"]),
        ("2025年2月1日入院，2月10日出院", ["2025-02-01", "2025-02-10"]),
        ("on the 4th of May", []),
    ],
)
def test_a_date_without_a_year_takes_the_one_said_before(text: str, found: list[str]) -> None:
    assert [date.iso for date in dates(text)] == found


def test_a_stay_has_its_first_and_last_day() -> None:
    fields = _en("Admitted on 2 June 2026, discharged on 6 June. Discharge diagnosis: cellulitis.")
    assert (fields["admission_date"], fields["discharge_date"]) == ("2026-06-02", "2026-06-06")


def test_chinese_days_stand_before_coming_and_leaving() -> None:
    fields = _zh("患者于2026年2月3日入院，2月9日出院。出院诊断：肺炎。")
    assert (fields["admission_date"], fields["discharge_date"]) == ("2026-02-03", "2026-02-09")


def test_diagnoses_of_coming_and_leaving_are_kept_apart() -> None:
    fields = _en("Admission diagnosis: unstable angina. Discharge diagnoses: NSTEMI, hypertension.")
    assert [entry["problem"] for entry in fields["admission_diagnoses"]] == ["unstable angina"]
    assert [entry["problem"] for entry in fields["discharge_diagnoses"]] == ["NSTEMI", "hypertension"]


def test_a_procedure_has_its_day_and_side() -> None:
    fields = _en("Admitted May 1, 2026. She underwent right mastectomy on May 2. Discharge diagnosis: breast cancer.")
    assert fields["procedures"] == [{"procedure": "right mastectomy", "date": "2026-05-02", "laterality": "right"}]


def test_what_was_given_in_hospital_is_not_taken_home() -> None:
    fields = _en(
        "Hospital course: treated with ceftriaxone 1 g IV daily. "
        "Discharge medications: amoxicillin 500 mg three times daily."
    )
    assert [drug["drug"] for drug in fields["medications"]] == ["amoxicillin"]


def test_the_outcome_is_a_code() -> None:
    assert _en("Discharge diagnosis: asthma. Condition at discharge: stable.")["condition"] == "stable"
    assert _zh("出院诊断：肺炎。出院情况：治愈。")["condition"] == "recovered"


def test_advice_follows_the_drugs_without_a_heading() -> None:
    fields = _zh("出院诊断：高血压。出院带药：氨氯地平5毫克每日一次。低盐饮食，戒烟，2周后门诊复查。")
    assert fields["advice"] == ["低盐饮食", "戒烟"]
    assert fields["follow_up"] == "P2W"


def test_the_course_is_told_as_it_was_said() -> None:
    fields = _en("Hospital course: The fever settled on antibiotics. Condition: improved.")
    assert fields["course"] == "The fever settled on antibiotics"
