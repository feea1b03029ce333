"""What the clinical language model finds likely, and what it says of words."""

import math

import pytest

from wardscribe_lexicons import Term, TermClass
from wardscribe_server.lexicon.language_model import START, LanguageModel


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel()


def _logprob(model: LanguageModel, *words: str) -> float:
    """Of the last word behind the others."""
    numbers = [START, START, *(model.number[word] for word in words)]
    return model.logprob(model.history(*numbers[-3:-1]), numbers[-1])


def test_what_stands_on_a_ward_is_likelier_there_than_its_homophone(model: LanguageModel) -> None:
    assert _logprob(model, "双下肢", "水肿") > _logprob(model, "双下肢", "水准") + 3
    assert _logprob(model, "见", "异常") > _logprob(model, "见", "一场") + 3


def test_a_drug_is_likelier_where_drugs_stand(model: LanguageModel) -> None:
    assert _logprob(model, "口服", "阿司匹林") > _logprob(model, "纵隔", "阿司匹林")


def test_the_probabilities_after_a_history_add_up_to_one_at_most(model: LanguageModel) -> None:
    for first, second in ((START, START), (START, model.number["患者"]), (model.number["双肺"], model.number["纹理"])):
        history = model.history(first, second)
        total = sum(math.exp(model.logprob(history, word)) for word in range(len(model.words)))
        assert 0.9 < total < 1.02


def test_a_word_has_the_reading_it_has_in_that_word(model: LanguageModel) -> None:
    assert [base for base, _ in model.reading(model.number["重度"])] == ["zhong", "du"]
    assert {base for base, _ in model.sounds_of("重")} >= {"zhong", "chong"}
    assert model.sounds_of("A") == ()


def test_clinical_words_are_told_from_everyday_ones(model: LanguageModel) -> None:
    assert model.odds(model.number["积液"]) > 2
    assert model.odds(model.number["广场"]) < 0


def test_a_term_of_a_site_is_a_word_with_its_class_and_reading() -> None:
    model = LanguageModel([Term("佐贝林片", TermClass.DRUG)])
    word = model.number["佐贝林片"]
    assert model.class_name(word) == "drug"
    assert [base for base, _ in model.reading(word)] == ["zuo", "bei", "lin", "pian"]
    assert model.logprob(model.history(START, model.number["口服"]), word) > -25
