"""Quantities as values, how they are said, and a reader of their written forms that knows nothing of the formatter."""

import re
from dataclasses import dataclass

from hypothesis import strategies as st

from benchmarks.dose_sentences import (
    HAN,
    ONES,
    chinese_decimal,
    chinese_number,
    english_decimal,
    english_number,
)

Value = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A quantity: its kind and value, and one way of saying it."""

    kind: str
    value: Value
    spoken: str


UNITS = {
    "milligrams": "mg",
    "micrograms": "mcg",
    "grams": "g",
    "units": "units",
    "milliliters": "mL",
    "milliequivalents": "mEq",
}
ROUTES = {"p o": "p.o.", "i v": "IV", "i m": "IM", "sub q": "subcutaneously", "s l": "SL"}
FREQUENCIES = {
    "daily": "daily",
    "q d": "daily",
    "b i d": "b.i.d.",
    "t i d": "t.i.d.",
    "q six hours": "q6h",
    "q four to six hours": "q4-6h",
    "q o d": "every other day",
    "q h s": "at bedtime",
}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
LAST_LEVEL = {"C": 7, "T": 12, "L": 5}
REGIONS = {"颈": 7, "胸": 12, "腰": 5}
HAN_UNITS = ["毫克", "微克", "克", "单位", "毫升"]
HAN_FREQUENCIES = {"每日一次": "每日一次", "每日三次": "每日3次", "每八小时一次": "每8小时一次", "每晚一次": "每晚一次"}


@st.composite
def decimals(draw: st.DrawFn, *, whole: int = 300, trailing_zero: bool = True) -> str:
    number = draw(st.integers(min_value=0, max_value=whole))
    figures = draw(st.text("0123456789", max_size=2))
    if not trailing_zero:
        figures = figures.rstrip("0")
    return f"{number}.{figures}" if figures else str(max(number, 1))


def english(number: str) -> str:
    whole, _, figures = number.partition(".")
    return english_decimal(int(whole), figures) if figures else english_number(int(whole))


def chinese(number: str) -> str:
    whole, _, figures = number.partition(".")
    return chinese_decimal(int(whole), figures) if figures else chinese_number(int(whole))


def elided(value: int) -> str:
    """A number of three figures as vitals are said: "one twenty two", "one oh two"."""
    if value < 100 or value % 100 == 0:
        return english_number(value)
    rest = value % 100
    return f"{ONES[value // 100]} {'oh ' + ONES[rest] if rest < 10 else english_number(rest)}"


def year_said(year: int) -> str:
    century, rest = divmod(year, 100)
    if rest < 10:
        return english_number(year) if century == 20 else f"{english_number(century)} oh {ONES[rest]}"
    return f"{english_number(century)} {english_number(rest)}"


def figures_said(number: int) -> str:
    return "".join(HAN[int(figure)] for figure in str(number))


def day_said(day: int) -> str:
    if day <= 20:
        return ORDINALS[day - 1]
    return "thirtieth" if day == 30 else f"{'twenty' if day < 30 else 'thirty'} {ORDINALS[day % 10 - 1]}"


def _measures() -> st.SearchStrategy[Said]:
    sizes = st.lists(decimals(whole=40), min_size=1, max_size=3)
    units = st.sampled_from([("millimeters", "mm"), ("centimeters", "cm")])
    return st.tuples(sizes, units).map(
        lambda got: Said("measure", (*got[0], got[1][1]), f"cyst of {' by '.join(map(english, got[0]))} {got[1][0]}")
    )


def _doses() -> st.SearchStrategy[Said]:
    parts = (
        decimals(whole=900, trailing_zero=False),
        st.sampled_from([*UNITS]),
        st.sampled_from([*ROUTES]),
        st.sampled_from([*FREQUENCIES]),
    )
    return st.tuples(*parts).map(
        lambda got: Said(
            "dose",
            (got[0], UNITS[got[1]], ROUTES[got[2]], FREQUENCIES[got[3]]),
            f"furosemide {english(got[0])} {got[1]} {got[2]} {got[3]}",
        )
    )


def _vitals() -> st.SearchStrategy[Said]:
    upper, lower = st.integers(min_value=80, max_value=240), st.integers(min_value=40, max_value=130)
    ways = st.sampled_from([english_number, elided])
    return st.tuples(upper, lower, ways).map(
        lambda got: Said(
            "pressure", (str(got[0]), str(got[1])), f"blood pressure {got[2](got[0])} over {got[2](got[1])}"
        )
    )


def _dates() -> st.SearchStrategy[Said]:
    parts = st.integers(1930, 2029), st.integers(1, 12), st.integers(1, 28), st.booleans()
    return st.tuples(*parts).map(
        lambda got: Said(
            "date",
            (MONTHS[got[1] - 1], str(got[2]), str(got[0])),
            f"on the {day_said(got[2])} of {MONTHS[got[1] - 1]} {year_said(got[0])}"
            if got[3]
            else f"on {MONTHS[got[1] - 1]} {day_said(got[2])} {year_said(got[0])}",
        )
    )


def _times() -> st.SearchStrategy[Said]:
    parts = st.integers(1, 12), st.integers(1, 59), st.sampled_from(["a m", "p m"])
    return st.tuples(*parts).map(
        lambda got: Said(
            "time",
            (str(got[0]), f"{got[1]:02d}", got[2].replace(" ", "") + "."),
            f"seen at {english_number(got[0])} {'oh ' if got[1] < 10 else ''}{english_number(got[1])} {got[2]}",
        )
    )


def _ranges() -> st.SearchStrategy[Said]:
    parts = (
        st.integers(1, 90),
        st.integers(1, 90),
        st.sampled_from([("milligrams", "mg"), ("millimeters", "mm"), ("percent", "%")]),
    )
    return st.tuples(*parts).map(
        lambda got: Said(
            "range",
            (str(got[0]), str(got[0] + got[1]), got[2][1]),
            f"from {english_number(got[0])} to {english_number(got[0] + got[1])} {got[2][0]}",
        )
    )


def _powers() -> st.SearchStrategy[Said]:
    parts = decimals(whole=400), st.sampled_from([("ninth", "9"), ("twelfth", "12")])
    return st.tuples(*parts).map(
        lambda got: Said(
            "power", (got[0], got[1][1]), f"cells {english(got[0])} times ten to the {got[1][0]} per liter"
        )
    )


def _levels() -> st.SearchStrategy[Said]:
    regions = st.sampled_from([*LAST_LEVEL]).flatmap(
        lambda name: st.tuples(st.just(name), st.integers(1, LAST_LEVEL[name] - 1))
    )
    return regions.map(
        lambda got: Said(
            "level",
            (f"{got[0]}{got[1]}", f"{got[0]}{got[1] + 1}"),
            f"{got[0]} {english_number(got[1])} {got[0]} {english_number(got[1] + 1)} disc",
        )
    )


def _ages() -> st.SearchStrategy[Said]:
    parts = st.integers(2, 99), st.sampled_from(["year", "month", "week", "day"])
    return st.tuples(*parts).map(
        lambda got: Said("age", (str(got[0]), got[1]), f"{english_number(got[0])} {got[1]} old patient")
    )


ENGLISH = st.one_of(_measures(), _doses(), _vitals(), _dates(), _times(), _ranges(), _powers(), _levels(), _ages())

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_WRITTEN_ENGLISH = {
    "measure": rf"cyst of ({_NUMBER})(?: x ({_NUMBER}))?(?: x ({_NUMBER}))? (mm|cm)",
    "dose": rf"furosemide ({_NUMBER}) (\S+) (\S+) (.+)",
    "pressure": r"blood pressure (\d+)/(\d+)",
    "date": r"on (\w+) (\d+), (\d{4})",
    "time": r"seen at (\d+):(\d\d) ([ap])\.(m\.)",
    "range": rf"from ({_NUMBER}) to ({_NUMBER}) ?(mg|mm|%)",
    "power": rf"cells ({_NUMBER}) x 10\^(\d+)/L",
    "level": r"([CTL]\d+)-([CTL]\d+) disc",
    "age": r"(\d+)-(\w+)-old patient",
}


def read_english(kind: str, text: str) -> Value | None:
    """The value that a written form of `kind` says; None when it is not of that form."""
    match = re.fullmatch(_WRITTEN_ENGLISH[kind], text)
    if match is None:
        return None
    groups = [group.replace(",", "") for group in match.groups() if group is not None]
    return (*groups[:2], groups[2] + groups[3]) if kind == "time" else tuple(groups)


def _han_measures() -> st.SearchStrategy[Said]:
    parts = st.lists(decimals(whole=40), min_size=1, max_size=3), st.sampled_from(["毫米", "厘米"])
    return st.tuples(*parts).map(
        lambda got: Said("measure", (*got[0], got[1]), f"囊肿大小{'乘'.join(map(chinese, got[0]))}{got[1]}")
    )


def _han_doses() -> st.SearchStrategy[Said]:
    parts = decimals(whole=900, trailing_zero=False), st.sampled_from(HAN_UNITS), st.sampled_from([*HAN_FREQUENCIES])
    return st.tuples(*parts).map(
        lambda got: Said("dose", (got[0], got[1], HAN_FREQUENCIES[got[2]]), f"呋塞米{chinese(got[0])}{got[1]}{got[2]}")
    )


def _han_vitals() -> st.SearchStrategy[Said]:
    parts = st.integers(80, 240), st.integers(40, 130), st.booleans()
    return st.tuples(*parts).map(
        lambda got: Said(
            "pressure", (str(got[0]), str(got[1])), f"血压{chinese_number(got[0])}比{chinese_number(got[1])}毫米汞柱"
        )
    )


def _han_dates() -> st.SearchStrategy[Said]:
    parts = st.integers(1930, 2029), st.integers(1, 12), st.integers(1, 28), st.sampled_from("日号")
    return st.tuples(*parts).map(
        lambda got: Said(
            "date",
            (str(got[0]), str(got[1]), str(got[2])),
            f"{figures_said(got[0])}年{chinese_number(got[1])}月{chinese_number(got[2])}{got[3]}",
        )
    )


def _han_times() -> st.SearchStrategy[Said]:
    parts = st.integers(1, 23), st.integers(10, 59)
    return st.tuples(*parts).map(
        lambda got: Said(
            "time", (str(got[0]), str(got[1])), f"{chinese_number(got[0])}点{chinese_number(got[1])}分到达"
        )
    )


def _han_ranges() -> st.SearchStrategy[Said]:
    parts = st.integers(2, 90), st.integers(1, 90), st.sampled_from(["毫克", "毫米", "天"])
    return st.tuples(*parts).map(
        lambda got: Said(
            "range",
            (str(got[0]), str(got[0] + got[1]), got[2]),
            f"{chinese_number(got[0])}到{chinese_number(got[0] + got[1])}{got[2]}",
        )
    )


def _han_percents() -> st.SearchStrategy[Said]:
    return decimals(whole=99).map(lambda got: Said("percent", (got,), f"百分之{chinese(got)}"))


def _han_powers() -> st.SearchStrategy[Said]:
    parts = decimals(whole=400), st.sampled_from([("九", "9"), ("十二", "12")])
    return st.tuples(*parts).map(
        lambda got: Said("power", (got[0], got[1][1]), f"计数{chinese(got[0])}乘以十的{got[1][0]}次方每升")
    )


def _han_levels() -> st.SearchStrategy[Said]:
    regions = st.sampled_from([*REGIONS]).flatmap(
        lambda name: st.tuples(st.just(name), st.integers(1, REGIONS[name] - 1))
    )
    return regions.map(
        lambda got: Said(
            "level",
            (got[0], str(got[1]), str(got[1] + 1)),
            f"{got[0]}{chinese_number(got[1])}{chinese_number(got[1] + 1)}椎间盘",
        )
    )


def _han_ages() -> st.SearchStrategy[Said]:
    return st.integers(1, 105).map(lambda got: Said("age", (str(got),), f"患者{chinese_number(got)}岁"))


CHINESE = st.one_of(
    _han_measures(),
    _han_doses(),
    _han_vitals(),
    _han_dates(),
    _han_times(),
    _han_ranges(),
    _han_percents(),
    _han_powers(),
    _han_levels(),
    _han_ages(),
)

_WRITTEN_CHINESE = {
    "measure": rf"囊肿大小({_NUMBER})(?:×({_NUMBER}))?(?:×({_NUMBER}))?(毫米|厘米)",
    "dose": rf"呋塞米({_NUMBER})(毫克|微克|克|单位|毫升)(.+)",
    "pressure": r"血压(\d+)/(\d+)毫米汞柱",
    "date": r"(\d{4})年(\d+)月(\d+)日",
    "time": r"(\d+)点(\d+)分到达",
    "range": rf"({_NUMBER})到({_NUMBER})(毫克|毫米|天)",
    "percent": rf"({_NUMBER})%",
    "power": rf"计数({_NUMBER})×10\^(\d+)/L",
    "level": r"([颈胸腰])(\d+)/(\d+)椎间盘",
    "age": r"患者(\d+)岁",
}


def read_chinese(kind: str, text: str) -> Value | None:
    """The value that a written form of `kind` says; None when it is not of that form."""
    match = re.fullmatch(_WRITTEN_CHINESE[kind], text)
    return tuple(group for group in match.groups() if group is not None) if match else None
