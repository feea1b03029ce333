"""Presence, one linguistic fact a test."""

import pytest

from tests.server.understand.reading_tools import findings, mentions, presence, read
from wardscribe_server.pipeline.values import Subject, When


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a negation runs through a list that ends in "or"
        (
            "No pleural effusion, pneumothorax or consolidation.",
            {"pleural effusion": "absent", "pneumothorax": "absent", "consolidation": "absent"},
        ),
        # a comma and a fresh statement end it
        ("No fever, mild cough for two days.", {"fever": "absent", "cough": "present"}),
        # "but" ends it
        ("She denies vomiting but has nausea.", {"vomiting": "absent", "nausea": "present"}),
        # without punctuation each "no" stands for itself and a new subject ends it
        ("no wheeze no stridor there is a murmur", {"wheeze": "absent", "stridor": "absent", "murmur": "present"}),
        # negation after the finding
        ("A pneumothorax is not seen.", {"pneumothorax": "absent"}),
        # degree words and "evidence of" do not stop it
        ("There is no convincing evidence of acute pneumonia.", {"acute pneumonia": "absent"}),
        # a hedge before
        ("Findings are suspicious for malignancy.", {"malignancy": "possible"}),
        # a hedge after
        ("Pulmonary embolism cannot be excluded.", {"pulmonary embolism": "possible"}),
        # "rule out" is a question, not a negation
        ("Rule out appendicitis.", {"appendicitis": "possible"}),
        # a differential hedges both sides
        ("Sarcoidosis versus lymphoma.", {"sarcoidosis": "possible", "lymphoma": "possible"}),
    ],
)
def test_english_presence(text: str, expected: dict[str, str]) -> None:
    found = presence(text, "en")
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a negation runs through 、 and 及
        ("无恶心、腹泻及便秘。", {"恶心": "absent", "腹泻": "absent", "便秘": "absent"}),
        # and through complaints said in one breath
        ("无头痛呕吐，有发热。", {"头痛": "absent", "呕吐": "absent", "发热": "present"}),
        # 但 ends it
        ("否认胸痛，但有心悸。", {"胸痛": "absent", "心悸": "present"}),
        # a comma ends it
        ("未见气胸，右侧胸腔积液。", {"气胸": "absent", "胸腔积液": "present"}),
        # 不除外 is a hedge although 不 stands in it
        ("肺结核不除外。", {"肺结核": "possible"}),
        # a hedge after
        ("胃溃疡待排。", {"胃溃疡": "possible"}),
        # a hedge before
        ("考虑肺炎。", {"肺炎": "possible"}),
        # 无 before a state of a structure
        ("纵隔无增宽。", {"纵隔增宽": "absent"}),
        # a test that is negative
        ("浮髌试验阴性。", {"浮髌试验": "absent"}),
    ],
)
def test_chinese_presence(text: str, expected: dict[str, str]) -> None:
    found = presence(text, "zh")
    assert {name: found.get(name) for name in expected} == expected


def test_no_change_in_a_nodule_leaves_it_present_and_stable() -> None:
    found = findings("No change in the nodule in the left upper lobe.", "en")["nodule"]
    assert (found["presence"], found["change"]) == ("present", "stable")


def test_what_has_resolved_is_absent() -> None:
    found = findings("The left effusion has resolved.", "en")["pleural effusion"]
    assert (found["presence"], found["change"], found["laterality"]) == ("absent", "resolved", "left")


def test_an_unknown_phrase_after_no_is_an_absent_finding() -> None:
    assert findings("No pneumopericardial gloop.", "en")["pneumopericardial gloop"]["presence"] == "absent"


def test_a_relatives_illness_is_not_the_patients() -> None:
    assert mentions("His father had asthma.", "en")["asthma"].assertion.subject is Subject.FAMILY


def test_a_former_illness_is_past() -> None:
    assert mentions("Previous stroke.", "en")["stroke"].assertion.time is When.PAST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("无尿频尿急尿痛。", {"尿频": "absent", "尿急": "absent", "尿痛": "absent"}),
        ("无潮热盗汗。", {"潮热": "absent", "盗汗": "absent"}),
        ("无尿2天。", {"无尿": "present"}),
        ("四肢无力。", {"四肢无力": "present"}),
    ],
)
def test_a_name_that_begins_like_a_denial_is_read_as_what_it_is(text: str, expected: dict[str, str]) -> None:
    symptoms = read(text, template="outpatient", language="zh").fields["symptoms"]
    assert {symptom["problem"]: symptom["presence"] for symptom in symptoms} == expected
