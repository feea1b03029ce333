"""The wide tables beside the trusted ones, British spelling, and how misleading words sound."""

import pytest

from wardscribe_lexicons import Lexicon, Term, TermClass, load, said, sounds
from wardscribe_lexicons.spelling import han_key

LEAST = {"en": 50_000, "zh": 40_000}


@pytest.fixture(scope="module", params=["en", "zh"])
def lexicon(request: pytest.FixtureRequest) -> Lexicon:
    return load(str(request.param))


@pytest.fixture(scope="module")
def english() -> Lexicon:
    return load("en")


def test_there_are_as_many_terms_as_a_physician_needs(lexicon: Lexicon) -> None:
    surfaces = {surface.lower() for term in lexicon.terms for surface in term.surfaces()}
    assert len(surfaces) >= LEAST[lexicon.language]


def test_a_wide_term_is_found_only_by_who_asks_for_it(english: Lexicon) -> None:
    assert english.lookup("L4-L5 disc extrusion") == ()
    (term,) = english.lookup("L4-L5 disc extrusion", wide=True)
    assert not term.trusted
    assert english.lookup("pleural effusion", wide=True) == english.lookup("pleural effusion")


def test_no_wide_form_is_one_of_a_trusted_term(lexicon: Lexicon) -> None:
    known = set(lexicon.entries)
    doubled = [
        surface
        for term in lexicon.terms
        if not term.trusted
        for surface in term.surfaces()
        if lexicon.key(surface) in known
    ]
    assert doubled == []


def test_trusted_terms_come_before_wide_ones(lexicon: Lexicon) -> None:
    order = [term.trusted for term in lexicon.terms]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize(
    "form",
    ["malignant neoplasm, unspecified", "initial encounter", "not elsewhere classified", "unspecified"],
)
def test_residue_of_the_classification_is_no_term(english: Lexicon, form: str) -> None:
    assert not [term for term in english.terms if form in term.preferred.lower()]


def test_a_layer_replaces_removes_and_adds_without_touching_what_is_below(english: Lexicon) -> None:
    layered = english.under(
        [
            Term("pneumonia", TermClass.DISEASE, variants=("lung fever",), table="ward"),
            Term("gum", TermClass.ANATOMY, weight=0),
            Term("Zorble drain", TermClass.DEVICE, table="ward"),
        ]
    )
    assert layered.lookup("lung fever")[0].table == "ward"
    assert layered.lookup("Pneumonias")[0].table == "ward"
    assert layered.lookup("gum") == ()
    assert layered.lookup("zorble drains", wide=True)[0].preferred == "Zorble drain"
    assert layered.lookup("L4-L5 disc extrusion", wide=True) == english.lookup("L4-L5 disc extrusion", wide=True)
    assert english.lookup("gum")
    assert english.lookup("zorble drain", wide=True) == ()
    assert english.lookup("pneumonia")[0].table != "ward"


def test_a_layer_over_a_layer_wins(english: Lexicon) -> None:
    site = english.under(
        [Term("Zorble drain", TermClass.DEVICE, table="site"), Term("gum", TermClass.ANATOMY, weight=0)]
    )
    user = site.under([Term("Zorble drain", TermClass.DEVICE, table="user"), Term("gum", TermClass.ANATOMY)])
    assert user.lookup("zorble drain")[0].table == "user"
    assert user.lookup("gum")
    assert [term.table for term in user.terms if term.preferred == "Zorble drain"] == ["user"]


def test_the_keys_of_a_layer_are_those_of_a_lexicon_built_at_once(english: Lexicon) -> None:
    added = Term("Zorble drain", TermClass.DEVICE, variants=("seven drain",))
    layered = english.under([added])
    whole = Lexicon("en", (added, *english.terms))
    assert dict(layered.entries) == dict(whole.entries)
    assert dict(layered.wide_lengths) == dict(whole.wide_lengths)
    assert len(layered.entries) == len(whole.entries)


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("edema", "oedema"),
        ("diarrhea", "diarrhoea"),
        ("hemoptysis", "haemoptysis"),
        ("chemotherapy", "chemotherapy"),
        ("hemiparesis", "hemiparesis"),
    ],
)
def test_british_terms_are_preferred_where_they_are_wanted(american: str, british: str) -> None:
    lexicon = load("en", british=True)
    for said_as in (american, british):
        assert british in [term.preferred for term in lexicon.lookup(said_as)]


def test_a_british_lexicon_keeps_capitals(english: Lexicon) -> None:
    british = load("en", british=True)
    assert len(british.terms) == len(english.terms)
    assert "Zollinger-Ellison syndrome" in {term.preferred for term in british.terms}


def test_misleading_words_sound_as_they_are_said(english: Lexicon) -> None:
    (xolair, *_) = english.lookup("Xolair", wide=True)
    assert said(xolair, "Xolair", "en") == ("zolair",)
    assert said(Term("psoas abscess", TermClass.DISEASE), "psoas abscess", "en") == ("soas absess",)
    assert said(Term("liver", TermClass.ANATOMY), "liver", "en") == ()
    own = Term("Qulipta", TermClass.DRUG, pronounced=("kew lip ta",))
    assert said(own, "Qulipta", "en") == ("kew lip ta",)


def test_a_chinese_phrase_has_a_syllable_with_a_tone_for_each_character() -> None:
    assert sounds("zh")["卡压"] == ("qia3 ya1",)
    for phrase, ways in sounds("zh").items():
        for way in ways:
            assert len(way.split()) == len(phrase), phrase
            assert all(syllable[:-1].isalpha() and syllable[-1] in "12345" for syllable in way.split()), phrase


def test_every_chinese_form_is_written_as_it_is_said() -> None:
    for term in load("zh").terms:
        for surface in term.surfaces():
            assert han_key(surface), term.table
            assert len(surface) <= 40, term.table
