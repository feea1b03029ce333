import random

import pytest

from models.training.generator import grammar as grammars
from models.training.generator.derivation import Derivation
from models.training.generator.grammar import Frame, Grammar
from models.training.generator.notation import parsed
from models.training.generator.numerals import Chinese, English
from models.training.generator.speaking import punctuated
from models.training.generator.terms import terms


@pytest.fixture(scope="session")
def english():
    return grammars.load("en")


@pytest.fixture(scope="session")
def chinese():
    return grammars.load("zh")


@pytest.fixture(scope="session")
def draft_of():
    """A line of a grammar filled, with the terms of the training split."""

    def draft_of(grammar: Grammar, line: str, seed: int = 1):
        rng = random.Random(seed)
        numerals = Chinese(rng) if grammar.language == "zh" else English(rng)
        derivation = Derivation(grammar, terms(grammar.language, "train"), numerals, rng)
        return derivation.of(Frame(line, parsed(line), 1, "findings", "test"))

    return draft_of


@pytest.fixture(scope="session")
def example_of(draft_of):
    """The same as an example with punctuation."""

    def example_of(grammar: Grammar, line: str, seed: int = 1):
        return punctuated(draft_of(grammar, line, seed), random.Random(seed))

    return example_of


@pytest.fixture(scope="session")
def told():
    """(label, text) of every mention of an example."""
    return lambda example: [(entity.label, example.text[entity.start : entity.end]) for entity in example.entities]
