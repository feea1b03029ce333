"""Templates that a site writes as TOML alone: filled from dictation in both languages, from text and live."""

import asyncio
from pathlib import Path

import pytest

from tests.server.serving import serving
from tests.server.templates.own_templates import SITE, dictated
from wardscribe_client.link import dictate
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language, Severity, Source
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

_KNEE_EN = (
    "MRI of the right knee comma proton density fat sat and T1 comma sedation with midazolam two milligrams "
    "period findings colon medial meniscus shows a horizontal cleavage tear of the posterior horn period the "
    "lateral meniscus is intact period no ACL tear period small joint effusion comma twelve millimetres deep "
    "period chondromalacia "
    "grade three period impression colon horizontal tear of the medial meniscus period"
)
_KNEE_ZH = (
    "左膝关节磁共振 序列T1和质子压脂 检查所见 内侧半月板后角水平撕裂 外侧半月板完整 未见前交叉韧带撕裂 "
    "关节积液深约一点二厘米 软骨软化三级 诊断意见 内侧半月板水平撕裂"
)
_HEART_EN = (
    "left atrium four point two centimetres comma ejection fraction is estimated at fifty five percent comma "
    "previously forty percent period aortic valve area zero point nine square centimetres comma peak velocity "
    "four hundred ten "
    "centimetres per second period moderate mitral regurgitation comma no pericardial effusion period impression "
    "severe aortic stenosis"
)
_HEART_ZH = (
    "左房内径四十二毫米，左室射血分数百分之五十五，主动脉瓣口面积零点九平方厘米，二尖瓣中度反流，未见心包积液。"
    "超声提示：主动脉瓣重度狭窄"
)


def test_a_knee_is_reported_in_english() -> None:
    fields = dictated(_KNEE_EN, template="knee_mri", language="en").fields
    assert fields | {"findings": None} == {
        "side": "right",
        "sequences": ["pd_fs", "t1"],
        "sedation": "midazolam 2 mg",
        "medial_meniscus": "horizontal_tear",
        "lateral_meniscus": "intact",
        "acl_torn": False,
        "effusion_depth_mm": 12,
        "outerbridge_grade": 3,
        "findings": None,
        "impression": ["horizontal tear of the medial meniscus"],
    }
    said = {entry["finding"]: entry["presence"] for entry in fields["findings"] if isinstance(entry, dict)}
    assert said["joint effusion"] == "present"
    assert said["ACL tear"] == "absent"


def test_the_same_knee_in_chinese_without_any_sign() -> None:
    fields = dictated(_KNEE_ZH, template="knee_mri", language="zh").fields
    assert fields | {"findings": None} == {
        "side": "left",
        "sequences": ["t1", "pd_fs"],
        "medial_meniscus": "horizontal_tear",
        "lateral_meniscus": "intact",
        "acl_torn": False,
        "effusion_depth_mm": 12,
        "outerbridge_grade": 3,
        "findings": None,
        "impression": ["内侧半月板水平撕裂"],
    }


@pytest.mark.parametrize(
    ("text", "language", "impression"),
    [(_HEART_EN, "en", "severe aortic stenosis"), (_HEART_ZH, "zh", "主动脉瓣重度狭窄")],
)
def test_a_heart_is_reported_in_both_languages(text: str, language: str, impression: str) -> None:
    fields = dictated(text, template="echocardiography", language=language).fields
    assert fields.pop("peak_velocity_m_s", 4.1) == 4.1
    assert fields == {
        "lvef_pct": 55,
        "left_atrium_mm": 42,
        "aortic_valve_area_cm2": 0.9,
        "mitral_regurgitation": "moderate",
        "pericardial_effusion": False,
        "impression": [impression],
    }


def test_every_value_quotes_what_was_said_and_a_converted_one_is_computed() -> None:
    record = dictated(_HEART_EN, template="echocardiography", language="en")
    for evidence in record.evidence.values():
        assert evidence.chars is not None
        assert record.transcript.text[slice(*evidence.chars)] == evidence.text
    velocity = record.evidence["/fields/peak_velocity_m_s"]
    assert (velocity.text, velocity.source) == ("410 cm/s", Source.COMPUTED)
    assert record.evidence["/fields/lvef_pct"].source is Source.DICTATED


def test_a_corrected_number_counts_and_a_doubted_flag_is_left_open() -> None:
    said = "EF fifty no correction forty five percent period cannot exclude a pericardial effusion"
    assert dictated(said, template="echocardiography", language="en").fields == {"lvef_pct": 45}


def test_a_number_of_another_field_or_sentence_is_not_taken() -> None:
    said = "valve area was not measured period peak velocity four metres per second"
    assert dictated(said, template="echocardiography", language="en").fields == {"peak_velocity_m_s": 4}


@pytest.mark.parametrize(
    ("text", "medial", "lateral"),
    [
        (
            "findings bucket handle tear of the medial meniscus and normal lateral meniscus",
            "bucket_handle_tear",
            "intact",
        ),
        ("findings medial meniscus and cartilage are normal period", "intact", None),
        ("findings no horizontal tear of the medial meniscus period", None, None),
    ],
)
def test_a_choice_is_said_of_the_structure_it_stands_with(text: str, medial: str | None, lateral: str | None) -> None:
    fields = dictated(text, template="knee_mri", language="en").fields
    assert (fields.get("medial_meniscus"), fields.get("lateral_meniscus")) == (medial, lateral)


def test_an_empty_required_field_alerts_or_prohibits_as_the_template_says() -> None:
    checks = dictated("findings small joint effusion", template="knee_mri", language="en").checks
    missing = {check.path: check.severity for check in checks if check.code == "required_missing"}
    assert missing == {"/fields/side": Severity.ERROR, "/fields/impression": Severity.WARNING}


def test_a_live_session_fills_a_site_s_own_template(tmp_path: Path) -> None:
    recogniser = ScriptedRecogniser(["EF sixty percent moderate mitral regurgitation"])
    loud = b"\x00\x40\x00\xc0" * 800
    start = Start(template="echocardiography", language=Language.EN)
    with serving(
        tmp_path, recogniser=recogniser, detector=LoudnessDetector(), site=SITE, lexicon=False, min_free_mb=0
    ) as server:
        record = asyncio.run(dictate(iter([loud] * 20), start=start, url=server.url, reconnect_s=5))
    assert record.fields == {"lvef_pct": 60, "mitral_regurgitation": "moderate"}
    assert record.evidence["/fields/lvef_pct"].audio_ms is not None
