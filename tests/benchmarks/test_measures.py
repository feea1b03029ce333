from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures import Edits, TermCount, american, compare, count_terms, edits, units, unwritten

from wardscribe_protocol.record import Language

EN, ZH = Language.EN, Language.ZH
SEQUENCES = st.lists(st.sampled_from("abc"), max_size=6)


def cheapest(reference, heard, optional):
    """The definition of the distance, written as a recursion."""

    @cache
    def cost(i, j):
        if not i:
            return j
        free = 0 if i - 1 in optional else 1
        best = cost(i - 1, j) + free
        if j:
            best = min(best, cost(i, j - 1) + 1, cost(i - 1, j - 1) + (reference[i - 1] != heard[j - 1]))
        return best

    return cost(len(reference), len(heard))


@given(SEQUENCES, SEQUENCES, st.sets(st.integers(0, 5)))
def test_edits_are_the_fewest_there_can_be(reference, heard, optional):
    assert edits(reference, heard, optional=optional).errors == cheapest(tuple(reference), tuple(heard), optional)


@given(SEQUENCES, SEQUENCES)
def test_insertions_and_deletions_explain_the_difference_in_length(reference, heard):
    found = edits(reference, heard)
    assert found.insertions - found.deletions == len(heard) - len(reference)
    assert found.reference == len(reference)


@given(SEQUENCES)
def test_a_text_has_no_errors_against_itself(words):
    assert edits(words, words).errors == 0


def test_each_kind_of_error_is_told_apart():
    assert edits(["a", "b", "c"], ["a", "x", "c"]) == Edits(substitutions=1, reference=3)
    assert edits(["a", "b", "c"], ["a", "c"]) == Edits(deletions=1, reference=3)
    assert edits(["a", "c"], ["a", "b", "c"]) == Edits(insertions=1, reference=2)


def test_rates_are_pooled_over_all_words():
    both = Edits(substitutions=1, reference=1) + Edits(reference=9)
    assert both.rate == pytest.approx(0.1)


def test_the_rate_of_an_empty_reference_is_nought_or_one():
    assert Edits().rate == 0
    assert Edits(insertions=7).rate == 1


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("no effusion comma heart normal period", "No effusion, heart normal."),
        ("no effusion comma heart normal period", "no effusion comma heart normal period"),
        ("the lungs are uh clear", "The lungs are clear"),
        ("the oesophagus and the haematoma", "The esophagus and the hematoma."),
        ("three millimetres of fibre", "three millimeters of fiber"),
        ("the patient's notes", "The patient’s notes"),
        ("ninety percent", "ninety %"),
    ],
)
def test_english_that_is_right_has_no_errors(said, heard):
    assert compare(said, heard, language=EN).errors == 0


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("双肺清晰句号心影不大逗号", "双肺清晰。心影不大，"),
        ("双肺清晰句号", "双肺清晰句号"),
        ("双肺 清晰", "双肺清晰"),
        ("嗯心影不大", "心影不大"),
        ("查CRP", "查ＣＲＰ"),
    ],
)
def test_chinese_that_is_right_has_no_errors(said, heard):
    assert compare(said, heard, language=ZH).errors == 0


@pytest.mark.parametrize(
    ("said", "heard", "language", "errors"),
    [
        ("no effusion comma heart normal", "no effusion karma heart normal", EN, 1),
        ("no effusion heart normal", "no effusion comma heart normal", EN, 1),
        ("four litres", "for liters", EN, 1),
        ("two point five", "2.5", EN, 3),
        ("2.5 mg", "25 mg", EN, 1),
        ("双肺清晰逗号", "双肺清晰斗号", ZH, 1),
        ("大小3.5厘米", "大小35厘米", ZH, 1),
        ("左肺上野", "左飞上野", ZH, 1),
    ],
)
def test_what_is_wrong_counts(said, heard, language, errors):
    assert compare(said, heard, language=language).errors == errors


def test_spoken_punctuation_stays_in_the_length_of_what_was_said():
    assert compare("clear comma clear period", "", language=EN) == Edits(deletions=2, reference=4)


def test_letters_and_digits_are_counted_apart_and_thousands_together():
    assert units("5mg at 1,200 ml, BP 120/80", EN) == ["5", "mg", "at", "1200", "ml", "bp", "120/80"]


def test_marks_of_several_words_are_optional_as_a_whole():
    assert unwritten(units("stable full stop", EN), EN) == {1, 2}
    assert unwritten(units("稳定句号", ZH), ZH) == {2, 3}


@pytest.mark.parametrize("word", ["four", "hour", "pour", "score", "pore", "literature", "central"])
def test_ordinary_words_keep_their_spelling(word):
    assert american(word) == word


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("oesophageal varices", "Esophageal varices were banded.", EN),
        ("pleural effusion", "bilateral pleural effusions", EN),
        ("co-amoxiclav", "continue coamoxiclav", EN),
        ("D-dimer", "the D dimer is raised", EN),
        ("haemoglobin A1c", "hemoglobin a 1 c of seven", EN),
        ("胸腔积液", "未见 胸腔积液。", ZH),
        ("crp", "CRP升高", ZH),
    ],
)
def test_a_term_is_found_however_it_is_spelled_or_joined(term, text, language):
    assert count_terms([[term]], text, language=language) == TermCount(1, 1)


@pytest.mark.parametrize(
    ("term", "text", "language"),
    [
        ("ldl", "vldl is high", EN),
        ("pleural effusion", "plural effusion", EN),
        ("pleural effusion", "pleural and pericardial effusion", EN),
        ("pneumothorax", "", EN),
        ("肺结节", "肺节结", ZH),
        ("...", "anything at all", EN),
    ],
)
def test_a_term_is_not_found_inside_other_words_or_in_pieces(term, text, language):
    assert count_terms([[term]], text, language=language) == TermCount(0, 1)


def test_any_form_of_a_term_will_do_and_counts_once():
    assert count_terms([["type two diabetes", "type 2 diabetes"]], "type 2 diabetes", language=EN) == TermCount(1, 1)


def test_recall_over_no_terms_is_not_a_number():
    assert TermCount().recall is None
    assert (TermCount(1, 2) + TermCount(0, 2)).recall == 0.25
