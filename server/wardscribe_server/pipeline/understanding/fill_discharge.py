"""A discharge summary: the days of the stay, its course and outcome, drugs to take home, when to come back, advice.

Owns those shapes. Must not know what was done in the stay.
"""

import re
from collections.abc import Iterator

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case, leaf
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.dates import CalendarDate, dates
from wardscribe_server.pipeline.understanding.drugs import Drug
from wardscribe_server.pipeline.understanding.fill_drugs import entry_of, is_allergen
from wardscribe_server.pipeline.understanding.fill_findings import problems
from wardscribe_server.pipeline.understanding.fill_ward import merge_drug, stopped_when_replaced
from wardscribe_server.pipeline.understanding.quantities import COMMA, Duration, durations
from wardscribe_server.pipeline.understanding.sections import Part
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree
from wardscribe_server.pipeline.values import Label, Presence

_ROLES = {
    "admission_date": re.compile(r"\b(?:re-?)?admi(?:tted|ssion)\b|\bhospitali[sz]ed\b|入院|住院", re.IGNORECASE),
    "discharge_date": re.compile(r"\bdischarged?\b|\bwent home\b|\bgo(?:es|ing) home\b|出院", re.IGNORECASE),
}
_EN_REACH, _ZH_AFTER, _ZH_BEFORE = 45, 4, 8
_AHEAD_EN = re.compile(
    r"\b(?:in|after|within|at)(?: about)? $|\b(?:clinic|outpatients?|gp|review|appointment|follow[ -]up|check)[ ,:]+$",
    re.IGNORECASE,
)
_EN_PIECE = re.compile(rf"(?:{COMMA}|;)\s*|\.(?=\s|$)\s*|\n")
_ZH_PIECE = re.compile(r"[，,；;。\n]\s*|(?<=[\u4e00-\u9fff])\s+")
_EN_LEAD = re.compile(
    r"^(?:and|also|then|please|to|(?:he|she|they|patient|the patient) (?:is|was|were)|was|is"
    r"|advised|told|instructed|reminded|asked|:)\s+",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\d{1,2}\s*[.、)）]\s*(?=\D)")
_ZH_CAME_FOR = re.compile(r"因[“\"]?(?P<why>[^。；\n]{2,40}?)[”\"]?(?:于|入院|收入|收住|住院|急诊)")
_EN_CAME_WITH = re.compile(
    r"\badmitted\b[^.;]{0,50}?\b(?:with|for|because of|following)\s+(?P<why>[^.;]{3,80}?)"
    r"(?=[.;]|$|\s+(?:and )?(?:discharged?|final|principal|he|she|was|underwent|treated|past)\b)",
    re.IGNORECASE,
)
_ZH_LATER = re.compile(r"(?:产后|术后)?\d+个?(?:天|周|月|年)后")


_ZH_CAME_ON = re.compile(r"[，,]?(?:患者)?(?:因|以|由)[^。；\n]{2,40}?(?:急诊|收)?")
_UNTIL = re.compile(r"\s*(?:to|until|till|through|-|至|到)\s*", re.IGNORECASE)
_DEATH_TOLD = re.compile(r"(?:宣告|宣布|患者|抢救无效)[^，。]{0,6}$|pronounced $", re.IGNORECASE)
_CONDITION = re.compile(r"\s+condition\b", re.IGNORECASE)
_SAME_STRETCH = 90


def stay_date(case: Case, spec: FieldSpec) -> Tree:
    """The day of coming or of leaving: the date beside the word that says so."""
    found = dates(case.reading.text)
    for match in _ROLES[spec.id].finditer(case.reading.text):
        date = _beside(case, match, found)
        if date is not None:
            return Leaf(date.iso, date.start, date.end)
    if spec.id == "discharge_date":
        return _end_of_stay(case, found)
    return []


def _end_of_stay(case: Case, found: tuple[CalendarDate, ...]) -> Tree:
    """ "Hospitalized from April 23 to April 30": the second day of the two."""
    for match in _ROLES["admission_date"].finditer(case.reading.text):
        first = _beside(case, match, found)
        for date in found if first is not None else ():
            if first is not None and _UNTIL.fullmatch(case.reading.text, first.end, max(first.end, date.start)):
                return Leaf(date.iso, date.start, date.end)
    return []


def _beside(case: Case, match: re.Match[str], found: tuple[CalendarDate, ...]) -> CalendarDate | None:
    text = case.reading.text
    other = _ROLES["discharge_date" if match.re is _ROLES["admission_date"] else "admission_date"]
    if case.reading.is_zh:
        came = [date for date in found if _ZH_CAME_ON.fullmatch(text, date.end, max(date.end, match.start()))]
        if came and match.re is _ROLES["admission_date"]:
            return came[-1]
        before = [date for date in found if 0 <= match.start() - date.end <= _ZH_BEFORE]
        labelled = re.match(r"日期|时间|日[:：]", text[match.end() :]) or match.group().endswith(("日期", "时间"))
        if before and not labelled and not re.search(r"[，。；]|行|入院|出院", text[before[-1].end : match.start()]):
            return before[-1]
    reach = _ZH_AFTER + 2 if case.reading.is_zh else _EN_REACH
    for date in found:
        gap = text[match.end() : date.start]
        if 0 <= date.start - match.end() <= reach and not other.search(gap) and not re.search(r"[.。；;](?:\s|$)", gap):
            return date
    return None


def admission_diagnoses(case: Case, spec: FieldSpec) -> Tree:
    """Under their heading, else the illness that the patient came for (因…入院, "admitted … with …")."""
    headed = problems(case, spec)
    if headed:
        return headed
    pattern = _ZH_CAME_FOR if case.reading.is_zh else _EN_CAME_WITH
    match = pattern.search(case.reading.text)
    if match is None:
        return []
    start, end = match.span("why")
    entries: list[Tree] = []
    for mention in case.mentions_in(start, end):
        if (
            mention.labels[0] is Label.DISEASE or mention.name.endswith("骨折")
        ) and mention.assertion.presence is not Presence.ABSENT:
            cue = mention.assertion.cue or (mention.start, mention.end)
            entry: dict[str, Tree] = {
                "problem": Leaf(mention.name, mention.start, mention.end),
                "presence": Leaf(mention.assertion.presence.value, *cue),
            }
            if mention.side is not None:
                entry["laterality"] = leaf(mention.side)
            entries.append(entry)
    return entries


def course(case: Case, spec: FieldSpec) -> Tree:
    """The course as told: what stands under its heading, else what was said of the treatment."""
    headed = [part for run in case.runs(spec.section) for part in run if part.headed and part.start < part.clause.end]
    told = headed or _told(case, spec.section)
    if not told:
        return []
    last = told[-1]
    joined = [part for part in told if part.clause.start >= told[0].clause.start]
    text = case.reading.text
    pieces = [text[part.start : part.clause.end].strip() for part in joined]
    contiguous = case.trimmed(told[0].start, last.clause.end)
    if contiguous is not None and len(str(contiguous.value)) <= sum(map(len, pieces)) + len(pieces) * 4:
        return contiguous
    value = ("" if case.reading.is_zh else " ").join(pieces).strip()
    return Leaf(value, told[0].start, last.clause.end) if value else []


def _told(case: Case, section: str) -> list[Part]:
    """Sentences without a heading that tell of treatment."""
    parts = [part for run in case.runs(section) for part in run if part.start < part.clause.end]
    treated = {part.clause.sentence for part in parts if not _is_aside(case, part.start, part.clause.end)}
    return [part for part in parts if part.clause.sentence in treated]


def _is_aside(case: Case, start: int, end: int) -> bool:
    """No story of treatment: an outcome alone, a date of leaving, advice."""
    reading = case.reading
    if not any(reading.cues.first(kind, start, end) for kind in ("undergone", "done")):
        return True
    return bool(_ROLES["discharge_date"].search(reading.text, start, end)) or _is_said_by_drug(case, start, end)


def _is_said_by_drug(case: Case, start: int, end: int) -> bool:
    return any(start <= drug.start < end and drug.dose is not None for drug in case.drugs)


def condition(case: Case, spec: FieldSpec) -> Tree:
    """How the patient left: under its heading, else where an outcome stands with leaving or alone."""
    cues = case.reading.cues.of("outcome")
    for kind in ("outcome", "outcome_vague"):
        for cue in case.reading.cues.of(kind):
            if case.section_at(cue.start) == spec.section:
                return Leaf(cue.value, cue.start, cue.end)
    for cue in reversed(cues):
        clause = case.clause_at(cue.start)
        words = case.reading.text[clause.start : clause.end].strip(" .,，。")
        alone = len(words) <= cue.end - cue.start + 1
        leaving = any(
            other.start - cue.end < 30
            and cue.start - other.end < (_SAME_STRETCH if _CONDITION.match(case.reading.text, cue.end) else 30)
            for other in case.reading.cues.within("leaving", max(0, cue.start - _SAME_STRETCH), cue.end + 40)
            if case.clause_at(other.start).segment == clause.segment
        )
        diagnosed = case.section_at(cue.start).endswith("_diagnosis")
        if cue.value == "died" and _is_said_of_patient(case, cue):
            return Leaf(cue.value, cue.start, cue.end)
        if cue.value in spec.values and (alone or (leaving and not diagnosed)):
            return Leaf(cue.value, cue.start, cue.end)
    return []


def _is_said_of_patient(case: Case, cue: Cue) -> bool:
    """ "He died on": the patient, not a relative; "cause of death" alone tells of no outcome."""
    clause = case.clause_at(cue.start)
    if case.reading.cues.within("relation", clause.start, clause.end):
        return False
    return case.reading.text[cue.start : cue.end].lower() not in ("death", "死亡") or bool(
        _DEATH_TOLD.search(case.reading.text, clause.start, cue.start)
    )


def discharge_medications(case: Case, spec: FieldSpec) -> Tree:
    """Drugs to go home with, and those that are stopped; what was given in hospital is the course."""
    kept: list[Drug] = []
    for drug in case.drugs:
        if is_allergen(case, drug) or not _goes_home(case, spec, drug):
            continue
        merge_drug(kept, stopped_when_replaced(case, drug))
    return [entry_of(drug) for drug in kept]


def _goes_home(case: Case, spec: FieldSpec, drug: Drug) -> bool:
    section = case.section_at(drug.start)
    if section == spec.section:
        return not _is_avoided(case, drug)
    if section == "advice":
        return (drug.dose is not None or drug.action is not None) and not _is_avoided(case, drug)
    return _follows_condition(case, drug) and not _is_avoided(case, drug)


def _is_for_home(case: Case, drug: Drug) -> bool:
    return case.section_at(drug.start) == "medications" or _follows_condition(case, drug)


def _follows_condition(case: Case, drug: Drug) -> bool:
    """Without a heading: after how the patient leaves, a drug with its dose or its change is one to go home with."""
    section = case.section_at(drug.start)
    if section not in ("course", "condition") or (drug.dose is None and drug.action is None):
        return False
    if section == "condition":  # no sign ended the sentence
        return True
    before = [part for part in case.parts if part.clause.end <= drug.start]
    leaving = max((at for at, part in enumerate(before) if _tells_of_leaving(case, part)), default=None)
    return leaving is not None and not any(part.section == "course" and part.headed for part in before[leaving:])


def _tells_of_leaving(case: Case, part: Part) -> bool:
    """The part on the condition, or "discharged recovered" amid the story."""
    if part.section == "condition":
        return True
    inside = (part.start, part.clause.end)
    cues = case.reading.cues
    return cues.first("leaving", *inside) is not None and cues.first("outcome", *inside) is not None


def _is_avoided(case: Case, drug: Drug) -> bool:
    before = case.reading.text[max(0, drug.start - 12) : drug.start].lower()
    return before.rstrip().endswith(
        (
            "avoid",
            "never omit",
            "not stop",
            "not miss",
            "not omit",
            "finish the",
            "complete the",
            "避免",
            "避免使用",
            "禁用",
            "慎用",
            "勿用",
        )
    )


def discharge_follow_up(case: Case, _spec: FieldSpec) -> Tree:
    """When the patient comes back: a time from now beside a clinic or a return."""
    for start, end in _follow_ups(case):
        found = _times_ahead(case, start, end)
        if found:
            return Leaf(found[0].iso, found[0].start, found[0].end)
        dated = [date for date in dates(case.reading.text) if start <= date.start < end]
        if dated:
            return Leaf(dated[0].iso, dated[0].start, dated[0].end)
    return []


def _times_ahead(case: Case, start: int, end: int) -> list[Duration]:
    """Spans of time that are counted from now: "in 2 weeks", 2周后."""
    text = case.reading.text
    return [
        item
        for item in durations(text, case.reading.language, start, end)
        if (
            (
                text[item.end : item.end + 1] in ("后", "内")
                or text[max(0, item.start - 2) : item.start] in ("产后", "术后")
            )
            if case.reading.is_zh
            else _AHEAD_EN.search(text, start, item.start) is not None
        )
    ]


def _follow_ups(case: Case) -> list[tuple[int, int]]:
    """Stretches that fix a return visit."""
    found = []
    for start, end in _pieces(case, ("advice", "medications", "course", "condition", "discharge_diagnosis")):
        if case.reading.cues.first("clinic", start, end) is None:
            continue
        text = case.reading.text
        timed = _times_ahead(case, start, end)
        dated = [date for date in dates(text) if start <= date.start < end and date.start > case.parts[0].clause.end]
        if timed or (dated and not _ROLES["admission_date"].search(text, start, end)):
            found.append((start, end))
    return found


def advice(case: Case, spec: FieldSpec) -> Tree:
    """What the patient is told, one text each, without the return visit and the drugs."""
    visits = _follow_ups(case)
    entries: list[Leaf] = []
    for start, end in _pieces(case, (spec.section, "medications", "condition", "course")):
        section = case.section_at(start)
        item = _led(case, start, end)
        if item is None or len(str(item.value)) < 2 or any(s <= item.start < e for s, e in visits):
            continue
        if section != spec.section and not _advises(case, item, section):
            continue
        if _is_drug_order(case, item) or _is_bare_action(case, item):
            continue
        entries.append(item)
    return entries


def _led(case: Case, start: int, end: int) -> Leaf | None:
    item = case.trimmed(start, end)
    match = _EN_LEAD.match(str(item.value)) if item is not None and not case.reading.is_zh else None
    while item is not None and match is not None:
        item = case.trimmed(item.start + match.end(), item.end)
        match = _EN_LEAD.match(str(item.value)) if item is not None else None
    number = _ITEM.match(str(item.value)) if item is not None else None
    return case.trimmed(item.start + number.end(), item.end) if item is not None and number is not None else item


def _advises(case: Case, item: Leaf, section: str) -> bool:
    """Outside its section advice is what has no drug, and after the drugs or in words of advice."""
    after_drugs = any(drug.end <= item.start for drug in case.drugs if _is_for_home(case, drug))
    kinds = {cue.value for cue in case.reading.cues.within("plan_kind", item.start, item.end)}
    told = "advice" in kinds or bool(case.reading.cues.first("advises", item.start, item.end))
    if section in ("course", "condition"):
        return after_drugs and ("advice" in kinds or (told and case.reading.is_zh))
    return after_drugs and (told or not case.reading.is_zh)


def _is_bare_action(case: Case, item: Leaf) -> bool:
    """继续 before a drug that stands in its own piece."""
    return any((cue.start, cue.end) == (item.start, item.end) for cue in case.reading.cues.of("action"))


def _is_drug_order(case: Case, item: Leaf) -> bool:
    """A drug, or the rest of what is said of the drug before it."""
    for drug in case.drugs:
        inside = item.start <= drug.start < item.end
        if inside and (
            drug.dose is not None or drug.action is not None or case.section_at(drug.start) == "medications"
        ):
            return not _is_avoided(case, drug)
        parts = [part for part in (drug.unit, drug.route, drug.frequency, drug.duration, drug.action) if part]
        if any(item.start <= part.start and part.end <= item.end for part in parts) and drug.end <= item.start:
            return True
    return False


def _pieces(case: Case, sections: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for section in sections:
        for run in case.runs(section):
            start, end = run[0].start, run[-1].clause.end
            at = start
            pattern = _ZH_PIECE if case.reading.is_zh else _EN_PIECE
            for match in pattern.finditer(case.reading.text, start, end):
                yield from _unbroken(case, at, match.start())
                at = match.end()
            if at < end:
                yield from _unbroken(case, at, end)


def _unbroken(case: Case, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A Chinese run without signs, cut where advice or a return visit begins and after a drug's own words."""
    if not case.reading.is_zh:
        yield start, end
        return
    text = case.reading.text
    told = case.reading.cues.within("advises", start, end)
    led = {cue.end for cue in told if cue.value == "leads"}
    cuts = {cue.start for cue in told if cue.start not in led}
    cuts |= {match.start() for match in _ZH_LATER.finditer(text, start, end)}
    cuts |= {gap for gap in case.reading.gaps if start < gap < end}
    for drug in case.drugs:
        if start <= drug.start < end:
            said = [part.end for part in (drug.unit, drug.route, drug.frequency, drug.duration) if part]
            cuts |= {drug.start, max([drug.end, *said])}
    inside = {(part.start, part.end) for drug in case.drugs for part in (drug.frequency, drug.duration) if part}
    cuts = {cut for cut in cuts if not any(s <= cut < e for s, e in inside)}
    at = start
    for cut in sorted(cuts):
        if cut - at >= 2 and cut < end:
            yield at, cut
            at = cut
    if at < end:
        yield at, end
