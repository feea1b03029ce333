"""Sizes of abdominal organs, and findings that take the side of the kidney spoken of."""

import pytest

from tests.server.understand.reading_tools import read

Entry = dict[str, object]


def _en(text: str) -> Entry:
    return dict(read(text, template="us_abdomen", language="en").fields)


def _zh(text: str) -> Entry:
    return dict(read(text, template="us_abdomen", language="zh").fields)


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("The liver measures 15.8 cm.", "liver_mm", 158),
        ("Liver: 17 cm.", "liver_mm", 170),
        ("The liver is normal in echotexture and measures 14 cm.", "liver_mm", 140),
        ("The spleen is enlarged at 14.2 cm.", "spleen_mm", 142),
        ("CBD 7 mm.", "common_bile_duct_mm", 7),
        ("Gallbladder: no stones, wall 2 mm.", "gallbladder_wall_mm", 2),
        ("The gallbladder has a 5 mm thick wall.", "gallbladder_wall_mm", 5),
        ("Kidneys: right 9.8 cm, left 10.0 cm.", "left_kidney_mm", 100),
    ],
)
def test_an_organ_has_its_size(text: str, field: str, expected: float) -> None:
    assert _en(text)[field] == expected


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("肝右叶最大斜径约138毫米。", "liver_mm", 138),
        ("脾厚35毫米。", "spleen_mm", 35),
        ("肝外胆管内径0.5厘米。", "common_bile_duct_mm", 5),
        ("胆囊大小正常，壁增厚，约4.5毫米。", "gallbladder_wall_mm", 4.5),
        ("左肾112×50毫米。", "left_kidney_mm", 112),
    ],
)
def test_a_chinese_organ_has_its_size(text: str, field: str, expected: float) -> None:
    assert _zh(text)[field] == expected


def test_the_size_of_a_lesion_is_not_the_size_of_its_organ() -> None:
    fields = _en("Left kidney with a 2.3 cm cyst in the upper pole. The liver contains a 12 mm lesion.")
    assert "left_kidney_mm" not in fields
    assert "liver_mm" not in fields
    assert "right_kidney_mm" not in _zh("右肾盂分离约15毫米。")


def test_the_kidney_spoken_of_gives_the_side() -> None:
    fields = _en("Right kidney 10.1 cm, mild cortical thinning. Left kidney 9.9 cm, no hydronephrosis.")
    assert fields["findings"] == [
        {"finding": "cortical thinning", "presence": "present", "laterality": "right", "severity": "mild"},
        {"finding": "hydronephrosis", "presence": "absent", "laterality": "left"},
    ]


def test_what_lies_in_the_finding_just_named_takes_its_place() -> None:
    fields = _zh("右侧输尿管上段扩张，内见强回声，约8毫米。")
    entries = fields["findings"]
    assert isinstance(entries, list)
    assert entries[1]["laterality"] == "right"
    assert entries[1]["size_mm"] == [8]


def test_a_structure_and_its_denied_state_are_one_finding() -> None:
    fields = _zh("胆总管未见扩张。主胰管不扩张。")
    assert [(entry["finding"], entry["presence"]) for entry in fields["findings"]] == [
        ("胆总管扩张", "absent"),
        ("主胰管扩张", "absent"),
    ]


def test_advice_in_few_words_is_a_recommendation() -> None:
    fields = _en("Impression: Gallbladder polyp. Surgical consult advised.")
    assert fields["impression"] == ["Gallbladder polyp"]
    assert fields["recommendation"] == ["Surgical consult advised"]
    assert _zh("提示：胆囊息肉，建议半年复查。")["recommendation"] == ["建议半年复查"]
