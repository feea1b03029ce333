import random

import pytest

from models.training.generator.edges import front, side_of
from models.training.generator.placing import PlacedTerms
from models.training.generator.terms import terms
from wardscribe_lexicons import load


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_term_of_the_test_can_be_drawn_in_training(language):
    train, test = ({surface.lower() for surface in terms(language, split).surfaces()} for split in ("train", "test"))
    shared = train & test
    assert len(shared) < 0.002 * len(test), sorted(shared)[:20]


def test_a_class_and_specialty_gives_its_terms():
    urns, rng = terms("en", "train"), random.Random(1)
    lexicon = {term.preferred: term for term in load("en").terms if term.specialty == "cardiology"}
    drawn = [urns.drawn("disease.cardiology", rng) for _ in range(200)]
    assert sum(term in lexicon for term in drawn) > 100


def test_a_term_of_the_other_language_can_be_drawn():
    assert all(terms("zh", "train").drawn("drug@en", random.Random(seed)).isascii() for seed in range(20))


def test_free_findings_say_no_place():
    urns, rng = terms("zh", "train"), random.Random(1)
    drawn = [urns.drawn("finding.free", rng) for _ in range(300)]
    assert not [term for term in drawn if "肺" in term or "肾" in term]


def test_combined_terms_are_divided_into_side_place_and_thing():
    placed = {(one.side, one.place, one.thing) for one in PlacedTerms(load("zh"))}
    assert ("左侧", "小脑半球", "转移瘤") in placed
    assert len(placed) > 3000


@pytest.mark.parametrize(
    ("term", "language", "divided"),
    [
        ("left lower lobe", "en", ("left", "lower lobe")),
        ("left ventricle", "en", ("", "left ventricle")),
        ("右肺上叶", "zh", ("右", "肺上叶")),
        ("双侧颈部", "zh", ("双侧", "颈部")),
        ("左心室", "zh", ("", "左心室")),
        ("左前降支", "zh", ("", "左前降支")),
    ],
)
def test_a_side_stands_by_itself_unless_it_belongs_to_the_name(term, language, divided):
    assert side_of(term, language) == divided


def test_drugs_keep_what_looks_like_a_side():
    assert front(list("左氧氟沙星"), "drug", "zh") is None
