"""Whole dictations of CT of the chest and ultrasound of thyroid and abdomen against gold, each with a floor.

`cases_sectional` was written before the code was run on it and then used to improve it; `cases_sectional_held_out` was
written apart, a half of it at the end, and only measured, so its floor says most.
"""

import pytest

from tests.server.understand.dictations import cases
from tests.server.understand.floors import scored
from tests.server.understand.reading_tools import read
from wardscribe_protocol.fields import fields_model
from wardscribe_protocol.record import Source

_FILES = ("cases_sectional", "cases_sectional_held_out")


@pytest.mark.parametrize(
    ("name", "language", "floor"),
    [
        ("cases_sectional", "en", 0.95),
        ("cases_sectional", "zh", 0.96),
        ("cases_sectional_held_out", "en", 0.92),
        ("cases_sectional_held_out", "zh", 0.93),
    ],
)
def test_the_cases_of_a_language_reach_their_floor(name: str, language: str, floor: float) -> None:
    score = scored(name, language)
    assert score.right > 100
    assert score.f1 >= floor


@pytest.mark.parametrize("name", _FILES)
def test_fields_fit_the_contract_and_every_leaf_quotes_the_text(name: str) -> None:
    for case in cases(name):
        text = str(case["text"])
        said = read(text, template=str(case["template"]), language=str(case["language"]))
        model = fields_model(str(case["template"]))
        assert model is not None
        model.model_validate(said.fields)
        for evidence in said.evidence.values():
            assert text[evidence.chars[0] : evidence.chars[1]] == evidence.text
            assert (evidence.computed_from is not None) == (evidence.source is Source.COMPUTED)


@pytest.mark.parametrize("name", _FILES)
def test_what_is_computed_names_values_that_are_in_the_record(name: str) -> None:
    for case in cases(name):
        said = read(str(case["text"]), template=str(case["template"]), language=str(case["language"]))
        for evidence in said.evidence.values():
            for source in evidence.computed_from or ():
                assert source == "/transcript/text" or source in said.evidence
