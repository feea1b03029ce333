import json

import pytest

from models.training.examples import BadExample, Entity, Example, SchemeSpan, as_json, parsed, read, settled, write

EXAMPLE = Example(
    id="own/1/0",
    source="own",
    language="en",
    form="written",
    text="Small nodule, 4 mm, in the left lobe; no pain.",
    entities=(
        Entity(start=6, end=12, label="finding", allowed=("finding", "disease"), scheme="Sign", presence="present"),
        Entity(start=14, end=18, label="measurement"),
        Entity(start=27, end=36, label=None, scheme="Other"),
        Entity(
            start=41, end=45, label="symptom", presence="absent", certainty="certain", time="now", subject="patient"
        ),
    ),
    relations=((1, 0),),
    section="findings",
)


DIVIDED = Example(
    id="own/2/0",
    source="own",
    language="zh",
    form="written",
    text="左肺结节",
    entities=(Entity(start=0, end=1, label="laterality"), Entity(start=1, end=2, label="anatomy")),
    scheme=(SchemeSpan(start=0, end=2, kind="body"),),
)


def test_the_scheme_has_its_own_boundaries_where_they_are_not_ours():
    assert EXAMPLE.scheme_spans == (
        SchemeSpan(start=6, end=12, kind="Sign"),
        SchemeSpan(start=27, end=36, kind="Other"),
    )
    assert parsed(as_json(DIVIDED)).scheme_spans == (SchemeSpan(start=0, end=2, kind="body"),)
    with pytest.raises(BadExample, match="scheme span 0 is empty, outside"):
        parsed({**as_json(DIVIDED), "scheme": [{"start": 0, "end": 9, "kind": "body"}]})


@pytest.mark.parametrize("name", ["examples.jsonl", "examples.jsonl.gz"])
def test_a_file_is_read_as_it_was_written(tmp_path, name):
    path = tmp_path / "deep" / name

    assert write(path, [EXAMPLE, DIVIDED]) == 2
    assert list(read(path)) == [EXAMPLE, DIVIDED]
    assert [one.name for one in path.parent.iterdir()] == [name]


def test_what_a_source_does_not_say_is_left_out_of_the_line():
    row = as_json(Example(id="a", source="own", language="zh", form="spoken", text="头痛", entities=()))

    assert row == {"id": "a", "source": "own", "language": "zh", "form": "spoken", "text": "头痛", "entities": []}
    assert parsed(row).relations is None
    assert parsed({**row, "relations": []}).relations == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"language": "de"}, "language is one of en, zh"),
        ({"form": "sung"}, "form is one of"),
        ({"section": "poem"}, "section is one of"),
        ({"text": ""}, "text is a text that is not empty"),
        ({"weather": "fine"}, "an example has no key weather"),
        ({"entities": [{"start": 0, "end": 5, "label": "nodule"}]}, "label is one of"),
        ({"entities": [{"start": 3, "end": 3, "label": "finding"}]}, "empty, outside the text or overlaps"),
        ({"entities": [{"start": 40, "end": 50, "label": "finding"}]}, "empty, outside the text or overlaps"),
        (
            {"entities": [{"start": 0, "end": 5, "label": "finding"}, {"start": 4, "end": 9, "label": "finding"}]},
            "entity 1 is empty, outside the text or overlaps",
        ),
        ({"entities": [{"start": 0, "end": 5, "label": "finding", "presence": "maybe"}]}, "presence is one of"),
        ({"entities": [{"start": 0, "end": 5, "label": "finding", "allowed": ["drug"]}]}, "does not allow"),
        ({"entities": [{"start": 0, "end": 5, "label": "finding", "colour": "red"}]}, "an entity has no key colour"),
        ({"relations": [[0, 9]]}, "a relation points outside"),
        ({"relations": [[0, 0]]}, "a relation points outside"),
        ({"relations": [[0]]}, "a pair of whole numbers"),
    ],
)
def test_a_line_against_the_format_is_told_with_its_place_and_without_its_text(tmp_path, change, said):
    path = tmp_path / "examples.jsonl"
    good = as_json(EXAMPLE)
    path.write_text(json.dumps(good) + "\n" + json.dumps({**good, **change}) + "\n", encoding="utf-8")

    with pytest.raises(BadExample, match="examples.jsonl:2: .*" + said) as raised:
        list(read(path))
    assert "nodule" not in str(raised.value)


def test_a_missing_key_is_named(tmp_path):
    path = tmp_path / "examples.jsonl"
    path.write_text('{"id": "a"}\n', encoding="utf-8")

    with pytest.raises(BadExample, match="source is missing"):
        list(read(path))


def test_nothing_bad_is_written(tmp_path):
    bad = Example(id="a", source="own", language="en", form="written", text="pain", entities=EXAMPLE.entities)

    with pytest.raises(BadExample):
        write(tmp_path / "examples.jsonl", [bad])
    assert not (tmp_path / "examples.jsonl").exists()


def test_of_overlapping_mentions_the_longer_one_stays():
    inner = Entity(start=5, end=9, label="anatomy")
    outer = Entity(start=0, end=9, label="finding")
    after = Entity(start=9, end=12, label="drug")

    assert settled([after, inner, outer]) == (outer, after)
