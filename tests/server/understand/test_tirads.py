"""Points and categories of thyroid nodules, with the examples of the ACR TI-RADS chart."""

import pytest

from wardscribe_server.pipeline.understanding.tirads import category, points


def _points(composition: str | None, echogenicity: str | None = None, **said: object) -> int | None:
    return points(
        composition=composition,
        echogenicity=echogenicity,
        shape=str(said["shape"]) if "shape" in said else None,
        margin=str(said["margin"]) if "margin" in said else None,
        foci=[str(said["foci"])] if "foci" in said else [],
    )


@pytest.mark.parametrize(
    ("total", "expected"),
    [(0, "TR1"), (1, "TR1"), (2, "TR2"), (3, "TR3"), (4, "TR4"), (6, "TR4"), (7, "TR5"), (14, "TR5")],
)
def test_a_sum_of_points_has_one_category(total: int, expected: str) -> None:
    assert category(total) == expected


def test_a_suspicious_solid_nodule_adds_all_its_features() -> None:
    said = {"shape": "taller_than_wide", "margin": "irregular", "foci": "punctate"}
    assert _points("solid", "very_hypoechoic", **said) == 13


def test_a_spongiform_nodule_gets_no_further_points() -> None:
    assert _points("spongiform", "hypoechoic", margin="irregular") == 0


def test_a_cyst_needs_no_echogenicity_but_a_solid_nodule_does() -> None:
    assert _points("cystic") == 0
    assert _points("solid") is None


def test_nothing_is_computed_without_composition() -> None:
    assert _points(None, "hypoechoic", shape="taller_than_wide") is None
