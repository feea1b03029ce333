"""Ways of speaking that the physicians' cases brought up, each by one or two sentences of its kind."""

import pytest

from tests.server.understand.dictations import fields_of


def _named(entries: object, key: str) -> dict[str, dict[str, object]]:
    assert isinstance(entries, list)
    return {str(entry[key]): entry for entry in entries if isinstance(entry, dict)}


def test_white_space_in_typed_chinese_begins_a_phrase() -> None:
    fields = fields_of("胸闷三天 心电图ST段压低 血压一百三八十二 诊断冠心病", template="outpatient", language="zh")
    assert fields["vitals"] == {"bp_systolic_mmhg": 130, "bp_diastolic_mmhg": 82}
    assert "past_history" not in fields


def test_a_pause_begins_a_phrase_too() -> None:
    fields = fields_of("胸部正位 | 左上肺见一枚五毫米结节 | 未见胸腔积液", template="chest_xray", language="zh")
    assert "indication" not in fields
    said = _named(fields["findings"], "finding")
    assert said["结节"]["size_mm"] == [5]
    assert said["胸腔积液"]["presence"] == "absent"


def test_what_was_not_seen_goes_on_over_spaces_and_what_is_denied_does_not() -> None:
    said = _named(
        fields_of("胸部平扫 双肺未见结节 肿块及实变", template="ct_chest", language="zh")["findings"], "finding"
    )
    assert {entry["presence"] for entry in said.values()} == {"absent"}
    assert len(said) == 3
    fields = fields_of("四床 恶心 无呕吐 便秘四天", template="ward_round", language="zh")
    assert _named(fields["symptoms"], "problem")["便秘"]["presence"] == "present"


def test_a_pain_score_does_not_open_the_examination() -> None:
    said = "bed two comma pain score six out of ten comma nausea comma no vomiting period"
    fields = fields_of(said, template="ward_round", language="en")
    assert set(_named(fields["symptoms"], "problem")) == {"nausea", "vomiting"}
    assert fields["vitals"] == {"pain_score": 6}


def test_a_sign_counts_although_a_space_follows_it() -> None:
    said = "condition improved period medications aspirin eighty one milligrams daily period"
    fields = fields_of(said, template="discharge", language="en")
    assert set(_named(fields["medications"], "drug")) == {"aspirin"}


def test_drugs_after_how_the_patient_leaves_go_home_with_him() -> None:
    said = "诊疗经过 头孢曲松抗感染 热退 出院情况好转 阿莫西林零点五克每日三次五天 避免受凉"
    drugs = _named(fields_of(said, template="discharge", language="zh")["medications"], "drug")
    assert set(drugs) == {"阿莫西林"}


@pytest.mark.parametrize(
    ("said", "presence"),
    [
        ("no fever period allergic to penicillin comma hives period", "present"),
        ("not allergic to penicillin", "absent"),
    ],
)
def test_a_negation_before_the_sentence_says_nothing_of_an_allergy(said: str, presence: str) -> None:
    entries = _named(fields_of(said, template="outpatient", language="en")["allergies"], "substance")
    assert entries["penicillin"]["presence"] == presence


@pytest.mark.parametrize(
    ("said", "language", "codes"),
    [
        ("取材R一至R九", "zh", ["R1-R9"]),
        ("右乳根治标本 取材一至十四", "zh", ["1-14"]),
        ("entirely submitted in cassettes one through four", "en", ["1-4"]),
        ("three sections in cassette A period", "en", ["A"]),
    ],
)
def test_runs_of_cassettes_without_contents(said: str, language: str, codes: list[str]) -> None:
    assert fields_of(said, template="pathology_gross", language=language)["cassettes"] == codes


@pytest.mark.parametrize(
    ("said", "language", "degrees"),
    [
        ("二床 昨夜发热三十八点九度 无寒战", "zh", 38.9),
        ("bed two comma fever of thirty eight point five overnight comma no cough", "en", 38.5),
    ],
)
def test_a_fever_on_the_ward_tells_the_temperature(said: str, language: str, degrees: float) -> None:
    fields = fields_of(said, template="ward_round", language=language)
    assert fields["vitals"] == {"temperature_c": degrees}


def test_since_yesterday_is_a_day_and_is_not_taken_from_the_next_complaint() -> None:
    said = "sore throat since yesterday comma runny nose for five days period"
    symptoms = _named(fields_of(said, template="outpatient", language="en")["symptoms"], "problem")
    assert symptoms["sore throat"]["duration"] == "P1D"
    assert symptoms["runny nose"]["duration"] == "P5D"


def test_a_dose_changed_in_the_story_is_ordered_anew() -> None:
    said = "焦虑复诊 现服舍曲林五十毫克每日一次 舍曲林加至一百毫克每日一次 四周后复诊"
    fields = fields_of(said, template="outpatient", language="zh")
    assert _named(fields["medications"], "drug")["舍曲林"]["dose"] == 50
    assert _named(fields["prescriptions"], "drug")["舍曲林"]["dose"] == 100


def test_a_label_of_a_date_looks_forward() -> None:
    fields = fields_of("入院日期二零二六年十月二日出院日期二零二六年十月七日", template="discharge", language="zh")
    assert (fields["admission_date"], fields["discharge_date"]) == ("2026-10-02", "2026-10-07")


def test_findings_begin_amid_a_sentence_of_an_operation_note() -> None:
    said = "surgeon dr holt general anesthesia findings dense adhesions comma no bile leak period ebl ten ml period"
    assert set(_named(fields_of(said, template="operative", language="en")["findings"], "finding")) >= {"bile leak"}
