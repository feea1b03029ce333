"""What is ordered, advised and arranged besides drugs, and when the patient comes back.

Owns plan items and the follow-up. Must not know other fields.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from wardscribe_lexicons import TermClass
from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.drugs import Drug
from wardscribe_server.pipeline.understanding.fill_results import results
from wardscribe_server.pipeline.understanding.quantities import COMMA
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_KINDS = ("consult", "imaging", "medication", "procedure", "lab", "monitoring", "advice", "other")
_LEAD = re.compile(
    r"^(?:and|then|also|we'll|we will|i'll|i will|i'd like|i would like|please|to|have|get|"
    r"an|a|the|plan|is|for|i have|i've|(?:i have |i've )?(?:requested|ordered|arranged|booked)|"
    r"he should|she should|will|，|,|另|并|同时)\s+",
    re.IGNORECASE,
)
_SPLIT_EN = re.compile(
    rf"(?:{COMMA}|;)\s*|\.\s+|\s+and\s+(?=(?:avoid|raise|refer|repeat|check|start|continue|stop|rest|order|arrange|return|follow|see|advised?|keep|drink|lose|monitor|send|call|elevate|increase|review|reassess)\b)",
    re.IGNORECASE,
)
_NEXT_EN = re.compile(  # where the next order begins although nobody says a comma
    r"(?<=\w)\s+(?=(?:physio(?:therapy)?|discharge (?:home|today|tomorrow|when|if|[a-z]+day)|home (?:today|tomorrow)"
    r"|mobili[sz]e|nil by mouth|npo|daily weights?|remove|transfuse|wean|repeat|check|refer|arrange|send|monitor"
    r"|encourage|elevate|avoid|[a-z]+(?:ology|iatry) (?:consult|referral|review|opinion)"
    r"|(?:physio|dietitian|dietician|podiatry|surgical|orthop\w+|rehab|palliative care|pain team|social work"
    r"|speech therapy) (?:consult|referral|review|assessment))\b)",
    re.IGNORECASE,
)
_LEADS = frozenset(
    (
        "to",
        "and",
        "for",
        "with",
        "of",
        "the",
        "a",
        "an",
        "not",
        "then",
        "please",
        "will",
        "should",
        "can",
        "or",
        "by",
        "after",
        "urgent",
        "no",
        "plan",
        "cardiac",
        "chest",
    )
)
_SPLIT_ZH = re.compile(rf"(?:[，；;。]|{COMMA})\s*|\s+|(?=\d+(?:天|周|个月|月)后)")
_ZH_DAYS = frozenset(("明日", "今日", "明早", "明晨", "明天", "今天", "今晚", "次日", "择日", "后天", "下周"))
_RESULT_REACH = 12  # characters
_MORNING = re.compile(r"\ba\.m\.?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]|(\d{4})-(\d{2})-(\d{2})")


def plan(case: Case, spec: FieldSpec) -> Tree:
    """Plan entries in text order."""
    entries: list[Tree] = []
    seen: set[str] = set()
    reported = results(case) if case.template.has_kind("labs") and not case.reading.is_zh else []
    drugs = sorted((drug.start, drug.end) for drug in case.drugs if _is_ordered(case, drug))
    for start, end, headed in _with_rests(case, drugs, _items(case, spec)):
        item = _trim(case, start, end)
        if item is None or len(str(item.value)) < 2 or str(item.value).lower() in seen:
            continue
        if (
            any(
                end <= item.end for _, end in drugs[bisect_left(drugs, (item.start,)) : bisect_left(drugs, (item.end,))]
            )
            or (_is_return_only(case, item) and not case.template.has_kind("orders"))
            or _is_drug_rest(case, item)
            or _is_told(case, item)
            or any(item.start == at for at, _ in reported)
        ):
            continue
        kind = _kind(case, item)
        if kind is None:
            apart = (
                case.reading.is_zh and item.start in case.reading.gaps and not case.mentions_in(item.start, item.end)
            )
            if not (headed or apart) or not (_is_order(case, item) or _is_said_for_its_own(case, item)):
                continue
            review = case.reading.cues.first("return_visit", item.start, item.end)
            kind = Leaf("consult" if review is not None else "other", item.start, item.end)
        seen.add(str(item.value).lower())
        action = Leaf(_MORNING.sub("AM", str(item.value)), item.start, item.end)
        entries.append({"action": action, "kind": kind})
    return entries


def _with_rests(
    case: Case, drugs: list[tuple[int, int]], items: Iterator[tuple[int, int, bool]]
) -> Iterator[tuple[int, int, bool]]:
    """The items, and what is to be done besides behind a drug that nothing divides from it: 片腹部彩超."""
    for start, end, headed in items:
        yield start, end, headed
        inside = drugs[bisect_left(drugs, (start,)) : bisect_left(drugs, (end,))]
        if not inside:
            continue
        at = max(stop for _, stop in inside)
        said = [part for drug in case.drugs if start <= drug.start < end for part in _parts_of(drug)]
        at = max([at, *(stop for stop in said if stop <= end)])
        cue = case.reading.cues.first("plan_kind", at, end)
        if cue is not None and (case.reading.is_zh or cue.value != "advice"):
            yield from ((one, other, headed) for one, other in _split_kinds(case, at, end))


def _parts_of(drug: Drug) -> Iterator[int]:
    said = (drug.unit, drug.route, drug.frequency, drug.duration, drug.action)
    yield from (part.end for part in said if part is not None)


def _split_kinds(case: Case, start: int, end: int) -> Iterator[tuple[int, int]]:
    """腹部彩超清淡饮食: in Chinese another kind of thing to do begins anew."""
    cues = case.reading.cues.within("plan_kind", start, end) if case.reading.is_zh else ()
    at = start
    for one, other in pairwise(cues):
        if one.value != other.value and one.end <= other.start and case.reading.text[one.end] not in "及和、加或与":
            yield at, one.end
            at = one.end
    yield at, end


def _is_ordered(case: Case, drug: Drug) -> bool:
    """On a ward a bare name with another verb is something to do ("titrate oxygen"), no drug order."""
    said = (drug.dose, drug.action, drug.frequency, drug.route)
    return not case.template.has_kind("orders") or any(part is not None for part in said)


def _items(case: Case, spec: FieldSpec) -> Iterator[tuple[int, int, bool]]:
    for run in case.runs(spec.section):
        start = waiting = None
        for part in run:
            if part.start >= part.clause.end:
                continue
            if start is None:
                start = part.start
            for begin, stop in _split(case, part.start, part.clause.end):
                said = case.reading.text[begin:stop].strip()
                if said in _ZH_DAYS:
                    waiting = begin
                    continue
                yield waiting if waiting is not None else begin, stop, part.headed
                waiting = None


def _split(case: Case, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = [
        match.span()
        for match in (_SPLIT_ZH if case.reading.is_zh else _SPLIT_EN).finditer(case.reading.text, start, end)
    ]
    if not case.reading.is_zh:
        cuts += [
            match.span()
            for match in _NEXT_EN.finditer(case.reading.text, start, end)
            if not _is_led(case, match.start())
        ]
    gaps = case.reading.gaps
    cuts += [(gap, gap) for gap in gaps[bisect_right(gaps, start) : bisect_left(gaps, end)]]
    at = start
    for stop, following in sorted(cuts):
        if stop >= at:
            yield at, stop
            at = following
    yield at, end


def _is_led(case: Case, at: int) -> bool:
    """ "Refer for physiotherapy": the word before says that the phrase goes on."""
    index = case.reading.token_at(at) - 1
    before = case.reading.tokens[index].text if index >= 0 else ""
    return not before or before in _LEADS or before.endswith(("ary", "al", "ic", "ar", "ive"))


def _trim(case: Case, start: int, end: int) -> Leaf | None:
    item = case.trimmed(start, end)
    while item is not None and (match := _LEAD.match(case.reading.text[item.start : item.end])) is not None:
        item = case.trimmed(item.start + match.end(), item.end)
    if item is not None:
        number = re.match(r"^(?:\d{1,2}\s*[.、)）]|[一二三四五六][、.，])\s*", case.reading.text[item.start : item.end])
        if number is not None:
            item = case.trimmed(item.start + number.end(), item.end)
    return item


def _kind(case: Case, item: Leaf) -> Leaf | None:
    """The kind whose words the item holds; referral before what it is for, advice last."""
    cues = case.reading.cues.within("plan_kind", item.start, item.end)
    values = {cue.value: cue for cue in reversed(cues)}
    if case.reading.is_zh and "lab" in values and str(item.value).startswith(("送", "复查", "急查", "查", "化验")):
        return Leaf("lab", values["lab"].start, values["lab"].end)
    if "住院" in str(item.value) or "入院" in str(item.value):
        return Leaf("advice", item.start, item.end)
    if (
        case.reading.is_zh
        and "consult" in values
        and len(values) > 1
        and not any(word in str(item.value) for word in ("会诊", "转诊", "就诊", "转"))
    ):
        values.pop("consult")
    for kind in _KINDS:
        if kind in values:
            cue = values[kind]
            return Leaf(kind, cue.start, cue.end)
    hit = next(
        (
            hit
            for hit in case.reading.hits_in(item.start, item.end, TermClass.TEST, TermClass.PROCEDURE)
            if not hit.nested
        ),
        None,
    )
    if hit is None:
        return None
    return Leaf("lab" if hit.term.term_class is TermClass.TEST else "procedure", hit.start, hit.end)


def _is_told(case: Case, item: Leaf) -> bool:
    """After a pause a problem, how often a drug is taken, or the study whose result follows: nothing to be done."""
    reading = case.reading
    if not (reading.is_zh and item.start in reading.gaps) or _is_order(case, item):
        return False
    if case.mentions_in(item.start, item.end) or reading.cues.first("frequency", item.start, item.end):
        return True
    shown = bool(case.mentions_in(item.end, item.end + _RESULT_REACH))
    return shown and any(cue.end == item.end for cue in reading.cues.within("imaging_said", item.start, item.end))


def _is_said_for_its_own(case: Case, item: Leaf) -> bool:
    """On a ward whatever is said under the plan is to be done, unless it is only a time."""
    words = [token for token in case.reading.tokens_in(item.start, item.end) if token.is_word]
    if words and words[0].text in ("this", "today", "tomorrow", "tonight", "overnight"):
        return False
    return (
        case.template.has_kind("orders")
        and len(words) > 1
        and case.reading.cues.first("negated_before", item.start, item.start + 3) is None
    )


def _is_order(case: Case, item: Leaf) -> bool:
    first = case.reading.token_at(item.start)
    verb = case.reading.cues.covers("order_verb", first)
    return verb is not None and verb.first == first


def _is_return_only(case: Case, item: Leaf) -> bool:
    """A return visit is the follow-up, unless it names what is to be done then."""
    visit = case.reading.cues.first("return_visit", item.start, item.end)
    if visit is None:
        return False
    named = [
        cue
        for cue in case.reading.cues.within("plan_kind", item.start, item.end)
        if cue.value in ("lab", "imaging", "procedure", "consult")
        and not (cue.start <= visit.start and visit.end <= cue.end)
    ]
    with_results = re.search(r"with (?:the )?(?:results?|scan|x-?rays?|films?)", str(item.value), re.IGNORECASE)
    return not named or with_results is not None


def _is_drug_rest(case: Case, item: Leaf) -> bool:
    """A dose, a frequency or a duration alone belongs to the drug before it."""
    reading = case.reading
    if any(
        cue.start == item.start and cue.value in ("procedure", "consult")
        for cue in reading.cues.within("plan_kind", item.start, item.end)
    ):
        return False  # "transfuse 2 units" is an order of its own
    if any(
        cue.end - cue.start >= item.end - item.start - 1
        for cue in reading.cues.within("plan_kind", item.start, item.end)
    ):
        return False
    tokens = reading.tokens_in(item.start, item.end)
    taken = sum(
        cue.last - cue.first
        for kind in ("frequency", "route")
        for cue in reading.cues.within(kind, item.start, item.end)
    )
    numbers = sum(token.is_number for token in tokens)
    spans = case.durations
    lasting = bisect_left(spans, item.start, key=lambda other: other.start) < bisect_left(
        spans, item.end, key=lambda other: other.start
    )
    units = len(reading.cues.within("dose_unit", item.start, item.end)) if numbers else 0
    dosed = taken + units
    return dosed > 0 and dosed + numbers + (3 if lasting else 0) >= len(tokens) - 1


def follow_up(case: Case, spec: FieldSpec) -> Tree:
    """When the patient comes back: a duration from now, or a date."""
    reading = case.reading
    for cue in reversed(reading.cues.of("return_visit")):
        if case.section_at(cue.start) not in (spec.section, "diagnosis", "exam", "labs"):
            continue
        start, end = reading.sentence(case.clause_at(cue.start).sentence)
        start, end = max(start, cue.start - 40), min(end, cue.end + 60)
        found = [
            item
            for item in case.durations
            if start <= item.start and item.end <= end and _is_ahead(case, item.start, item.end, cue)
        ]
        if found:
            nearest = min(found, key=lambda item: abs(item.start - cue.start))
            return Leaf(nearest.iso, nearest.start, nearest.end)
        date = _DATE.search(reading.text, start, end)
        if date is not None:
            year, month, day = [group for group in date.groups() if group]
            return Leaf(f"{year}-{int(month):02d}-{int(day):02d}", date.start(), date.end())
    return []


def _is_ahead(case: Case, start: int, end: int, cue: Cue) -> bool:
    text = case.reading.text
    if case.reading.is_zh:
        return text[end : end + 1] in ("后", "内") or text[end : cue.start].strip() in ("", "后")
    before = text[max(0, start - 8) : start].lower().rstrip()
    return before.endswith(("in", "after", "within", "in about")) or (cue.end <= start and start - cue.end < 4)
