"""Each user's choices, and that none of them undoes a safety rule."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.options import (
    DEFAULT,
    Abbreviations,
    DateOrder,
    PressureUnit,
    UnitStyle,
    WritingOptions,
)
from wardscribe_server.pipeline.writing.written_form import format_line

EVERY_OPTION = st.builds(
    WritingOptions,
    dates=st.sampled_from(DateOrder),
    units=st.sampled_from(UnitStyle),
    abbreviations=st.sampled_from(Abbreviations),
    pressure_unit=st.sampled_from(PressureUnit),
    digits_from_ten=st.booleans(),
)
SAID = [
    "warfarin five point zero milligrams q d",
    "insulin ten U subcutaneously and vitamin D 400 IU",
    "prednisone point five milligrams q o d period",
    "levothyroxine 25 µg daily on March third twenty twenty four",
    "blood pressure one twenty over eighty and nodules of five millimeters",
    "morphine two milligrams IV q four hours p r n",
]
FORBIDDEN = re.compile(
    r"\bq\.?d\b|\bQ\.?D\b|\bqod\b|\bQOD\b|\d ?I?U\b|\bMSO4\b|\d\.0 m(?:g|cg)|(?<!\d)\.\d|\d ?µg|\bcc\b|\bSC\b|\bHS\b",
    re.IGNORECASE,
)


def english(said: str, options: WritingOptions) -> str:
    return format_line(said, language=Language.EN, options=options)


def chinese(said: str, options: WritingOptions) -> str:
    return format_line(said, language=Language.ZH, options=options)


@given(options=EVERY_OPTION, said=st.sampled_from(SAID))
@settings(deadline=None)
def test_no_choice_brings_back_what_the_joint_commission_and_ismp_forbid(options: WritingOptions, said: str) -> None:
    assert FORBIDDEN.search(english(said, options)) is None


@given(options=EVERY_OPTION, said=st.sampled_from(SAID))
@settings(deadline=None)
def test_a_chosen_form_stays_when_it_is_written_again(options: WritingOptions, said: str) -> None:
    written = english(said, options)
    assert english(written, options) == written


@given(options=EVERY_OPTION, said=st.sampled_from(SAID))
@settings(deadline=None)
def test_no_choice_changes_a_number(options: WritingOptions, said: str) -> None:
    numbers = re.findall(r"\d+(?:\.\d+)?", english(said, DEFAULT).replace("March 3, 2024", ""))
    found = re.findall(r"\d+(?:\.\d+)?", english(said, options))
    assert [number for number in numbers if number not in found] == []


def test_the_default_writes_what_is_written_without_options() -> None:
    for said in SAID:
        assert english(said, DEFAULT) == format_line(said, language=Language.EN)


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (WritingOptions(dates=DateOrder.DAY_FIRST), "seen on 3 March 2024 and March 5"),
        (WritingOptions(dates=DateOrder.ISO), "seen on 2024-03-03 and March 5"),
    ],
)
def test_a_complete_date_has_the_chosen_order(options: WritingOptions, written: str) -> None:
    assert english("seen on March third twenty twenty four and March fifth", options) == written


def test_units_are_words_where_words_are_chosen() -> None:
    options = WritingOptions(units=UnitStyle.WORDS)
    assert english("ten milligrams per kilogram", options) == "10 milligrams per kilogram"
    assert english("one milligram of lorazepam", options) == "1 milligram of lorazepam"
    assert english("three by four centimeters", options) == "3 x 4 centimeters"
    assert chinese("结节5mm", options) == "结节5毫米"
    assert chinese("多巴胺5mcg/kg/min", options) == "多巴胺5mcg/kg/min"


def test_chinese_units_are_symbols_where_symbols_are_chosen() -> None:
    options = WritingOptions(units=UnitStyle.SYMBOLS)
    assert chinese("结节五乘四毫米", options) == "结节5×4mm"
    assert chinese("多巴酚丁胺三微克每公斤每分钟", options) == "多巴酚丁胺3mcg/kg/min"
    assert chinese("血红蛋白一百二十克每升", options) == "血红蛋白120g/L"
    assert chinese("克氏针固定", options) == "克氏针固定"


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (Abbreviations.CAPITALS, "metoprolol 25 mg PO BID PRN"),
        (Abbreviations.WORDS, "metoprolol 25 mg by mouth twice daily as needed"),
    ],
)
def test_frequencies_and_routes_follow_the_choice(choice: Abbreviations, written: str) -> None:
    options = WritingOptions(abbreviations=choice)
    assert english("metoprolol twenty five milligrams p o b i d p r n", options) == written


def test_a_route_is_spelled_out_only_after_a_dose() -> None:
    options = WritingOptions(abbreviations=Abbreviations.WORDS)
    assert english("ceftriaxone one gram i v daily via peripheral IV", options) == (
        "ceftriaxone 1 g intravenously daily via peripheral IV"
    )


def test_a_pressure_shows_its_unit_as_chosen() -> None:
    shown, hidden = (WritingOptions(pressure_unit=unit) for unit in (PressureUnit.SHOWN, PressureUnit.HIDDEN))
    assert english("blood pressure one twenty over eighty", shown) == "blood pressure 120/80 mmHg"
    assert english("BP 130/80 mmHg", hidden) == "BP 130/80"
    assert english("strength five over five", shown) == "strength 5/5"
    assert chinese("血压一百二十比八十", shown) == "血压120/80毫米汞柱"
    assert chinese("血压120/80mmHg", hidden) == "血压120/80"


def test_small_counts_are_words_where_digits_begin_at_ten_and_quantities_never() -> None:
    options = WritingOptions(digits_from_ten=True)
    said = "three nodules in two lobes, grade two, two tablets for five days, two of three cultures, twelve polyps"
    assert english(said, options) == (
        "three nodules in two lobes, grade 2, 2 tablets for 5 days, 2 of 3 cultures, 12 polyps"
    )


def test_a_chinese_date_is_iso_where_iso_is_chosen() -> None:
    assert chinese("二零二六年三月五日复查", WritingOptions(dates=DateOrder.ISO)) == "2026-03-05复查"
