"""Hesitations and self-corrections in Chinese, on characters.

Owns what 不对, 更正, 应该是 take back: the latest stretch that is said again (改为三片不对改为两片), the latest
number before a number, the latest side before a side. Without one of these nothing changes (不对称, 应该是良性).
"""

import re
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.numbers_zh import NUMERAL

_NUMERAL_CHARS = NUMERAL + "点0123456789."
_NUMBER = rf"(?:[{NUMERAL}\d]+(?:[点.][{NUMERAL}\d]+)?)"
_CHAIN = re.compile(rf"{_NUMBER}(?:(?:乘以?|×|比|/|到|至){_NUMBER})*")
_UNIT = re.compile(
    r"(?:毫米|厘米|公分|毫克|微克|克|毫升|升|单位|片|粒|天|周|个月|岁|次|公斤|毫摩尔|%|年|小时|分钟|滴|度)"
)
_STOPS = re.compile(r"[。；！？\n]|句号|分号|冒号|：")
_CLAUSE = re.compile(r"[，、,。；\ue000\n]|逗号|顿号|句号|冒号")
_SEPARATORS = r"(?:[，,、。 \ue000…]|逗号)*"
_WINDOW = 40
_REACH = 16
_FINDING = 8
_NEAR = 6  # 三肋骨折 after the number that is taken back


def without_hesitations(draft: Draft) -> Draft:
    """The draft without 嗯 and 呃; 那个 and the like only where they stand alone."""
    if "\ue000那个" in draft.text or draft.text.startswith("那个"):
        draft = draft.rewritten(_doubled(), lambda _: "")
    draft = draft.rewritten(_hesitation(), lambda _: "").rewritten(_alone(), lambda match: match["lead"])
    return draft.rewritten(_opening(), lambda _: "").rewritten(_filler(), lambda _: "")


@cache
def _opening() -> re.Pattern[str]:
    """啊 before the first word; 哦不是 is a correction and 额 a forehead."""
    return re.compile(
        rf"(?:(?<=^)|(?<=[\ue000，。；]))(?:{either(table('editing_zh').lists('fillers')['openings'])})+(?=[\u4e00-\u9fff])(?![不对错声])"
    )


@cache
def _filler() -> re.Pattern[str]:
    """那个 where it can point at nothing: after an organ, before a number or an organ's name."""
    words = table("editing_zh").lists("fillers")
    organs, traits = either(words["organs"]), either(words["traits"])
    said = rf"(?:{either(words['words'])})+"
    number = rf"[{NUMERAL}\d]+(?:点|[个天周月年次片粒毫厘公单微升克岁度比分]|$|[，。])"
    organ_before = "|".join(rf"(?<={organ})" for organ in sorted(words["organs"], key=len, reverse=True))
    verb_before = "|".join(rf"(?<={verb})" for verb in words["verbs"])
    return re.compile(
        rf"(?:{organ_before}){said}(?={traits}|{number})"
        rf"|(?:{verb_before}){said}(?={number}|{either(words['ordered'])})"
        rf"|(?:(?<=^)|(?<=[\ue000，。；])|(?<=然后)){said}(?={organs}(?:{traits}|{number}|{said}))"
    )


@cache
def _doubled() -> re.Pattern[str]:
    return re.compile(r"(?:(?<=^)|(?<=\ue000))那个(?:，?那个)+，?")


@cache
def _hesitation() -> re.Pattern[str]:
    grammar = table("editing_zh").lists("hesitations")
    words, barred = either(grammar["words"]), either(grammar["not_after"])
    return re.compile(rf"(?:{words}(?!{barred})(?:…+|[，,、](?=.)|(?<=^.)[，,、。])?)+")


@cache
def _alone() -> re.Pattern[str]:
    words = either(table("editing_zh").lists("hesitations")["alone"])
    return re.compile(rf"(?P<lead>^|[\ue000，。])(?:{words}(?:[，,…]+|(?=\ue000)|$))+")


def fluent(draft: Draft) -> Draft:
    """The draft without what was taken back while it was said."""
    position = 0
    while match := _cue().search(draft.text, position):
        edit = _repair(draft.text, match)
        if edit is None:
            position = match.end("cue")
            continue
        draft = draft.edited([edit])
        position = max(edit.start - 1, 0)
    return draft


@cache
def _cue() -> re.Pattern[str]:
    grammar = table("editing_zh").lists("corrections")
    every = either({*grammar["strong"], *grammar["weak"]})
    strong = either(grammar["strong"])
    not_after, not_before = either(grammar["not_after"]), "".join(rf"(?<!{word})" for word in grammar["not_before"])
    return re.compile(
        rf"(?P<pre>{_SEPARATORS}){not_before}(?P<cue>{every}(?:{_SEPARATORS}(?:{strong}|应该是|是))*)(?!(?<=不对){not_after})(?P<post>(?:为|：|:)?{_SEPARATORS})"
    )


def _repair(text: str, match: re.Match[str]) -> Edit | None:
    low = max(0, match.start() - _WINDOW)
    stops = [found.end() for found in _STOPS.finditer(text, low, match.start())]
    before = text[stops[-1] if stops else low : match.start()]
    after = text[match.end() : match.end() + _WINDOW]
    if not before or not after:
        return None
    grammar = table("editing_zh").lists("corrections")
    weak = match["cue"] in grammar["weak"]
    marked = bool(match["pre"]) and bool(match["post"])
    edit = _numbers(match, before, after, weak=weak and not marked)
    if edit is not None:
        return edit
    start = _counterpart(before, after) if not weak or marked else None
    if start is not None:
        return Edit(match.start() - len(before) + start, match.end(), "")
    start = _retrace(before, after, weak=weak and not marked)
    if start is None and not weak:
        start = _opposite(before, after)
    if start is None:
        start = _same_class(before, after, weak=weak and not marked)
    if start is None and not weak:
        start = _same_ending(before, after, marked=marked)
    return None if start is None else Edit(match.start() - len(before) + start, match.end(), "")


def _numbers(match: re.Match[str], before: str, after: str, *, weak: bool) -> Edit | None:
    """A number after the cue takes back the last one before it; a unit that is not said again stays."""
    new = _CHAIN.match(after)
    if new is None:
        return None
    retrace = _retrace(before, after, weak=False)
    old = [found for found in _CHAIN.finditer(before) if len(before) - found.end() <= (3 if weak else _REACH)]
    offset = match.start() - len(before)
    if not old:
        return None
    last = old[-1]
    unit = before[last.end() :]
    if retrace is not None and (retrace < last.start() or not _UNIT.match(unit)):
        start = retrace
    elif _linked(new.group()) or not _linked(last.group()):
        start = last.start()
    else:
        start = last.start() + max(last.group().rfind(link) for link in "乘×比/到至") + 1
        start += before[start : start + 1] == "以"
    if _UNIT.fullmatch(unit) and not _UNIT.match(after, new.end()) and start >= last.start():
        return Edit(offset + start, match.end() + new.end(), new.group() + unit)
    return Edit(offset + start, match.end(), "")


_HEADED = re.compile(rf"(?P<head>第|每|约|[颈胸腰骶]椎?|孕|[A-Za-z]+-?)(?P<n>{_NUMBER})(?P<noun>[\u4e00-\u9fff]?)")


def _counterpart(before: str, after: str) -> int | None:
    """第三肋不对第四肋, 腰四五不对腰五骶一, T二不对T三: a number after the same head."""
    new = _HEADED.match(after)
    if new is None:
        return None
    kind = _kind(new["head"])
    last = None
    for old in _HEADED.finditer(before):
        if _kind(old["head"]) == kind:
            last = old
    if last is None or len(before) - last.end() > _NEAR:
        return None
    start = last.start()
    while kind == "椎" and (pair := re.search(rf"[颈胸腰骶]椎?{_NUMBER}$", before[:start])):
        start = pair.start()  # 腰五骶一 is one disc
    return start


def _kind(head: str) -> str:
    return "椎" if head[0] in "颈胸腰骶" else head


def _linked(chain: str) -> bool:
    return any(link in chain for link in "乘×比/到至")


def _retrace(before: str, after: str, *, weak: bool) -> int | None:
    """Where the characters begin that are said again, two at least; the longest match, the latest."""
    best, start = 1, None
    for index in range(max(0, len(before) - (6 if weak else 24)), len(before)):
        size = 0
        while size < len(after) and index + size < len(before) and before[index + size] == after[size]:
            size += 1
        if size >= 2 and size >= best:
            best, start = size, index
    if start is None and not weak:
        start = _other_side(before, after)
    while start and after[0] in _NUMERAL_CHARS and before[start - 1] in _NUMERAL_CHARS:
        start -= 1
    return start


def _other_side(before: str, after: str) -> int | None:
    """肝左叶不对肝右叶: one character said again, then the other side or height."""
    classes = table("editing_zh").lists("classes")
    for index in range(len(before) - 2, max(-1, len(before) - _FINDING - 1), -1):
        pair = before[index + 1], after[1:2]
        other = pair[1] and pair[0] != pair[1] and before[index] == after[0]
        if other and any(pair[0] in chars and pair[1] in chars for chars in classes.values()):
            return index
    return None


@cache
def _polarity() -> re.Pattern[str]:
    words = table("repairs_zh").lists("polarity")
    return re.compile(rf"(?P<negative>{either(words['negative'])})|(?P<positive>{either(words['positive'])})")


@cache
def _opposites() -> tuple[tuple[str, ...], ...]:
    groups = table("repairs_zh").lists("opposites").values()
    return tuple(tuple(sorted(words, key=len, reverse=True)) for words in groups)


def _opposite(before: str, after: str) -> int | None:
    """阴性不对阳性; 无发热不对有低热: the clause that said the opposite goes."""
    for words in _opposites():
        if after.startswith(words):
            old = next((word for word in words if before.endswith(word)), None)
            if old is not None:
                return len(before) - len(old)
    stated = _polarity().match(after)
    if stated is None:
        return None
    clause = [match.end() for match in _CLAUSE.finditer(before)]
    start = clause[-1] if clause else 0
    last = None
    for match in _polarity().finditer(before, start):
        last = match
    if last is None or last.lastgroup == stated.lastgroup or len(before) - last.end() > _FINDING:
        return None
    return last.start() if last.end() < len(before) else None


def _same_class(before: str, after: str, *, weak: bool) -> int | None:
    """The latest character of the first one's class: a side for a side, up for down."""
    for name, chars in table("editing_zh").lists("classes").items():
        if after[0] not in chars:
            continue
        reach = (4 if weak else 8) if name == "side" else 4
        for index in range(len(before) - 1, max(-1, len(before) - 1 - reach), -1):
            if before[index] not in chars:
                continue
            if name == "side" or before[index + 1 : index + 2] == after[1:2] or index == len(before) - 1:
                return index if not (weak and before[index] == after[0]) else None
    return None


def _same_ending(before: str, after: str, *, marked: bool) -> int | None:
    """青霉素过敏，不对，头孢过敏: a clause that ends alike, or, between pauses, a short clause."""
    clause = [found.end() for found in _CLAUSE.finditer(before)]
    start = clause[-1] if clause else 0
    stop = _CLAUSE.search(after)
    new = after[: stop.start()] if stop else after
    old = before[start:]
    if len(old) <= 12 and len(new) <= 12 and len(old) > 2 and old[-2:] == new[-2:]:
        return start
    return start if marked and 0 < len(old) <= 6 and len(new) <= 8 else None
