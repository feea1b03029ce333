import random

import pytest

from models.training.examples import Entity, Example
from models.training.generator.alignment import carried
from models.training.generator.misheard import misheard
from models.training.generator.speaking import bare


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("english", "no <absent: [finding pneumothorax]> and [drug metoprolol] daily"),
        ("chinese", "无<absent: [symptom 咳嗽]>，予[drug 阿莫西林]"),
    ],
)
def test_a_term_is_heard_as_something_else_and_keeps_label_and_claim(language, line, request, draft_of):
    draft = draft_of(request.getfixturevalue(language), line)
    heard = [bare(misheard(draft, random.Random(seed)), random.Random(2)) for seed in range(12)]
    assert len({example.text for example in heard}) > 6
    for example in heard:
        assert [(entity.label, entity.presence) for entity in example.entities] == [
            (annotation.label, dict(annotation.claim)["presence"]) for annotation in draft.entities
        ]


def test_the_word_that_denies_is_heard(chinese, draft_of):
    draft = draft_of(chinese, "无<absent: [symptom 咳嗽]>")
    assert all(bare(misheard(draft, random.Random(seed)), random.Random(1)).text[0] == "无" for seed in range(30))


def _said(text, *terms):
    entities = tuple(
        Entity(start=text.index(term), end=text.index(term) + len(term), label="finding", presence="absent")
        for term in terms
    )
    return Example(
        id="1", source="generated", language="en", form="written", text=text, entities=entities, relations=((1, 0),)
    )


def test_entities_are_carried_to_what_was_heard(told):
    said = _said("There is no pneumothorax or pleural effusion today.", "pneumothorax", "pleural effusion")
    heard = carried(said, "There is no numeral thorax or plural infusion today")
    assert told(heard) == [("finding", "numeral thorax"), ("finding", "plural infusion")]
    assert heard.form == "heard"
    assert heard.relations == ((1, 0),)


def test_an_entity_that_was_not_heard_is_left_out_with_its_relations(told):
    heard = carried(_said("cough and fever today", "cough", "fever"), "and fever today")
    assert told(heard) == [("finding", "fever")]
    assert heard.relations == ()
