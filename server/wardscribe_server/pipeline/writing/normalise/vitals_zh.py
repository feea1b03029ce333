"""Chinese expressions with a form of their own: blood pressure, temperature, dates, times, vertebrae, parity.

Owns the readings that the general rule for numerals would get wrong: 幺六零九十五 is two numbers, 腰四五 two vertebrae,
三点二十 a time.
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import roman
from wardscribe_server.pipeline.writing.normalise.numbers_zh import DIGIT, NUMERAL, digits_of, pressures_of, value_of

_LEVEL = r"十[一二]|[一二三四五六七八九十]|(?:1[0-2]|[1-9])(?!\d)"
_LIMIT = {"颈": 8, "胸": 12, "腰": 5, "骶": 5, "C": 8, "T": 12, "L": 5, "S": 5}
_NEXT_REGION = {("颈", "胸"), ("胸", "腰"), ("腰", "骶"), ("C", "T"), ("T", "L"), ("L", "S")}
_REGION_PAIR = re.compile(rf"([颈胸腰CTL])椎?({_LEVEL})[/-]?([颈胸腰骶CTLS])椎?({_LEVEL})(?![{NUMERAL}\d])")
_LEVEL_PAIR = re.compile(
    rf"([颈胸腰骶]|(?<![A-Za-z])[CTLS])(椎?)({_LEVEL})([、/-]?)({_LEVEL})(?![{NUMERAL}\d点次天年个度])"
)
_LEVEL_RANGE = re.compile(
    rf"([颈胸腰骶]|(?<![A-Za-z])[CTLS])椎?({_LEVEL})(?:到|至|-|~)([颈胸腰骶CTLS]?)椎?({_LEVEL})(?![{NUMERAL}\d点次天年个度周月日秒分小岁毫厘公升])"
)
_PRESSURE = re.compile(
    rf"(?P<head>血压|BP|bp)(?:为|是|约|测得|测|波动在|波动于|控制在|维持在|最高|最低|降至|升至|：|:|，)*"
    rf"(?P<a>[{NUMERAL}]+)(?:(?P<link>比|/|斜杠|杠)(?P<b>[{NUMERAL}]+))?"
)
_GLUED = re.compile(  # 一百零六六十八 is heard as 10668 or 106.68
    r"(?:血压|BP|bp)(?:为|是|约|测得|测|控制在|维持在|最高|最低|降至|升至|：|:)*"
    r"(?P<a>1\d\d|2[0-4]\d|[89]\d)(?P<gap>[. ]?)(?P<b>[4-9]\d|1[0-3]\d)(?![\d岁次分天年]|\.\d)"
)
_SLASH = re.compile(r"(?<![\d.])(\d{2,3})( ?(?:比|斜杠|杠) ?)(\d{2,3})(?![\d.])")
_PRESSURE_NEAR = re.compile(r"血压|BP|bp")
_TEMPERATURE = re.compile(
    r"(?<![\d.])(3[3-9]|4[0-3])(度)([一二三四五六七八九1-9])(?![十百点天年周次个月日小分片级度\d%])"
)
_YEAR = re.compile(rf"([{DIGIT}]{{4}}|(?<![{NUMERAL}])[零九八][{DIGIT}])(?=年)")
_MONTH_DAY = re.compile(
    r"(?P<month>[一二三四五六七八九十]{1,2}|\d{1,2})月(?:份)?(?P<day>[一二两三四五六七八九十]{1,3}|\d{1,2})(?P<mark>[日号])?"
)
_CLOCK = re.compile(
    rf"(?P<hour>[{NUMERAL}]{{1,3}}|\d{{1,2}})点(?:(?P<minute>[{NUMERAL}]{{1,3}})(?P<mark>分(?![之贝米])|钟|刻)?|(?P<word>半|整|钟|方向|位|处(?![理置方])|一刻|三刻)|(?P<range>(?=[到至、和及][一二两三四五六七八九十\d]{{1,3}}点))|)"
)
_HOUR = re.compile(
    r"(?P<hour>二十[一二三四]?|十[一二三四五六七八九]?|[一二两三四五六七八九])时"
    r"(?:(?P<minute>[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])分?(?!之)|(?=许|整|余|左右|起|至|到)|(?P<bare>))"
)
_AMOUNT_AFTER = re.compile("毫|微克|纳克|单位|国际单位|克|片|粒|支|升|厘米|公分|公斤|千克")
_SCORED = re.compile(r"(?:评分|得分|积分|均分|平均|总分|VAS|NRS|SAS|SDS|负|均|分值)(?:为|是|约|达|：|:)?$")
_TO_CLOCK = re.compile(rf"点[到至、和及]$|差(?:[{NUMERAL}\d]+分钟?|一刻|1刻)$")
_HEIGHT = re.compile(rf"(?<![{NUMERAL}\d])([一1])米([{DIGIT}]{{1,2}})(?![{NUMERAL}])")
_MARKER = re.compile(
    r"(?P<head>CA|ca)(?P<n>一九九|幺九九|幺二五|一二五|幺五三|一五三|七二四|五零|二四二)(?P<next>(?=[零幺一二三四五六七八九十百\d]))?"
)
_STRENGTH = re.compile(rf"(?<![{NUMERAL}\d])(?P<n>[零一二三四五]|[0-5])(?P<sign>减|加)级")
_PLUSES = re.compile(
    r"(?:(?<=[白糖血体酮原胞])(?P<n>[一二两三四1-4])(?P<sign>个?加号?)"
    rf"|(?<![第上下这那几数点{NUMERAL}\d])(?P<m>[一二两三四1-4])(?P<whole>个?加号?))(?=$|[，。；、）\ue000])"
)
_GLEASON = re.compile(
    rf"(?:格里森|格利森|Gleason)(?:评分|分级)?(?:为|是|：|:)?(?P<a>[{DIGIT}1-5])(?P<plus>加)(?P<b>[{DIGIT}1-5])"
    rf"(?:(?P<equals>等于|为|=)(?P<sum>[{DIGIT}十]|\d{{1,2}}))?"
)
_TNM = re.compile(
    r"(?<![A-Za-z])(?P<p>y?[cpr]?)T(?P<t>[零一二三四0-4X]|is)(?P<ts>[a-d]?)(?P<pn>[cp]?)N(?P<n>[零一二三0-3X])(?P<ns>[a-c]?)"
    r"(?:M(?P<m>[零一01X])(?P<ms>[a-c]?))?(?P<next>(?=[零一二三四0-4]))?"
)
_HER2 = re.compile(r"(?i:HER)-?(?P<two>二|2)(?P<gap> ?)(?P<n>[零一两二三0-3])(?P<sign>个?加号?)")
_ROMAN = re.compile(
    r"(?P<head>莫氏|NYHA(?:心功能)?(?:分级)?|Killip(?:分级)?|Garden|Pauwels|Gustilo|Schatzker|Bosniak|Mallampati|Siewert|Bismuth|Crowe)"
    r"(?P<a> ?)(?P<class>[一二三四五六1-6])(?=[级型类])"
    r"|(?<=二度)(?P<block>[一二])(?=型)|(?<=颈)(?P<part>部?(?:淋巴结)?)(?P<level>[一二三四五六])(?=[ABab]?区)"
)
_PARTS_OF_DAY = re.compile(
    rf"(?<![每今昨当明])(?P<when>早|中午|中|晚|午|睡前)(?P<n>[{NUMERAL}]+)(?=(?:中午|中|晚|午|睡前)[{NUMERAL}\d]|个?单位|片|粒)"
)
_LAST_PART_OF_DAY = re.compile(rf"(?<=\d)(?:晚|午|睡前)(?P<n>[{NUMERAL}]+)(?=$|[，。；])")
_DAYS_AFTER_WEEKS = re.compile(r"(?<=周加)(?P<n>[一二两三四五六])(?=$|[，。；、）])")
_SUTURE = re.compile(
    rf"(?P<n>十|[{DIGIT}]|\d{{1,2}})(?P<zero>(?:个|杠|-)?(?:零|0))(?=号?[\u4e00-\u9fffA-Za-z]{{0,4}}?(?:线|缝合|薇乔|普理灵|尼龙|可吸收))"
)
_PARITY = re.compile(rf"孕([{DIGIT}十]|\d)产([{DIGIT}十]|\d)")


def specialised(draft: Draft) -> Draft:
    """Everything of a form of its own, while the numerals are still characters."""
    draft = draft.rewritten(_PRESSURE, _pressure)
    draft = draft.rewritten(_HEIGHT, lambda match: f"1.{_read(match[2])}米")
    draft = draft.rewritten(_MARKER, _marker)
    draft = draft.rewritten(_STRENGTH, _strength)
    draft = draft.rewritten(_PLUSES, _pluses)
    draft = draft.rewritten(_GLEASON, _gleason)
    draft = draft.rewritten(_TNM, _tnm)
    draft = draft.rewritten(_HER2, _her2)
    draft = draft.rewritten(_ROMAN, _roman_class)
    draft = draft.rewritten(_PARTS_OF_DAY, lambda match: [_digits(match, "n")])
    draft = draft.rewritten(_LAST_PART_OF_DAY, lambda match: [_digits(match, "n")])
    draft = draft.rewritten(_DAYS_AFTER_WEEKS, lambda match: [_digits(match, "n")])
    draft = draft.rewritten(_SUTURE, lambda match: [_digits(match, "n"), edit_of(match, "zero", "-0")])
    draft = draft.rewritten(_REGION_PAIR, _region_pair)
    draft = draft.rewritten(_LEVEL_RANGE, _level_range)
    draft = draft.rewritten(_LEVEL_PAIR, _level_pair)
    draft = draft.rewritten(_level(), _single_level)
    draft = draft.rewritten(_PARITY, lambda match: [_digits(match, 1), _digits(match, 2)])
    draft = draft.rewritten(_YEAR, lambda match: digits_of(match[1]))
    draft = draft.rewritten(_MONTH_DAY, _month_day)
    draft = draft.rewritten(_HOUR, _hour)
    return draft.rewritten(_CLOCK, _clock)


def temperatures(draft: Draft) -> Draft:
    """37度3 is 37.3度."""
    return draft.rewritten(
        _TEMPERATURE, lambda match: [edit_of(match, 2, "."), edit_of(match, 3, f"{_read(match[3])}度")]
    )


def pressures(draft: Draft) -> Draft:
    """130比85 after 血压 or before mmHg, and two numbers in one after 血压."""
    return draft.rewritten(_SLASH, _slash).rewritten(_GLUED, lambda match: [edit_of(match, "gap", "/")])


def _read(said: str) -> str:
    return said if said.isascii() else digits_of(said) or said


def _digits(match: re.Match[str], group: int | str) -> Edit:
    return edit_of(match, group, _read(match[group]))


def _pressure(match: re.Match[str]) -> Rewrite:
    if match["b"] is not None:
        upper, lower = digits_of(match["a"]), digits_of(match["b"])
        if upper is None or lower is None:
            return None
        return [edit_of(match, "a", upper), edit_of(match, "link", "/"), edit_of(match, "b", lower)]
    split = pressures_of(match["a"]) if value_of(match["a"]) is None else None
    if split is None:
        return None
    start, cut = match.start("a"), match.start("a") + split[0]
    upper, lower = digits_of(match["a"][: split[0]]), digits_of(match["a"][split[0] :])
    return [Edit(start, cut, upper or ""), Edit(cut, match.end("a"), f"/{lower}")]


def _marker(match: re.Match[str]) -> Rewrite:
    """CA199: the figures belong to the name, a value after them stands apart."""
    return [edit_of(match, "n", _read(match["n"]) + (" " if match["next"] is not None else ""))]


def _strength(match: re.Match[str]) -> Rewrite:
    return [_digits(match, "n"), edit_of(match, "sign", "-" if match["sign"] == "减" else "+")]


def _pluses(match: re.Match[str]) -> Rewrite:
    number, sign = ("n", "sign") if match["n"] is not None else ("m", "whole")
    return [_digits(match, number), edit_of(match, sign, "+")]


def _gleason(match: re.Match[str]) -> Rewrite:
    edits = [_digits(match, "a"), edit_of(match, "plus", "+"), _digits(match, "b")]
    if match["equals"] is not None:
        edits += [edit_of(match, "equals", "="), _digits(match, "sum")]
    return edits


def _tnm(match: re.Match[str]) -> Rewrite:
    """T二N一M零: one figure each (AJCC); a stage right after them stands apart."""
    figures = [_digits(match, name) for name in ("t", "n", "m") if match[name] is not None]
    if match["next"] is not None:
        figures.append(Edit(match.end(), match.end(), " "))
    return figures


def _her2(match: re.Match[str]) -> Rewrite:
    return [_digits(match, "two"), edit_of(match, "gap", " "), _digits(match, "n"), edit_of(match, "sign", "+")]


def _roman_class(match: re.Match[str]) -> Rewrite:
    """NYHA and Killip classes, types of second degree block and levels of the neck are roman."""
    name = next(name for name in ("class", "block", "level") if match[name] is not None)
    written = roman(int(_read(match[name])))
    apart = name == "class" and not match["a"] and match["head"].isascii()
    return [Edit(match.start(name), match.end(name), f" {written}" if apart else written)]


def _slash(match: re.Match[str]) -> Rewrite:
    around = match.string[max(0, match.start() - 16) : match.end() + 6]
    if not _PRESSURE_NEAR.search(around) and not re.search("毫米汞柱|mmHg", around):
        return None
    return [edit_of(match, 2, "/")]


def _region_pair(match: re.Match[str]) -> Rewrite:
    upper, lower = match[1], match[3]
    first, second = int(_read(match[2])), int(_read(match[4]))
    if first > _LIMIT[upper] or second > _LIMIT[lower]:
        return None
    if (upper, lower) not in _NEXT_REGION and not (upper == lower and second == first + 1):
        return None
    lead = "" if match.string[match.end(2)] in "/-" else "/"
    return [_digits(match, 2), Edit(match.start(3), match.end(3), lead + lower), _digits(match, 4)]


def _level_range(match: re.Match[str]) -> Rewrite:
    """颈三到颈七, 腰椎一到四: from one vertebra to another."""
    upper, lower = match[1], match[3] or match[1]
    first, second = int(_read(match[2])), int(_read(match[4]))
    if first > _LIMIT[upper] or second > _LIMIT[lower] or (upper == lower and second <= first):
        return None
    return [_digits(match, 2), _digits(match, 4)]


def _level_pair(match: re.Match[str]) -> Rewrite:
    first, second = int(_read(match[3])), int(_read(match[5]))
    if second != first + 1 or second > _LIMIT[match[1]]:
        return None
    return [_digits(match, 3), Edit(match.start(4), match.end(5), f"{match[4] or '/'}{second}")]


@cache
def _level() -> re.Pattern[str]:
    after = either(table("numerals_zh").lists("vertebra")["after"])
    return re.compile(rf"([颈胸腰骶])(?:椎)?({_LEVEL})(?=体?{after}|体|$)(?![{NUMERAL}])")


def _single_level(match: re.Match[str]) -> Rewrite:
    return [_digits(match, 2)] if int(_read(match[2])) <= _LIMIT[match[1]] else None


def _month_day(match: re.Match[str]) -> Rewrite:
    """三月四号 is 3月4日; without 日 or 号 only after a year."""
    month, day = _read(match["month"]), _read(match["day"])
    if not (month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    edits = [edit_of(match, "month", month), edit_of(match, "day", day)]
    if match["mark"] is None:
        return edits[:1] if match.string[match.start() - 1 : match.start()] == "年" else None
    if match["mark"] == "号":
        edits.append(edit_of(match, "mark", "日"))
    return edits


@cache
def _daytime() -> re.Pattern[str]:
    return re.compile(rf"{either(table('numerals_zh').lists('daytime')['words'])}(?:约|大约|于|的)?$")


def _hour(match: re.Match[str]) -> Rewrite:
    """九时二十分: the bookish word for 点; 一时 alone is no time."""
    before = match.string[max(0, match.start() - 6) : match.start()]
    if before.endswith(tuple(NUMERAL)) or (match["hour"] == "一" and match["minute"] is None):
        return None
    if match["bare"] is not None and not _daytime().search(before):
        return None
    return [_digits(match, "hour")] + ([_digits(match, "minute")] if match["minute"] is not None else [])


def _clock(match: re.Match[str]) -> Rewrite:
    """三点二十, 二十二点四十, 上午九点: a time, not a decimal."""
    hour = _read(match["hour"])
    if not hour.isdigit() or int(hour) > 24:
        return None
    daytime = _daytime().search(match.string[max(0, match.start() - 6) : match.start()]) is not None
    said = match["minute"]
    if said is not None:
        minute = _read(said)
        as_time = "十" in said or match["mark"] in {"分", "刻"} or (daytime and len(said) == 2)
        scored = _SCORED.search(match.string[max(0, match.start() - 6) : match.start()])
        measured = match["mark"] is None and _AMOUNT_AFTER.match(match.string, match.end()) is not None
        doubtful = match.string.startswith("点", match.end())
        if not as_time or scored or measured or doubtful or not minute.isdigit() or int(minute) > 59:
            return None
        return [edit_of(match, "hour", hour), edit_of(match, "minute", minute)]
    told = (
        match["word"] is not None
        or match["range"] is not None
        or _TO_CLOCK.search(match.string[max(0, match.start() - 6) : match.start()])
    )
    if not (told or daytime) or match.string[match.end() : match.end() + 1] in tuple(NUMERAL):
        return None
    return [edit_of(match, "hour", hour)]
