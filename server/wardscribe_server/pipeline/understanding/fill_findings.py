"""Entries that come from mentions: findings and problems.

Owns the finding and problem shapes. Must not know drugs, results or plans.
"""

import re

from wardscribe_protocol.record import Language
from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case, leaf
from wardscribe_server.pipeline.understanding.claims import (
    claimed_spans,
    is_reason,
    organ_side,
    organ_sizes,
    own_size,
)
from wardscribe_server.pipeline.understanding.cueing import words_of
from wardscribe_server.pipeline.understanding.english_mentions import plain_name
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.quantities import Duration
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree
from wardscribe_server.pipeline.values import Certainty, Label, Presence, Subject, When

_LABELS = {"finding": Label.FINDING, "symptom": Label.SYMPTOM, "disease": Label.DISEASE}
_AHEAD = re.compile(r"\b(?:in|every|within|after|at)$")
_EN_REACH, _ZH_REACH = 60, 16
_ALLERGY_BEFORE = 120  # characters before a mention in which a word of allergy may begin that is about it
_ZH_PART = ("段", "极", "端", "上腹", "下腹", "剑突下", "切口", "上肢", "下肢", "颈部", "盆腔")
_PLAIN_SIDES = frozenset(("双侧", "两侧", "双", "两", "左侧", "右侧", "左", "右"))


def findings(case: Case, spec: FieldSpec) -> Tree:
    """Finding entries in text order."""
    entries: list[Tree] = []
    seen: set[tuple[str, ...]] = set()
    claimed, taken = claimed_spans(case), organ_sizes(case)
    for mention in case.mentions:
        if not _takes(case, spec, mention) or _is_furniture(case, spec, mention):
            continue
        if is_reason(case, mention) or any(start < mention.end and mention.start < end for start, end in claimed):
            continue
        mention = mention.having(size=own_size(case, mention, taken))
        entry = _finding(case, mention)
        key = (
            mention.name.lower(),
            mention.assertion.presence.value,
            mention.side.value if mention.side else "",
            _place_text(case, mention),
        )
        if key not in seen:
            seen.add(key)
            entries.append(entry)
    return entries


def _takes(case: Case, spec: FieldSpec, mention: Mention) -> bool:
    section = case.section_at(mention.start)
    if mention.assertion.subject is Subject.FAMILY or mention.assertion.certainty is Certainty.CONDITIONAL:
        return False
    if section in spec.gathers:
        return mention.manner is not Manner.NORMAL and not (
            mention.manner is Manner.OPEN and mention.assertion.presence is not Presence.PRESENT
        )
    if section not in spec.from_sections:
        return False
    if mention.manner is Manner.NORMAL and not spec.statements:
        return False
    interprets = mention.is_a(Label.DISEASE) or case.reading.is_zh
    diagnosed = any(section.id == "diagnosis" for section in case.template.sections)
    if spec.statements and diagnosed and interprets and mention.assertion.presence is Presence.POSSIBLE:
        return False
    if case.reading.is_zh and mention.assertion.presence is Presence.POSSIBLE and "diagnosis" in spec.gathers:
        return True
    if "symptom" in spec.takes and not spec.statements and _is_story(case, mention):
        return True
    return mention.is_a(*(_LABELS[name] for name in spec.takes))


def _is_furniture(case: Case, spec: FieldSpec, mention: Mention) -> bool:
    """What another field already says: heart size, a device, an allergy, a film's view, the reason for the film."""
    reading = case.reading
    if case.template.has_kind("heart_size"):
        clause = case.clause_at(mention.start)
        if any(
            cue.start < mention.end and mention.start < cue.end
            for cue in reading.cues.within("cardiomegaly", clause.start, clause.end)
        ):
            return True
        if any(cue.start < mention.end and mention.start < cue.end for cue in reading.cues.of("heart")):
            return True
        if any(cue.start <= mention.start and mention.end <= cue.end for cue in reading.cues.of("device")):
            return True
        if (
            mention.manner is Manner.OPEN
            and mention.assertion.presence is Presence.PRESENT
            and mention.place is None
            and mention.size is None
        ):
            return True
        return case.section_at(mention.start) == "technique"
    if _in_allergy(case, mention) or (
        not reading.is_zh and reading.value("attribute", mention.start, mention.end) is not None
    ):
        return True
    return bool(
        spec.statements and (reading.cues.first("vital", mention.start, mention.end) or _is_test(case, mention))
    )


def _is_test(case: Case, mention: Mention) -> bool:
    """ "Ferritin normal" and "plain films normal" are results."""
    return any(
        cue.start < mention.end and mention.start < cue.end
        for kind in ("lab_test", "imaging_said")
        for cue in case.reading.cues.of(kind)
    )


def _finding(case: Case, mention: Mention) -> dict[str, Tree]:
    entry: dict[str, Tree] = {
        "finding": Leaf(_finding_name(case, mention), mention.start, mention.end),
        "presence": _presence(mention),
    }
    resolved = mention.change is not None and mention.change.value == "resolved"
    if resolved and mention.change is not None and mention.assertion.presence is Presence.PRESENT:
        entry["presence"] = Leaf(Presence.ABSENT.value, mention.change.start, mention.change.end)
    topic = _topic(case, mention)
    side = mention.side
    if side is not None:
        entry["laterality"] = leaf(side)
    elif topic is not None and topic.side is not None and mention.assertion.presence is Presence.PRESENT:
        entry["laterality"] = Leaf(topic.side.value, topic.side.start, topic.side.end)
    elif (inherited := organ_side(case, mention)) is not None:
        entry["laterality"] = Leaf(*inherited)
    place = mention.place or (topic if mention.assertion.presence is Presence.PRESENT else None)
    if place is not None:
        located = case.trimmed(place.start, place.end - (3 if _is_of_bronchus(case, mention) else 0))
        if (
            place.region
            and place.side is not None
            and place.side.value == "bilateral"
            and not case.reading.is_zh
            and case.reading.text[place.start :].lower().startswith("bilateral")
        ):
            located = case.trimmed(place.bare, place.end)
        said = case.reading.text[place.bare : place.end]
        in_name = case.reading.is_zh and said in mention.name and not said.endswith(_ZH_PART)
        if located is not None and located.value not in _PLAIN_SIDES and not in_name:
            entry["location"] = Leaf(plain_name(str(located.value)), located.start, located.end)
    if mention.size is not None:
        entry["size_mm"] = [Leaf(value, mention.size.start, mention.size.end) for value in mention.size.mm]
    if mention.count is not None:
        entry["count"] = Leaf(int(mention.count.value), mention.count.start, mention.count.end)
    if mention.severity is not None and mention.manner is not Manner.NORMAL:
        entry["severity"] = leaf(mention.severity)
    if mention.change is not None:
        entry["change"] = leaf(mention.change)
    return entry


def _finding_name(case: Case, mention: Mention) -> str:
    if case.template.has_kind("heart_size") and mention.name == "effusion":
        return "pleural effusion"
    place = mention.place
    if _is_of_bronchus(case, mention):
        return f"支气管{mention.name}"
    if (
        place is not None
        and place.start >= mention.end
        and mention.name.split()[-1] in words_of(Language.EN, "of_name")
    ):
        return f"{mention.name} of {case.reading.text[place.bare : place.end]}"
    return mention.name


def _is_of_bronchus(case: Case, mention: Mention) -> bool:
    """左上叶支气管狭窄: what is narrowed is the bronchus, and the lobe is the place."""
    return (
        case.reading.is_zh
        and mention.place is not None
        and mention.name.endswith(("扩张", "截断", "狭窄", "闭塞"))
        and "支气管" not in mention.name
        and case.reading.text[mention.place.start : mention.place.end].endswith("叶支气管")
    )


def _presence(mention: Mention) -> Leaf:
    cue = mention.assertion.cue or (mention.start, mention.end)
    return Leaf(mention.assertion.presence.value, *cue)


def _place_text(case: Case, mention: Mention) -> str:
    return case.reading.text[mention.place.start : mention.place.end] if mention.place else ""


def _topic(case: Case, mention: Mention) -> Place | None:
    """A place said on its own ("examination left knee, …") holds for what follows in the sentence."""
    if mention.side is not None or mention.place is not None or case.section_at(mention.start) != "exam":
        return None
    clause = case.clause_at(mention.start)
    for part in reversed(
        [part for part in case.parts_of_sentence(clause.sentence) if part.clause.start < clause.start]
    ):
        if part.section != "exam":
            return None
        inside = [place for place in case.places if part.start <= place.start and place.end <= part.clause.end]
        if inside and not case.mentions_in(part.start, part.clause.end) and inside[-1].side is not None:
            return inside[-1]
    return None


def problems(case: Case, spec: FieldSpec) -> Tree:
    """Problem entries in text order, each problem once."""
    entries: list[Tree] = []
    names: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for mention in case.mentions:
        if not _takes_problem(case, spec, mention):
            continue
        name = _problem_name(case, mention)
        key = (name.lower(), mention.side.value if mention.side else "")
        if mention.side is None and any(other == key[0] for other, _ in seen):
            continue
        if (
            mention.side is not None
            and (sideless := (key[0], "")) in seen
            and _is_sided_anew(mention, entries[names.index(sideless)])
        ):
            seen.discard(sideless)
            entries.pop(at := names.index(sideless))
            names.pop(at)
        if key in seen or any(_is_short_for(name.lower(), other) for other, _ in seen):
            continue
        longer = next((at for at, (other, _) in enumerate(names) if _is_short_for(other, name.lower())), None)
        if longer is not None and mention.assertion.presence is Presence.PRESENT:
            seen.discard(names.pop(longer))
            entries.pop(longer)
        seen.add(key)
        names.append(key)
        entry: dict[str, Tree] = {"problem": Leaf(name, mention.start, mention.end), "presence": _presence(mention)}
        duration = duration_of(case, mention) if not _is_diagnosis(spec) else None
        if duration is not None:
            entry["duration"] = Leaf(duration.iso, duration.start, duration.end)
        if mention.side is not None:
            entry["laterality"] = leaf(mention.side)
        entries.append(entry)
    return entries


def _is_sided_anew(mention: Mention, entry: Tree) -> bool:
    """ "Chest pain", and then "left sided chest pain for 2 days": the same complaint, told better."""
    said = entry["presence"] if isinstance(entry, dict) else None
    return isinstance(said, Leaf) and said.value == mention.assertion.presence.value


def _is_short_for(short: str, long: str) -> bool:
    """ "chest pain" after "central chest pain" names the same problem."""
    return long != short and (
        long.endswith(" " + short) or (len(short) > 1 and not short.isascii() and long.endswith(short))
    )


def _takes_problem(case: Case, spec: FieldSpec, mention: Mention) -> bool:
    if (
        not _takes(case, spec, mention)
        or mention.manner is Manner.NORMAL
        or _in_allergy(case, mention)
        or _is_reason_for_drug(case, mention)
    ):
        return False
    section = case.section_at(mention.start)
    absent = mention.assertion.presence is Presence.ABSENT
    is_past = _is_past(mention) and not _is_story(case, mention)
    if _is_diagnosis(spec):
        if absent:
            return False
        if section in spec.gathers:
            return True
        if mention.assertion.presence is Presence.POSSIBLE:
            return True
        return mention.labels[0] is Label.DISEASE and not _in_imaging(case, mention) and mention.manner is Manner.NAMED
    if "past" in spec.gathers:
        return section in spec.gathers or is_past
    return not is_past


def _is_diagnosis(spec: FieldSpec) -> bool:
    """Whether the field lists diagnoses: it gathers from a section of that name (`admission_diagnosis`)."""
    return any(name.endswith("diagnosis") for name in spec.gathers)


def _is_story(case: Case, mention: Mention) -> bool:
    """ "a six week history of …" tells what the visit is about."""
    before = case.reading.text[max(0, mention.zone - 30) : mention.start].lower()
    return re.search(r"(?:day|week|month|year)s?[ -]+history of(?: \w+)*\s*$", before) is not None


def _is_past(mention: Mention) -> bool:
    """In the story a disease is history and a complaint is a symptom, unless it is said to be over."""
    if mention.assertion.time is When.PAST and mention.is_a(Label.DISEASE):
        return True
    return mention.labels[0] is Label.DISEASE and not mention.is_a(Label.SYMPTOM)


def _in_allergy(case: Case, mention: Mention) -> bool:
    section = case.section_at(mention.start)
    if section == "allergies":
        return True
    clause = case.clause_at(mention.start)
    told = section not in ("diagnosis", "exam", "plan")
    for kind in ("allergy", "no_allergy"):
        for cue in case.reading.cues.near(kind, mention.start - _ALLERGY_BEFORE, mention.end + 50):
            if (mention.start <= cue.start and cue.end < mention.end) or case.reading.text[
                cue.end : cue.end + 1
            ].startswith("性"):
                continue
            same = clause.start <= cue.start < clause.end and abs(cue.start - mention.start) < 50
            if case.reading.is_zh:
                same = mention.start < cue.end and cue.start < mention.end
            reaction = (
                kind == "allergy"
                and 0 <= mention.start - cue.end < (8 if case.reading.is_zh else 30)
                and case.clause_at(cue.start).sentence == clause.sentence
            )
            if same or (reaction and told and mention.assertion.presence is Presence.PRESENT):
                return True
    return False


def _is_reason_for_drug(case: Case, mention: Mention) -> bool:
    """ "takes X for palpitations": why a drug is taken is no new complaint."""
    if case.reading.is_zh:
        return False
    before = case.reading.tokens[: case.reading.token_at(mention.start)][-1:]
    clause = case.clause_at(mention.start)
    dosed = case.reading.cues.within("dose_unit", clause.start, mention.start) or case.reading.cues.within(
        "frequency", clause.start, mention.start
    )
    return bool(before) and before[0].text == "for" and bool(dosed)


def _in_imaging(case: Case, mention: Mention) -> bool:
    clause = case.clause_at(mention.start)
    sentence = [part.clause for part in case.parts_of_sentence(clause.sentence) if part.clause.start <= clause.start]
    return bool(case.reading.cues.within("imaging_said", sentence[0].start, mention.start)) or bool(
        case.reading.cues.within("lab_test", clause.start, mention.start)
    )


def _problem_name(case: Case, mention: Mention) -> str:
    """Complaints keep "in" and the part of the body: "numbness in feet"."""
    place = mention.place
    head = mention.name.split()[-1:]
    local = any(cue.end == mention.end for cue in case.reading.cues.within("local", mention.start, mention.end))
    if case.reading.is_zh or place is None or place.start < mention.end or not local or not head:
        return mention.name
    return f"{mention.name} in {case.reading.text[place.bare : place.end]}"


def duration_of(case: Case, mention: Mention) -> Duration | None:
    """How long a problem has been there: the duration after it in the sentence, or one that leads it in."""
    if mention.assertion.presence is Presence.ABSENT:
        return None
    sentence = case.clause_at(mention.start).sentence
    usable = [
        item for item in case.durations if case.clause_at(item.start).sentence == sentence and not _is_other(case, item)
    ]
    lead = next((item for item in reversed(usable) if item.end <= mention.zone and _leads(case, item, mention)), None)
    if lead is not None:
        return lead
    reach = _ZH_REACH if case.reading.is_zh else _EN_REACH
    for item in usable:
        if item.start >= mention.end and item.start - mention.end <= reach and _is_open_between(case, mention, item):
            others = case.mentions_in(mention.end, item.start)
            told = [other for other in usable if other.end <= mention.start]
            # "ear pain since yesterday, fever, runny nose for 5 days": each time is of the complaint beside it
            return None if told and others and not case.reading.is_zh else item
    return None


def _is_other(case: Case, item: Duration) -> bool:
    """A span ahead ("in 10 days", 2周后), a course of treatment, an hour of the day."""
    before = case.reading.text[max(0, item.start - 12) : item.start].lower().rstrip()
    after = case.reading.text[item.end : item.end + 2]
    if case.reading.is_zh:
        return after.startswith("后") or before.endswith(("共", "疗程", "每", "连用", "第"))
    return _AHEAD.search(before) is not None or (before.endswith("past") and "in the past" in before)


def _leads(case: Case, item: Duration, mention: Mention) -> bool:
    text = case.reading.text
    gap = text[item.end : mention.zone].lower()
    if case.reading.is_zh:
        before = text[max(0, item.start - 1) : item.start]
        return len(gap) <= 6 and (before in ("近", "余") or gap.startswith(("前", "来"))) and "，" not in gap[-1:]
    between = [other for other in case.mentions if item.end <= other.start < mention.start]
    led = gap.strip().startswith(("history of", "of ", "of", "'s history"))
    if not led and gap.strip() not in ("history", ""):
        return False
    return (
        all(other.assertion.presence is not Presence.ABSENT for other in between)
        and len(gap) < 60
        and "." not in gap
        and not _named_twice(gap)
    )


def _named_twice(gap: str) -> bool:
    return " no " in gap


def _is_open_between(case: Case, mention: Mention, item: Duration) -> bool:
    reading = case.reading
    start, end = mention.end, item.start
    if any(
        cue.start >= start
        for kind in ("negated_before", "vital", "dose_unit", "action", *(() if reading.is_zh else ("heading",)))
        for cue in reading.cues.within(kind, start, end)
        if kind != "dose_unit" or (cue.first and reading.tokens[cue.first - 1].is_number)  # 打喷嚏 is no puff
    ):
        return False
    others = case.mentions_in(start, end)
    if any(other.assertion.presence is Presence.ABSENT for other in others):
        return False
    same_kind = all(other.labels[0] is mention.labels[0] or other.is_a(Label.SYMPTOM) for other in others)
    gap = reading.text[start:end]
    signs = sum(gap.count(sign) for sign in ",，")
    return (
        same_kind
        and signs <= len(others) + (0 if reading.is_zh else 1)
        and not any(
            other.start >= start and other.end <= end
            for other in case.durations
            if other is not item and not _is_other(case, other)
        )
    )
