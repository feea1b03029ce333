"""Durations, sizes and ages in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.quantities import ages, durations, han_number, sizes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for three days", ["P3D"]),
        ("a 6-month history", ["P6M"]),
        ("half an hour, about an hour", ["PT1H"]),
        ("a 54-year-old man", []),
        ("for 2 to 3 weeks", ["P2W"]),
    ],
)
def test_english_durations(text: str, expected: list[str]) -> None:
    found = [item.iso for item in durations(text, Language.EN)]
    assert found[-len(expected) :] == expected if expected else not found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("咳嗽3天", ["P3D"]),
        ("半年", ["P6M"]),
        ("近半个月", ["P15D"]),
        ("十余年", ["P10Y"]),
        ("每日三次", []),
        ("每8小时一次", []),
        ("2026年3月5日", []),
        ("术后第3天", []),
    ],
)
def test_chinese_durations(text: str, expected: list[str]) -> None:
    assert [item.iso for item in durations(text, Language.ZH)] == expected


@given(a=st.integers(1, 300), b=st.integers(1, 300), unit=st.sampled_from(["mm", "cm", "毫米", "厘米"]))
def test_two_lengths_share_the_unit_said_last(a: int, b: int, unit: str) -> None:
    factor = 10 if unit in ("cm", "厘米") else 1
    assert [size.mm for size in sizes(f"{a} × {b} {unit}")] == [(a * factor, b * factor)]


def test_a_dose_is_no_size() -> None:
    assert sizes("5 mg, 20 ml") == ()


@given(st.integers(1, 99))
def test_han_numbers_up_to_ninety_nine(number: int) -> None:
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    said = (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    assert han_number(said) == number


def test_ages() -> None:
    assert [age.years for age in ages("aged 52; 61-year-old", Language.EN)] == [52, 61]
    assert [age.years for age in ages("女，45岁", Language.ZH)] == [45]
