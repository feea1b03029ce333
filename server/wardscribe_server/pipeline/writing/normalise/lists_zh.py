"""Numbered items in Chinese: 印象一…二…三… as 1. 2. 3.

Owns when 一 and 二 number the items of a list: directly after a heading, in sequence, and never inside a set word or
before a counter. The form follows GB/T 15834-2011 (an arabic number is followed by a full stop).
"""

import re
from collections.abc import Callable
from functools import cache

from wardscribe_server.pipeline.writing.draft import Draft, Edit
from wardscribe_server.pipeline.writing.grammar import either, table
from wardscribe_server.pipeline.writing.normalise.numbers_zh import NUMERAL

_FIGURES = "一二三四五六七八九"
_END = re.compile(r"\n\n")
_SEPARATOR = re.compile(r"[、，,.：:]?")


@cache
def _head() -> re.Pattern[str]:
    heads = either(table("numerals_zh").lists("lists")["heads"])
    return re.compile(rf"{heads}[：:，\n\ue000]*(?=一)")


@cache
def _counted() -> re.Pattern[str]:
    counters = [*table("numerals_zh").lists("counters")["words"], *table("numerals_zh").lists("units")["words"]]
    return re.compile(either(counters))


def numbered(draft: Draft, *, trapped: Callable[[str], list[tuple[int, int]]]) -> Draft:
    """The draft with the numbers of its lists in digits; a lone 一 is no list."""
    if _head().search(draft.text) is None:
        return draft
    text = draft.text
    taken = [range(*span) for span in trapped(text)]
    edits: list[Edit] = []
    for head in _head().finditer(text):
        end = _END.search(text, head.end())
        items = _items(text, head.end(), end.start() if end else len(text), taken)
        if len(items) > 1:
            edits += [_numbering(text, at, number) for number, at in enumerate(items, start=1)]
    return draft.edited(edits) if edits else draft


def _items(text: str, start: int, end: int, taken: list[range]) -> list[int]:
    """Where the figures of the list stand, in sequence from 一."""
    items: list[int] = []
    for figure in _FIGURES:
        at = start if not items else items[-1] + 2
        while (at := text.find(figure, at, end)) >= 0 and not _opens(text, at, taken, first=not items):
            at = end if not items else at + 1
        if at < 0 or (not items and at != start):
            break
        items.append(at)
    return items


def _opens(text: str, at: int, taken: list[range], *, first: bool) -> bool:
    if any(at in span for span in taken) or _counted().match(text, at + 1):
        return False
    following = text[at + 1 : at + 2]
    if not following or following in "十百千万亿点":
        return False
    return first or (text[at - 1] not in NUMERAL + "第点分之约为近" and not text[at - 1].isascii())


def _numbering(text: str, at: int, number: int) -> Edit:
    separator = _SEPARATOR.match(text, at + 1)
    end = separator.end() if separator else at + 1
    space = " " if text[end : end + 1] in NUMERAL or text[end : end + 1].isdigit() else ""
    return Edit(at, end, f"{number}.{space}")
