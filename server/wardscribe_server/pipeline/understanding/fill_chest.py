"""Heart size and devices of a chest film.

Owns those two shapes. Must not know findings or impressions.
"""

import re

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import EDGE, Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.reading import Reading
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_POSITION = re.compile(
    r"(?:\s|,|is|are|was|with|its|the|has|a|now|noted|seen|and|:|that|which|whose|appears?|remains?|there|leads?(?=\s+in))*",
    re.IGNORECASE,
)


def heart_size(case: Case, _spec: FieldSpec) -> Tree:
    """Normal, borderline or enlarged, from the findings first."""
    reading = case.reading
    found: list[tuple[bool, int, Leaf]] = [
        (
            case.section_at(cue.start) == "impression",
            cue.start,
            Leaf(_negated_heart(reading, cue), cue.start, cue.end),
        )
        for cue in reading.cues.of("cardiomegaly")
    ]
    for heart in reading.cues.of("heart"):
        clause = case.clause_at(heart.start)
        sentence = reading.sentence(clause.sentence)
        limit = min(sentence[1], heart.end + (14 if reading.is_zh else 55))
        states = [
            cue
            for cue in reading.cues.within("heart_state", heart.start + 1, limit)
            if not _crosses(reading, heart.end, cue.start)
        ]
        before = reading.cues.within("heart_state", max(clause.start, heart.start - 24), heart.start)
        chosen = (
            states[0]
            if states
            else (
                before[-1]
                if before and not reading.is_zh and reading.text[before[-1].end : heart.start].strip() in ("", "in")
                else None
            )
        )
        if chosen is None:
            continue
        value = chosen.value
        if reading.cues.within("negated_before", heart.end, chosen.start) and value != "normal":
            value = "normal"
        found.append(
            (
                case.section_at(heart.start) == "impression",
                heart.start,
                Leaf(value, min(heart.start, chosen.start), max(heart.end, chosen.end)),
            )
        )
    if not found:
        return []
    return min(found, key=lambda item: item[:2])[2]


def _negated_heart(reading: Reading, cue: Cue) -> str:
    before = reading.tokens[: cue.first][-2:]
    return "normal" if any(token.text in ("no", "without") for token in before) else cue.value


def _crosses(reading: Reading, start: int, end: int) -> bool:
    gap = reading.text[start:end]
    return (
        any(sign in gap for sign in ".。；;")
        or any(cue for cue in reading.cues.within("existential", start, end))
        or bool(reading.cues.within("place", start, end) and len(gap) > 8)
    )


def devices(case: Case, _spec: FieldSpec) -> Tree:
    """Lines, tubes and implants with side and position."""
    cues = [
        cue
        for cue in case.reading.cues.of("device")
        if case.section_at(cue.start) not in ("impression", "recommendation", "indication", "comparison")
    ]
    entries: list[Tree] = []
    seen: set[str] = set()
    for index, cue in enumerate(cues):
        if _is_absent(case, cue) or _is_attribute(case, cue, cues[:index]):
            continue
        following = cues[index + 1].start if index + 1 < len(cues) else len(case.reading.text)
        name = case.reading.text[cue.start : cue.end]
        name = (
            name if case.reading.is_zh or name.isupper() or any(char.isupper() for char in name[1:4]) else name.lower()
        )
        if name in seen:
            continue
        seen.add(name)
        entry: dict[str, Tree] = {"device": Leaf(name, cue.start, cue.end)}
        side = _device_side(case, cue)
        if side is not None:
            entry["laterality"] = Leaf(side.value, side.start, side.end)
        position = _position(case, cue, following)
        if position is not None:
            entry["position"] = position
        entries.append(entry)
    return entries


def _is_absent(case: Case, cue: Cue) -> bool:
    before = case.reading.tokens[: cue.first][-4:]
    removed = case.reading.text[max(0, cue.start - 30) : cue.start].lower()
    return (
        any(token.text in ("no", "without", "无") for token in before[-2:])
        or "removal" in removed
        or "removed" in case.reading.text[cue.end : cue.end + 25].lower()
        or "已拔除" in case.reading.text[cue.end : cue.end + 8]
    )


def _is_attribute(case: Case, cue: Cue, earlier: list[Cue]) -> bool:
    """Leads belong to the pacemaker just named."""
    word = case.reading.text[cue.start : cue.end].lower()
    return word in ("电极导线", "起搏导线", "pacemaker leads", "pacemaker lead") and any(
        cue.start - other.end < 30 for other in earlier
    )


def _device_side(case: Case, cue: Cue) -> Cue | None:
    reading = case.reading
    start = max(case.clause_at(cue.start).start, cue.start - (10 if reading.is_zh else 34))
    before = reading.cues.within("laterality", start, cue.end)
    after = [side for side in before if side.start >= cue.start] or list(before)
    if not after:
        return None
    side = after[-1]
    between = reading.text[side.end : cue.start].lower()
    return (
        side
        if "," not in between
        and "。" not in between
        and not any(word in between for word in (" lobe", " effusion", " pneumothorax"))
        else None
    )


def _position(case: Case, cue: Cue, following: int) -> Leaf | None:
    reading = case.reading
    sentence = reading.sentence(case.clause_at(cue.start).sentence)[1]
    end = min(sentence, following)
    if reading.is_zh:
        return _zh_position(case, cue, end) or _wall_before(case, cue)
    later = [
        clause
        for clause in reading.clauses
        if clause.start > cue.end and (clause.soft or reading.text[clause.start - 2 : clause.start].strip() == ",")
    ]
    for clause in later:
        if clause.start < end and not reading.text[clause.start : clause.end].lower().startswith(
            ("tip", "with", "its", "which", "terminat", "project", "leads")
        ):
            end = clause.start
            break
    start = cue.end
    found = next((item.zone for item in case.mentions_in(start, end)), end)
    end = min(end, found) if found > start + 1 else end
    lead = _POSITION.match(reading.text, start, end)
    start = lead.end() if lead is not None else start
    stop = re.search(r"\s+(?:there\s+(?:is|are)|with\s+a|and\s+a)\b|,", reading.text[start:end])
    if stop is not None:
        end = start + stop.start()
    tail = re.search(
        r"\s+(?:the|a|an|left|right|there|and|with|dual|single|is|are|sided)(?:\s+(?:the|a|an|left|right|sided))*\s*$",
        reading.text[start:end],
    )
    if tail is not None:
        end = start + tail.start()
    if not re.match(
        r"(?:tip|terminat|project|coil|loop|sits|reach|pass|enter|in\b|at\b|over|above|below|ends|cours|overl|within|lies|unchanged|stable|satisfactory|appropriate|leads|midline|\d)",
        reading.text[start:end],
        re.IGNORECASE,
    ):
        return None
    return case.trimmed(start, end)


def _zh_position(case: Case, cue: Cue, end: int) -> Leaf | None:
    cues = case.reading.cues.within("device_at", cue.end, end)
    exact = [at for at in cues if not _is_plain(case, at)]
    if len(cues) > 1 and _is_plain(case, cues[0]) and exact and not case.mentions_in(cue.end, exact[0].start):
        cues = (exact[0],)
    for at in cues:
        between = case.reading.text[cue.end : at.start]
        if case.mentions_in(cue.end, at.start) or len(between) > 12:
            return None
        if _is_plain(case, at):
            return case.trimmed(at.start, at.end)
        stop = min(
            [
                case.reading.next_gap(at.end, end),
                *(
                    clause.end
                    for clause in case.reading.clauses
                    if clause.end > at.end and not _runs_on(case, clause.end)
                ),
                *(mention.zone for mention in case.mentions if mention.zone > at.end),
            ]
        )
        return case.trimmed(at.end, stop)
    return None


def _is_plain(case: Case, at: Cue) -> bool:
    """In place, but not where."""
    return case.reading.text[at.start : at.end] in ("在位", "位置良好", "位置可", "位置正常")


def _runs_on(case: Case, end: int) -> bool:
    return (
        end < len(case.reading.text)
        and case.reading.text[end - 1] not in EDGE
        and case.reading.text[end : end + 1] in "左右双"
    )


def _wall_before(case: Case, cue: Cue) -> Leaf | None:
    before = [place for place in case.places if place.end <= cue.start and cue.start - place.end <= 4]
    return (
        case.trimmed(before[-1].start, before[-1].end)
        if before and "胸壁" in case.reading.text[before[-1].start : before[-1].end]
        else None
    )
