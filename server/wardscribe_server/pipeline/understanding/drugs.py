"""Drugs in written text with dose, unit, route, frequency, duration and what is to be done with them.

Owns what belongs to a drug. Must not know which field takes it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.drug_names import dose_pattern, drug_name, drug_spans, is_per, unit_codes
from wardscribe_server.pipeline.understanding.mentions import Said
from wardscribe_server.pipeline.understanding.quantities import NUMBER, Duration, durations, han_number, number
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.tagged import NOT_TAGGED, TaggedText

_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "half a": 0.5, "a": 1.0}
_NOT_ORDERED = re.compile(
    r"^\s*(?:is |are |was |were )?(?:not (?:indicated|required|needed|necessary|given|started)|withheld)"
    r"|^(?:无需|不需要)",
    re.IGNORECASE,
)
_TO_DOSE = re.compile(r"\s+to\s+(?:oral\s+|iv\s+)?\d|[为至到]?\d", re.IGNORECASE)
_OF_SOMETHING = re.compile(
    r"\s+(?:fluids?|antibiotics?|access|line|cannula|hydration|drip|diet|feeds?|feeding|intake|nutrition|hygiene|cavity|mucosa)\b",
    re.IGNORECASE,
)
_ANOTHER_ORDER = frozenset(
    ("repeat", "check", "recheck", "order", "send", "refer", "arrange", "book", "request", "obtain")
)
_ALL_OF_THEM = re.compile(r"(?:都是?|均为?|各|\ball|\beach|\bboth)\s*$")
_TO = re.compile(
    r"(?:\bto\b|加到|加至|加量至|加量到|增至|增加到|增加至|减到|减至|减量至|减为|降至|调至|调整为|改为|→|减量到|上调至|下调至|增量至)",
    re.IGNORECASE,
)


_FROM_TO = re.compile(rf"\bfrom\s+({NUMBER})\s+(?:up |down )?to\s+$|由({NUMBER})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Drug:
    """One mention of a drug; `raised_to` when the dose is the one it is changed to."""

    start: int
    end: int
    name: str
    dose: tuple[float, int, int] | None = None
    unit: Said | None = None
    route: Said | None = None
    frequency: Said | None = None
    duration: Duration | None = None
    action: Said | None = None
    is_target: bool = False  # what the drug before it is switched to
    was: tuple[float, int, int] | None = None  # the dose before a change that names both
    was_unit: Said | None = None


def find_drugs(reading: Reading, tagged: TaggedText = NOT_TAGGED) -> tuple[Drug, ...]:
    """Drugs in text order."""
    spans = drug_spans(reading, tagged)
    found: list[Drug] = []
    for index, (start, end) in enumerate(spans):
        following = spans[index + 1][0] if index + 1 < len(spans) else len(reading.text)
        before = spans[index - 1][1] if index else 0
        if _NOT_ORDERED.match(reading.text[end : end + 24]) or _is_negated(reading, start):
            continue
        stop = _stop(reading, end, following)
        drug = _with_dose(reading, Drug(start, end, drug_name(reading, start, end)), stop)
        lead = max(before, _sentence_start(reading, start))
        drug = replace(
            drug,
            route=_value(reading, "route", start, _before_route_of_next(reading, stop, following))
            or _adjacent(reading, "route", lead, start),
            frequency=_frequency(reading, end, stop),
            duration=_course(reading, end, stop),
            action=_action(reading, lead, start, end, stop),
        )
        found.append(_in_context(reading, drug, found))
    return tuple(_with_pronouns(reading, _with_shared_frequency(reading, found)))


def _is_negated(reading: Reading, start: int) -> bool:
    before = reading.tokens[: reading.token_at(start)][-3:]
    return any(token.text in ("no", "without", "否", "avoid") for token in before[-1:]) or (
        reading.is_zh and reading.text[max(0, start - 3) : start].endswith(("未用", "未服", "无需", "避免"))
    )


def _sentence_start(reading: Reading, at: int) -> int:
    return reading.sentence(reading.clause_at(at).sentence)[0]


def _stop(reading: Reading, end: int, following: int) -> int:
    """What belongs to a drug ends with its sentence, the next drug, or a new statement."""
    stop = min(reading.sentence(reading.clause_at(end - 1).sentence)[1], following)
    for clause in reading.clauses_starting(end, stop):
        if end < clause.start < stop and _is_new_statement(reading, clause.start, clause.end):
            if _changes_dose(reading, clause.start, min(clause.end, following), end):
                continue
            return clause.start
    return stop


def _is_new_statement(reading: Reading, start: int, end: int) -> bool:
    first = reading.token_at(start)
    if any(
        (cue := reading.cues.covers(kind, first)) is not None and cue.first == first
        for kind in ("negated_before", "vital", "heading", "lab_test", "relation", "return_visit")
    ):
        return True
    if first < len(reading.tokens) and reading.tokens[first].text in _ANOTHER_ORDER:
        return True
    action = reading.cues.covers("action", first)
    return (
        action is not None
        and action.first == first
        and action.value != "continue"
        and not _TO.match(reading.text[start:end])
    )


def _changes_dose(reading: Reading, start: int, end: int, drug_end: int) -> bool:
    """ "warfarin, reduce to 3 mg": an order right after a bare name changes the dose of that drug."""
    first = reading.cues.covers("action", reading.token_at(start))
    return (
        first is not None
        and (
            first.value in ("increase", "decrease")
            or (first.value == "change" and _TO_DOSE.match(reading.text, first.end) is not None)
        )
        and start - drug_end <= 2
        and dose_pattern(reading.language).search(reading.text, start, end) is not None
    )


def _with_dose(reading: Reading, drug: Drug, stop: int) -> Drug:
    pattern = dose_pattern(reading.language)
    told = [cue for kind in ("amount", "vital") for cue in reading.cues.within(kind, drug.end, stop)]
    stop = min([stop, *(cue.start for cue in told)])  # 去甲肾上腺素维持入量3800毫升: what went in is no dose
    found = [
        match
        for match in pattern.finditer(reading.text, drug.end, stop)
        if not is_per(reading, match) and _number(match["n"]) > 0
    ]
    if not found and not reading.is_zh:
        found = [
            match
            for match in pattern.finditer(reading.text, max(0, drug.start - 20), drug.start)
            if re.fullmatch(r"\s*(?:of\s+)?", reading.text[match.end() : drug.start])
        ]
    if not found:
        bare = re.match(
            rf"\s*((?>{NUMBER}))\b"
            r"(?!\s*(?:times|days?|weeks?|months?|years?|mmols?\b|millimoles?|meq\b|[%/]|次|天|周|月|年))",
            reading.text[drug.end : stop],
        )
        if bare is None or reading.is_zh or not number(bare[1]):
            return drug
        return replace(drug, dose=(_number(bare[1]), drug.end + bare.start(1), drug.end + bare.end(1)))
    chosen = found[0]
    target = next((match for match in found[1:] if _TO.search(reading.text[found[0].end() : match.start()])), None)
    codes = unit_codes(reading.language)
    was = was_unit = None
    if target is not None:
        was = (_number(chosen["n"]), chosen.start("n"), chosen.end("n"))
        was_unit = Said(codes[chosen["u"].lower()], chosen.start("u"), chosen.end("u"))
        chosen = target
    if was is None and (said := _FROM_TO.search(reading.text, drug.end, chosen.start("n"))) is not None:
        group = said.lastindex or 1
        was = (_number(said[group]), said.start(group), said.end(group))
    return replace(
        drug,
        dose=(_number(chosen["n"]), chosen.start("n"), chosen.end("n")),
        unit=Said(codes[chosen["u"].lower()], chosen.start("u"), chosen.end("u")),
        was=was,
        was_unit=was_unit,
    )


def _number(text: str) -> float:
    lowered = text.lower()
    value = _WORDS[lowered] if lowered in _WORDS else (number(text) if text[0].isdigit() else (han_number(text) or 1.0))
    return int(value) if value == int(value) else value


def _before_route_of_next(reading: Reading, stop: int, following: int) -> int:
    """ "stop paracetamol and start oral ibuprofen": a route right before the next drug is the next one's."""
    if stop != following:
        return stop
    leading = [cue for cue in reading.cues.within("route", 0, stop) if not reading.text[cue.end : stop].strip()]
    return leading[-1].start if leading and not reading.is_zh else stop


def _value(reading: Reading, kind: str, start: int, end: int) -> Said | None:
    found = [
        cue
        for cue in reading.cues.within(kind, start, end)
        if (not _is_bare_verb(reading, cue) or _is_after_dose(reading, cue))
        and not _OF_SOMETHING.match(reading.text, cue.end)
        and not reading.text[: cue.start].endswith("nil ")
    ]
    best = next((cue for cue in found if cue.value != "oral"), found[0] if found else None)
    return Said(best.value, best.start, best.end) if best is not None else None


def _adjacent(reading: Reading, kind: str, lead: int, start: int) -> Said | None:
    """A cue that stands right before the drug: 口服来曲唑, "oral prednisolone"."""
    found = [
        cue
        for cue in reading.cues.within(kind, lead, start)
        if not reading.text[cue.end : start].strip() and not _is_bare_verb(reading, cue)
    ]
    return Said(found[-1].value, found[-1].start, found[-1].end) if found else None


def _is_bare_verb(reading: Reading, cue: Cue) -> bool:
    """吃 and 服用 say that it is taken, not how."""
    return reading.text[cue.start : cue.end] in ("吃", "服", "服用", "静脉", "贴", "pr", "PR", "sc")


def _is_after_dose(reading: Reading, cue: Cue) -> bool:
    """ "40 mg sc daily": right behind the unit of a dose the letters say how."""
    unit = reading.cues.covers("dose_unit", cue.first - 1) if cue.first else None
    return unit is not None and reading.text[cue.start : cue.end] in ("sc", "SC", "pr", "PR")


def _frequency(reading: Reading, start: int, end: int) -> Said | None:
    found = reading.cues.within("frequency", start, end)
    scheduled = [cue for cue in found if cue.value not in ("prn", "once", "stat")]
    best = scheduled[0] if scheduled else (found[0] if found else None)
    if best is None:
        return None
    if best.value == "daily" and len(scheduled) > 1 and scheduled[1].start - best.end <= 2:
        best = scheduled[1]
    return Said(best.value, best.start, best.end)


def _course(reading: Reading, start: int, end: int) -> Duration | None:
    for item in durations(reading.text, reading.language, start, end):
        before = reading.text[max(start, item.start - 10) : item.start].rstrip().lower()
        if reading.is_zh:
            if before.endswith(
                ("吃", "次", "共", "疗程", "连用", "连服", "连续", "用药", "服", "，", ",", "使用", "疗程为", "x", "×")
            ) and not reading.text[item.end :].startswith(("后", "前", "复")):
                return item
        elif before.endswith(("for", "x", "for the next", "course of", "over")):
            return item
    return None


def _action(reading: Reading, lead: int, start: int, end: int, stop: int) -> Said | None:
    clause = reading.clause_at(start)
    before = reading.cues.within("action", max(lead, clause.start), start)
    if reading.is_zh:
        before = reading.cues.within("action", lead, start)
        after = reading.cues.within("action", end, stop)
        later = [cue for cue in after if not _is_new_statement(reading, cue.start, cue.end) or cue.start - end <= 3]
        near = [
            cue
            for cue in before
            if start - cue.end <= 8
            and not any(sign in reading.text[cue.end : start] for sign in "。；;")
            and not (reading.crosses_gap(cue.start, start + 1) and lead < cue.start and cue.start not in reading.gaps)
        ]
        prompt = [
            cue
            for cue in later
            if cue.start - end <= 24 and not any(sign in reading.text[end : cue.start] for sign in "，,。；")
        ]
        touching = [cue for cue in near if start - cue.end <= 1]
        chosen = next(iter((*touching[-1:], *prompt[:1], *near[-1:])), None)
    else:
        passive = re.match(
            r"\s*(?:(?:was|is|has been|have been|to be)\s+|(?=stopped|discontinued|held|continued|started)\b)",
            reading.text[end:stop],
        )
        after = reading.cues.within("action", end, min(stop, end + 30)) if passive else ()
        if not before and not passive:
            after = tuple(
                cue
                for cue in reading.cues.within("action", end, min(stop, end + 16))
                if (cue.value in ("increase", "decrease") or _TO_DOSE.match(reading.text, cue.end))
                and reading.text[end : cue.start].strip() in (",", ":", "to", "")
            ) or _said_last(reading, end, stop)
        chosen = before[-1] if before else (after[0] if after else None)
    return Said(chosen.value, chosen.start, chosen.end) if chosen is not None else None


def _said_last(reading: Reading, end: int, stop: int) -> tuple[Cue, ...]:
    """ "Paracetamol 1 g every 6 hours continue,": the order behind the dose closes its stretch."""
    return tuple(
        cue
        for cue in reading.cues.within("action", end, stop)
        if cue.value in ("continue", "stop")
        and reading.text[cue.end : cue.end + 1] in ("", ",", ".", ";")
        and reading.cues.within("frequency", end, cue.start)
        and not any(sign in reading.text[end : cue.start] for sign in ",;")
    )


def _in_context(reading: Reading, drug: Drug, earlier: list[Drug]) -> Drug:
    """A drug after "to" is what the one before it is switched to; one after "and" shares the order before it."""
    if not earlier:
        return drug
    last = earlier[-1]
    gap = reading.text[last.end : drug.start].strip().lower()
    if (
        last.action is not None
        and last.action.value == "change"
        and (gap == "to" or gap.endswith((" to", "with", " for")))
    ):
        return replace(drug, action=last.action, is_target=True)
    linked = gap.endswith((" and", "and")) or gap in (",", "、", "和", "及", "，")
    same_sentence = reading.clause_at(last.start).sentence == reading.clause_at(drug.start).sentence
    if (
        drug.action is None
        and last.action is not None
        and linked
        and same_sentence
        and last.action.value in ("start", "stop", "continue")
        and not (last.action.value == "stop" and drug.dose is not None)
    ):
        return replace(drug, action=last.action)
    return drug


def _with_shared_frequency(reading: Reading, drugs: list[Drug]) -> list[Drug]:
    """ "…, all once daily", 均为每晚一次: the frequency of every drug of the sentence that has none."""
    shared: list[Drug] = []
    for drug in drugs:
        if drug.frequency is not None and _ALL_OF_THEM.search(reading.text[drug.end : drug.frequency.start]):
            sentence = reading.clause_at(drug.start).sentence
            shared = [
                replace(other, frequency=drug.frequency)
                if other.frequency is None
                and other.dose is not None
                and reading.clause_at(other.start).sentence == sentence
                else other
                for other in shared
            ]
        shared.append(drug)
    return shared


def _with_pronouns(reading: Reading, drugs: list[Drug]) -> Iterator[Drug]:
    """ "… so I've stopped that": the drug named last in the sentence."""
    for index, drug in enumerate(drugs):
        following = drugs[index + 1].start if index + 1 < len(drugs) else len(reading.text)
        end = min(reading.sentence(reading.clause_at(drug.start).sentence)[1], following)
        match = next(
            (
                cue
                for cue in reading.cues.within("action", drug.end, end)
                if cue.value in ("stop", "continue")
                and re.match(
                    r"\s+(?:that|it|this|them|taking it)\b", reading.text[cue.end : cue.end + 12], re.IGNORECASE
                )
            ),
            None,
        )
        yield (
            replace(drug, action=Said(match.value, match.start, match.end))
            if match is not None and drug.action is None
            else drug
        )
