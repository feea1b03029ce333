"""Points and category of a thyroid nodule after ACR TI-RADS (Tessler et al., J Am Coll Radiol 2017;14:587-595).

Owns the table. Must not know text.
"""

from collections.abc import Iterable

_COMPOSITION = {"cystic": 0, "spongiform": 0, "mixed": 1, "solid": 2}
_ECHOGENICITY = {"anechoic": 0, "hyperechoic": 1, "isoechoic": 1, "hypoechoic": 2, "very_hypoechoic": 3}
_SHAPE = {"wider_than_tall": 0, "taller_than_wide": 3}
_MARGIN = {"smooth": 0, "ill_defined": 0, "lobulated": 2, "irregular": 2, "extrathyroidal": 3}
_FOCI = {"none": 0, "comet_tail": 0, "macrocalcification": 1, "rim": 2, "punctate": 3}


def margin_weight(margin: str) -> int:
    """Points of a margin, for telling which of two counts."""
    return _MARGIN[margin]


def points(
    *, composition: str | None, echogenicity: str | None, shape: str | None, margin: str | None, foci: Iterable[str]
) -> int | None:
    """The sum of points; None when composition, or the echogenicity that a solid part needs, was not described.

    A spongiform nodule gets no further points. What was not said of shape, margin and foci adds none.
    """
    if composition is None:
        return None
    if composition == "spongiform":
        return 0
    if echogenicity is None and composition != "cystic":
        return None
    total = _COMPOSITION[composition]
    total += _ECHOGENICITY[echogenicity] if echogenicity is not None else 0
    total += _SHAPE[shape] if shape is not None else 0
    total += _MARGIN[margin] if margin is not None else 0
    return total + sum(_FOCI[kind] for kind in foci)


def category(total: int) -> str:
    """TR1 to TR5 of a sum of points."""
    if total >= 7:
        return "TR5"
    if total >= 4:
        return "TR4"
    return {3: "TR3", 2: "TR2"}.get(total, "TR1")
