"""Labelled sentences: read whatever the source annotates, scored strictly and fairly."""

import gzip
import json

import pytest
from entity_examples import Entity, read_examples, scored

from wardscribe_protocol.errors import InputError

SOURCES = """
[drugs_only]
labels = ["drug"]
[everything]
title = "annotates no labels completely"
"""


@pytest.fixture
def sources(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text(SOURCES, encoding="utf-8")
    return path


def example(tmp_path, sources, *entities, source="own", name="a.jsonl"):
    row = {"id": "1", "source": source, "language": "en", "form": "written", "text": "0123456789" * 3}
    text = json.dumps(row | {"entities": entities}) + "\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    (read,) = read_examples(path, sources=sources)
    return read


def gold(start, end, label, **more):
    return {"start": start, "end": end, "label": label, **more}


def found(start, end, label, presence=""):
    return Entity(start, end, (label,), presence)


def test_right_is_what_has_the_same_characters_and_label(tmp_path, sources):
    read = example(tmp_path, sources, gold(0, 4, "drug"), gold(5, 9, "finding"))
    score = scored([(read, [found(0, 4, "drug"), found(5, 8, "finding"), found(0, 4, "drug")])])
    assert (score.right, score.found, score.gold) == (1, 2, 2)
    assert score.figures()["f1"] == 0.5
    assert scored([(read, [found(0, 4, "disease")])]).right == 0


def test_finding_symptom_and_disease_may_count_as_one(tmp_path, sources):
    read = example(tmp_path, sources, gold(0, 4, "finding"))
    assert scored([(read, [found(0, 4, "disease")])]).right == 0
    assert scored([(read, [found(0, 4, "disease")])], one_problem=True).right == 1
    assert scored([(read, [found(0, 4, "drug")])], one_problem=True).right == 0


def test_any_allowed_label_is_right(tmp_path, sources):
    read = example(tmp_path, sources, gold(0, 4, "disease", allowed=["disease", "symptom"]))
    assert scored([(read, [found(0, 4, "symptom")])]).right == 1
    assert scored([(read, [found(0, 4, "finding")])]).right == 0


def test_what_a_source_does_not_annotate_is_not_held_against_anybody(tmp_path, sources):
    read = example(tmp_path, sources, gold(0, 4, "test", allowed=["drug", "test"]), source="drugs_only")
    score = scored([(read, [found(0, 4, "test"), found(5, 9, "test"), found(10, 12, "drug")])])
    assert (score.right, score.found) == (1, 2), "an unknown test is none's fault, an unknown drug is"


def test_what_nobody_knows_is_neither_right_nor_wrong(tmp_path, sources):
    read = example(tmp_path, sources, gold(0, 9, "unknown"), gold(10, 12, None), gold(13, 15, "drug"))
    score = scored([(read, [found(2, 4, "drug"), found(10, 12, "drug"), found(13, 15, "drug")])])
    assert (score.right, score.found, score.gold) == (1, 2, 1)


def test_presence_is_judged_where_it_is_known_and_the_entity_right(tmp_path, sources):
    read = example(
        tmp_path, sources, gold(0, 4, "finding", presence="absent"), gold(5, 9, "finding"), name="a.jsonl.gz"
    )
    score = scored([(read, [found(0, 4, "finding", "present"), found(5, 9, "finding", "absent")])])
    assert (score.claims, score.claims_right) == (1, 0)
    assert score.figures()["presence_accuracy"] == 0.0


def test_a_file_that_is_none_is_one_line(tmp_path, sources):
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{", encoding="utf-8")
    for path, table in ((broken, sources), (tmp_path / "none.jsonl", sources), (broken, broken)):
        with pytest.raises(InputError, match=r"broken|none"):
            read_examples(path, sources=table)
