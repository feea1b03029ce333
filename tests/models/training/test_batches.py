"""From examples to what the losses ask of each piece."""

import random

import numpy as np
import pytest

from models.training.batches import NOT_SAID, TAGS, Reader, arrays, batched, lowered, scheme_tags, shortened
from models.training.examples import Entity, Example
from models.training.labels import AXES, LABELS
from models.training.sources import Source

SOURCE = Source(
    name="own",
    title="own",
    licence="own",
    url="own",
    language="en",
    folder="",
    reader="own",
    labels=frozenset({"finding", "symptom"}),
    scheme=("Sign",),
    maps={},
    loose={"Sign": ("finding", "symptom")},
)


@pytest.fixture
def reader(tokenizer):
    return Reader(tokenizer, {"own": SOURCE}, {"own": scheme_tags(SOURCE)})


def example(text, *entities, **more):
    return Example(
        id="own/1",
        source=more.pop("source", "own"),
        language="en",
        form="written",
        text=text,
        entities=entities,
        **more,
    )


def tags_at(item, place):
    return {tag for at, tag in enumerate(TAGS) if item.allowed[place] >> at & 1}


def only(reader, one):
    (item,) = reader.items([one])
    return item


def test_where_a_source_says_nothing_what_it_does_not_annotate_stays_possible(reader):
    item = only(reader, example("no cough"))
    assert tags_at(item, 1) == {
        "O",
        *(f"{edge}-{x}" for x in LABELS if x not in ("finding", "symptom") for edge in "BI"),
    }


def test_where_a_complete_source_says_nothing_nothing_is(reader):
    assert tags_at(only(reader, example("no cough", source="generated")), 1) == {"O"}


def test_a_mention_begins_once_and_goes_on_to_its_end(reader):
    item = only(reader, example("no nodule left", Entity(start=3, end=9, label="finding")))
    inside = [place for place, (start, end) in enumerate(item.spans) if 3 <= start < end <= 9]
    assert len(inside) > 1
    assert [tags_at(item, place) for place in inside] == [{"B-finding"}] + [{"I-finding"}] * (len(inside) - 1)


def test_a_mention_ends_where_the_source_ends_it(reader):
    item = only(reader, example("no cough left lung", Entity(start=3, end=8, label="symptom")))
    assert "B-anatomy" in tags_at(item, 3)
    assert not {tag for tag in tags_at(item, 3) if tag.startswith("I-")}
    assert "I-anatomy" in tags_at(item, 4)


def test_any_allowed_label_is_right_and_an_unknown_one_asks_nothing(reader):
    wide = Entity(start=3, end=8, label="symptom", allowed=("symptom", "finding"), scheme="Sign")
    item = only(reader, example("no cough left", wide, Entity(start=9, end=13, label="unknown")))
    assert tags_at(item, 2) == {"B-symptom", "B-finding"}
    assert tags_at(item, 3) == set(TAGS)


def test_a_type_that_is_no_label_of_ours_is_outside_for_the_product_and_a_mention_for_its_scheme(reader):
    item = only(reader, example("no cough", Entity(start=3, end=8, label=None, scheme="Sign")))
    assert "O" in tags_at(item, 2)
    assert "B-finding" not in tags_at(item, 2)
    assert item.scheme[2] == scheme_tags(SOURCE).index("B-Sign")


def test_the_marks_at_both_ends_ask_nothing(reader):
    item = only(reader, example("no cough"))
    assert tags_at(item, 0) == tags_at(item, -1) == set(TAGS)
    assert item.scheme[0] == item.scheme[-1] == NOT_SAID


def test_an_axis_is_asked_only_where_the_source_says_it(reader):
    item = only(reader, example("no cough", Entity(start=3, end=8, label="symptom", presence="absent")))
    assert item.axes["presence"][2] == AXES["presence"].index("absent")
    assert item.axes["presence"][1] == item.axes["certainty"][2] == NOT_SAID


def test_relations_are_between_first_pieces(reader):
    entities = (Entity(start=0, end=4, label="laterality"), Entity(start=5, end=11, label="finding"))
    item = only(reader, example("left nodule", *entities, relations=((0, 1),)))
    assert (item.dependents, item.heads, item.pairs) == ((1,), (2,), frozenset({(1, 2)}))
    assert not only(reader, example("left nodule", *entities)).relations_said


def test_a_long_example_is_cut_at_marks_but_in_no_mention(tokenizer):
    text = "no cough, left lung. no nodule in a, b and c; no cough"
    entities = (Entity(start=31, end=42, label="finding"), Entity(start=46, end=54, label="symptom"))
    parts = shortened(example(text, *entities, relations=((0, 1),)), tokenizer, 14)
    assert "".join(one.text for one in parts) == text
    assert [one.text[e.start : e.end] for one in parts for e in one.entities] == ["in a, b and", "no cough"]
    assert all(one.relations == () for one in parts)


def test_lower_case_keeps_every_place():
    assert lowered(example("No Cough")).text == "no cough"
    assert lowered(example("İ cough")).text == "İ cough"  # lower case of this letter is two characters


def test_a_batch_is_padded_to_one_of_few_lengths_and_marks_what_is_there(reader):
    items = list(reader.items([example("no cough"), example("no cough left lung no cough left lung")]))
    batch = arrays(items)
    assert batch.ids.shape == (2, 16)
    assert batch.mask.sum(1).tolist() == [4, 10]
    assert batch.allowed[0, 4:].all()
    assert np.all(batch.scheme[0, 4:] == NOT_SAID)


def test_batches_hold_every_item_once_and_like_lengths_together(reader):
    items = list(reader.items([example("no cough")] * 9 + [example("no cough left lung no cough left lung")] * 5))
    made = batched(items, pieces=32, chance=random.Random(1))
    assert sorted(map(id, items)) == sorted(id(item) for batch in made for item in batch)
    assert all(len({len(item.ids) > 8 for item in batch}) == 1 for batch in made)
    assert max(map(len, made)) == 4
