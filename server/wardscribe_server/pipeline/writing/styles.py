"""The written form in the manner that one user chose.

Owns the rewriting of the usual form into a chosen one, for both languages. It never adds what the Joint Commission and
ISMP forbid, and changes no value.
"""

import re
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import months
from wardscribe_server.pipeline.writing.options import (
    DEFAULT,
    Abbreviations,
    DateOrder,
    PressureUnit,
    UnitStyle,
    WritingOptions,
)

_MONTHS = {name: number for number, name in enumerate(months(), start=1)}
_DATE = re.compile(rf"\b(?P<month>{'|'.join(_MONTHS)}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})(?!\d)", re.IGNORECASE)
_DATE_ZH = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)年(?P<month>\d{1,2})月(?P<day>\d{1,2})日")
_PRESSURE = re.compile(
    r"\b(?P<head>(?:blood )?pressures?|BP)(?P<link>(?: (?:is|was|of|at|today|now|to|reading))*:? )"
    r"(?P<value>\d{2,3}/\d{2,3})(?P<unit> mmHg| millimeters of mercury)?(?![\w/]|\.\d)",
    re.IGNORECASE,
)
_PRESSURE_ZH = re.compile(
    r"(?P<head>血压|BP)(?P<link>[^\d，。；：\n]{0,6}[：:]?)(?P<value>\d{2,3}/\d{2,3})(?P<unit>毫米汞柱|mmHg)?(?![\d/])"
)
_SMALL = re.compile(r"(?<![\w./:%+±-])(?P<n>[2-9])(?= (?P<after>[A-Za-z][\w'’.-]*))")
_WORD_BEFORE = re.compile(r"([\w'’.-]+) $")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def styled(draft: Draft, *, language: Language, options: WritingOptions) -> Draft:
    """The draft as `options` want it; the default leaves it alone."""
    if options == DEFAULT:
        return draft
    return _english(draft, options) if language is Language.EN else _chinese(draft, options)


def _english(draft: Draft, options: WritingOptions) -> Draft:
    if options.dates is not DateOrder.MONTH_FIRST:
        draft = draft.rewritten(_DATE, lambda match: _date(match, options.dates))
    if options.pressure_unit is not PressureUnit.AS_SAID:
        draft = draft.rewritten(_PRESSURE, lambda match: _pressure(match, options.pressure_unit, " mmHg"))
    if options.abbreviations is not Abbreviations.PERIODS:
        column = 0 if options.abbreviations is Abbreviations.CAPITALS else 1
        draft = draft.rewritten(_abbreviation(), lambda match: _abbreviated(match, column))
    if options.digits_from_ten:
        draft = draft.rewritten(_SMALL, _small)
    return draft.rewritten(_symbol(), _unit_words) if options.units is UnitStyle.WORDS else draft


def _chinese(draft: Draft, options: WritingOptions) -> Draft:
    if options.dates is DateOrder.ISO:
        draft = draft.rewritten(_DATE_ZH, lambda match: f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}")
    if options.pressure_unit is not PressureUnit.AS_SAID:
        draft = draft.rewritten(_PRESSURE_ZH, lambda match: _pressure(match, options.pressure_unit, "毫米汞柱"))
    if options.units is UnitStyle.SYMBOLS:
        return draft.rewritten(_name_zh(), _unit_symbol)
    return draft.rewritten(_symbol_zh(), _unit_name) if options.units is UnitStyle.WORDS else draft


def _date(match: re.Match[str], order: DateOrder) -> str:
    if order is DateOrder.ISO:
        return f"{match['year']}-{_MONTHS[match['month'].lower()]:02d}-{match['day']:0>2}"
    return f"{match['day']} {match['month']} {match['year']}"


def _pressure(match: re.Match[str], choice: PressureUnit, unit: str) -> Rewrite:
    if choice is PressureUnit.HIDDEN:
        return [edit_of(match, "unit", "")] if match["unit"] is not None else None
    return [Edit(match.start("value"), match.end("value"), match["value"] + unit)] if match["unit"] is None else None


@cache
def _forms() -> dict[str, tuple[str, ...]]:
    return table("styles_en").lists("abbreviations")


@cache
def _abbreviation() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){either(_forms())}(?!\w)")


def _abbreviated(match: re.Match[str], column: int) -> Rewrite:
    form = _forms()[match.group()][column]
    routes = table("styles_en").lists("dosed")["words"]
    if match.group() in routes and not _after_dose().search(match.string, max(0, match.start() - 24), match.start()):
        return None
    ends = match.group().endswith(".") and match.end() == len(match.string.rstrip("\n"))
    return form + ("." if ends and "." in match.string[: match.start()] and _sentences(match.string) else "")


def _sentences(text: str) -> bool:
    """Whether the text has sentences, so that the last point of b.i.d. also ended one."""
    return re.search(r"[a-z]\. [A-Z]", text) is not None


@cache
def _after_dose() -> re.Pattern[str]:
    units = either([*table("styles_en").mapping("unit_names"), "units"])
    return re.compile(rf"\d ?(?:million )?{units}(?:/\w+)* $")


@cache
def _quantities() -> tuple[frozenset[str], frozenset[str]]:
    words = table("styles_en")
    return frozenset(words.lists("counted")["words"]), frozenset(word.lower() for word in words.lists("named")["words"])


def _small(match: re.Match[str]) -> Rewrite:
    """ "3 nodules" as "three nodules": a count of things, no quantity, grade or list."""
    counted, named = _quantities()
    said = _WORD_BEFORE.search(match.string, max(0, match.start() - 30), match.start())
    after, before = match["after"], said[1] if said else ""
    if after in counted or after.removesuffix("s") in counted or after in table("styles_en").mapping("unit_names"):
        return None
    if before.lower() in named or before[-1:].isdigit() or before[:1].isdigit() or before.isupper():
        return None
    return [edit_of(match, "n", _WORDS[int(match["n"])])]


@cache
def _symbol() -> re.Pattern[str]:
    names = either(table("styles_en").mapping("unit_names"))
    return re.compile(rf"(?<=\d) (?P<unit>{names}|units?)(?P<per>(?:/{names})*)(?![\w²³/])")


def _unit_words(match: re.Match[str]) -> Rewrite:
    """ "5 mg/kg" as "5 milligrams per kilogram"; one of a unit has no s."""
    names = table("styles_en").mapping("unit_names")
    single = re.search(r"(?<![\d.,/x-])(?<! x )(?<! to )1$", match.string[max(0, match.start() - 5) : match.start()])
    one, _, several = names.get(match["unit"], match["unit"]).partition("|")
    word = one if single or match["unit"] not in names else several or f"{one}s"
    per = "".join(f" per {names[part].partition('|')[0]}" for part in match["per"].split("/")[1:])
    return f" {word}{per}"


@cache
def _symbols_zh() -> tuple[dict[str, str], dict[str, str]]:
    return table("styles_zh").mapping("symbols"), table("styles_zh").mapping("per")


@cache
def _name_zh() -> re.Pattern[str]:
    symbols, per = _symbols_zh()
    return re.compile(rf"(?<=\d)(?P<unit>{either(symbols)})(?P<per>(?:每{either(per)})*)(?![\u4e00-\u9fff]?[径氏])")


def _unit_symbol(match: re.Match[str]) -> str:
    symbols, per = _symbols_zh()
    return symbols[match["unit"]] + "".join(f"/{per[part]}" for part in match["per"].split("每")[1:])


@cache
def _symbol_zh() -> re.Pattern[str]:
    symbols = [symbol for symbol in _symbols_zh()[0].values() if symbol.isascii()]
    return re.compile(rf"(?<=\d)(?P<unit>{either(symbols)})(?![A-Za-z/])")


def _unit_name(match: re.Match[str]) -> str:
    names: dict[str, str] = {}
    for name, symbol in _symbols_zh()[0].items():
        names.setdefault(symbol, name)
    return {"cm": "厘米", "kg": "千克"}.get(match["unit"], names[match["unit"]])
