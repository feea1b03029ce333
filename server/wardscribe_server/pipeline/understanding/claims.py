"""Stretches of an imaging report that a field of its own keeps, so that they are no findings besides.

Owns those stretches. Must not know the finding shape.
"""

import re

from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.fill_measures import is_measured, measured
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.nodules import descriptions, reasons
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
from wardscribe_server.pipeline.values import Label, Presence

_PARTS = ("nodule", "composition", "echogenicity", "shape", "margin", "foci", "nodule_part", "nodule_attribute")
_SIZE_REACH = 40
_CLOSE = 20
_OPENING_SENTENCES = 3
_ASKED = re.compile(
    r"(?:known|history of|staging of|evaluat\w+ (?:of|for)|follow[ -]?up (?:of|for)"
    r"|.*\b(?:performed|done|obtained|requested|ultrasound|sonogram|ct|scan|abdomen|chest|thyroid) for)"
    r"\s+(?:an?\s+)?(?:[a-z]+\s+(?:and\s+)?){0,3}",
    re.IGNORECASE,
)
_ASKED_AFTER = re.compile(r"\s+(?:follow[ -]?up|surveillance|staging|screening)\s*(?:[.,]|$)", re.IGNORECASE)


def claimed_spans(case: Case) -> tuple[tuple[int, int], ...]:
    """Names and features of the described thyroid nodules; how a CT was taken."""
    found: list[tuple[int, int]] = []
    if case.template.has_kind("nodules"):
        found += [(cue.start, cue.end) for cue in reasons(case)]
    for item in descriptions(case):
        found.append((item.named, item.named_end))
        for kind in _PARTS:
            found += [(cue.start, cue.end) for cue in case.reading.cues.within(kind, item.start, item.end)]
    if case.template.has_kind("contrast"):
        found += [
            (cue.start, cue.end)
            for kind in ("contrast", "slice")
            for cue in case.reading.cues.of(kind)
            if case.section_at(cue.start) == "technique"
        ]
    return tuple(found)


def is_reason(case: Case, mention: Mention) -> bool:
    """A complaint, or what was operated, before the findings begin: why a sonogram or CT was made."""
    if not (is_measured(case) or case.template.has_kind("contrast")):
        return False
    if not case.reading.is_zh and _is_asked(case, mention):
        return True
    if mention.name.endswith("术后") and case.section_at(mention.start) in ("technique", "findings"):
        return case.clause_at(mention.start).sentence <= 1
    if case.section_at(mention.start) != "technique":
        return False
    if mention.manner is not Manner.NAMED or mention.assertion.presence is not Presence.PRESENT:
        return False
    return mention.labels[0] is Label.SYMPTOM or _tells_of_patient(case, mention)


def _is_asked(case: Case, mention: Mention) -> bool:
    """ "Known lymphoma.", "performed for a palpable lump", "empyema follow up": before any finding, why it was made."""
    sentence = case.clause_at(mention.start).sentence
    if mention.assertion.presence is not Presence.PRESENT or sentence >= _OPENING_SENTENCES:
        return False
    if case.section_at(mention.start) not in ("technique", "indication", "findings"):
        return False
    start, end = case.reading.sentence(sentence)
    asked = _ASKED.fullmatch(case.reading.text, start, mention.start)
    return asked is not None or _ASKED_AFTER.match(case.reading.text, mention.end, end) is not None


def _tells_of_patient(case: Case, mention: Mention) -> bool:
    """ "55-year-old man with lymphoma": what stands beside age and sex is why the patient came."""
    start, end = case.reading.sentence(case.clause_at(mention.start).sentence)
    told = re.search(r"\bpatient\b|患者", case.reading.text[start : mention.start], re.IGNORECASE)
    return told is not None or any(start <= age.start < end for age in case.ages)


def own_size(case: Case, mention: Mention, taken: frozenset[tuple[int, int]]) -> Size | None:
    """The size of a finding; where that is an organ's, the next one said before another finding."""
    if mention.size is None or (mention.size.start, mention.size.end) not in taken:
        return mention.size
    before = [
        size
        for size in sizes(case.reading.text, mention.size.end, mention.start)
        if not any(start < size.end and size.start < stop for start, stop in taken)
    ]
    if before and mention.start - before[-1].end <= _CLOSE:
        return before[-1]
    end = min(
        [
            mention.end + _SIZE_REACH,
            case.reading.sentence(case.clause_at(mention.start).sentence)[1],
            *(other.zone for other in case.mentions if other.zone >= mention.end),
        ]
    )
    return next(
        (
            size
            for size in sizes(case.reading.text, mention.end, end)
            if not any(start < size.end and size.start < stop for start, stop in taken)
        ),
        None,
    )


def organ_sizes(case: Case) -> frozenset[tuple[int, int]]:
    """Where sizes of organs stand."""
    if not is_measured(case):
        return frozenset()
    kept = {spec.id for spec in case.template.fields}
    return frozenset((item.size.start, item.size.end) for item in measured(case) if f"{item.organ}_mm" in kept)


def organ_side(case: Case, mention: Mention) -> tuple[str, int, int] | None:
    """The side of a kidney just spoken of: "left kidney 11 cm, no stone"."""
    if not case.template.has_kind("measure"):
        return None
    reading = case.reading
    sentence = case.clause_at(mention.start).sentence
    start, _ = reading.sentence(sentence)
    if sentence and reading.text[:start].rstrip().endswith((";", "；")):
        # Not `sentence - 1`: a sentence of signs alone has a number and no clause.
        start, _ = reading.sentence(case.clause_at(start - 1).sentence)
    if reading.value("no_side", mention.start, mention.end) is not None:
        return None
    organs = reading.cues.within("organ", start, mention.start)
    if not organs or organs[-1].value not in ("right_kidney", "left_kidney"):
        return None
    both = len(organs) > 1 and {organ.value for organ in organs[-2:]} == {"right_kidney", "left_kidney"}
    denied = mention.assertion.presence is Presence.ABSENT
    if (
        both
        and denied
        and not any(other.start < mention.start for other in case.mentions_in(organs[-2].end, mention.start))
    ):
        return None  # "right kidney 10 cm, left kidney 11 cm, no hydronephrosis": of either
    side = reading.value("laterality", organs[-1].start, organs[-1].end)
    return (side.value, organs[-1].start, organs[-1].end) if side is not None else None
