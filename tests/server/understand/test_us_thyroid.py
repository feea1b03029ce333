"""Lobes and nodules of a thyroid ultrasound, and the points computed from what was said."""

import pytest

from tests.server.understand.reading_tools import read
from wardscribe_protocol.record import Source

Entry = dict[str, object]


def _en(text: str) -> Entry:
    return dict(read(text, template="us_thyroid", language="en").fields)


def _zh(text: str) -> Entry:
    return dict(read(text, template="us_thyroid", language="zh").fields)


def _nodules(fields: Entry) -> list[Entry]:
    found = fields["nodules"]
    assert isinstance(found, list)
    return found


def test_lobes_and_isthmus_are_in_millimetres() -> None:
    fields = _en("The right lobe measures 4.8 x 1.7 x 1.5 cm and the left 44 x 16 x 14 mm. Isthmus 0.3 cm.")
    assert fields["right_lobe_mm"] == [48, 17, 15]
    assert fields["left_lobe_mm"] == [44, 16, 14]
    assert fields["isthmus_mm"] == 3


def test_two_sizes_are_shared_over_both_lobes_in_the_order_said() -> None:
    fields = _en("Left and right lobes measure 4.5 x 1.6 x 1.4 cm and 4.3 x 1.5 x 1.5 cm.")
    assert fields["left_lobe_mm"] == [45, 16, 14]
    assert fields["right_lobe_mm"] == [43, 15, 15]
    fields = _zh("甲状腺左右叶大小分别为4.6×1.5×1.4厘米和4.5×1.6×1.5厘米。")
    assert fields["left_lobe_mm"] == [46, 15, 14]
    assert fields["right_lobe_mm"] == [45, 16, 15]


def test_a_size_without_a_unit_takes_that_of_the_next() -> None:
    fields = _en("right lobe measures 4.9 x 2.1 x 1.9 and the left 5.2 x 2.0 x 1.8 cm")
    assert fields["right_lobe_mm"] == [49, 21, 19]
    assert fields["left_lobe_mm"] == [52, 20, 18]


def test_a_nodule_in_a_lobe_is_not_the_size_of_the_lobe() -> None:
    fields = _en("In the left lobe there is a 9 x 8 x 7 mm solid isoechoic nodule.")
    assert "left_lobe_mm" not in fields
    assert _nodules(fields)[0]["size_mm"] == [9, 8, 7]


def test_all_five_features_are_scored_and_name_their_sources() -> None:
    said = read(
        "右侧叶上极见一低回声实性结节，大小约13×10毫米，边界不清，纵横比大于1，内见点状强回声。",
        template="us_thyroid",
        language="zh",
    )
    assert said.fields["nodules"] == [
        {
            "laterality": "right",
            "location": "upper",
            "size_mm": [13, 10],
            "composition": "solid",
            "echogenicity": "hypoechoic",
            "shape": "taller_than_wide",
            "margin": "ill_defined",
            "foci": ["punctate"],
            "tirads_points": 10,
            "tirads": "TR5",
        }
    ]
    total = said.evidence["/fields/nodules/0/tirads_points"]
    assert total.source is Source.COMPUTED
    assert total.computed_from == tuple(
        f"/fields/nodules/0/{name}" for name in ("composition", "echogenicity", "shape", "margin", "foci/0")
    )
    assert said.evidence["/fields/nodules/0/tirads"].computed_from == ("/fields/nodules/0/tirads_points",)


def test_the_solid_part_of_a_mixed_nodule_gives_no_composition() -> None:
    nodule = _nodules(_en("Right upper pole nodule, mixed cystic and solid, its solid part isoechoic."))[0]
    assert (nodule["composition"], nodule["echogenicity"], nodule["tirads_points"]) == ("mixed", "isoechoic", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no echogenic foci", ["none"]),
        ("with coarse calcification and microcalcifications", ["macrocalcification", "punctate"]),
        ("with peripheral calcification", ["rim"]),
        ("with comet-tail artifacts", ["comet_tail"]),
    ],
)
def test_echogenic_foci(text: str, expected: list[str]) -> None:
    fields = _en(f"There is a solid nodule in the right lower pole, {text}.")
    assert _nodules(fields)[0]["foci"] == expected
    assert "findings" not in fields


def test_the_size_before_is_not_the_size_now() -> None:
    fields = _en("Solid nodule in the left lobe measuring 14 x 9 mm previously 12 x 9 mm.")
    assert _nodules(fields)[0]["size_mm"] == [14, 9]


def test_another_nodule_inherits_the_side() -> None:
    fields = _en("Spongiform nodule in the upper pole of the right lobe. Another one in the lower pole is 6 mm.")
    assert [(nodule["laterality"], nodule["location"]) for nodule in _nodules(fields)] == [
        ("right", "upper"),
        ("right", "lower"),
    ]


def test_what_is_said_of_this_nodule_adds_to_it() -> None:
    fields = _zh("左叶中部见低回声结节，大小6×5毫米。该结节边界清，实性。")
    assert len(_nodules(fields)) == 1
    assert _nodules(fields)[0]["composition"] == "solid"


def test_denied_nodules_and_lymph_nodes_are_absent_findings() -> None:
    fields = _en("No discrete nodules. No enlarged cervical lymph nodes.")
    assert "nodules" not in fields
    assert [entry["presence"] for entry in fields["findings"]] == ["absent", "absent"]
    fields = _zh("左叶未见结节。双侧颈部未见异常肿大淋巴结。")
    assert "nodules" not in fields
    assert [entry["presence"] for entry in fields["findings"]] == ["absent", "absent"]


def test_no_echoes_are_no_denial() -> None:
    nodule = _nodules(_zh("右叶中部见无回声结节，大小4×3毫米，边界清。"))[0]
    assert (nodule["composition"], nodule["echogenicity"], nodule["tirads"]) == ("cystic", "anechoic", "TR1")


def test_a_category_that_cannot_be_computed_is_taken_as_dictated() -> None:
    said = read("Nodule in the right lower pole, 8 mm, TI-RADS 3.", template="us_thyroid", language="en")
    assert _nodules(dict(said.fields))[0]["tirads"] == "TR3"
    assert said.evidence["/fields/nodules/0/tirads"].source is Source.DICTATED


def test_the_impression_repeats_no_nodule() -> None:
    fields = _zh("左叶中部见低回声结节，大小6×5毫米。超声提示：左叶结节，TI-RADS 4类。")
    assert len(_nodules(fields)) == 1
    assert fields["impression"] == ["左叶结节，TI-RADS 4类"]
