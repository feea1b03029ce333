"""Accents of other languages go from English clinical words, and from nothing else."""

import pytest

from wardscribe_lexicons import Lexicon, Term, TermClass
from wardscribe_server.lexicon.correction import Corrector, correct
from wardscribe_server.lexicon.correctors import corrector_for


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("Lásix 40 mg twice daily", "Lasix 40 mg twice daily"),
        ("pitting édema of both legs", "pitting edema of both legs"),
        ("Dr. Béatrice Müller saw her", "Dr. Béatrice Müller saw her"),
    ],
)
def test_a_clinical_word_loses_its_accents_and_a_name_keeps_them(english: Corrector, heard: str, written: str) -> None:
    assert correct(heard, english).text == written


def test_a_sites_own_spelling_stays(english_lexicon: Lexicon) -> None:
    own = english_lexicon.under([Term("œdème", TermClass.FINDING), Term("édema", TermClass.FINDING)])
    assert correct("pitting édema of both legs", corrector_for(own)).text == "pitting édema of both legs"
