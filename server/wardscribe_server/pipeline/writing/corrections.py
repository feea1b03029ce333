"""Hesitations and self-corrections: what the speaker took back while speaking.

Owns which words a cue ("correction", "no I mean", 不对, 更正) takes back: the interregnum and the reparandum of a
disfluency in Shriberg's terms. A cue without a word of the same class or a retrace before it changes nothing: the
physician sees it. It must not touch a negation ("no more than", 不对称, 双侧胸廓不对称).
"""

import re
from collections.abc import Container
from functools import cache
from itertools import pairwise

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.corrections_zh import fluent as fluent_chinese
from wardscribe_server.pipeline.writing.corrections_zh import without_hesitations as fluent_hesitations
from wardscribe_server.pipeline.writing.draft import Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.number_words_en import DIGITS, SCALES, TEENS, TENS

_BREAK = re.compile(r"[.;!?](?= |$|\ue000)|\bperiod\b|\bfull stop\b|\n", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s\ue000,.;:!?]+(?:\.\d+)?")
_WINDOW = 120
_REACH = 8
_NUMBER_WORDS = frozenset([*DIGITS, *TEENS, *TENS, *SCALES, "hundred", "point"])
_LINKS = frozenset(["by", "over", "to", "x", "out"])
_NOUNLESS = frozenset(["of", "in", "within", "involving", "into", "through", "a", "is", "was"])


class _Token:
    """A word of the window with its characters."""

    __slots__ = ("end", "start", "word")

    def __init__(self, match: re.Match[str]) -> None:
        self.start = match.start()
        self.end = match.end()
        self.word = match.group().lower()

    @property
    def number(self) -> bool:
        return self.word in _NUMBER_WORDS or self.word[0].isdigit()


def fluent(draft: Draft, *, language: Language) -> Draft:
    """The draft without what was taken back while it was said."""
    if language is Language.ZH:
        return fluent_chinese(draft)
    position = 0
    while match := _cue().search(draft.text, position):
        edit = _repair(draft.text, match)
        if edit is None:
            position = match.end("cue")
            continue
        draft = draft.edited([edit])
        position = max(edit.start - 1, 0)
    return draft


def without_hesitations(draft: Draft, *, language: Language) -> Draft:
    """The draft without um and uh, and the recogniser's commas around them."""
    if language is Language.ZH:
        return fluent_hesitations(draft)
    draft = draft.rewritten(_hesitation(), _gap)
    draft = draft.rewritten(_er(), _er_gap)
    said = draft.text.lower()
    if "ah" in said:
        draft = draft.rewritten(_ah(), lambda match: match["lead"])
    if any(one == other for one, other in pairwise(said.split(" "))):
        draft = draft.rewritten(_stammer(), lambda match: match["word"])
    return draft


@cache
def _ah() -> re.Pattern[str]:
    barred = "".join(rf"(?<!\b{word})" for word in table("editing_en").lists("hesitations")["ah_not_before"])
    return re.compile(rf"(?P<lead>^|{barred}[ \ue000])ah,? (?=[a-z])", re.IGNORECASE)


@cache
def _stammer() -> re.Pattern[str]:
    """ "the the liver", never a number, a side or a negation."""
    words = either(table("editing_en").lists("hesitations")["stammered"])
    return re.compile(rf"(?<![\w'’-])(?P<word>{words})(?: (?P=word))+(?![\w'’-])", re.IGNORECASE)


@cache
def _hesitation() -> re.Pattern[str]:
    words = either(table("editing_en").lists("hesitations")["words"])
    return re.compile(
        rf"(?:(?P<lead>^|[ \ue000])|,(?P<comma> )(?=(?:{words},? )*{words}, ))"
        rf"(?:{words}(?:,|\.\.\.|…)?(?: |$|(?=\ue000)|(?=[.?!])))+",
        re.IGNORECASE,
    )


def _gap(match: re.Match[str]) -> str:
    return match["lead"] or match["comma"] or ""


@cache
def _er() -> re.Pattern[str]:
    return re.compile(r"(?:(?P<before>[\w'’]+)[ ,]+)?(?<![\w-])(?P<er>er,? )(?P<after>[\w-]+)?")


def _er_gap(match: re.Match[str]) -> list[Edit] | None:
    barred = table("editing_en").lists("hesitations")
    after = (match["after"] or "").lower()
    if after in barred["er_not_after"] or (
        (match["before"] or "").lower() in barred["er_not_before"] and after not in {"", "uh", "um"}
    ):
        return None
    return [Edit(match.start("er"), match.end("er"), "")]


@cache
def _cue() -> re.Pattern[str]:
    cues = table("editing_en").lists("corrections")
    both = either({*cues["strong"], *cues["weak"]})
    between = r"(?:(?: comma(?!\w)|[ ,.:;\ue000…-])+)"
    strong = either(cues["strong"])
    return re.compile(
        rf"(?P<pre>{between})(?P<cue>(?<![\w-]){both}(?![\w'’-])(?:{between}{strong}(?![\w'’-]))*)(?P<post>{between})",
        re.IGNORECASE,
    )


@cache
def _classes() -> dict[str, str]:
    return {word: name for name, words in table("editing_en").lists("classes").items() for word in words}


@cache
def _repairs() -> dict[str, frozenset[str]]:
    grammar = table("repairs_en")
    lists = grammar.lists("ordinary") | grammar.lists("retrace") | grammar.lists("correction")
    return {name: frozenset(words) for name, words in lists.items()}


@cache
def _function_words() -> frozenset[str]:
    return frozenset(table("editing_en").lists("function_words")["words"])


def _repair(text: str, match: re.Match[str]) -> Edit | None:
    """The characters that a cue takes back, itself included."""
    before = _before(text, match.start())
    after = [_Token(found) for found in _TOKEN.finditer(text, match.end(), min(len(text), match.end() + 60))]
    if not before or not after:
        return None
    cue = match["cue"].lower()
    marked = any(char in match["pre"] for char in ",.;\ue000") or "comma" in match["pre"]
    marked = marked and (any(char in match["post"] for char in ",.;:\ue000") or "comma" in match["post"])
    if cue in table("editing_en").lists("corrections")["weak"]:
        return _weak_repair(text, match, before, after, marked=marked)
    if cue in _repairs()["cues"] and not marked and before[-1].word in _repairs()["before"]:
        return None
    if cue == "correction" and not marked and _is_noun(before, after):
        return None
    if after[0].number:
        return _number_repair(text, match, before, after, reach=_REACH)
    empty = _function_words()
    if cue in _repairs()["cues"] and not marked:
        empty |= _repairs()["pronouns"]
    start = _retrace(before, after, empty)
    if start is None:
        start = _same_class(before, after)
    if start is None:
        start = _same_ending(before, after)
    sure = marked or cue in table("editing_en").lists("corrections")["sure"]
    if start is None and sure and before[-1].word not in _function_words():
        start = before[-1].start
    return Edit(start, after[0].start, "") if start is not None else None


def _is_noun(before: list[_Token], after: list[_Token]) -> bool:
    """A correction dose of insulin, the correction of a sodium: content, which no doubt may delete."""
    repairs = _repairs()
    if before[-1].word in repairs["noun_after"] or after[0].word in repairs["noun_before"]:
        return True
    said = {token.word for token in (*before, *after)}
    return after[0].number and not said.isdisjoint(repairs["insulin"])


def _before(text: str, end: int) -> list[_Token]:
    """Words of the sentence before `end`, at most a window of them."""
    start = max(0, end - _WINDOW)
    breaks = [found.end() for found in _BREAK.finditer(text, start, end)]
    if breaks:
        start = breaks[-1]
    elif start:
        start = text.find(" ", start) + 1
    return [_Token(found) for found in _TOKEN.finditer(text, start, end)]


def _weak_repair(
    text: str, match: re.Match[str], before: list[_Token], after: list[_Token], *, marked: bool
) -> Edit | None:
    """ "no" between two numbers or two sides; never where it may negate what follows."""
    if after[0].number and before[-1].number:
        return _number_repair(text, match, before, after, reach=0)
    if after[0].number and len(before) > 1 and before[-2].number and _classes().get(before[-1].word) == "unit":
        return _number_repair(text, match, before, after, reach=1)
    if len(after) > 1 and len(before) > 1 and before[-2].word == after[0].word in {"the", "a"}:
        kind = _classes().get(before[-1].word)
        if kind in _repairs()["with_article"] and kind == _classes().get(after[1].word):
            return Edit(before[-2].start, after[0].start, "")
    kinds = _classes().get(before[-1].word), _classes().get(after[0].word)
    if marked and kinds[1] == "side" and before[-1].word == after[min(1, len(after) - 1)].word:
        start = _same_class(before[-3:], after)
        return Edit(start, after[0].start, "") if start is not None else None
    if kinds[0] is None or kinds[0] != kinds[1] or kinds[0] in {"sign", "norm", "change"}:
        return None
    if kinds[0] in {"severity", "organ"} and not marked:
        return None
    if before[-1].word == after[0].word:
        return None
    incomplete = len(before) > 2 and before[-2].word in {"the", "a"} and before[-3].word in _NOUNLESS
    return Edit(before[-1].start, after[0].start, "") if marked or incomplete else None


def _chain(tokens: list[_Token], index: int) -> tuple[int, int, int]:
    """Numbers linked by "by", "over" or "to" that end at `index`: start of the last one, of all, and how many."""
    last_start, count = index, 1
    while last_start > 0 and tokens[last_start - 1].number:
        last_start -= 1
    start = last_start
    while start > 1 and tokens[start - 1].word in _LINKS and tokens[start - 2].number:
        start -= 2
        while start > 0 and tokens[start - 1].number:
            start -= 1
        count += 1
    return last_start, start, count


def _number_repair(
    text: str, match: re.Match[str], before: list[_Token], after: list[_Token], *, reach: int
) -> Edit | None:
    """The last number, or as many linked numbers as follow, give way; a unit that is not said again stays."""
    index = len(before) - 1
    while index >= 0 and not before[index].number:
        index -= 1
    if index < 0 or len(before) - 1 - index > reach:
        return None
    last_start, chain_start, count = _chain(before, index)
    end = 0
    said = 1
    while end + 1 < len(after) and (
        after[end + 1].number or (after[end + 1].word in _LINKS and _numbered(after, end + 2))
    ):
        end += 1
        said += after[end].word in _LINKS
    start = chain_start if said >= 2 and count >= 2 else last_start
    unit = before[index + 1 :]
    again = after[end + 1].word if end + 1 < len(after) else ""
    follows = text[match.start() : match.start("cue")]
    if (
        len(unit) == 1
        and _classes().get(unit[0].word) == "unit"
        and _classes().get(again) != "unit"
        and "\n" not in follows
    ):
        kept = text[after[0].start : after[end].end] + " " + text[unit[0].start : unit[0].end]
        return Edit(before[start].start, after[end].end, kept)
    return Edit(before[start].start, after[0].start, "")


def _numbered(tokens: list[_Token], index: int) -> bool:
    return index < len(tokens) and tokens[index].number


def _retrace(before: list[_Token], after: list[_Token], empty: Container[str]) -> int | None:
    """Where the words begin that are said again: two alike, or one content word, or one and another of its class."""
    best, start = 0, None
    for index in range(max(0, len(before) - 12), len(before)):
        size = 0
        while size < len(after) and index + size < len(before) and before[index + size].word == after[size].word:
            size += 1
        if not size:
            continue
        score = size
        if index + size < len(before) and size < len(after) and _alike(before[index + size], after[size]):
            score += 1
        content = any(token.word not in empty for token in after[:size])
        if (score >= 2 or content) and score >= best:
            best, start = score, before[index].start
    return start


def _same_ending(before: list[_Token], after: list[_Token]) -> int | None:
    """ "pleural effusion, I mean pericardial effusion": a phrase that ends alike takes the place of the first."""
    for size in (2, 3):
        if len(after) >= size <= len(before) and after[size - 1].word == before[-1].word:
            return before[-size].start
    return None


def _alike(left: _Token, right: _Token) -> bool:
    kind = _classes().get(left.word)
    return (kind is not None and kind == _classes().get(right.word)) or (left.number and right.number)


def _same_class(before: list[_Token], after: list[_Token]) -> int | None:
    """The latest word of the same class as the first one said after the cue, a determiner skipped on both sides."""
    skipped = after[0].word in _function_words() and len(after) > 1
    head = after[1] if skipped else after[0]
    kind = _classes().get(head.word)
    for index in range(len(before) - 1, max(-1, len(before) - 1 - _REACH), -1):
        same = kind is not None and _classes().get(before[index].word) == kind
        if not same and not (head.number and before[index].number):
            continue
        if skipped and index and before[index - 1].word in _function_words():
            index -= 1
            if after[0].word in {"on", "in", "at", "of"} and index and before[index].word == "the":
                index -= before[index - 1].word in _function_words()
        if index > 1 and before[index - 1].word == "to" and _alike(before[index - 2], head):
            index -= 2
        return before[index].start
    return None
