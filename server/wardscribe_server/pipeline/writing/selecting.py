"""Finding what a command speaks of in the dictation so far, and whether it speaks of the text at all.

"replace left with right" corrects the report, "replace furosemide with torsemide" is part of it. Owns that decision and
the search. It must not change the dictation.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.writing.draft import HELD, Draft
from wardscribe_server.pipeline.writing.edits import Link, Move, Passage, chain
from wardscribe_server.pipeline.writing.grammar import table

_WORDS = re.compile(r"[\w'’%-]+")
_GAP = rf"[\s，。；：、,{HELD}]*"
_BETWEEN = r"[\s,.;:-]+"


@dataclass(frozen=True, slots=True)
class Selection:
    """Characters `[start, end)` of a passage."""

    link: Link
    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """What is selected."""
        return self.passage.draft.text[self.start : self.end]


def found(newest: Link | None, said: Draft, *, language: Language, read: Callable[[Draft], Draft]) -> Selection | None:
    """Where `said` stands last in the dictation, as whole words, whatever its case and punctuation.

    `read` writes numbers and units: what was dictated as "five millimeters" may be named "5 mm".
    """
    passages = [(link, link.unit.content) for link in chain(newest) if isinstance(link.unit.content, Passage)]
    for link, passage in passages:
        span = _last(said.text, passage.draft.text, language)
        if span is not None:
            return Selection(link, passage, *span)
    as_read = read(said).text
    for link, passage in passages:
        shown = read(passage.draft)
        span = _last(as_read, shown.text, language)
        if span is not None and not passage.macro:
            return _behind(link, passage, shown, *span)
    return None


def _behind(link: Link, passage: Passage, shown: Draft, start: int, end: int) -> Selection | None:
    """The characters of a passage that the words of `shown[start:end]` take up in it."""
    low = min((first for first in shown.first[start:end] if first >= 0), default=-1)
    high = max(shown.last[start:end])
    draft = passage.draft
    inside = [at for at, first in enumerate(draft.first) if low <= first and draft.last[at] <= high and first >= 0]
    return Selection(link, passage, inside[0], inside[-1] + 1) if inside and low >= 0 else None


def _last(said: str, text: str, language: Language) -> tuple[int, int] | None:
    pattern = _whole(said, language)
    matches = list(pattern.finditer(text)) if pattern is not None else []
    return matches[-1].span() if matches else None


def next_waiting(newest: Link | None, current: Selection | None, *, backwards: bool) -> Selection | None:
    """The field of the newest macro to go to, seen from `current`; none once the speaker has moved elsewhere."""
    fields = []
    macro: int | None = None
    for link in chain(newest):
        content = link.unit.content
        if isinstance(content, Move) or (macro is not None and link.unit.utterance != macro):
            break
        if isinstance(content, Passage) and content.macro:
            macro = link.unit.utterance
            if content.field:
                fields.append(Selection(link, content, 0, len(content.draft.text)))
    if current is not None and current.passage.field:
        at = next((number for number, field in enumerate(fields) if field.link is current.link), len(fields))
        fields = fields[at + 1 :] if backwards else fields[:at]
        return next(iter(fields if backwards else fields[::-1]), None)
    return None if backwards else next(iter(fields[::-1]), None)


def may_delete(said: str, *, language: Language) -> bool:
    """ "delete moderate" corrects, "delete the catheter" orders."""
    if language is Language.ZH:
        return len(said) > 1
    return said.lower().split()[0] not in table("editing_en").lists("guards")["not_first"]


def may_replace(old: str, new: str, *, language: Language) -> bool:
    """Whether `old` and `new` are values that a speaker mixes up, not things that a plan exchanges."""
    guards = table(f"editing_{language}").lists("guards")
    if language is Language.ZH:
        return not any(word in old for word in guards["replaceable"]) and _differ_in_one_value(old, new)
    before, after = old.lower().split(), new.lower().strip(" .,").split()
    if before[0] in guards["not_first"] or set(before + after) & set(guards["replaceable"]):
        return False
    if set(before) & set(after) - set(table("editing_en").lists("function_words")["words"]):
        return True
    endings = guards["describing_endings"]
    if before[-1].endswith(endings) and after[-1].endswith(endings):
        return True
    classes = [*table("editing_en").lists("classes").values(), tuple(table("editing_en").mapping("counts"))]
    return any(_any_of(before, members) and _any_of(after, members) for members in classes)


def _any_of(words: list[str], members: tuple[str, ...]) -> bool:
    return any(word in members or word.isdigit() for word in words) if "two" in members else bool({*words} & {*members})


def _differ_in_one_value(old: str, new: str) -> bool:
    """左肺 and 右肺, 轻度 and 中度: the same but for one value of a class."""
    for members in (*table("editing_zh").lists("classes").values(), *table("editing_zh").lists("degrees").values()):
        for member in members:
            for other in members:
                if member != other and member in old and old.replace(member, other, 1) == new:
                    return True
    return False


@cache
def _whole(said: str, language: Language) -> re.Pattern[str] | None:
    if language is Language.ZH:
        characters = [re.escape(char) for char in said if char.isalnum()]
        return re.compile(_GAP.join(characters), re.IGNORECASE) if characters else None
    words = [f"{HELD}?{re.escape(word)}" for word in _WORDS.findall(said)]
    return re.compile(rf"(?<![\w-]){_BETWEEN.join(words)}(?![\w-])", re.IGNORECASE) if words else None
