"""Numbers said in every way come back as the numbers that they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dose_sentences import chinese_number, english_decimal, english_number
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.normalise.number_words_en import Neighbours, ordinal, roman
from wardscribe_server.pipeline.writing.normalise.numbers_en import numbers_of
from wardscribe_server.pipeline.writing.normalise.numbers_zh import digits_of, pressures_of, value_of
from wardscribe_server.pipeline.writing.written_form import format_line

ALONE = Neighbours("", "", unit_follows=False)


@given(st.integers(min_value=0, max_value=999_999))
def test_an_english_number_reads_back(value: int) -> None:
    found = numbers_of(english_number(value).split(), ALONE)
    assert [number.text.replace(",", "") for number in found] == [str(value)]


@given(st.integers(min_value=0, max_value=999), st.text("0123456789", min_size=1, max_size=3))
def test_an_english_decimal_keeps_every_figure(whole: int, decimals: str) -> None:
    spoken = english_decimal(whole, decimals)
    assert format_line(f"creatinine {spoken}", language=Language.EN) == f"creatinine {whole}.{decimals}"


@given(st.integers(min_value=1, max_value=99_999_999))
def test_a_chinese_number_reads_back(value: int) -> None:
    assert value_of(chinese_number(value)) == value


@pytest.mark.parametrize(
    ("run", "value"),
    [("一百二", 120), ("一千五", 1500), ("一万二", 12_000), ("两千零五", 2005), ("十二", 12), ("一百零二", 102)],
)
def test_a_chinese_number_said_short_is_read(run: str, value: int) -> None:
    assert value_of(run) == value


@pytest.mark.parametrize("run", ["十十", "六八十四", "百百", "零", "一百三十六八十四", "幺二零"])
def test_what_is_not_one_chinese_number_is_none(run: str) -> None:
    assert value_of(run) in {None, 0}


def test_figures_said_one_by_one_are_kept_as_figures() -> None:
    assert digits_of("零零一二") == "0012"
    assert digits_of("三") == "3"
    assert digits_of("3") is None


@given(st.integers(min_value=80, max_value=240), st.integers(min_value=40, max_value=120))
def test_two_pressures_said_without_a_link_are_parted(upper: int, lower: int) -> None:
    if upper <= lower:
        return
    run = chinese_number(upper) + chinese_number(lower)
    split = pressures_of(run)
    if split is None:
        return
    pair = value_of(run[: split[0]]), value_of(run[split[0] :])
    assert pair[0] is not None
    assert pair[1] is not None
    assert pair[0] > pair[1]


@pytest.mark.parametrize(
    ("spoken", "written"), [("幺六零九十五", "160/95"), ("一百三十八八十", "138/80"), ("幺三零八五", "130/85")]
)
def test_a_pressure_in_one_run_is_written_with_a_slash(spoken: str, written: str) -> None:
    assert format_line(f"血压{spoken}", language=Language.ZH) == f"血压{written}"


def test_one_number_after_a_pressure_head_is_never_parted() -> None:
    assert not re.search("/", format_line("收缩压一百三十", language=Language.ZH))
    assert not re.search("/", format_line("血压一百三十", language=Language.ZH))


def test_ordinals_and_roman_numerals_are_spelled() -> None:
    assert [ordinal(value) for value in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
    assert [roman(value) for value in (1, 4, 9, 12)] == ["I", "IV", "IX", "XII"]
