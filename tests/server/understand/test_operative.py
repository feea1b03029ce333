"""Operation notes: diagnoses, the operation, people, amounts, tissue, tubes, metal, counts."""

import pytest

from tests.server.understand.dictations import check_contract, f1_of, fields_of


def _en(text: str) -> dict[str, object]:
    return fields_of(text, template="operative", language="en")


def _zh(text: str) -> dict[str, object]:
    return fields_of(text, template="operative", language="zh")


@pytest.mark.parametrize(
    ("name", "language", "floor"),
    [
        ("cases_operative", "en", 0.92),
        ("cases_operative", "zh", 0.9),
        ("cases_operative_held_out", "en", 0.89),
        ("cases_operative_held_out", "zh", 0.8),
    ],
)
def test_the_cases_of_a_language_reach_their_floor(name: str, language: str, floor: float) -> None:
    assert f1_of(name, language) >= floor


@pytest.mark.parametrize("name", ["cases_operative", "cases_operative_held_out"])
def test_fields_fit_the_contract_and_every_leaf_quotes_the_text(name: str) -> None:
    check_contract(name)


def test_headings_come_in_any_order() -> None:
    fields = _en("Surgeon: Dr. Rhee. Postoperative diagnosis: gangrenous appendicitis. Procedure: open appendectomy.")
    assert fields["surgeon"] == "Dr. Rhee"
    assert fields["postoperative_diagnosis"] == "gangrenous appendicitis"
    assert fields["procedure"] == "open appendectomy"


def test_people_are_kept_apart_and_their_roles_left_out() -> None:
    fields = _en("Surgeon: Dr. Bell. Assistants: Dr. Cho and Amy Lund, physician assistant. Anesthesia: spinal.")
    assert fields["assistants"] == ["Dr. Cho", "Amy Lund"]
    assert "patient" not in fields


def test_chinese_people_are_named_without_signs_between() -> None:
    fields = _zh("术前诊断腹股沟疝 术者赵刚 一助钱敏 二助孙磊 腰麻 术中见疝囊")
    assert (fields["surgeon"], fields["assistants"]) == ("赵刚", ["钱敏", "孙磊"])
    assert fields["anaesthesia"] == "spinal"


def test_the_side_is_that_of_the_operation() -> None:
    assert _en("Procedure: left hip hemiarthroplasty. Findings: right hip not seen.")["laterality"] == "left"


def test_losses_and_times_are_in_the_units_of_their_fields() -> None:
    fields = _en(
        "Blood loss 0.4 L. IV fluids 2 L. Urine output 250 mL. Tourniquet time 30 minutes. Duration 1 hour 45 minutes."
    )
    assert (fields["blood_loss_ml"], fields["fluids_ml"], fields["urine_ml"], fields["duration_min"]) == (
        400,
        2000,
        250,
        105,
    )
    assert _zh("出血五十毫升，手术一小时二十分钟。")["duration_min"] == 80


def test_no_complications_is_said() -> None:
    assert _en("Complications: none.")["complications"] == ["none"]
    assert _zh("术中无并发症。")["complications"] == ["none"]
    assert _en("Complications: serosal tear, repaired.")["complications"] == ["serosal tear, repaired"]


def test_what_is_sent_away_is_a_specimen_and_no_finding() -> None:
    fields = _en("Findings: inflamed appendix. Appendix sent for histology.")
    assert fields["specimens"] == ["Appendix"]


def test_drains_are_named_without_the_verb_that_placed_them() -> None:
    assert _zh("盆腔放置引流管一根。")["drains"] == ["盆腔引流管"]
    assert _en("Blood loss 5 mL. No drain was placed.")["drains"] == ["none"]


def test_counts_are_right_or_wrong() -> None:
    assert _en("Sponge and needle counts correct.")["counts_correct"] is True
    assert _en("Final sponge count incorrect.")["counts_correct"] is False
    assert _zh("纱布器械清点无误。")["counts_correct"] is True
