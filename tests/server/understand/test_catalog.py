"""Templates as data: loading, a site's own, and errors with file and line."""

from pathlib import Path

import pytest

from wardscribe_server.catalog import TemplateError, UnknownTemplate, load_catalog

_GOOD = """id = "triage"
source = "us"
licence = "Apache-2.0"
loinc = "1-8"
fhir = "Composition"
opening = "story"
labels = { en = "Triage", zh = "分诊" }

[[sections]]
id = "story"
labels = { en = "Story", zh = "病史" }

[[fields]]
id = "symptoms"
kind = "problems"
section = "story"
labels = { en = "Symptoms", zh = "症状" }
takes = ["symptom"]
from_sections = ["story"]
"""


def test_the_shipped_templates_are_there() -> None:
    radiology = {"chest_xray", "ct_chest", "us_abdomen", "us_thyroid"}
    wards = {"outpatient", "ward_round", "discharge", "operative", "pathology_gross"}
    assert radiology | wards <= set(load_catalog().ids)


def test_an_unknown_template_names_the_known_ones() -> None:
    with pytest.raises(UnknownTemplate, match=r"chest_xray, .*outpatient"):
        load_catalog().template("tea_leaves")


def test_a_site_adds_a_template_with_no_python(tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_text(_GOOD, encoding="utf-8")
    assert load_catalog(site=tmp_path).template("triage").labels.zh == "分诊"


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (('kind = "problems"', 'kind = "tea"'), 15, "fields.0.kind"),
        (('from_sections = ["story"]', 'from_sections = ["nowhere"]'), 19, "no section 'nowhere'"),
        (('opening = "story"', "opening = "), 6, "not readable as TOML"),
        (('loinc = "1-8"', 'colour = "blue"'), 4, "colour: there is no such key"),
        (('loinc = "1-8"', 'loinc = "eighteen"'), 4, "loinc"),
        (('fhir = "Composition"', 'fhir = "Letter"'), 5, "fhir"),
        (('id = "symptoms"', 'id = "my symptoms"'), 14, "fields.0.id"),
        (('takes = ["symptom"]', 'at_signing = "prohibit"'), 13, "add required = true"),
        (('kind = "problems"', 'kind = "number"'), 13, "needs triggers in both languages"),
        (('kind = "problems"', 'kind = "choice"'), 13, "needs choices"),
        (('takes = ["symptom"]', 'unit = "furlong"'), 18, "no unit 'furlong'"),
        (('takes = ["symptom"]', 'unit = "mm"'), 18, "must end with _mm"),
        (('labels = { en = "Story", zh = "病史" }', 'labels = { en = "Story" }'), 11, "labels.zh"),
    ],
)
def test_a_bad_template_is_refused_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int, message: str
) -> None:
    path = tmp_path / "triage.toml"
    path.write_text(_GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(TemplateError) as refused:
        load_catalog(site=tmp_path)
    assert message in str(refused.value)
    assert f"{path}:{line}:" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_choice_is_refused_with_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "triage.toml"
    choices = "".join(f'\n[[fields.choices]]\ncode = "{code}"\nen = ["x"]\nzh = ["y"]\n' for code in ("red", "Blue"))
    path.write_text(_GOOD.replace('"problems"', '"choice"') + choices, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"triage\.toml:27: fields\.0\.choices\.1\.code"):
        load_catalog(site=tmp_path)


def test_two_files_of_a_site_cannot_share_an_id(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(_GOOD, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"two\.toml:1: the id 'triage' is taken by .*one\.toml"):
        load_catalog(site=tmp_path)


def test_a_heading_cannot_open_two_sections(tmp_path: Path) -> None:
    twice = (
        '\n[[sections]]\nid = "{}"\nlabels = {{ en = "A", zh = "甲" }}\n'
        'headings = {{ en = ["history"], zh = ["史"] }}\n'
    )
    path = tmp_path / "triage.toml"
    path.write_text(_GOOD + twice.format("past") + twice.format("now"), encoding="utf-8")
    with pytest.raises(TemplateError, match=r"triage\.toml:29: .*'history' opens both 'past' and 'now'"):
        load_catalog(site=tmp_path)


def test_a_missing_site_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such folder"):
        load_catalog(site=tmp_path / "none")
