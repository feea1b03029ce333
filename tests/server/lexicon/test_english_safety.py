"""What English correction must never do, whatever is said around it."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wardscribe_server.lexicon.correction import Alternative, Corrector, apply
from wardscribe_server.lexicon.english_fences import fences

_HEARD = (
    *(
        "plurel effusion",
        "a telectasis",
        "pneumothorex",
        "bronchectasis",
        "met for men",
        "amoxacillin",
        "hydra nefrosis",
    ),
    *("hyperkalemea", "hypokalemea", "speculated nodule", "lymph adenopathy", "cardio megaly", "sub plural"),
)
_FIXED = (
    *("left", "right", "bilateral", "no", "not", "without", "denies", "2.5", "40", "three", "mg", "milligrams", "cm"),
    *("twice", "daily", "Mr Plurel", "Dr Telectasis", "BP 122/80", "T2N0M0", "units", "half", "mcg"),
)
_PLAIN = ("there is", "patient takes", "and", "with", "small", "seen in clinic", "the lung bases", "started on")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from((*_HEARD, *_FIXED, *_PLAIN)), min_size=1, max_size=8))
def test_numbers_units_sides_negation_and_names_survive(english: Corrector, parts: list[str]) -> None:
    text = " ".join(parts)
    for correction in (proposed := english.propose(text)):
        assert text[correction.start : correction.end] == correction.heard
    written = apply(text, proposed).text  # the unsure ones as well
    kept = re.compile(r"\d+(?:[./]\d+)*|T2N0M0|BP|Mr Plurel|Dr Telectasis")
    assert kept.findall(written) == kept.findall(text)
    fixed = fences().words
    assert [word for word in written.split() if word in fixed] == [word for word in text.split() if word in fixed]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.sampled_from((*_HEARD, *_FIXED, *_PLAIN)), min_size=1, max_size=6),
    others=st.lists(st.sampled_from((*_HEARD, *_FIXED, *_PLAIN)), min_size=1, max_size=6),
)
def test_another_hypothesis_never_brings_a_number_or_side(
    english: Corrector, parts: list[str], others: list[str]
) -> None:
    text = " ".join(parts)
    proposed = english.propose(text, alternatives=[Alternative(text, -0.2), Alternative(" ".join(others), -0.2)])
    written = apply(text, proposed).text
    assert re.findall(r"\d+", written) == re.findall(r"\d+", text)
    fixed = fences().words
    assert [word for word in written.split() if word in fixed] == [word for word in text.split() if word in fixed]


@pytest.mark.parametrize("group", [" ".join(sorted(group)) for group in fences().unlike])
def test_words_that_are_taken_for_one_another_are_never_exchanged(english: Corrector, group: str) -> None:
    words = group.split()
    for word in words:
        for correction in english.propose(f"the patient has {word} today"):
            assert not set(correction.written.lower().split()) & (set(words) - {word})


@pytest.mark.parametrize("text", ["she is a febrile", "the area is a symptomatic", "findings are a typical"])
def test_a_denying_prefix_waits_for_the_audio(english: Corrector, text: str) -> None:
    assert all(correction.unsure for correction in english.propose(text))


def test_an_alternative_of_the_recogniser_counts(english: Corrector) -> None:
    text = "started on fur oh semi today for edema"
    alternatives = [Alternative(text, -0.30), Alternative("started on furosemide today for edema", -0.31)]
    proposed = english.propose(text, alternatives=alternatives)
    assert apply(text, proposed).text == "started on furosemide today for edema"


def test_readings_hold_what_was_heard_and_at_most_five(english: Corrector) -> None:
    text = "Moderate plurel effusion with met for men"
    readings = english.readings(text, [Alternative(text, -0.3), Alternative("Moderate plural effusion", -0.5)])
    assert 1 < len(readings) <= 5
    assert text in [reading.text for reading in readings]
    assert all(apply(text, reading.corrections).text == reading.text for reading in readings)
    assert readings[0].text == "Moderate pleural effusion with metformin"


def test_ordinary_words_stay_without_a_clinical_context(english: Corrector) -> None:
    for line in ("plural nouns are hard to learn", "the committee met for men and women", "he wrote a lyric poem"):
        assert not [correction for correction in english.propose(line) if not correction.unsure]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from((*_HEARD, *_FIXED, *_PLAIN)), min_size=1, max_size=8))
def test_no_doubt_is_about_a_number_a_side_or_a_negation(english: Corrector, parts: list[str]) -> None:
    text = " ".join(parts)
    fixed = fences().words
    for doubt in english.doubts(text):
        found = doubt.correction
        assert text[found.start : found.end] == found.heard
        assert found.unsure
        assert not fixed & set(found.heard.lower().split()) ^ fixed & set(found.written.lower().split())
        assert not re.search(r"\d", found.heard + found.written)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Start briminidine eye drops twice daily.", "brimonidine"),
        ("The lung bases are clear with perihillo congestion.", "perihilar"),
        ("He takes clopidagra daily for coronary disease.", "clopidogrel"),
    ],
)
def test_a_word_that_is_none_is_a_question_for_the_audio(english: Corrector, text: str, written: str) -> None:
    assert written in [doubt.correction.written for doubt in english.doubts(text)]
    assert len({doubt.correction.written for doubt in english.doubts(text)}) <= 3


def test_a_line_that_makes_sense_raises_no_doubt(english: Corrector) -> None:
    assert english.doubts("There is no pleural effusion and the heart is not enlarged.") == ()
