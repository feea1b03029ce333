"""What pauses and the order of words say where a physician says no signs, one fact a test."""

import pytest

from tests.server.understand.dictations import fields_of


def _zh(text: str, template: str) -> dict[str, object]:
    return fields_of(text, template=template, language="zh")


def _en(text: str, template: str) -> dict[str, object]:
    return fields_of(text, template=template, language="en")


def _rows(fields: dict[str, object], name: str) -> list[dict[str, object]]:
    rows = fields.get(name, [])
    assert isinstance(rows, list)
    return rows


def test_a_pause_ends_where_a_tube_lies() -> None:
    fields = _zh("床旁胸片 右侧PICC末端位于上腔静脉 双肺斑片影", "chest_xray")
    assert _rows(fields, "devices")[0]["position"] == "上腔静脉"
    assert _rows(fields, "findings")[0]["finding"] == "斑片影"


def test_a_word_does_not_go_on_over_a_pause() -> None:
    assert _zh("左肺叶切除标本 重九十克", "pathology_gross")["weight_g"] == 90


def test_the_problems_of_an_impression_are_told_apart_by_pauses() -> None:
    fields = _zh("胸部CT平扫 双肺下叶见条索影 印象 双肺慢性炎症 左肾囊肿", "ct_chest")
    assert fields["impression"] == ["双肺慢性炎症", "左肾囊肿"]


def test_an_order_that_closes_a_phrase_is_not_of_the_next_drug() -> None:
    rows = _zh("七床 入院第三天 华法林今天停 氯吡格雷七十五毫克每日一次继续", "ward_round")["medications"]
    assert [row["action"] for row in rows] == ["stop", "continue"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("told", ["妈妈说", "爸爸带来说", "奶奶代诉"])
def test_who_tells_of_a_child_is_not_ill(told: str) -> None:
    assert "family_history" not in _zh(f"男孩四岁 {told}昨天开始发热 咳嗽两天", "outpatient")


def test_what_hurts_no_longer_is_absent() -> None:
    rows = _rows(_zh("二床 入院第二天 今天腹不痛了 没有恶心", "ward_round"), "symptoms")
    assert {"problem": "腹痛", "presence": "absent"} in rows


def test_a_name_does_not_begin_in_the_middle_of_a_place() -> None:
    fields = _zh("四床 术后第一天 体温三十六点六 切口干燥 无渗血", "ward_round")
    assert not any(row["problem"] == "口干" for row in _rows(fields, "symptoms"))


def test_irregular_borders_deny_no_foci() -> None:
    rows = _rows(_zh("左叶中部见一实性低回声结节八乘六毫米边缘不规则内见点状强回声", "us_thyroid"), "nodules")
    assert rows[0]["foci"] == ["punctate"]


def test_a_calcified_artery_is_not_denied_with_the_nodes_before_it() -> None:
    rows = _rows(_zh("胸部CT平扫所见纵隔未见肿大淋巴结冠状动脉钙化诊断冠状动脉钙化", "ct_chest"), "findings")
    assert [row["presence"] for row in rows if "钙化" in str(row["finding"])] == ["present"]


def test_an_adverse_word_before_it_does_not_deny_an_allergy() -> None:
    rows = _rows(_zh("咳嗽三天 氨溴索效果不好 磺胺过敏 体温三十七度", "outpatient"), "allergies")
    assert rows[0]["presence"] == "present"


def test_a_list_without_or_ends_with_its_first_finding() -> None:
    rows = _rows(
        _en("chest film shows no pleural effusion hiatus hernia impression hiatus hernia", "chest_xray"), "findings"
    )
    assert {str(row["finding"]): row["presence"] for row in rows} == {
        "pleural effusion": "absent",
        "hiatus hernia": "present",
    }


def test_a_list_that_an_or_closes_is_denied_as_a_whole() -> None:
    rows = _rows(_en("PA chest no infiltrate effusion or pneumothorax heart size normal", "chest_xray"), "findings")
    assert {row["presence"] for row in rows} == {"absent"}
    assert len(rows) == 3


def test_what_a_finding_likely_means_does_not_make_it_doubtful() -> None:
    rows = _rows(
        _en("CT chest. There are opacities in the lingula that are likely inflammatory.", "ct_chest"), "findings"
    )
    assert rows[0]["presence"] == "present"


def test_two_kidneys_share_a_unit() -> None:
    fields = _en("Both kidneys normal, left and right measure 11.1 and 10.4 cm.", "us_abdomen")
    assert (fields["left_kidney_mm"], fields["right_kidney_mm"]) == (111, 104)


def test_a_raised_dose_keeps_the_old_one_among_the_drugs_taken() -> None:
    fields = _en("Assessment: hypertension. Plan: increase perindopril from 4 to 8 mg once daily.", "outpatient")
    assert (_rows(fields, "medications")[0]["dose"], _rows(fields, "prescriptions")[0]["dose"]) == (4, 8)


def test_drugs_that_a_patient_is_on_are_taken_although_signs_came_before() -> None:
    fields = _en("Both knees swollen. On sulfasalazine 1 g twice daily and folic acid 5 mg weekly.", "outpatient")
    assert [row["drug"] for row in _rows(fields, "medications")] == ["sulfasalazine", "folic acid"]


def test_orders_follow_each_other_without_a_sign() -> None:
    fields = _en("bed 3 hospital day 2 plan repeat CT abdomen tomorrow cardiology review remove catheter", "ward_round")
    assert [row["kind"] for row in _rows(fields, "plan")] == ["imaging", "consult", "procedure"]


def test_advice_at_the_end_of_an_impression_is_a_recommendation() -> None:
    fields = _en("thyroid scan impression left lower pole nodule FNA advised", "us_thyroid")
    assert (fields["impression"], fields["recommendation"]) == (["left lower pole nodule"], ["FNA advised"])


@pytest.mark.parametrize(
    ("said", "codes"),
    [("cassettes a one and a two", ["A1", "A2"]), ("Cassettes B1 to B7", ["B1-B7"]), ("sections 1 through 6", ["1-6"])],
)
def test_codes_of_cassettes_are_read_as_they_are_said(said: str, codes: list[str]) -> None:
    fields = _en(f"gallbladder measuring 8 by 3 by 2 cm. Submitted in {said}.", "pathology_gross")
    assert fields["cassettes"] == codes
