import random

import pytest

from models.training.generator.numerals import Chinese, Digits, English, said


class _Plain(random.Random):
    """Draws nothing: no brief forms."""

    def random(self):
        return 0.9


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (8, "eight", "八"),
        (14, "fourteen", "十四"),
        (40, "forty", "四十"),
        (105, "one hundred five", "一百零五"),
        (110, "one hundred ten", "一百一十"),
        (122, "one hundred twenty two", "一百二十二"),
        (2030, "two thousand thirty", "二千零三十"),
        (10500, "ten thousand five hundred", "一万零五百"),
    ],
)
def test_whole_numbers_as_they_are_said(number, english, chinese):
    assert English(_Plain()).whole(number) == english
    assert Chinese(_Plain()).whole(number) == chinese


def test_decimals_years_and_ordinals():
    english, chinese = English(_Plain()), Chinese(_Plain())
    assert (english.decimal(2, "50"), chinese.decimal(2, "50")) == ("two point five zero", "二点五零")
    assert (english.year(2007), english.year(1998), chinese.year(2019)) == (
        "two thousand seven",
        "nineteen ninety eight",
        "二零一九年",
    )
    assert [english.ordinal(number) for number in (2, 12, 20, 31)] == ["second", "twelfth", "twentieth", "thirty first"]


def test_slots_stay_in_their_ranges():
    rng = random.Random(4)
    for _ in range(100):
        assert 5 <= int(said("5-20/5", Digits("en"), rng)) <= 20
        assert 1.0 <= float(said("1.0-9.9", Digits("en"), rng)) <= 9.9
    assert said("两2-2", Chinese(rng), rng) == "两"
    with pytest.raises(ValueError, match="no number slot"):
        said("many", Digits("en"), rng)
