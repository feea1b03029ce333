import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from models.training.examples import check, parsed
from models.training.generator.sentences import Sentences
from models.training.generator.terms import terms

COMMITTED = Path(__file__).parents[4] / "benchmarks/tagger"


def _sentences(grammar, split, seed=1):
    return Sentences(grammar.of_split(split), terms(grammar.language, split), split=split, seed=seed)


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_examples_follow_the_format_in_every_form(language, request):
    grammar = request.getfixturevalue(language)
    made = list(islice(_sentences(grammar, "train"), 300))
    for example in made:
        check(example)
        for entity in example.entities:
            assert example.text[entity.start : entity.end].strip() == example.text[entity.start : entity.end]
    assert {example.form for example in made} == {"spoken", "written", "heard"}
    assert sum(not example.entities for example in made) > 15
    assert len({example.section for example in made}) > 12


def test_the_same_seed_makes_the_same_sentences_and_another_others(chinese):
    one, again, other = (list(islice(_sentences(chinese, "test", seed), 20)) for seed in (1, 1, 2))
    assert one == again
    assert [example.text for example in one] != [example.text for example in other]


def test_nothing_is_misheard_in_what_is_held_out(english):
    assert all(example.form != "heard" for example in islice(_sentences(english, "test"), 100))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_committed_test_holds_no_term_that_can_be_drawn_in_training(language):
    with gzip.open(COMMITTED / f"test.{language}.jsonl.gz", "rt", encoding="utf-8") as lines:
        examples = [parsed(json.loads(line)) for line in lines]
    assert len(examples) == 500
    known = {surface.lower() for surface in terms(language, "train").surfaces()}
    mentions = [
        example.text[entity.start : entity.end].lower()
        for example in examples
        for entity in example.entities
        if entity.label in ("disease", "drug")
    ]
    assert sum(mention in known for mention in mentions) < 0.15 * len(mentions)
