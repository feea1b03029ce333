"""Which full stops of a recogniser are none: measured on our own dictations, whose sentences are known."""

import random
import re

import pytest

from tests.server.understand.dictations import cases
from wardscribe_lexicons import load
from wardscribe_server.lexicon.correction import Corrector
from wardscribe_server.lexicon.correctors import corrector_for

_END = re.compile(r"(?<=[a-z0-9)])\. (?=[A-Za-z])")
_GAP = re.compile(r"(?<=[a-z0-9]) (?=[a-z0-9])")
_FILES = ("cases_en", "cases_held_out", "physicians/en_dev", "physicians/en_held_out")


@pytest.fixture(scope="module")
def texts() -> list[str]:
    read = [str(case["text"]) for name in _FILES for case in cases(name) if case.get("language", "en") == "en"]
    assert len(read) > 100
    return read


def test_true_ends_stay(english: Corrector, texts: list[str]) -> None:
    ends = [(text[: at.start()], text[at.end() :]) for text in texts for at in _END.finditer(text)]
    lost = [end for end in ends if english.continued(*end) is not None]
    assert len(ends) > 400
    assert len(lost) / len(ends) < 0.025


def test_most_ends_in_the_middle_of_a_sentence_go(english: Corrector, texts: list[str]) -> None:
    chance = random.Random(1)
    gaps = chance.sample([(text, at) for text in texts for at in _GAP.finditer(text)], 1000)
    gone = [at for text, at in gaps if english.continued(text[: at.start()], text[at.end() :]) is not None]
    assert len(gone) / len(gaps) > 0.5


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("nodule in the right lower", "Lobe of the lung", "lobe"),
        ("she denies cough and", "Fever or chills", "fever"),
        ("there is no", "Pneumothorax", "pneumothorax"),
        ("treated with", "Lasix twice daily", "Lasix"),
        ("admitted on", "May 6", "May"),
    ],
)
def test_what_goes_on_is_written_as_inside_a_sentence(english: Corrector, before: str, after: str, word: str) -> None:
    assert english.continued(before, after) == word


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lungs are clear", "Heart size is normal"),
        ("the gallbladder is normal in", "Impression: gallstones"),
        ("Impression: 1", "Hepatic steatosis"),
        ("", "Lobe"),
        ("of the", ""),
    ],
)
def test_where_a_sentence_may_have_ended_it_has(english: Corrector, before: str, after: str) -> None:
    assert english.continued(before, after) is None


def test_chinese_sentences_stay_as_they_are() -> None:
    assert corrector_for(load("zh")).continued("未见", "气胸") is None
