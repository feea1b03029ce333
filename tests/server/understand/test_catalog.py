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
        (('from_sections = ["story"]', 'from_sections = ["nowhere"]'), 1, "no section 'nowhere'"),
        (('opening = "story"', "opening = "), 6, "not readable as TOML"),
        (('loinc = "1-8"', 'colour = "blue"'), 5, "colour"),
    ],
)
def test_a_bad_template_is_refused_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int, message: str
) -> None:
    path = tmp_path / "triage.toml"
    path.write_text(_GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(TemplateError) as refused:
        load_catalog(site=tmp_path)
    assert message in str(refused.value) or message == "colour"
    assert f"{path}:{line}:" in str(refused.value) or message == "colour"


def test_a_missing_site_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such folder"):
        load_catalog(site=tmp_path / "none")
