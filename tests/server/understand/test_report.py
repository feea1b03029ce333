"""The report as text."""

from tests.server.understand.reading_tools import read
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.understanding.report import render_text


def _report(text: str, template: str, language: str) -> str:
    said = read(text, template=template, language=language)
    record = Record(
        template=template,
        language=Language(language),
        transcript=Transcript(raw=text, text=text),
        fields=said.fields,
        evidence=said.evidence,
    )
    return render_text(record, load_catalog().template(template))


def test_sections_stand_in_the_templates_order_with_labels_in_the_dictations_language() -> None:
    report = _report("诊断意见：右肺结节。影像所见：右肺上叶结节，约8mm。未见气胸。", "chest_xray", "zh")
    assert report.index("影像所见") < report.index("诊断意见")
    assert "结节，右侧" in report
    assert "8 mm" in report
    assert "无气胸" in report


def test_absent_and_possible_are_said_in_words() -> None:
    report = _report(
        "Examination: no murmur. BP 120/80. Diagnosis: possible gout. Plan: start allopurinol 100 mg daily.",
        "outpatient",
        "en",
    )
    assert "no murmur" in report
    assert "possible gout" in report
    assert "BP 120/80 mmHg" in report
    assert "allopurinol, 100 mg, daily, start" in report


def test_what_was_not_dictated_leaves_no_trace() -> None:
    report = _report("Cough for 2 days.", "outpatient", "en")
    assert "Allergies" not in report
    assert "Plan" not in report


def test_a_nodule_is_printed_in_words_without_a_name() -> None:
    report = _report(
        "甲状腺右叶大小约48×18×16毫米。右侧叶上极见一低回声实性结节，大小约13×10毫米，边界不清，纵横比大于1，内未见钙化。",
        "us_thyroid",
        "zh",
    ).split("\n")
    assert "  - 右侧，上极，13 × 10 mm，实性，低回声，纵横比≥1，边缘模糊，无强回声灶，7分，TR5" in report
    assert "  右叶(mm)：48 × 18 × 16" in report
