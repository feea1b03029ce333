"""Where thyroid nodules are described: each nodule's stretch of text, from its first word to its last.

Owns the bounds of a description. Must not know the features in it.
"""

from dataclasses import dataclass

from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.fill_measures import lengths, measured
from wardscribe_server.pipeline.understanding.reading import Reading

_FEATURES = ("nodule_side", "nodule_level", "composition", "echogenicity", "shape", "margin", "foci", "size_word")
_WHERE = ("nodule_side", "nodule_level")
_LED = frozenset(("in", "on", "at", "within", "the", "of"))
_OUTSIDE = ("impression", "recommendation", "comparison", "indication")
_ZH_PLAIN = frozenset(("低回声", "混合回声", "无回声"))  # a nodule only when no noun follows


@dataclass(frozen=True, slots=True)
class Description:
    """One nodule, described in `[start, end)` and named at `[named, named_end)`."""

    start: int
    end: int
    named: int
    named_end: int
    again: bool


def descriptions(case: Case) -> tuple[Description, ...]:
    """The nodules of the findings in order."""
    if not case.template.has_kind("nodules"):
        return ()
    bounds = _Bounds(case)
    found: list[Description] = []
    for cue in _names(case):
        if found and cue.start < found[-1].named_end:
            continue
        opening = bounds.opening(cue, found[-1].named_end if found else 0)
        if found and bounds.is_same(cue, opening, found[-1]):
            last = found[-1]
            if cue.end <= bounds.closing(last.named_end):
                continue
        if found and found[-1].end > opening:
            last = found[-1]
            found[-1] = Description(last.start, max(opening, last.named_end), last.named, last.named_end, last.again)
        end = bounds.closing(cue.end)
        found.append(Description(opening, end, cue.start, cue.end, bounds.is_another(cue, opening)))
    return tuple(found)


def _names(case: Case) -> list[Cue]:
    """Words for a nodule in the findings that no negation reaches."""
    reading = case.reading
    absent = [
        (mention.start, mention.end, mention.assertion.cue[1] if mention.assertion.cue else mention.start)
        for mention in case.mentions
        if mention.assertion.presence.value == "absent"
        or (mention.change is not None and mention.change.value == "resolved")
    ]
    named: list[Cue] = []
    for cue in reading.cues.of("nodule"):
        if case.section_at(cue.start) in _OUTSIDE or _is_denied(reading, cue, absent) or _is_subject(reading, cue):
            continue
        if reading.is_zh and reading.text[cue.start : cue.end] in _ZH_PLAIN and not _is_noun(reading, cue):
            continue
        if cue.value == "other" and (not named or _names_follow(reading, cue)):  # 另见一枚实性结节, "the second nodule"
            continue
        named.append(cue)
    return named


def _names_follow(reading: Reading, cue: Cue) -> bool:
    """Whether the name itself comes after the features."""
    reach = 12 if reading.is_zh else 40
    following = [other for other in reading.cues.near("nodule", cue.end, cue.end + reach) if other.value != "other"]
    return bool(following) and not any(sign in reading.text[cue.end : following[0].start] for sign in "，。；,;")


def _is_denied(reading: Reading, cue: Cue, absent: list[tuple[int, int, int]]) -> bool:
    if any(
        start < cue.end and cue.start < end and not reading.cues.within("foci", denied, cue.start)
        for start, end, denied in absent
    ):
        return True
    before = [token.text for token in reading.tokens[max(0, cue.first - 3) : cue.first]]
    return not reading.is_zh and "no" in before


def _is_noun(reading: Reading, cue: Cue) -> bool:
    """低回声 names a nodule when it closes the phrase."""
    after = reading.text[cue.end : cue.end + 1]
    if reading.text[max(0, cue.start - 1) : cue.start] in ("呈", "为", "是"):
        return False
    return after in ("", "，", ",", "。", "；", " ") and bool(
        reading.cues.within("existential", max(0, cue.start - 10), cue.start)
    )


def reasons(case: Case) -> tuple[Cue, ...]:
    """Words for a nodule that only tell why the patient came."""
    return tuple(cue for cue in case.reading.cues.of("nodule") if _is_subject(case.reading, cue))


def _is_subject(reading: Reading, cue: Cue) -> bool:
    """ "history of nodule" tells why, not what is there; "TI-RADS 3 nodule" sums up."""
    before = reading.text[max(0, cue.start - 28) : cue.start].lower()
    return "follow up of" in before or "follow-up of" in before or "history of" in before


class _Bounds:
    """Where descriptions begin and end in one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.reading = case.reading
        self.organs = measured(case)
        self.sizes = lengths(case)

    def opening(self, cue: Cue, floor: int) -> int:
        """Where the phrase around the name begins: back over features, sizes and small words."""
        reading = self.reading
        if self._numbered(cue):
            return cue.start
        start = cue.start
        at = cue.first - 1
        sided = False
        limit, _ = reading.sentence(self.case.clause_at(cue.start).sentence)
        limit = max(limit, floor)
        while at >= 0 and reading.tokens[at].start >= limit:
            token = reading.tokens[at]
            if any(item.start <= token.start < item.end for item in self.organs):
                break
            part = next((size for size in self.sizes if size.start <= token.start < size.end), None)
            found = next((c for kind in _FEATURES if (c := reading.cues.covers(kind, at)) is not None), None)
            elsewhere = part is not None or (found is not None and found.kind not in _WHERE)
            if reading.is_zh and sided and elsewhere:
                break
            sided = sided or (found is not None and found.kind == "nodule_side")
            if part is not None:
                at = reading.token_at(part.start) - 1
                start = part.start
            elif found is not None:
                at = found.first - 1
                start = found.start
            elif self._pauses(at) or reading.cues.covers("nodule_filler", at) is not None:
                at -= 1
            else:
                break
        return max(start, limit)

    def _pauses(self, at: int) -> bool:
        """A pause within the phrase; in Chinese only before 见 (右叶中部，见结节)."""
        reading = self.reading
        if reading.tokens[at].text not in (",", "，", "、", ":", "："):
            return False
        if not reading.is_zh or reading.tokens[at].text == "、":
            return True
        following = reading.cues.covers("existential", at + 1)
        return following is not None and following.first == at + 1

    def closing(self, start: int) -> int:
        """Where what follows the name stops: another structure, a measured organ, the end of the section."""
        reading = self.reading
        end = len(reading.text)
        stops = [item.start for item in self.organs if item.start >= start]
        stops += [
            cue.start
            for cue in reading.cues.of("not_nodule")
            if cue.start >= start and reading.cues.covers("nodule_level", cue.first) is None  # "mid gland"
        ]
        stops += [part.clause.start for part in self.case.parts if part.section in _OUTSIDE and part.clause.end > start]
        stops += [
            reading.clause_at(mention.start).start
            for mention in self.case.mentions
            if mention.start >= start
            and mention.assertion.presence.value == "absent"
            and reading.value("nodule", mention.start, mention.end) is not None
        ]
        stops += [self._normal_lobe(cue) for cue in reading.cues.of("organ") if cue.start >= start]
        return min([end, *(stop for stop in stops if stop >= start)])

    def _normal_lobe(self, cue: Cue) -> int:
        """A lobe that is then said to be well, or to hold nothing, ends the nodule before."""
        clause = self.case.clause_at(cue.start)
        if cue.value not in ("right_lobe", "left_lobe", "isthmus", "both_lobes"):
            return len(self.reading.text)
        rest = min(clause.end, cue.end + 24)
        well = self.reading.cues.within("normal", cue.end, rest) or self.reading.cues.within(
            "state_normal", cue.end, rest
        )
        return cue.start if well else len(self.reading.text)

    def is_same(self, cue: Cue, opening: int, last: Description) -> bool:
        """Whether the name speaks of the nodule before: "this nodule", 该结节, a name with nothing of its own."""
        reading = self.reading
        if self._numbered(cue) or self.is_another(cue, opening):
            return False
        before = reading.tokens[cue.first - 1].text if cue.first else ""
        if before in ("this", "该", "此", "上述"):
            return True
        sides = reading.cues.within("nodule_side", opening, cue.start)
        levels = reading.cues.within("nodule_level", opening, cue.start)
        if sides or levels:
            return self._repeats(cue, opening, last)
        if self._lies_elsewhere(cue, last):
            return False
        shown = [
            found
            for found in reading.cues.within("existential", max(0, opening - 14), cue.start)
            if not reading.is_zh or "，" not in reading.text[found.end : cue.start]
        ]
        sized = any(opening <= size.start < cue.start for size in self.sizes)
        if reading.is_zh and reading.text[cue.start : cue.end] not in ("结节", "低回声", "无回声"):
            return not shown
        return not (shown or sized)

    def _lies_elsewhere(self, cue: Cue, last: Description) -> bool:
        """ "dominant nodule on the left": a side after the name that the nodule before has not."""
        reading = self.reading
        after = reading.cues.first("nodule_side", cue.end, cue.end + 16)
        if reading.is_zh or after is None:
            return False
        led = reading.tokens[cue.last : after.first]
        known = {found.value for found in reading.cues.within("nodule_side", last.start, last.named_end + 16)}
        return bool(led) and all(token.text in _LED for token in led) and after.value not in known

    def _repeats(self, cue: Cue, opening: int, last: Description) -> bool:
        """ "the left nodule" after the left nodule; but "there is" shows a new one."""
        reading = self.reading
        if reading.cues.within("existential", max(0, opening - 14), cue.start):
            return False
        first = reading.tokens[reading.token_at(opening) - 1].text if reading.token_at(opening) else ""
        if first not in ("the", "this") and not any(
            token.text in ("the", "this") for token in reading.tokens_in(opening, cue.start)[:1]
        ):
            return False
        if any(opening <= size.start < cue.start for size in self.sizes):
            return False
        said = {found.value for found in reading.cues.within("nodule_side", opening, cue.start)}
        known = {found.value for found in reading.cues.within("nodule_side", last.start, last.end)}
        return not said or said <= known

    def is_another(self, cue: Cue, opening: int) -> bool:
        """Whether the name says that it is one more."""
        return cue.value == "other" or any(
            found.start >= opening - 8 for found in self.reading.cues.within("another", max(0, opening - 8), cue.start)
        )

    def _numbered(self, cue: Cue) -> bool:
        """ "nodule 2": a number after the name that counts nodules and measures nothing."""
        tokens = self.reading.tokens
        if self.reading.is_zh or cue.last >= len(tokens):
            return False
        token = tokens[cue.last]
        if any(size.start == token.start for size in self.sizes):
            return False
        return token.text in ("one", "two", "three", "four", "1", "2", "3", "4", "5", "6", "number")
