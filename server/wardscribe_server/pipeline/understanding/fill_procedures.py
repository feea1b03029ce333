"""Procedures of a stay, with their day and side.

Owns which named procedures were done. Must not know operation notes.
"""

import re

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.dates import CalendarDate, dates
from wardscribe_server.pipeline.understanding.procedures import Done, find_procedures
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_NOT_DONE = re.compile(
    r"\b(?:planned|plan|pending|awaiting|scheduled|declined|refused|considered|for|after|"
    r"following|before|no|not|previous|prior|history of)\s*(?:a |an |the )?$",
    re.IGNORECASE,
)
_ZH_NOT_DONE = re.compile(r"(?:拟|拒绝|建议|未|择期|暂不|曾|既往|必要时)$")
_LATER = ("advice", "medications", "condition")


def procedures(case: Case, spec: FieldSpec) -> Tree:
    """Each procedure once."""
    entries: list[Tree] = []
    seen: set[str] = set()
    found = dates(case.reading.text)
    for part in case.parts:
        headed = part.section == spec.section
        if part.section in _LATER or part.start >= part.clause.end:
            continue
        led = case.reading.is_zh and case.reading.text[max(0, part.start - 1) : part.start] == "行"  # 5日行 | 左侧…术
        for done in find_procedures(case.reading, part.start - led, part.clause.end, bare=headed):
            name = case.trimmed(done.start, done.end)
            if name is None or str(name.value).lower() in seen or not (headed or _was_done(case, done, part)):
                continue
            seen.add(str(name.value).lower())
            entries.append(_entry(case, done, name, found))
    return entries


def _was_done(case: Case, done: Done, part: Part) -> bool:
    text = case.reading.text
    if case.reading.is_zh:
        return _ZH_NOT_DONE.search(text, max(0, done.start - 6), done.start - 1) is None
    if _NOT_DONE.search(text, max(0, done.start - 24), done.start) is not None:
        return False
    start, end = case.reading.sentence(part.clause.sentence)
    verb = case.reading.cues.first("undergone", start, end)
    return verb is not None or _date_of(case, done, dates(text)) is not None


def _entry(case: Case, done: Done, name: Leaf, found: tuple[CalendarDate, ...]) -> dict[str, Tree]:
    entry: dict[str, Tree] = {"procedure": name}
    date = _date_of(case, done, found)
    if date is not None:
        entry["date"] = Leaf(date.iso, date.start, date.end)
    if done.side is not None:
        entry["laterality"] = Leaf(done.side.value, done.side.start, done.side.end)
    return entry


def _date_of(case: Case, done: Done, found: tuple[CalendarDate, ...]) -> CalendarDate | None:
    """The date that leads the name in, or the first after it in the sentence."""
    text = case.reading.text
    start, end = case.reading.sentence(case.clause_at(done.start).sentence)
    before = [date for date in found if start <= date.start and date.end <= done.start]
    after = [date for date in found if done.end <= date.start and date.end <= end]
    reach = 8 if case.reading.is_zh else 30
    stay = re.compile(r"admitted|discharged|入院|出院|,.*,", re.IGNORECASE)
    if after and not case.reading.is_zh and after[0].start - done.end <= 14:
        return after[0]
    if before and done.start - before[-1].end <= reach and not stay.search(text, before[-1].end, done.start):
        return before[-1]
    return None
