"""The clinical language model: which word is expected where."""

import math

import pytest

from wardscribe_lexicons.language_model import LanguageModel, language_model
from wardscribe_lexicons.spoken import NUMBER, UNIT, key, tokens


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return language_model()


def _score(model: LanguageModel, text: str) -> float:
    before, last = model.start, model.start
    total = 0.0
    for token in tokens(text):
        number = model.number(token.key)
        total += model.score(before, last, number)
        before, last = last, number
    return total


def test_clinical_words_are_expected_in_clinical_places(model: LanguageModel) -> None:
    assert _score(model, "small pleural effusion") > _score(model, "small plural effusion") + 3
    assert _score(model, "she went to the store") > _score(model, "she went to the stoma")


def test_probabilities_after_a_history_do_not_exceed_one(model: LanguageModel) -> None:
    history = model.number("pleural")
    total = sum(math.exp(model.score(model.start, history, number)) for number in range(0, len(model.words), 7))
    assert total <= 1.05


def test_any_drug_may_stand_where_drugs_stand(model: LanguageModel) -> None:
    grown = model.with_words({"zorbelin": "<drug>"})
    on, started = grown.number("on"), grown.number("started")
    assert grown.score(started, on, grown.number("zorbelin")) > grown.score(started, on, -1)
    assert model.number("zorbelin") == -1


def test_numbers_and_units_are_one_class_each() -> None:
    assert {key("2.5"), key("forty"), key("L4")} == {NUMBER}
    assert {key("mg"), key("milligrams"), key("centimetre")} == {UNIT}
    assert key("Sjögren") == "sjogren"


def test_a_word_after_a_stop_begins_anew() -> None:
    assert [token.after_stop for token in tokens("No mass. Liver normal, 2.5 cm")] == [True, False, True, *[False] * 4][
        :7
    ]
