"""Which section of the template each clause belongs to.

Headings move, said with or without punctuation; voice commands move; and some clauses move by what they say. Owns the
section of every clause. Must not know fields.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wardscribe_protocol.record import Language
from wardscribe_server.catalog import Template
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.section_clues import Clues
from wardscribe_server.pipeline.understanding.sentences import Clause
from wardscribe_server.pipeline.understanding.tokens import tokenise
from wardscribe_server.pipeline.values import SectionMark

_BRIEF = ("technique", "indication", "comparison")
_NOT_AFTER_HEADING = {
    Language.EN: frozenset(
        (
            "of",
            "most",
            "likely",
            "suggest",
            "suggests",
            "consistent",
            "compatible",
            "represent",
            "represents",
            "in",
            "for",
            "with",
            "has",
            "was",
            "and",
        )
    ),
    Language.ZH: frozenset(("的", "后", "前", "中", "为", "上", "剂")),
}
_ITEM = re.compile(r"\d{1,2}\s*[.、．)）]")
_AFTER_ITEM = re.compile(r"(?:;|；|(?:^|\D)\d{1,2}\s*[.、．)）])$")
_ONLY_HEADINGS = frozenset(("findings",))  # nobody says it amid a sentence but to begin them
_OTHER_WORD = re.compile(r"剂|术(?![后前中者])")  # 对比剂, 植入术
_WORDS_A_SIGN = 25
_BEFORE_HEADING = frozenset((".", "、", "the", "and", "my", "his", "her", "with", "total", "于", "并"))
_MAY_STAND_AFTER = frozenset(("is", "are", ":", "：", ",", "，", ".", "。"))
_ZH_LEAVE_IT = frozenset(
    ("诊断", "表现", "处理", "治疗", "既往", "病史", "检查结果", "意见", "评估", "计划", "体检", "方案")
)


@dataclass(frozen=True, slots=True)
class Part:
    """A clause, its section, where its content begins after a heading, and whether that heading was said."""

    clause: Clause
    section: str
    start: int
    headed: bool


@dataclass(frozen=True, slots=True)
class Where:
    """Where the walk through the clauses is after one of them, and how many marks it has obeyed."""

    section: str
    headed: bool
    awaits_content: bool
    sentence: int
    obeyed: int


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a text, and what it takes to go on after any of them."""

    parts: tuple[Part, ...]
    after: tuple[Where, ...]
    marks: tuple[SectionMark, ...]


def assign(
    reading: Reading, template: Template, mentions: Sequence[Mention], marks: Sequence[SectionMark] = ()
) -> tuple[Part, ...]:
    """The section of each clause, in order."""
    return assign_on(reading, template, mentions, marks, earlier=None, kept=0).parts


def assign_on(
    reading: Reading,
    template: Template,
    mentions: Sequence[Mention],
    marks: Sequence[SectionMark],
    *,
    earlier: Sections | None,
    kept: int,
) -> Sections:
    """The sections of all clauses; those that begin before `kept` may be taken from `earlier`, of the same template."""
    waiting = tuple(sorted(marks, key=lambda mark: mark.at))
    known = _known(earlier, waiting, kept) if earlier is not None and not template.rest else 0
    walk = _FreeWalk(reading, template, mentions) if template.rest else _Walk(reading, template, mentions)
    parts = list(earlier.parts[:known]) if earlier is not None else []
    after = list(earlier.after[:known]) if earlier is not None else []
    obeyed = after[-1].obeyed if after else 0
    if after:
        walk.go_on(after[-1])
    for clause in reading.clauses[known:]:
        while obeyed < len(waiting) and waiting[obeyed].at <= clause.start:
            walk.obey(waiting[obeyed])
            obeyed += 1
        parts.append(walk.step(clause))
        after.append(Where(walk.section, walk.headed, walk.awaits_content, walk.sentence, obeyed))
    return Sections(tuple(parts), tuple(after), waiting)


def _known(earlier: Sections, marks: tuple[SectionMark, ...], kept: int) -> int:
    """How many parts stand before `kept` and came of the same marks."""
    differs = next((old.at for old, new in zip(earlier.marks, marks, strict=False) if old != new), kept)
    for longer in (earlier.marks, marks):
        at = min(len(earlier.marks), len(marks))
        differs = min(differs, *(mark.at for mark in longer[at : at + 1]), kept)
    return bisect_left(earlier.parts, min(differs, kept), key=lambda part: part.clause.start)


class _Walk:
    """The state of going through the clauses: where we are, and whether a heading put us there."""

    def __init__(self, reading: Reading, template: Template, mentions: Sequence[Mention]) -> None:
        self.reading = reading
        self.template = template
        self.clues = Clues(reading, template, mentions)
        self.section = template.opening
        self.headed = False
        self.awaits_content = False
        self.sentence = -1
        self.by_heading = {
            _key(heading): section.id
            for section in template.sections
            for heading in (*section.headings.of(reading.language), section.labels.of(reading.language))
        }

    def go_on(self, where: Where) -> None:
        """Stand where an earlier walk stood."""
        self.section, self.headed, self.sentence = where.section, where.headed, where.sentence
        self.awaits_content = where.awaits_content

    def obey(self, mark: SectionMark) -> None:
        """Move by voice command."""
        ids = [section.id for section in self.template.sections]
        at = ids.index(self.section)
        match mark.action:
            case "section":
                self.section = self.by_heading.get(_key(mark.argument), self.section)
            case "next_field":
                self.section = ids[min(at + 1, len(ids) - 1)]
            case "previous_field":
                self.section = ids[max(at - 1, 0)]
            case _:
                return
        self.headed = mark.action == "section"

    def step(self, clause: Clause) -> Part:
        """The part that `clause` is."""
        heading = self._heading(clause)
        start = clause.start
        if (
            heading is None
            and self.section in _BRIEF
            and any(
                cue.start < clause.end for cue in self.reading.cues.near("no_prior", clause.start, clause.start + 24)
            )
        ):
            self.section = "comparison"
            return Part(clause, self.section, start, self.headed)
        if heading is not None:
            self.section = self.by_heading[_key(heading.value)]
            self.headed = True
            start = self._after(heading, clause)
        elif self.section in _BRIEF and self._leaves_brief(clause):
            self.section, self.headed = "findings", False
        elif not self.template.has_kind("views"):
            self._drift(clause)
        self.sentence = clause.sentence
        self.awaits_content = heading is not None and start >= clause.end
        return Part(clause, self.section, start, self.headed)

    def _heading(self, clause: Clause) -> Cue | None:
        first = self.reading.token_at(clause.start)
        for offset in range(3):
            at = first + offset
            if at >= len(self.reading.tokens) or self.reading.tokens[at].start >= clause.end:
                return None
            cue = self.reading.cues.covers("heading", at)
            if cue is not None and cue.first == at and _key(cue.value) in self.by_heading:
                return cue if self._is_heading(cue, clause) and self._may_be(cue) else None
            token = self.reading.tokens[at]
            if not (token.is_number or token.text in (".", "、", "and", "my", "the", "okay", "so", "your")):
                return None
        return None

    def _may_be(self, cue: Cue) -> bool:
        """A label that is no heading (建议) opens its section only before a colon."""
        spec = self.template.section(self.by_heading[_key(cue.value)])
        if _key(cue.value) in {_key(heading) for heading in spec.headings.of(self.reading.language)}:
            return True
        return cue.last < len(self.reading.tokens) and self.reading.tokens[cue.last].text in (":", "：")

    def _is_heading(self, cue: Cue, clause: Clause) -> bool:
        following = self.reading.tokens[cue.last].text if cue.last < len(self.reading.tokens) else ""
        if len(cue.value) == 1 and cue.value.isascii():
            return following == ":"
        if following in (":", "：") or cue.end >= clause.end - 1:
            return True
        if following in _NOT_AFTER_HEADING[self.reading.language]:
            return False
        target = self.by_heading[_key(cue.value)]
        if target in _BRIEF and self.section in ("impression", "recommendation"):
            return False
        if self.reading.is_zh and clause.soft is False and following in ("，", ",", "。", "."):
            return True
        if following in _MAY_STAND_AFTER and not clause.soft:
            return True
        forward = self.template.order(target) >= self.template.order(self.section)
        if target in _BRIEF and self.section in _BRIEF and not clause.soft:
            return True
        return forward or (not clause.soft and len(cue.value) > 6)

    def _after(self, heading: Cue, clause: Clause) -> int:
        at = heading.last
        while (
            at < len(self.reading.tokens)
            and self.reading.tokens[at].text in _MAY_STAND_AFTER
            and self.reading.tokens[at].start < clause.end
        ):
            at += 1
        return min(self.reading.tokens[at].start, clause.end) if at < len(self.reading.tokens) else clause.end

    def _leaves_brief(self, clause: Clause) -> bool:
        """Technique, indication and comparison are short: the next sentence that reports something is findings."""
        reading = self.reading
        new_sentence = clause.sentence != self.sentence
        named = [mention for mention in self.clues.mentions_in(clause) if mention.manner is Manner.NAMED]
        if self.section == "comparison" and self.headed and named:
            return True
        if self.headed and not new_sentence and (not clause.soft or self.awaits_content):
            return False
        if self.section == "indication" and self.headed and not clause.soft and not new_sentence:
            return False
        if any(
            reading.cues.first(kind, clause.start, clause.end) for kind in ("existential", "heart", "cardiomegaly")
        ) and not self._is_opening(clause):
            return True
        inside = self.clues.mentions_in(clause)
        if self.clues.tells_of_scan(clause) or self.clues.speaks_of_own_field(clause, self.section):
            return False
        if any(reading.cues.first(kind, clause.start, clause.end) for kind in ("view", "sex")) or reading.text[
            clause.start : clause.end
        ].lower().startswith("compar"):
            return False
        if self.clues.speaks_of_organ(clause):
            return True
        if self.headed and (new_sentence or clause.soft):
            return (
                bool(inside)
                or bool(reading.cues.first("device", clause.start, clause.end))
                or bool(reading.cues.first("region", clause.start, clause.end))
                or reading.is_zh
                or self.clues.speaks_of_region(clause, inside)
            )
        if reading.cues.first("device", clause.start, clause.end) and not reading.cues.first(
            "view", clause.start, clause.end
        ):
            return True
        return any(self.clues.is_report(mention) for mention in inside) or self.clues.speaks_of_region(clause, inside)

    def _is_opening(self, clause: Clause) -> bool:
        return self.sentence == -1 and any(
            self.reading.cues.first(kind, clause.start, clause.end) for kind in ("view", "sex")
        )

    def _drift(self, clause: Clause) -> None:
        """A clinic note moves without headings: vital signs open the examination, orders the plan."""
        section = self.section
        if section in ("past", "family", "allergies", "medications", "complaint") and (
            clause.sentence != self.sentence or clause.soft
        ):
            self._return_to_history(clause)
        early = self.section in ("history", "complaint", "past", "family", "allergies", "medications")
        if (
            early
            and not self.clues.is_history_vital(clause)
            and (self.clues.has_vital(clause) or self.clues.shows_signs(clause, self.section, headed=self.headed))
        ):
            self._go("exam")
        if self.section == "exam" and not self.headed and self.reading.is_zh and self.clues.complains(clause):
            self._go("history")
        back = self.section == "plan" and not self.headed and self.template.has_kind("orders") and self.reading.is_zh
        told = self.section in ("history", "exam", "labs", "past", "medications", "allergies")
        if (told or back) and self.clues.opens_diagnosis(clause, self.section):
            self._go("diagnosis")
        if self.section in ("exam", "labs", "diagnosis", "history") and self.clues.opens_plan(clause, self.section):
            self._go("plan")

    def _go(self, section: str) -> None:
        if any(spec.id == section for spec in self.template.sections):
            self.section, self.headed = section, False

    def _return_to_history(self, clause: Clause) -> None:
        if self.section == "complaint" or not self.headed:
            self.section, self.headed = "history", False
            return
        inside = self.clues.mentions_in(clause)
        complaint = any("symptom" in {label.value for label in mention.labels} for mention in inside)
        if self.section in ("family", "allergies", "medications") and inside and complaint:
            self.section, self.headed = "history", False


class _FreeWalk(_Walk):
    """Sections in any order, as in an operation note: each heading opens its own, and a brief one ends by itself."""

    def step(self, clause: Clause) -> Part:
        """The part that `clause` is."""
        heading = self._opening_heading(clause)
        start = clause.start
        if heading is not None:
            self.section, self.headed = self.by_heading[_key(heading.value)], True
            start = self._after(heading, clause)
        elif self._ends_brief(clause):
            self.section, self.headed = self.template.rest or self.section, False
        self.sentence = clause.sentence
        return Part(clause, self.section, start, self.headed)

    def _is_plain_word(self, cue: Cue, clause: Clause) -> bool:
        """One English word amid a sentence, where signs are said, is no heading: "home medications were continued"."""
        following = self.reading.tokens[cue.last].text if cue.last < len(self.reading.tokens) else ""
        brief = self.template.section(self.by_heading[_key(cue.value)]).brief
        if (
            brief
            or _key(cue.value) in _ONLY_HEADINGS
            or not clause.soft
            or self.reading.is_zh
            or " " in cue.value
            or following == ":"
        ):
            return False
        signs = sum(self.reading.text.count(sign) for sign in ".,:")
        return signs * _WORDS_A_SIGN > len(self.reading.tokens)

    def _ends_brief(self, clause: Clause) -> bool:
        """A new sentence, unless it is an item of a counted or a semicolon's list."""
        if clause.sentence == self.sentence or self.sentence < 0:
            return False
        before = self.reading.text[: clause.start].rstrip()
        listed = _ITEM.match(self.reading.text, clause.start) or _AFTER_ITEM.search(before)
        return self.template.section(self.section).brief and not listed

    def _opening_heading(self, clause: Clause) -> Cue | None:
        for at in range(first := self.reading.token_at(clause.start), min(first + 3, len(self.reading.tokens))):
            if self.reading.tokens[at].start >= clause.end:
                return None
            cue = self.reading.cues.covers("heading", at)
            if cue is not None and cue.first == at and _key(cue.value) in self.by_heading:
                return cue if self._counts(cue, clause) else None
            if self.reading.tokens[at].text not in _BEFORE_HEADING and not self.reading.tokens[at].is_number:
                return None
        return None

    def _counts(self, cue: Cue, clause: Clause) -> bool:
        if self.reading.is_zh and _OTHER_WORD.match(self.reading.text, cue.end):
            return False
        if not self._may_be(cue) or self._is_plain_word(cue, clause):
            return False
        if not self.template.section(self.by_heading[_key(cue.value)]).measured:
            return True
        return any(token.is_number for token in self.reading.tokens[cue.last : cue.last + 6])


@lru_cache(maxsize=4096)
def _key(heading: str) -> str:
    return " ".join(token.text for token in tokenise(heading))
