"""Chinese from spoken to written form.

Owns when a numeral becomes digits: with a unit, a counter or a known head beside it, or by a shape that only a number
has (a decimal, tens and more, figures said one by one). Numerals of set words (十二指肠, 三尖瓣, 四肢) stay. The
commands and the spoken punctuation are already gone from the draft.
"""

import re
from functools import cache
from itertools import pairwise

from wardscribe_server.pipeline.writing.draft import Draft, Edit, Rewrite, edit_of
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise import labels_zh, lists_zh, proportions_zh, vitals_zh
from wardscribe_server.pipeline.writing.normalise.number_words_en import roman
from wardscribe_server.pipeline.writing.normalise.numbers_zh import (
    DIGIT,
    NAME_BEFORE,
    NUMERAL,
    RUN,
    digits_of,
    has_scale,
    plain,
)

_ARABIC = r"\d+(?:\.\d+)?"
_HYPHEN = re.compile(rf"(?<=[A-Za-z])(?:横杠|短横|杠)(?=[A-Za-z{DIGIT}])")
_LINK_AFTER = re.compile(rf"(?:乘以?|×|x|X)[{NUMERAL}\d]")
_LINK_BEFORE = re.compile(rf"[{NUMERAL}\d](?:乘以?|×|x|X)$")
_RANGE_AFTER = re.compile(rf"(?:到|至|-|~|或)([{NUMERAL}]+(?:点[{DIGIT}]+)?|{_ARABIC})")
_RATIO_AFTER = re.compile(rf"比[{NUMERAL}\d]")
_RATIO_BEFORE = re.compile(rf"[{NUMERAL}\d]比$")
_FREQUENCY_AFTER = re.compile(rf"(?:天|日|周|月|年|个月)[{NUMERAL}\d]+(?:到[{NUMERAL}\d]+)?[次片粒支袋滴喷吸]")
_WITHIN_NUMBER = tuple(NUMERAL + "点")
_SCORE_BEFORE = re.compile(r"(?:评分|得分|总分|分钟|分|为|是|共|约|达|：|:)$")
_EVERY = tuple("每一两二三1234")
_TIMES_A_WEEK = re.compile(rf"[{NUMERAL}]*(?:到[{NUMERAL}]+)?[次片粒支袋滴喷吸天]")
_LIMIT_BEFORE = re.compile(r"(?:[大小高低多少]于|等于|超过|不足|大于等于|小于等于)$")
_CLAUSE_END = re.compile(r"$|[，。；、）：\n]")
_RANGE_BEFORE = re.compile(rf"(?<![周期拜初])[{NUMERAL}\d](?:到|至|-|~)$")
_LIST_AFTER = re.compile(rf"(?:、[{NUMERAL}\d]+)+")
_DOUBTFUL_BEFORE = re.compile(rf"[{NUMERAL}]点$")  # 八点四十二点三 is 8.4 and 12.3, or eight o'clock and 42.3
_STAINED = re.compile(r"(?<=\d%)加(?=[，。；、）]|$)")
_NEGATIVE = re.compile(r"(?<![自胜担抱肩欺背辜])负$")
_LETTERED = re.compile(r"(?<![A-Za-z])[A-Za-z]$")
_LETTERED_NOUN = re.compile(r"段|区|型|级|期|组|类|导联|峰|带|点|灶")
_ENDS = tuple("，。；、）到至/")
_LETTER = re.compile(r"[A-Za-z]-?$")
_STAGE_LETTER = re.compile(r"[LR]组|[A-Da-d][1-3一二三]?(?:期|级|型|类)")
_TIMES = re.compile(rf"(?<=[\d])(?:(毫米|厘米|公分|cm|mm)?)(乘以?|成(?=[\d.成]+(?:毫米|厘米|公分|cm|mm)))(?={_ARABIC})")
_RATIO = re.compile(rf"(?<![\d.])({_ARABIC})(比)({_ARABIC})")
_MINUS = re.compile(r"(?:负|零下)(?=\d)")
_HALF = re.compile(r"(?<![\d.])(\d+)(公分|厘米|毫米|米|斤|公斤|片|支|粒)(半)(?!月[板线]|球|[\u4e00-\u9fff]?[径坐卧])")
_HALF_MONTH = re.compile(r"(?<![\d.])(\d+|一)(个半)(?=月|小时)")
_STAGE = re.compile(r"(?<![\d.A-Za-z])([1-4])([A-Ca-c]?)([1-3]?)期")
_CATEGORY = re.compile(
    rf"(?i:(?P<system>[A-Z]+-?RADS)) ?(?:分类|分级)?(?P<n>[{DIGIT}]|\d)(?P<s>[A-Ca-c]?)(?=类|级|$|[，。、；）])"
)
_SYSTEM_DIGIT = re.compile(r"(?<=RADS)(?=\d)", re.IGNORECASE)
_AFTER_PERCENT = re.compile(r"(?<=\d%)(?=\d)")  # 2% 5毫升: a strength and an amount stay apart (ISMP)
_TRAILING_ZERO = re.compile(r"(?<![\d.])(\d+)\.(\d*?)(0+)(?=(?:到\d[\d.]*)?([\u4e00-\u9fffA-Za-zμ]{1,4}))")
_CONCENTRATION = re.compile(r"[\u4e00-\u9fffA-Za-zμ]{1,4}?(?:每(?:分升|毫升|升)|/(?:dL|L|mL|ml))")
_PER_MINUTE = re.compile(r"(?<=\d)(次分)(?!钟?[之别数娩泌析])")
_ORDINAL_BEFORE = re.compile(rf"第[{NUMERAL}\d]+(?:[、和及至到]第?[{NUMERAL}\d]+)*[、和及至到]$")
_VITAMIN = re.compile(r"维生素[A-Z]$")  # 维生素C 2克: two grams, no vitamin C2
_TESLA = re.compile(r"T(?:核磁|磁共振|MR|超导|场强)")
_NARROW_COMMA = re.compile(r"(?<=[\u4e00-\u9fff])([,;:?!])(?=[\u4e00-\u9fff]|$)")
_WIDE = str.maketrans(",;:?!", "，；：？！")


def normalised(draft: Draft) -> Draft:
    """The draft in written form."""
    draft = draft.rewritten(_NARROW_COMMA, lambda match: match[1].translate(_WIDE))
    draft = lists_zh.numbered(draft, trapped=_trapped)
    draft = draft.rewritten(_HYPHEN, lambda _: "-")
    draft = draft.rewritten(_fixed(), _fixed_name)
    draft = draft.rewritten(_combination(), _combined)
    draft = labels_zh.labelled(draft)
    draft = proportions_zh.proportioned(draft)
    draft = draft.rewritten(_CATEGORY, _category)
    draft = vitals_zh.specialised(draft)
    draft = _numerals(draft)
    draft = draft.rewritten(_HALF_MONTH, lambda match: f"{1 if match[1] == '一' else match[1]}.5个")
    draft = vitals_zh.temperatures(draft)
    draft = draft.rewritten(_TIMES, lambda match: [edit_of(match, 2, "×")])
    draft = vitals_zh.pressures(draft)
    draft = draft.rewritten(_RATIO, lambda match: [edit_of(match, 2, ":")])
    draft = draft.rewritten(_MINUS, lambda _: "-")
    draft = draft.rewritten(_HALF, lambda match: [edit_of(match, 1, f"{match[1]}.5"), edit_of(match, 3, "")])
    draft = draft.rewritten(_STAGE, _stage)
    draft = draft.rewritten(_SYSTEM_DIGIT, lambda _: " ")
    draft = draft.rewritten(_STAINED, lambda _: "+")
    draft = draft.rewritten(_AFTER_PERCENT, lambda _: " ")
    draft = draft.rewritten(_PER_MINUTE, lambda match: [edit_of(match, 1, "次/分")])
    return draft.rewritten(_TRAILING_ZERO, _without_trailing_zero)


@cache
def _fixed() -> re.Pattern[str]:
    return re.compile(rf"(?P<name>{either(table('numerals_zh').mapping('fixed'))})(?P<next>(?=[{NUMERAL}\d]))?")


def _fixed_name(match: re.Match[str]) -> Rewrite:
    return table("numerals_zh").mapping("fixed")[match["name"]] + (" " if match["next"] is not None else "")


@cache
def _strengths() -> dict[str, tuple[str, ...]]:
    words = table("numerals_zh")
    strengths = words.lists("combination_strengths")
    return {name: strengths[group] for group, names in words.lists("combination_drugs").items() for name in names}


@cache
def _combination() -> re.Pattern[str]:
    run = rf"(?P<run>[{NUMERAL}]+(?:点[{DIGIT}]+)?)(?![{NUMERAL}点])"
    return re.compile(rf"(?P<name>{either(_strengths())})(?:片|吸入剂|粉吸入剂|干混悬剂)?{run}")


def _combined(match: re.Match[str]) -> Rewrite:
    """A combination said as 一百六十四点五 is 160/4.5, never 164.5."""
    run, strengths = match["run"], _strengths()[match["name"]]
    for cut in range(1, len(run)):
        first, second = digits_of(run[:cut]), digits_of(run[cut:])
        if first is not None and second is not None and f"{first}/{second}" in strengths:
            return [edit_of(match, "run", f"{first}/{second}")]
    return None


def _category(match: re.Match[str]) -> Rewrite:
    return [edit_of(match, "n", plain(match["n"])), edit_of(match, "s", match["s"].upper())]


@cache
def _traps() -> re.Pattern[str]:
    traps = table("numerals_zh").lists("traps")
    return re.compile(either([*traps["words"], *traps["always"]]))


@cache
def _units() -> re.Pattern[str]:
    return re.compile(either(table("numerals_zh").lists("units")["words"]))


@cache
def _counters() -> re.Pattern[str]:
    return re.compile(either(table("numerals_zh").lists("counters")["words"]))


@cache
def _heads() -> re.Pattern[str]:
    words = table("numerals_zh").lists("heads")
    strong = set(words["words"]) - set(words["weak"])
    return re.compile(rf"{either(strong)}(?:为|是|约|达|至|到|：|:|负)?$")


@cache
def _always() -> tuple[str, ...]:
    return table("numerals_zh").lists("traps")["always"]


def _trapped(text: str) -> list[tuple[int, int]]:
    """Ranges of set words; a weekday loses against a count (每周三次)."""
    spans = []
    for match in _traps().finditer(text):
        within = match.group()[0] in NUMERAL and text[max(0, match.start() - 1) : match.start()] in _WITHIN_NUMBER
        if within and not match.group().startswith(_always()):
            continue
        weekday = match.group()[0] in "周星礼" and match.group()[-1] in NUMERAL
        if (
            weekday
            and text[max(0, match.start() - 1) : match.start()] in _EVERY
            and _TIMES_A_WEEK.match(text, match.end())
        ):
            continue
        spans.append(match.span())
    return spans


def _numerals(draft: Draft) -> Draft:
    text = draft.text
    traps = _trapped(text)
    trap = 0
    edits: list[Edit] = []
    for match in RUN.finditer(text):
        while trap < len(traps) and traps[trap][1] <= match.start():
            trap += 1
        start, end = match.span()
        while trap < len(traps) and start < traps[trap][0] < end and text.startswith(_always(), traps[trap][0]):
            end = traps[trap][0]
        trapped = trap < len(traps) and traps[trap][0] < end
        start += _article(text, start, text[start:end])
        run = _without_unit_scale(text, start, end)
        if trapped and not (run and traps[trap][0] >= start + len(run)):
            continue
        written = _number_at(text, start, start + len(run), run)
        if written is not None:
            named = text[max(0, start - 6) : start]
            apart = " " if NAME_BEFORE.search(named) or _VITAMIN.search(named) else ""
            edits.append(Edit(start, start + len(run), apart + written))
    return draft.edited(edits) if edits else draft


@cache
def _verbs() -> tuple[str, ...]:
    return table("numerals_zh").lists("single")["verbs"]


def _article(text: str, start: int, run: str) -> int:
    """Characters of `run` that are the article 一: 见一零点八厘米结节, 见一三厘米肿物."""
    single = run[:1] == "一" and len(run) > 1 and run[1] in DIGIT and not has_scale(run[1:3])
    return int(single and ("点" in run or len(run) == 2) and text[max(0, start - 2) : start].endswith(_verbs()))


@cache
def _vague() -> dict[str, tuple[str, ...]]:
    return table("numerals_zh").lists("vague")


def _is_vague(before: str, after: str, run: str) -> bool:
    """几十枚, 数百, 三五天, 三十几岁: how many is not said."""
    if run in _vague()["pairs"] or after[:1] == "几":
        return True
    if run[0] not in "十百千万":
        return False
    if before.endswith(_vague()["before"]):
        return True
    return before.endswith(_vague()["several"]) and not before.endswith(_vague()["several_not"])


def _without_unit_scale(text: str, start: int, end: int) -> str:
    """六十五千克, 第九十五百分位, 二至三两: the last character belongs to the noun."""
    run = text[start:end]
    if len(run) > 1 and run[-1] == "两":
        return run[:-1]
    if run.endswith("百") and text.startswith("分位", end):
        return run[:-1]
    if run.endswith("千") and len(run) > 1 and text[end : end + 1] in {"克", "卡", "帕"}:
        return run[:-1]
    return run


def _number_at(text: str, start: int, end: int, run: str) -> str | None:
    """What the numeral `run` at `[start, end)` is written as; None to leave it."""
    written = digits_of(run)
    if written is None:
        return None
    before, single = text[max(0, start - 12) : start], len(run) == 1
    if text.startswith("两", end):
        return None  # 三两 of rice or spirits: 两 is the unit
    if _is_vague(before, text[end : end + 1], run) or text.startswith("分之", end) or before.endswith("分之"):
        return None
    if _DOUBTFUL_BEFORE.search(before):
        return None
    if "点" in run:
        return written
    if before.endswith("第"):
        return _ordinal(text, end, written, single=single) if single or has_scale(run) else _ordinals(text, end, run)
    if single and _ORDINAL_BEFORE.search(before) and _ordinal_nouns().match(text, end):
        return written
    if run[-1] == "万" and len(written) > 5:
        return written[:-4] + "万"  # GB/T 15835-2011: many zeros are written as 万
    if not has_scale(run) and len(run) == 2 and _approximate(run):
        return None
    if _units().match(text, end) and not (run == "一" and text.startswith("米线", end)):
        return written
    if single and _LETTERED.search(before) and _LETTERED_NOUN.match(text, end):
        return written  # M一段, V一导联: 一 is part of a name
    counter = _counters().match(text, end)
    if counter is not None:
        return _counted(text, start, end, run, written, counter.group())
    if _linked(text, before, end):
        return written
    if _LETTER.search(before) and len(run) <= 3:
        return written
    if single and (_STAGE_LETTER.match(text, end) or _TESLA.match(text, end)):
        return written
    if has_scale(run) and len(run) >= 2 and run not in {"万一", "千万"}:
        return written
    if not has_scale(run) and (len(run) >= 4 or (len(run) >= 3 and any(char in "零幺〇" for char in run))):
        return written
    if _NEGATIVE.search(before) and (end == len(text) or text.startswith(_ENDS, end)):
        return written
    return written if run not in {"两", "百", "千", "万"} and _heads().search(before) else None


def _approximate(run: str) -> bool:
    """三四天: two neighbouring figures are a guess, not a number."""
    return digits_of(run[0]) is not None and int(digits_of(run[1]) or 0) == int(digits_of(run[0]) or 0) + 1


def _ordinals(text: str, end: int, run: str) -> str | None:
    """第三四五肋 are three ribs."""
    figures = [digits_of(char) or "" for char in run]
    following = all(int(after) == int(figure) + 1 for figure, after in pairwise(figures))
    return "、".join(figures) if following and _ordinal_nouns().match(text, end) else None


def _ordinal(text: str, end: int, written: str, *, single: bool) -> str | None:
    if not single:
        return written
    return written if _ordinal_nouns().match(text, end) else None


@cache
def _ordinal_nouns() -> re.Pattern[str]:
    nouns = either(table("numerals_zh").lists("ordinal")["nouns"])
    return re.compile(rf"(?:[、和及至到]?第?[{DIGIT}十](?![点十]))*{nouns}")


def _counted(text: str, start: int, end: int, run: str, written: str, counter: str) -> str | None:
    """A numeral before a counter: one counts only where a count is meant."""
    counters = table("numerals_zh").lists("counters")
    before = text[max(0, start - 4) : start]
    if _FREQUENCY_AFTER.match(text, end) and not before.endswith(("每", "第")) and run == "一":
        return None
    if run == "十" and counter == "分" and not _SCORE_BEFORE.search(text[max(0, start - 4) : start]):
        return None
    if counter == "度":
        return written if len(run) > 1 else None
    if (
        counter == "月"
        and before[-1:] != "年"
        and text[end + 1 : end + 2] not in {"", *"初底中下上份，。"} | set(NUMERAL)
    ):
        return written if run != "一" else None
    if counter in {"分", "号"} and before[-1:] == "部":
        return None
    if run in {"一", "百", "千", "万"}:
        every = text.startswith(("每", "一日", "一天"), end + len(counter))
        dose = counter in counters["dose"] and (every or before.endswith(counters["dosing"]))
        after_month = counter in {"日", "号", "月"} and before[-1:] in {"月", "年"}
        return written if run == "一" and (counter in counters["one"] or dose or after_month) else None
    return written


def _linked(text: str, before: str, end: int) -> bool:
    """Whether a times sign, a ratio or a range ties the numeral to another number."""
    if _LINK_AFTER.match(text, end) or _LINK_BEFORE.search(before):
        return True
    if _RATIO_AFTER.match(text, end) or _RATIO_BEFORE.search(before):
        return True
    listed = _LIST_AFTER.match(text, end)
    if listed is not None and not before.endswith("第") and _units().match(text, listed.end()):
        return True
    closed = _CLAUSE_END.match(text, end) is not None
    if closed and (_RANGE_BEFORE.search(before) or _LIMIT_BEFORE.search(before)):
        return True
    if _RANGE_BEFORE.search(before) and _ordinal_nouns().match(text, end):
        return True
    upper = _RANGE_AFTER.match(text, end)
    if upper is None or (len(upper[1]) > 1 and upper[1][-1] == "两"):
        return False
    after = upper.end()
    if _CLAUSE_END.match(text, after) and before[-1:] not in tuple("周期拜初第"):
        return True
    if _ordinal_nouns().match(text, after):
        return True
    return bool(_units().match(text, after) or _counters().match(text, after) or text[after : after + 1] == "%")


def _stage(match: re.Match[str]) -> Rewrite:
    """Cancer stages are roman (AJCC, CSCO); kidney disease and pressure injury arabic."""
    window = match.string[max(0, match.start() - 14) : match.start()]
    clause = re.split("[，。；：]", window)[-1]
    if not any(word in clause for word in table("numerals_zh").lists("stage")["cancer"]):
        return None
    return f"{roman(int(match[1]))}{match[2].upper()}{match[3]}期"


def _without_trailing_zero(match: re.Match[str]) -> Rewrite:
    """No trailing zero in a dose (Joint Commission, ISMP); sizes and laboratory values keep theirs."""
    units = table("numerals_zh").lists("dose")
    after = match.string[match.end() : match.end() + 8]
    if _CONCENTRATION.match(after):
        return None
    clause = re.split("[，。；：]", match.string[max(0, match.start() - 10) : match.start()])[-1]
    dose = after.startswith(units["always"]) or (
        after.startswith(units["unless_measured"]) and not any(word in clause for word in units["measuring"])
    )
    if not dose:
        return None
    return f"{match[1]}.{match[2]}" if match[2] else match[1]
