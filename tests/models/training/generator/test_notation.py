import pytest

from models.training.generator.notation import BadGrammar, Bond, Choice, Claim, Mention, Slot, Words, filled, parsed


def test_words_slots_and_choices_are_read():
    assert parsed("there is {a} (small|)") == (
        Words("there is "),
        Slot("a"),
        Words(" "),
        Choice(((Words("small"),), ())),
    )


def test_a_mention_has_its_label_and_its_words():
    assert parsed("[severity mild]") == (Mention("severity", (Words("mild"),)),)


def test_angle_brackets_bind_and_with_values_claim():
    assert parsed("<[drug {@drug}]>") == (Bond((Mention("drug", (Slot("@drug"),)),)),)
    assert parsed("<absent family: {x}>") == (Claim((("presence", "absent"), ("subject", "family")), (Slot("x"),)),)


def test_a_colon_that_follows_other_words_is_text():
    assert parsed("<lungs: {x}>") == (Bond((Words("lungs: "), Slot("x"))),)


def test_a_backslash_makes_a_bracket_text():
    assert parsed(r"a \[b") == (Words("a [b"),)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[severity mild", "not closed"),
        ("(a|b", "not closed"),
        ("{a", "not closed"),
        ("a]", "closes nothing"),
        ("[severty mild]", "no label"),
    ],
)
def test_a_slip_of_the_pen_is_named(line, problem):
    with pytest.raises(BadGrammar, match=problem):
        parsed(line)


def test_parts_are_filled_and_give_the_mention_their_label():
    body = parsed("<[anatomy {its_place}] [finding {its_thing}]>")
    parts = {"its_place": "knee", "its_thing": "pain"}
    assert filled(body, parts, "symptom") == parsed("<[anatomy knee] [symptom pain]>")
