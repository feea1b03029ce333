"""A pause inside a decimal number does not make two numbers of it."""

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import write


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("nodule of two point | five centimeters", "nodule of 2.5 cm"),
        ("potassium three | point five", "potassium 3.5"),
        ("potassium three | point | five", "potassium 3.5"),
        ("creatinine zero point | nine", "creatinine 0.9"),
        ("weight is sixty one point | five kilograms", "weight is 61.5 kg"),
        ("hemoglobin 12 point | 4", "hemoglobin 12.4"),
    ],
)
def test_an_english_decimal_survives_a_pause(said: str, written: str) -> None:
    assert write(words_from_text(said), language=Language.EN).text == written


@pytest.mark.parametrize(
    ("said", "written"),
    [("结节大小二点 | 五厘米", "结节大小2.5厘米"), ("血钾三 | 点五", "血钾3.5"), ("体温三十八点 | 二度", "体温38.2度")],
)
def test_a_chinese_decimal_survives_a_pause(said: str, written: str) -> None:
    assert write(words_from_text(said), language=Language.ZH).text == written


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("at this point | five nodules are seen", "at this point"),
        ("one | point tenderness over the rib", "point tenderness"),
        ("drain output one hundred | twenty milliliters of urine", "100 20"),
    ],
)
def test_what_may_be_two_numbers_stays_two(said: str, kept: str) -> None:
    assert kept in write(words_from_text(said), language=Language.EN).text


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("measuring one. 0.7 by 1.1 by 1.3 centimeters", "measuring 1.7 x 1.1 x 1.3 cm"),
        ("closest margin at zero. 0.9 centimeters", "closest margin at 0.9 cm"),
        ("a 3.1 by 2.0.4 cm mass", "a 3.1 x 2.4 cm mass"),
        ("incidental one point. For centimeter nodule", "incidental 1.4 cm nodule"),
        ("blood pressure 130. Two over 78", "blood pressure 132/78"),
        ("blood pressure 120 over 70", "blood pressure 120/70"),
        ("nodule number one. 0.7 by 1.1 cm", "nodule number 1. 0.7 x 1.1 cm"),
        ("a point for discussion", "a point for discussion"),
        ("version 2.0.4 of the form", "version 2.0.4 of the form"),
        ("bed 10. Two over the weekend", "bed 10. 2 over the weekend"),
    ],
)
def test_a_number_that_was_heard_with_a_pause_in_it_is_one(heard: str, written: str) -> None:
    assert write(words_from_text(heard), language=Language.EN).text == written


@pytest.mark.parametrize(
    ("heard", "written"),
    [("home with co, amoxiclav 625 mg", "home with co-amoxiclav 625 mg"), ("the co, at work", "the co, at work")],
)
def test_a_name_that_a_pause_has_split_is_one(heard: str, written: str) -> None:
    assert write(words_from_text(heard), language=Language.EN).text == written
