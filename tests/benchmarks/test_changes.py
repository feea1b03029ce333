"""Changes to recognised text, judged by themselves: nearer to what was said, farther, or a number or side lost."""

import pytest
from changes import Change, Judged, judged, written_in

from wardscribe_protocol.record import Language


def change(text, heard, written):
    start = text.index(heard)
    return Change(start, start + len(heard), written)


def test_changes_are_written_in_at_their_places():
    text = "small plural effusion and plural thickening"
    both = [change(text, "plural effusion", "pleural effusion"), Change(26, 32, "pleural")]
    assert written_in(text, both) == "small pleural effusion and pleural thickening"
    assert written_in(text, []) == text


def test_a_change_towards_what_was_said_is_right():
    heard = "small plural effusion"
    found = judged("small pleural effusion", heard, [change(heard, "plural", "pleural")], language=Language.EN)
    assert found == Judged(made=1, right=1)


def test_a_change_away_from_what_was_said_is_wrong():
    heard = "the module was removed"
    found = judged("the module was removed", heard, [change(heard, "module", "nodule")], language=Language.EN)
    assert found == Judged(made=1, wrong=1)
    assert found.neutral == 0


def test_one_wrong_word_for_another_is_neither():
    heard = "she takes a tall vast one"
    found = judged("she takes fluvoxamine", heard, [change(heard, "vast", "fast")], language=Language.EN)
    assert (found.right, found.wrong, found.neutral) == (0, 0, 1)


def test_each_change_is_judged_beside_the_others():
    heard = "右废结节伴左费实变"
    changes = [change(heard, "废", "肺"), change(heard, "费", "肥")]
    found = judged("右肺结节伴左肺实变", heard, changes, language=Language.ZH)
    assert (found.right, found.neutral) == (1, 1)
    wrong = [change(heard, "废", "肺"), change(heard, "结节", "结石")]
    assert judged("右肺结节伴左肺实变", heard, wrong, language=Language.ZH) == Judged(made=2, right=1, wrong=1)


@pytest.mark.parametrize(
    ("language", "said", "heard", "was", "became"),
    [
        (Language.EN, "no left effusion", "no left effusion", "left", "right"),
        (Language.EN, "without fever", "without fever", "without", "with a"),
        (Language.EN, "give 10 milligrams", "give 10 milligrams", "10", "100"),
        (Language.ZH, "左侧积液", "左侧积液", "左", "右"),
        (Language.ZH, "无压痛", "无压痛", "无", "有"),
        (Language.ZH, "约十五毫米", "约十五毫米", "十五", "石屋"),
    ],
)
def test_a_lost_number_side_or_negation_is_a_slip(language, said, heard, was, became):
    assert judged(said, heard, [change(heard, was, became)], language=language).slips == 1


def test_a_number_inside_a_term_that_was_said_is_no_slip():
    heard = "二间瓣反流"
    assert judged("二尖瓣反流", heard, [change(heard, "二间瓣", "二尖瓣")], language=Language.ZH).slips == 0


def test_a_negation_that_was_said_and_misheard_may_come_back():
    heard = "膨胀部全"
    found = judged("膨胀不全", heard, [change(heard, "部全", "不全")], language=Language.ZH)
    assert found == Judged(made=1, right=1)


def test_spoken_marks_that_are_left_out_cost_nothing():
    heard = "plural effusion comma small"
    dropped = [change(heard, " comma", "")]
    assert judged("pleural effusion comma small", heard, dropped, language=Language.EN) == Judged(made=1)


def test_counts_add_up():
    assert Judged(3, 2, 1, 1) + Judged(1, 0, 0, 0) == Judged(4, 2, 1, 1)
