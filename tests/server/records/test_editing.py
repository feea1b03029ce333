"""Values set, taken out and confirmed by a person, and what follows from it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.records.conftest import chest, record_of
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Evidence, Record, Source
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.records.editing import ValueChange, confirmed, differences, edited, unconfirmed
from wardscribe_server.records.report import ValueEdit


def set_to(path: str, value: object) -> ValueEdit:
    return ValueEdit(path=path, value=value)


def nodule() -> Record:
    """A thyroid nodule with its computed score: solid 2 + hypoechoic 2 = TR4."""
    base = "/fields/nodules/0"
    record = record_of(
        {
            "nodules": [
                {
                    "laterality": "right",
                    "composition": "solid",
                    "echogenicity": "hypoechoic",
                    "tirads_points": 4,
                    "tirads": "TR4",
                }
            ]
        },
        template="us_thyroid",
    )

    def computed(*of: str) -> Evidence:
        return Evidence(text="nodule", confidence=1, source=Source.COMPUTED, computed_from=of)

    scored = {
        f"{base}/tirads_points": computed(f"{base}/composition", f"{base}/echogenicity"),
        f"{base}/tirads": computed(f"{base}/tirads_points"),
    }
    return record.model_copy(update={"evidence": {**record.evidence, **scored}})


def test_a_value_that_is_set_says_that_a_person_did() -> None:
    record, changes = edited(chest(), [set_to("/fields/heart_size", "normal")])
    assert record.fields["heart_size"] == "normal"
    assert record.evidence["/fields/heart_size"] == Evidence(text="normal", confidence=1, source=Source.EDITED)
    assert changes == (ValueChange("/fields/heart_size", "enlarged", "normal"),)


def test_a_whole_entry_can_be_added_behind_a_list() -> None:
    entry = {"finding": "pneumothorax", "presence": "absent"}
    record, _ = edited(chest(), [set_to("/fields/findings/2", entry)])
    assert record.fields["findings"][2] == entry
    assert record.evidence["/fields/findings/2/presence"].source is Source.EDITED


def test_a_list_that_is_not_there_begins_with_its_first_entry() -> None:
    record, _ = edited(chest(), [set_to("/fields/recommendation/0", "CT in three months.")])
    assert record.fields["recommendation"] == ["CT in three months."]


def test_entries_behind_one_that_is_taken_out_move_up_with_their_evidence() -> None:
    before = chest()
    record, changes = edited(before, [set_to("/fields/findings/0", None)])
    assert record.fields["findings"] == [before.fields["findings"][1]]
    assert set(record.evidence) == set(leaves(record.fields))
    moved = record.evidence["/fields/findings/0/size_mm/0"]
    assert moved == before.evidence["/fields/findings/1/size_mm/0"]
    assert [change.pointer for change in changes] == ["/fields/findings/0"]


def test_a_field_whose_last_entry_is_taken_out_is_not_there_any_more() -> None:
    record, _ = edited(chest(), [set_to("/fields/impression/0", None)])
    assert "impression" not in record.fields


def test_the_score_of_a_nodule_is_computed_again_when_its_description_changes() -> None:
    record, changes = edited(nodule(), [set_to("/fields/nodules/0/echogenicity", "very_hypoechoic")])
    entry = record.fields["nodules"][0]
    assert (entry["tirads_points"], entry["tirads"]) == (5, "TR4")
    assert record.evidence["/fields/nodules/0/tirads_points"].source is Source.COMPUTED
    assert ValueChange("/fields/nodules/0/tirads_points", 4, None) in changes
    assert ValueChange("/fields/nodules/0/tirads_points", None, 5) in changes


def test_a_score_that_can_no_longer_be_computed_goes_with_what_it_came_from() -> None:
    record, _ = edited(nodule(), [set_to("/fields/nodules/0/composition", None)])
    assert record.fields["nodules"] == [{"laterality": "right", "echogenicity": "hypoechoic"}]
    assert set(record.evidence) == set(leaves(record.fields))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/fields/heart_size", "huge-private-word"),
        ("/fields/findings/0/presence", None),
        ("/fields/findings/7/presence", "present"),
        ("/fields/findings/01/presence", "present"),
        ("/fields/heart_size/deeper", "x"),
        ("/fields/no_such_field", "x"),
        ("/fields/absent", None),
        ("/fields", {}),
        ("/fields/", "x"),
        ("/transcript/text", "x"),
        ("", "x"),
        ("/fields/findings/1/size_mm", [1, None]),
        ("/fields/findings/1/size_mm", ["large"]),
        ("/fields/findings/1/size_mm", [float("nan")]),
    ],
)
def test_what_does_not_fit_is_refused_without_its_value(path: str, value: object) -> None:
    with pytest.raises(RefusedError) as caught:
        edited(chest(), [set_to(path, value)])
    assert caught.value.code is ErrorCode.BAD_FIELD
    assert "private" not in caught.value.message


def test_confirming_takes_in_what_is_below_and_says_what_it_was() -> None:
    record, pointers = confirmed(chest(), ["/fields/findings/1", "/fields/heart_size"])
    assert set(pointers) == {
        "/fields/heart_size",
        "/fields/findings/1/finding",
        "/fields/findings/1/presence",
        "/fields/findings/1/laterality",
        "/fields/findings/1/size_mm/0",
    }
    assert set(unconfirmed(record)) == set(unconfirmed(chest())) - set(pointers)
    assert confirmed(record, ["/fields/heart_size"])[1] == ()
    with pytest.raises(RefusedError):
        confirmed(record, ["/fields/devices"])


def test_a_value_computed_from_confirmed_ones_needs_no_confirmation_of_its_own() -> None:
    assert set(unconfirmed(nodule())) == set(leaves(nodule().fields))
    record, _ = confirmed(nodule(), ["/fields/nodules/0/composition", "/fields/nodules/0/echogenicity"])
    assert unconfirmed(record) == ("/fields/nodules/0/laterality",)


def test_a_value_set_anew_after_it_was_confirmed_is_the_persons() -> None:
    record, _ = confirmed(chest(), ["/fields"])
    assert unconfirmed(record) == ()
    record, _ = edited(record, [set_to("/fields/heart_size", "normal")])
    assert unconfirmed(record) == ()


def test_differences_name_every_leaf_that_changed() -> None:
    after, _ = edited(chest(), [set_to("/fields/heart_size", "normal"), set_to("/fields/impression/0", None)])
    assert differences(chest().fields, after.fields) == (
        ValueChange("/fields/heart_size", "enlarged", "normal"),
        ValueChange("/fields/impression/0", "Cardiomegaly.", None),
    )
    assert differences(after.fields, after.fields) == ()


PATHS = st.sampled_from(
    [
        "/fields/heart_size",
        "/fields/findings",
        "/fields/findings/0",
        "/fields/findings/1",
        "/fields/findings/2",
        "/fields/findings/0/size_mm",
        "/fields/findings/1/size_mm/0",
        "/fields/findings/1/location",
        "/fields/impression/0",
        "/fields/impression/1",
        "/fields/views/0",
    ]
)
VALUES = st.sampled_from(
    [None, "normal", "pa", 4, 2.5, [3, 4], {"finding": "cyst", "presence": "possible"}, [], {}, True]
)


@given(st.lists(st.builds(lambda path, value: set_to(path, value), PATHS, VALUES), max_size=8))
def test_whatever_is_edited_every_leaf_keeps_exactly_one_piece_of_evidence(edits: list[ValueEdit]) -> None:
    record = chest()
    for edit in edits:
        with suppress(RefusedError):
            record, _ = edited(record, [edit])
    assert set(record.evidence) == set(leaves(record.fields))
