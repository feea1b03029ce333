"""Side, place, size, degree, change and count of findings, one fact a test."""

import pytest

from tests.server.understand.reading_tools import findings


def test_a_place_that_names_a_side_gives_the_side() -> None:
    found = findings("There is an opacity in the left lower lobe.", "en")["opacity"]
    assert (found["laterality"], found["location"]) == ("left", "left lower lobe")


def test_a_place_before_the_noun_is_a_place_and_no_part_of_the_name() -> None:
    found = findings("Right upper lobe nodule.", "en")["nodule"]
    assert (found["laterality"], found["location"]) == ("right", "right upper lobe")


def test_two_findings_share_the_place_after_them() -> None:
    found = findings("Swelling and tenderness of the left wrist.", "en", "exam")
    assert {entry["laterality"] for entry in found.values()} == {"left"}
    assert set(found) == {"swelling", "tenderness"}


def test_both_means_bilateral() -> None:
    assert findings("Crackles at both bases.", "en", "exam")["crackle"]["laterality"] == "bilateral"


def test_centimetres_become_millimetres_in_the_order_said() -> None:
    assert findings("A 2.5 x 1.5 cm mass in the right apex.", "en")["mass"]["size_mm"] == [25, 15]


def test_the_current_size_counts_and_the_former_does_not() -> None:
    found = findings("The nodule measures 9 mm, previously 7 mm.", "en")["nodule"]
    assert found["size_mm"] == [9]


def test_degree_is_no_part_of_the_name() -> None:
    found = findings("Moderate right pleural effusion.", "en")["pleural effusion"]
    assert (found["severity"], found["laterality"]) == ("moderate", "right")


def test_a_later_sentence_about_it_still_speaks_of_the_finding() -> None:
    found = findings("There is a nodule in the left upper lobe. It has increased in size.", "en")["nodule"]
    assert found["change"] == "increased"


def test_a_change_does_not_reach_the_next_finding() -> None:
    found = findings("The effusion is unchanged. There is a small pneumothorax.", "en")
    assert "change" not in found["pneumothorax"]


def test_the_side_of_a_device_is_not_the_side_of_the_finding_before_it() -> None:
    assert "laterality" not in findings("Pneumothorax, left chest tube in place.", "en")["pneumothorax"]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            "右肺上叶可见结节影，大小约12×9mm。",
            "结节影",
            {"laterality": "right", "location": "右肺上叶", "size_mm": [12, 9]},
        ),
        ("左侧胸腔少量积液。", "胸腔积液", {"laterality": "left", "severity": "少量"}),
        ("左下肺实变较前吸收。", "实变", {"laterality": "left", "location": "左下肺", "change": "decreased"}),
        ("双侧胸膜增厚。", "胸膜增厚", {"laterality": "bilateral"}),
        ("原左侧气胸已吸收。", "气胸", {"laterality": "left", "presence": "absent", "change": "resolved"}),
        ("右肺门增大。", "肺门增大", {"laterality": "right"}),
    ],
)
def test_chinese_findings(text: str, name: str, expected: dict[str, object]) -> None:
    found = findings(text, "zh")[name]
    assert {key: found.get(key) for key in expected} == expected


def test_a_structure_with_its_degree_and_state_is_one_name() -> None:
    found = findings("甲状腺二度肿大。", "zh", "exam")["甲状腺肿大"]
    assert found["severity"] == "二度"


def test_what_is_normal_is_no_finding_of_a_film() -> None:
    assert findings("双肺纹理清晰，气管居中，肋膈角锐利。", "zh") == {}
    assert findings("The lungs are clear. The trachea is midline.", "en") == {}


def test_what_is_normal_is_a_finding_of_an_examination() -> None:
    assert "abdomen soft" in findings("Abdomen soft.", "en", "exam")


def test_a_former_size_said_first_does_not_count() -> None:
    assert findings("Nodule in the left upper lobe, previously 15 mm, now measures 9 mm.", "en")["nodule"][
        "size_mm"
    ] == [9]
