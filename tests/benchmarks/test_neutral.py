import pytest
from measures import compare
from neutral import neutral, neutral_units

from wardscribe_protocol.record import Language

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("He was 42.", "he was forty two"),
        ("a 2.5 cm mass", "a two point five centimeters mass"),
        ("120/80", "one hundred twenty over eighty"),
        ("1,250 people", "one thousand two hundred and fifty people"),
        ("In 1945", "in nineteen forty five"),
        ("in 2007", "in two thousand seven"),
        ("room 007", "room zero zero seven"),
        ("the 3rd, the 12th, the 20th, the 31st", "the third the twelfth the twentieth the thirty first"),
        ("Mr. Hale, okay", "mister hale ok"),
        ("50%", "fifty percent"),
        ("0", "zero"),
    ],
)
def test_english_digits_and_words_are_the_same(written, said):
    assert neutral_units(written, EN) == neutral_units(said, EN)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("31度", "三十一度"),
        ("10个", "十个"),
        ("105", "一百零五"),
        ("115", "一百一十五"),
        ("2000", "两千"),
        ("10050", "一万零五十"),
        ("2.5厘米", "二点五厘米"),
        ("30%", "百分之三十"),
        ("2024年", "二零二四年"),
        ("肝臟腫大", "肝脏肿大"),
    ],
)
def test_chinese_digits_and_characters_are_the_same(written, said):
    assert neutral_units(written, ZH) == neutral_units(said, ZH)


def test_different_numbers_stay_different():
    assert neutral_units("15 mg", EN) != neutral_units("50 mg", EN)
    assert neutral_units("15", ZH) != neutral_units("50", ZH)


def test_and_is_dropped_within_a_number_only():
    assert neutral_units("two hundred and five and more", EN) == ["two", "hundred", "five", "and", "more"]


def test_the_neutral_form_can_be_compared_as_text():
    said, heard = neutral("forty two beds comma two nurses", EN), neutral("42 beds, 3 nurses.", EN)
    assert compare(said, heard, language=EN).errors == 1, "the spoken comma is not an error, the other number is"
