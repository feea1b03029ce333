"""A ward round: the bed, what is thought of the patient, and every drug with what is done about it.

Owns those shapes. Must not know vital signs, results or plans.
"""

import re
from dataclasses import replace
from itertools import pairwise

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.drugs import Drug
from wardscribe_server.pipeline.understanding.fill_drugs import entry_of, is_allergen
from wardscribe_server.pipeline.understanding.mentions import Manner
from wardscribe_server.pipeline.understanding.quantities import COMMA, han_number
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree
from wardscribe_server.pipeline.values import Presence

_EN_BED = re.compile(
    r"(?:\broom (?:number )?(?P<room>\d+[A-Za-z]?)\s*,?\s*)?"
    r"\bbed:? (?:number )?(?P<bed>\d+(?:\s?[A-Z]\b(?!\w))?|[A-Z]\b)"
)
_EN_ROOM = re.compile(r"\b[Rr]oom (?:number )?(?P<bed>\d+[A-Za-z]?)\b")
_ZH_BED = re.compile(
    r"(?!(?:(?<=[^一]下)|(?<=^下))1号?床)(?<![\d.])(?P<bed>[加+]?\d+)(?:号)?床|床号(?:为|是)?[:：]?(?P<other>[加+]?\d+)"
    r"|加床(?P<extra>\d+|[一二三四五六七八九十]+)|(?P<plus>\d+)加床"
)
_PIECES = re.compile(rf"(?:[，、;；]|{COMMA})\s*(?:and\s+)?|\s+and\s+|(?<=[\u4e00-\u9fff])\s+")
_LEAD = re.compile(
    r"^(?:so|and|this is|i think|overall|my impression is|impression is|is|with|"
    r"考虑为|考虑|诊断为|诊断|目前|为|印象)[\s,，:：]*",
    re.IGNORECASE,
)
_ENUMERATOR = re.compile(r"^(?:\d{1,2}\s*[.、)）]|(?:one|two|three|four|five)[,.:])\s*", re.IGNORECASE)
_QUALIFIES = re.compile(
    r"^(?:probabl[ey]|likely|possibl[ey]|most likely|presumed|secondary|due|from|on|now|which|with|without|no|not|"
    r"treated|resolved|resolving|improving|improved|stable|controlled|uncontrolled|ongoing|recovering|healing|clipped|"
    r"currently|clinically|grade|stage|class|day|post|responding|requiring|in|still|well|doing|as|but|after|for|"
    r"较前|好转|稳定|恢复|可能|伴|目前|仍|已|有所|病情|术后第|需|无)",
    re.IGNORECASE,
)
_ZH_JOINS = re.compile(r"(?:伴有?|合并|并发?|致|所致|引起|继发|后|的|及|和|或)$")


def bed(case: Case, _spec: FieldSpec) -> Tree:
    """The bed as it is called, with its room."""
    text = case.reading.text
    if case.reading.is_zh:
        match = _ZH_BED.search(text)
        if match is None:
            return []
        group = next(name for name in ("bed", "other", "extra", "plus") if match[name])
        if group not in ("extra", "plus"):
            return Leaf(match[group], match.start(group), match.end(group))
        number = match[group] if match[group].isdigit() else int(han_number(match[group]) or 0)
        return Leaf(f"加{number}", match.start(), match.end())
    match = re.compile(_EN_BED.pattern, re.IGNORECASE).search(text)
    if match is not None and (match["bed"][0].isdigit() or match["room"] or match["bed"].isupper()):
        said = " ".join(filter(None, (match["room"], match["bed"].replace(" ", "").upper())))
        return Leaf(said, match.start("room") if match["room"] else match.start("bed"), match.end("bed"))
    room = _EN_ROOM.search(text)
    return Leaf(room["bed"], room.start("bed"), room.end("bed")) if room is not None else []


def assessment(case: Case, spec: FieldSpec) -> Tree:
    """One text for each problem; what only qualifies a problem stays with it."""
    found: list[Leaf] = []
    for run in case.runs(spec.section):
        sentence = -1
        for part in run:
            for start, end in _pieces(case, part.start, part.clause.end):
                item = _item(case, start, end)
                if item is None:
                    continue
                if found and part.clause.sentence == sentence and _qualifies(case, item):
                    found[-1] = case.trimmed(found[-1].start, item.end) or found[-1]
                    continue
                sentence = part.clause.sentence
                if _is_problem(case, item):
                    found.append(item)
    return found


def _pieces(case: Case, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = start
    for match in _PIECES.finditer(case.reading.text, start, end):
        if match.group().strip() == "and" and not case.mentions_in(match.end(), end):
            continue
        spans.append((at, match.start()))
        at = match.end()
    spans.append((at, end))
    spans = [part for span in spans for part in _at_pauses(case, *span)]
    return [part for span in spans for part in (_between_mentions(case, *span) if case.reading.is_zh else [span])]


def _at_pauses(case: Case, start: int, end: int) -> list[tuple[int, int]]:
    bounds = [start, *(gap for gap in case.reading.gaps if start < gap < end), end]
    return list(pairwise(bounds))


def _between_mentions(case: Case, start: int, end: int) -> list[tuple[int, int]]:
    """In Chinese two problems may follow each other without a sign."""
    inside = [mention for mention in case.mentions_in(start, end) if mention.manner is Manner.NAMED]
    bounds = [start]
    for before, after in pairwise(inside):
        lead = [cue.start for cue in case.reading.cues.within("hedged_before", before.end, after.start)]
        cut = min([max(after.zone, before.end), *lead])
        if not _ZH_JOINS.search(case.reading.text[before.end : cut]) and cut > bounds[-1]:
            bounds.append(cut)
    return list(zip(bounds, [*bounds[1:], end], strict=True))


def _item(case: Case, start: int, end: int) -> Leaf | None:
    item = case.trimmed(start, end)
    for pattern in (_ENUMERATOR, _LEAD, _LEAD):
        if item is not None and (match := pattern.match(str(item.value))) is not None:
            item = case.trimmed(item.start + match.end(), item.end)
    return item


def _qualifies(case: Case, item: Leaf) -> bool:
    """How the problem before it does, why it is there: no problem of its own."""
    if _QUALIFIES.match(str(item.value)):
        return True
    tokens = case.reading.tokens_in(item.start, item.end)
    first = case.reading.token_at(item.start)
    said = sum(
        any(case.reading.cues.covers(kind, first + at) for kind in ("change", "severity", "again", "normal"))
        for at in range(len(tokens))
    )
    return bool(tokens) and said == len(tokens)


def _is_problem(case: Case, item: Leaf) -> bool:
    """Not a bare "no fever", and not an order that slipped in."""
    inside = case.mentions_in(item.start, item.end)
    if inside and all(mention.assertion.presence is Presence.ABSENT for mention in inside):
        return False
    return len(str(item.value)) > 1 and not any(
        item.start <= drug.start and drug.end <= item.end and drug.dose is not None for drug in case.drugs
    )


def orders(case: Case, _spec: FieldSpec) -> Tree:
    """Every drug of the round once, with what is done about it."""
    kept: list[Drug] = []
    for drug in case.drugs:
        if is_allergen(case, drug):
            continue
        merge_drug(kept, stopped_when_replaced(case, drug))
    return [entry_of(drug) for drug in kept]


def stopped_when_replaced(case: Case, drug: Drug) -> Drug:
    """ "switch A to B": A is stopped."""
    if drug.action is None or drug.action.value != "change" or drug.is_target or drug.dose is not None:
        return drug
    return drug if case.reading.is_zh else replace(drug, action=replace(drug.action, value="stop"))


def merge_drug(kept: list[Drug], drug: Drug) -> None:
    """Add `drug`; a second mention of the same drug fills what the first left open."""
    for at, other in enumerate(kept):
        if other.name.lower() != drug.name.lower() or (other.route and drug.route and other.route != drug.route):
            continue
        if drug.dose is None or other.dose is None or drug.dose[0] == other.dose[0]:
            dosed, later = (drug, other) if other.dose is None else (other, drug)
            kept[at] = replace(
                dosed,
                route=dosed.route or later.route,
                frequency=dosed.frequency or later.frequency,
                duration=dosed.duration or later.duration,
                action=drug.action or other.action,
            )
            return
    kept.append(drug)
