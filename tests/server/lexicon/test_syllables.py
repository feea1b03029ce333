"""Pinyin syllables taken apart."""

import pytest

from wardscribe_server.lexicon.syllables import Syllable, parts, split_tone


@pytest.mark.parametrize(
    ("base", "initial", "final"),
    [
        ("zhang", "zh", "ang"),
        ("zang", "z", "ang"),
        ("zhi", "zh", "ii"),
        ("zi", "z", "ii"),
        ("xian", "x", "ian"),
        ("yan", "", "ian"),
        ("you", "", "iou"),
        ("liu", "l", "iou"),
        ("wei", "", "uei"),
        ("gui", "g", "uei"),
        ("jun", "j", "vn"),
        ("yun", "", "vn"),
        ("ju", "j", "v"),
        ("lv", "l", "v"),
        ("lu", "l", "u"),
        ("er", "", "er"),
    ],
)
def test_a_syllable_has_its_initial_and_its_full_final(base: str, initial: str, final: str) -> None:
    assert parts(base) == Syllable(initial, final)


def test_the_tone_is_the_last_digit() -> None:
    assert split_tone("zhang1") == ("zhang", 1)
    assert split_tone("de5") == ("de", 5)
