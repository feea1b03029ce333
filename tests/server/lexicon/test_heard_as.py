"""Everyday words that stand for clinical ones: corrected as phrases, never as single words."""

import pytest

from wardscribe_lexicons.spoken import NUMBER, tokens
from wardscribe_server.lexicon.correction import Corrector, correct
from wardscribe_server.lexicon.heard_as import heard_as, phrases


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("Left pick line with its tip in the SVC.", "Left PICC line with its tip in the SVC."),
        ("Pick line removed.", "PICC line removed."),
        ("Ground class opacities in both lungs.", "Ground-glass opacities in both lungs."),
        ("wait down to 61 kg", "weight down to 61 kg"),
        ("please wait here", "please wait here"),
        ("infected with the virus", "infected with the virus"),
        ("pick. Line in place", "pick. Line in place"),
    ],
)
def test_a_phrase_is_written_as_it_was_meant(english: Corrector, heard: str, written: str) -> None:
    assert correct(heard, english).text == written


def test_every_row_is_a_phrase_that_is_found() -> None:
    for words, written in phrases().items():
        text = " ".join(words).replace(NUMBER, "o2")
        assert len(words) > 1, written
        assert [found.written for found in heard_as(text, tuple(tokens(text)))] == [written]
