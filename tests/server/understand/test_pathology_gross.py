"""Gross descriptions: the specimen, its measures, lesions with margins, nodes, cassettes."""

import pytest

from tests.server.understand.dictations import check_contract, dictated, f1_of, fields_of
from wardscribe_server.catalog import load_catalog
from wardscribe_server.pipeline.understanding.report import render_text


def _en(text: str) -> dict[str, object]:
    return fields_of(text, template="pathology_gross", language="en")


def _zh(text: str) -> dict[str, object]:
    return fields_of(text, template="pathology_gross", language="zh")


@pytest.mark.parametrize(
    ("name", "language", "floor"),
    [
        ("cases_pathology_gross", "en", 0.95),
        ("cases_pathology_gross", "zh", 0.95),
        ("cases_pathology_gross_held_out", "en", 0.95),
        ("cases_pathology_gross_held_out", "zh", 0.93),
    ],
)
def test_the_cases_of_a_language_reach_their_floor(name: str, language: str, floor: float) -> None:
    assert f1_of(name, language) >= floor


@pytest.mark.parametrize("name", ["cases_pathology_gross", "cases_pathology_gross_held_out"])
def test_fields_fit_the_contract_and_every_leaf_quotes_the_text(name: str) -> None:
    check_contract(name)


def test_the_whole_and_its_lesion_have_sizes_of_their_own() -> None:
    fields = _en(
        "Labeled right kidney, a radical nephrectomy specimen, 14 x 8 x 6 cm, weighing 410 g. "
        "There is a tan mass in the lower pole measuring 3 x 2 x 2 cm."
    )
    assert fields["size_mm"] == [140, 80, 60]
    assert fields["weight_g"] == 410
    assert fields["lesions"] == [{"lesion": "tan mass", "size_mm": [30, 20, 20], "location": "lower pole"}]


def test_the_nearest_margin_counts() -> None:
    (lesion,) = _en("A firm nodule, 1 x 1 x 1 cm, 3 mm from the deep margin and 12 mm from the medial margin.")[
        "lesions"
    ]
    assert lesion["margin_mm"] == 3


def test_a_chinese_distance_to_the_skin_is_no_margin() -> None:
    (lesion,) = _zh("送检右乳切除标本，外上象限距皮肤2厘米处见结节，大小1×1×1厘米，距基底切缘0.8厘米。")["lesions"]
    assert (lesion["location"], lesion["margin_mm"]) == ("外上象限", 8)


def test_no_lesion_is_none() -> None:
    assert "lesions" not in _en("Labeled gallbladder, a cholecystectomy specimen. No mass is identified.")


def test_lymph_nodes_are_counted() -> None:
    assert _en("Fourteen lymph nodes are identified.")["lymph_nodes"] == 14
    assert _en("No lymph nodes are found.")["lymph_nodes"] == 0
    assert _zh("小弯淋巴结3枚，大弯淋巴结2枚，共检出淋巴结5枚。")["lymph_nodes"] == 5


def test_a_run_of_cassettes_is_one_entry() -> None:
    assert _en("Cassettes: C1 margin, C2 to C4 tumor.")["cassettes"] == ["C1 margin", "C2-C4 tumor"]
    assert _zh("取材：A1切缘，A2到A5肿瘤。")["cassettes"] == ["A1切缘", "A2-A5肿瘤"]


def test_the_report_prints_a_margin_with_its_unit() -> None:
    record = dictated("A firm nodule, 1 x 1 cm, 3 mm from the deep margin.", template="pathology_gross", language="en")
    assert "firm nodule, 10 × 10 mm, margin 3 mm" in render_text(record, load_catalog().template("pathology_gross"))
