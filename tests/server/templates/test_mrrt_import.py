"""Report templates after IHE MRRT become templates of ours; hostile ones are refused with file and line."""

from pathlib import Path

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.catalog import Template, TemplateError
from wardscribe_server.catalog.load import read_template
from wardscribe_server.catalog.mrrt import imported
from wardscribe_server.catalog.mrrt_document import MAX_BYTES
from wardscribe_server.catalog.writing import to_toml
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.values import words_from_text

_FILES = Path(__file__).parent / "mrrt"
_HEAD = "<html><head><title>T</title></head><body><section data-section-name='Findings'>"


@pytest.fixture(scope="module")
def renal() -> Template:
    return imported(_FILES / "renal_ultrasound.html").template


def test_sections_keep_order_names_and_codes(renal: Template) -> None:
    assert [section.id for section in renal.sections] == [
        "indication",
        "procedure_details",
        "findings",
        "right_kidney",
        "left_kidney",
        "impression",
    ]
    assert renal.loinc == "38036-0"
    assert renal.section("findings").loinc == "18782-3"
    assert renal.section("right_kidney").headings.en == ("Right kidney",)
    assert "conclusion" in renal.section("impression").headings.en


def test_inputs_become_fields_of_their_kind(renal: Template) -> None:
    assert {spec.id: spec.kind for spec in renal.fields} == {
        "indication": "indication",
        "transducer": "text",
        "right_kidney_length_cm": "number",
        "hydronephrosis": "choice",
        "left_kidney_length": "number",
        "left_kidney_hydronephrosis": "choices",
        "bladder_stone": "flag",
        "position": "choice",
        "findings": "findings",
        "impression": "texts",
    }


def test_units_codes_and_completion_actions_are_kept(renal: Template) -> None:
    fields = {spec.id: spec for spec in renal.fields}
    length = fields["right_kidney_length_cm"]
    assert (length.unit, length.concept, length.required, length.at_signing) == (
        "cm",
        "RADLEX RID29662",
        True,
        "require",
    )
    assert fields["hydronephrosis"].at_signing == "prohibit"
    assert not fields["transducer"].required
    assert fields["left_kidney_length"].unit == "1"


def test_choices_leave_out_what_only_asks_to_choose(renal: Template) -> None:
    codes = next(spec.codes for spec in renal.fields if spec.id == "hydronephrosis")
    assert codes == ("no_hydronephrosis", "mild_hydronephrosis", "severe_hydronephrosis")


def test_defaults_and_normal_text_are_nobody_s_finding(tmp_path: Path) -> None:
    brought = imported(_FILES / "renal_ultrasound.html")
    text = to_toml(brought.template, comments=brought.comments)
    for default in ("curved array", "Normal study", "No abnormality", "kidneys are normal", "furlong"):
        assert default not in text.split("\nid =", 1)[1]
    assert any("pre-fills" in note for note in brought.notes)
    assert any("sentences" in note for note in brought.notes)
    record = _dictated(text, "findings position was not noted", tmp_path)
    assert record.get("bladder_stone") is None
    assert record.get("position") is None


def test_what_was_imported_reads_back_and_is_filled(tmp_path: Path) -> None:
    brought = imported(_FILES / "renal_ultrasound.html")
    text = to_toml(brought.template, comments=brought.comments)
    said = (
        "clinical information colon flank pain period findings colon position supine period no bladder stone period "
        "right kidney colon right kidney length eleven point two centimetres comma mild hydronephrosis period "
        "left kidney colon no abnormality period impression colon mild right hydronephrosis period"
    )
    fields = _dictated(text, said, tmp_path)
    assert fields["indication"] == "flank pain"
    assert fields["right_kidney_length_cm"] == 11.2
    assert fields["hydronephrosis"] == "mild_hydronephrosis"
    assert "left_kidney_hydronephrosis" not in fields
    assert (fields["position"], fields["bladder_stone"]) == ("supine", False)
    assert fields["impression"] == ["mild right hydronephrosis"]
    assert read_template(tmp_path / "templates" / "t.toml") == brought.template


def test_a_chinese_form_is_filled_in_chinese(tmp_path: Path) -> None:
    brought = imported(_FILES / "thorax_zh.html", template_id="ldct")
    text = to_toml(brought.template)
    fields = _dictated(text, "影像所见 右肺上叶实性结节 结节直径八毫米 印象 右肺上叶结节", tmp_path, language="zh")
    assert fields == {"field_mm": 8, "field": "option_1", "impression": ["右肺上叶结节"]}


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('<!DOCTYPE html [\n<!ENTITY a "b">]>' + _HEAD, 2, "entity declarations"),
        ("<html><body><p>hello</p></body></html>", 1, "no MRRT report template"),
        ("", 1, "no MRRT report template"),
        (_HEAD + "</section></body></html>", 1, "no input that a dictation could fill"),
        (_HEAD + "\n<p><input>" * 501, 502, "more than 500 inputs"),
        (_HEAD + "<section>" * 201, 1, "more than 64 elements"),
        (_HEAD + "</section><section></section>" * 201, 1, "more than 200 sections"),
        (_HEAD + "<select>" + "\n<option>a</option>" * 201, 202, "more than 200 options"),
    ],
)
def test_a_file_that_no_template_looks_like_is_refused(tmp_path: Path, content: str, line: int, message: str) -> None:
    path = tmp_path / "bad.html"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TemplateError) as refused:
        imported(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert message in str(refused.value)


def test_html_without_the_ends_that_may_be_left_out_is_read(tmp_path: Path) -> None:
    path = tmp_path / "loose.html"
    path.write_text(
        _HEAD + "<p><label for=a>Pattern<select id=a><option>fine lines<option>coarse lines</select>", "utf-8"
    )
    assert imported(path).template.fields[0].codes == ("fine_lines", "coarse_lines")


def test_a_huge_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(TemplateError, match="larger than 1 MiB"):
        imported(path)
    path.write_bytes(b"\xff\xfe<html>")
    with pytest.raises(TemplateError, match=r":1: not UTF-8"):
        imported(path)
    with pytest.raises(TemplateError, match="cannot be read"):
        imported(tmp_path / "none.html")


def test_what_a_form_says_cannot_break_out_of_the_toml(tmp_path: Path) -> None:
    path = tmp_path / "odd.html"
    label = "a&quot;&#10;[[fields]]&#10;id = &quot;x&quot;\\"
    path.write_text(f"{_HEAD}<label for='a'>{label}</label><input type='checkbox' id='a'></section>", encoding="utf-8")
    brought = imported(path)
    made = tmp_path / "t.toml"
    made.write_text(to_toml(brought.template, comments=brought.comments), encoding="utf-8")
    assert read_template(made) == brought.template
    assert len(brought.template.fields) == 1


def _dictated(toml: str, text: str, folder: Path, *, language: str = "en") -> dict[str, object]:
    (folder / "templates").mkdir()
    path = folder / "templates" / "t.toml"
    path.write_text(toml, encoding="utf-8")
    readers = Readers(ServerSettings(site=folder))
    composer = readers.composer(template=read_template(path).id, language=Language(language), recognised=False)
    return dict(composer.compose(words_from_text(text)).record.fields)
