"""How alike words sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_server.lexicon.phonetics import distance, skeleton, sound

_WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=14)


@pytest.mark.parametrize(
    ("one", "other"),
    [("haemorrhage", "hemorrage"), ("psoriasis", "soriasis"), ("pneumonia", "neumonia"), ("phlegm", "flegm")],
)
def test_words_that_sound_the_same_are_no_distance_apart(one: str, other: str) -> None:
    assert distance(one, other) == 0


def test_a_vowel_is_nearer_than_a_near_consonant_and_that_than_another() -> None:
    assert distance("lobar", "lober") < distance("lobar", "lopar") < distance("lobar", "losar")


def test_hyper_and_hypo_are_far_apart() -> None:
    assert distance("hyperkalemia", "hypokalemia") >= 1


@given(_WORDS, _WORDS)
def test_distance_is_even_handed_and_zero_only_for_the_same_sound(one: str, other: str) -> None:
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert (distance(one, other) == 0) == (sound(one) == sound(other))


@given(_WORDS)
def test_a_skeleton_has_no_vowels(word: str) -> None:
    assert not set(skeleton(word)) & set("aeiou")
