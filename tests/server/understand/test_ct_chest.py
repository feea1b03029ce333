"""How a CT of the chest was taken, and what of that is no finding."""

import pytest

from tests.server.understand.reading_tools import read

Entry = dict[str, object]


def _en(text: str) -> Entry:
    return dict(read(text, template="ct_chest", language="en").fields)


def _zh(text: str) -> Entry:
    return dict(read(text, template="ct_chest", language="zh").fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Unenhanced CT of the chest.", "none"),
        ("CT thorax without intravenous contrast.", "none"),
        ("Contrast-enhanced chest CT.", "iv"),
        ("CT chest with oral and IV contrast.", "iv_and_oral"),
        ("CT chest after oral contrast.", "oral"),
        ("CT chest with and without IV contrast.", "iv"),
    ],
)
def test_contrast_is_read_from_the_technique(text: str, expected: str) -> None:
    fields = _en(text + " The lungs are clear.")
    assert fields["contrast"] == expected
    assert "findings" not in fields


def test_chinese_contrast() -> None:
    assert _zh("胸部CT平扫。双肺清晰。")["contrast"] == "none"
    assert _zh("胸部CT平扫+增强。双肺清晰。")["contrast"] == "iv"


def test_an_advised_contrast_scan_says_nothing_of_this_one() -> None:
    assert "contrast" not in _en("CT chest. Impression: liver lesion. Recommend CT with IV contrast.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CT chest, 1.25 mm slices.", 1.25),
        ("CT chest with slice thickness of 3 mm.", 3),
        ("CT chest, 5 mm axial sections.", 5),
    ],
)
def test_slice_thickness(text: str, expected: float) -> None:
    assert _en(text)["slice_thickness_mm"] == expected


def test_a_nodule_is_no_slice() -> None:
    fields = _zh("胸部CT平扫，层厚1毫米。右肺上叶见结节，大小约8毫米。")
    assert fields["slice_thickness_mm"] == 1
    assert fields["findings"] == [
        {"finding": "结节", "presence": "present", "laterality": "right", "location": "右肺上叶", "size_mm": [8]}
    ]


def test_a_heading_alone_keeps_the_section_for_what_follows() -> None:
    fields = _en("CT chest. Indication: weight loss and cough. Findings: No effusion.")
    assert fields["indication"] == "weight loss and cough"
    assert fields["findings"] == [{"finding": "effusion", "presence": "absent"}]


def test_a_segment_number_begins_no_list() -> None:
    fields = _en("CT chest. Findings: There is a small lesion in segment 6. No ascites.")
    assert fields["findings"] == [
        {"finding": "lesion", "presence": "present", "location": "segment 6", "severity": "small"},
        {"finding": "ascites", "presence": "absent"},
    ]


def test_a_degree_without_a_link_ends_a_negation() -> None:
    fields = _en("CT chest. Findings: no pericardial effusion or adenopathy mild basal atelectasis bilaterally")
    assert [(entry["finding"], entry["presence"]) for entry in fields["findings"]] == [
        ("pericardial effusion", "absent"),
        ("adenopathy", "absent"),
        ("basal atelectasis", "present"),
    ]


def test_a_hedge_before_a_name_is_not_on_the_lesion_before_it() -> None:
    fields = _en("CT chest. Findings: 12 mm lesion in the liver, likely a cyst.")
    assert [(entry["finding"], entry["presence"]) for entry in fields["findings"]] == [
        ("lesion", "present"),
        ("cyst", "possible"),
    ]


def test_a_narrowed_bronchus_keeps_its_name_and_its_lobe() -> None:
    fields = _zh("胸部平扫。左肺上叶支气管狭窄。")
    assert fields["findings"] == [
        {"finding": "支气管狭窄", "presence": "present", "laterality": "left", "location": "左肺上叶"}
    ]


def test_a_verb_to_come_ends_a_negation_that_runs_on() -> None:
    fields = _en("CT chest. Findings: no pneumothorax coronary calcification is seen")
    assert [(entry["finding"], entry["presence"]) for entry in fields["findings"]] == [
        ("pneumothorax", "absent"),
        ("coronary calcification", "present"),
    ]


def test_a_low_dose_says_nothing_of_contrast() -> None:
    assert "contrast" not in _en("Low dose screening CT of the chest. The lungs are clear.")
