"""Fields of a chest film besides its findings."""

import pytest

from tests.server.understand.reading_tools import read, understander
from wardscribe_server.pipeline.values import SectionMark, Written

Entry = dict[str, object]


def _en(text: str) -> Entry:
    return dict(read(text, template="chest_xray", language="en").fields)


def _zh(text: str) -> Entry:
    return dict(read(text, template="chest_xray", language="zh").fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Portable AP chest.", ["portable", "ap"]),
        ("Right lateral decubitus film.", ["decubitus"]),
        ("Frontal and lateral views of the chest.", ["pa", "lateral"]),
    ],
)
def test_english_views(text: str, expected: list[str]) -> None:
    assert _en(text)["views"] == expected


def test_chinese_views() -> None:
    assert _zh("胸部正侧位片。")["views"] == ["pa", "lateral"]
    assert _zh("床旁胸片，仰卧位。")["views"] == ["portable", "supine"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The heart is not enlarged.", "normal"),
        ("Cardiac silhouette is enlarged.", "enlarged"),
        ("Borderline cardiomegaly.", "borderline"),
        ("No cardiomegaly.", "normal"),
    ],
)
def test_heart_size(text: str, expected: str) -> None:
    fields = _en("Findings: " + text)
    assert fields["heart_size"] == expected
    assert "findings" not in fields


def test_the_reason_for_a_film_is_no_finding() -> None:
    fields = _en("Indication: suspected pneumonia. Findings: The lungs are clear.")
    assert fields["indication"] == "suspected pneumonia"
    assert "findings" not in fields


def test_a_device_has_side_and_position() -> None:
    fields = _zh("影像所见：左侧PICC尖端位于上腔静脉。")
    assert fields["devices"] == [{"device": "PICC", "laterality": "left", "position": "上腔静脉"}]


def test_advice_inside_the_impression_is_a_recommendation() -> None:
    fields = _en("Impression: Left lower lobe pneumonia. Recommend follow up film in 4 weeks.")
    assert fields["impression"] == ["Left lower lobe pneumonia"]
    assert fields["recommendation"] == ["Recommend follow up film in 4 weeks"]


def test_numbers_divide_an_impression_and_do_not_stay_in_it() -> None:
    assert _zh("诊断意见：1.右肺结节。2.主动脉硬化。")["impression"] == ["右肺结节", "主动脉硬化"]


def test_headings_move_without_punctuation() -> None:
    fields = _en("pa chest there is a small left effusion impression small left effusion")
    assert fields["impression"] == ["small left effusion"]


def test_a_voice_command_moves_to_a_section() -> None:
    text = "The lungs are clear Normal chest"
    written = Written(text, (), (SectionMark(text.index("Normal"), "section", "impression"),))
    fields = understander("en").read(written, template="chest_xray").fields
    assert fields["impression"] == ["Normal chest"]
