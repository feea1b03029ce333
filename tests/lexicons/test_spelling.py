"""Look-up keys: which spellings are the same word, and which are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_lexicons.spelling import Spelling, han_key, plain_char


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("haemorrhages", "hemorrhage"),
        ("oedema", "edema"),
        ("tumours", "tumor"),
        ("metastases", "metastasis"),
        ("vertebrae", "vertebra"),
        ("bronchi", "bronchus"),
        ("biopsies", "biopsy"),
        ("fibre", "fiber"),
        ("centimetres", "centimeter"),
        ("localised", "localized"),
        ("leucocytes", "leukocyte"),
        ("ferrous sulphate", "ferrous sulfate"),
        ("patient’s lungs", "patient lung"),
        ("artefacts", "artifact"),
    ],
)
def test_spellings_of_one_word_share_a_key(one: str, other: str) -> None:
    spelling = Spelling()
    assert spelling.key(one) == spelling.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ileum", "ilium"), ("hypertension", "hypotension"), ("four", "for"), ("uses", "us"), ("abduction", "adduction")],
)
def test_other_words_keep_other_keys(one: str, other: str) -> None:
    spelling = Spelling()
    assert spelling.key(one) != spelling.key(other)


def test_two_letter_abbreviations_that_read_as_words_are_not_spelled_out() -> None:
    spelling = Spelling()
    assert "c t" in spelling.keys("CT")
    assert "m i" not in spelling.keys("MI")


@given(st.text())
def test_folding_any_text_ends_and_folds_the_same_again(text: str) -> None:
    assert Spelling().key(text) == Spelling().key(text)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFFFF)))
def test_a_chinese_key_never_grows(text: str) -> None:
    assert len(han_key(text)) <= len(text)
    assert all(len(plain_char(char)) == 1 for char in text)
