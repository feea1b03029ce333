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
