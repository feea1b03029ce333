"""Places in the body: runs of anatomy with their side, and whether they are a region or a structure.

Owns what counts as a place. Must not know what is found there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from wardscribe_lexicons import TermClass
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.reading import Reading, has_class

_DISORDERS = (
    TermClass.FINDING,
    TermClass.SYMPTOM,
    TermClass.DISEASE,
    TermClass.DEVICE,
    TermClass.PROCEDURE,
    TermClass.TEST,
    TermClass.DRUG,
)
_ZH_LUNG = re.compile(
    r"[上中下]肺(?:[野叶尖门]|外带|内带|中带)?|肺(?:[上中下][野叶部]|[尖底野部]|门区|外带|内带|中带|组织)(?:[前后]段|外带|内带|中带)?|[上中下]叶(?:[前后尖]段)?|[上中下]肺?野|颈部?(?:[ⅠⅡⅢⅣⅤⅥ]|[IV]{1,3}|[一二三四五六1-6])区|颈(?=未?[可探]?[见及])|第\d+(?:[、和及至到~～-]第?\d+)*(?:前|后|侧)?肋(?:骨)?|第\d+(?:[、和及]第?\d+)*肋骨|[手足]?第[\d一二三四五]+[趾指]"
)
_ZH_REGION = re.compile(
    r"^(?:[左右双两]侧?)?(?:[上中下]?肺(?!纹|门影|组织|门$|动脉|静脉|间质).*|[上中下]叶.*|[上中下]肺?野.*|胸腔)$"
)
Joiner = Callable[[Reading, str], bool]
_ZH_JOIN = ("及", "、", "和", "与", "的", "")
_PART_WORDS = frozenset(("and", "mid", "upper", "lower", "distal", "proximal"))
_JOIN_WORDS = frozenset(("and", "of", "the", "to", "left", "right", "both"))


@dataclass(frozen=True, slots=True)
class Place:
    """A place at `[start, end)`, its side included; a `region` is where things lie, not what they are."""

    start: int
    end: int
    side: Cue | None
    region: bool
    bare: int  # where the text after the side begins


def find_places(reading: Reading) -> tuple[Place, ...]:
    """Places of the text in order, neighbours that belong together joined."""
    return _zh_places(reading) if reading.is_zh else _en_places(reading)


def _anatomy_spans(reading: Reading) -> list[tuple[int, int]]:
    spans = []
    for hit in reading.hits:
        if not has_class(hit, TermClass.ANATOMY):
            continue
        if hit.nested and any(
            not outer.nested and has_class(outer, *_DISORDERS) for outer in reading.hits_over(hit.start, hit.end)
        ):
            continue
        spans.append((hit.start, hit.end))
    return spans


def _en_places(reading: Reading) -> tuple[Place, ...]:
    regions = [(cue.start, cue.end) for cue in reading.cues.of("region")]
    regions = [
        span
        for span in regions
        if not any(not hit.nested and has_class(hit, *_DISORDERS) for hit in reading.hits_over(*span))
    ]
    merged = _merge(sorted(regions + _anatomy_spans(reading)), reading, joiner=_en_joins)
    places = []
    for start, end in merged:
        side = _side_before(reading, start) or reading.value("laterality", start, end)
        region = bool(reading.cues.within("region", start, end))
        bare = start
        if side is not None and side.start == start and side.end < end:
            bare = reading.tokens[reading.token_at(side.end)].start
        places.append(Place(min(start, side.start) if side else start, end, side, region, bare))
    return tuple(places)


def _en_joins(_reading: Reading, gap: str) -> bool:
    return gap in (" ", "-") or gap.strip() in (
        "of the",
        "of",
        "of the right",
        "of the left",
        "of both",
        "of left",
        "of right",
    )


def _side_before(reading: Reading, start: int) -> Cue | None:
    token = reading.token_at(start)
    steps = 0
    while token > 0 and steps < 3:
        cue = reading.cues.covers("laterality", token - 1)
        if cue is not None:
            return cue if reading.text[cue.end : start].count(",") == 0 else None
        before = reading.tokens[token - 1]
        if not (before.is_number or _ORDINAL.fullmatch(before.text) or before.text in _PART_WORDS):
            return None
        token -= 1
        steps += 1
    return None


_ORDINAL = re.compile(
    r"\d+(?:st|nd|rd|th)|st|nd|rd|th|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
)


def _zh_places(reading: Reading) -> tuple[Place, ...]:
    spans = _anatomy_spans(reading)
    spans += [
        (cue.start, cue.end)
        for cue in reading.cues.of("place")
        if not any(
            hit.start < cue.start and not hit.nested and has_class(hit, *_DISORDERS)
            for hit in reading.hits_over(cue.start, cue.end)
        )
    ]
    spans += [match.span() for match in _ZH_LUNG.finditer(reading.text)]
    anchors = _merge(sorted(spans), reading, joiner=lambda _reading, gap: gap == "")
    sides = [(cue.start, cue.end) for cue in reading.cues.of("laterality")]
    anchored = {anchor[0] for anchor in anchors}
    merged = _merge(
        sorted(anchors + [side for side in sides if side[1] in anchored]),
        reading,
        joiner=lambda _reading, gap: gap in _ZH_JOIN,
    )
    places = []
    for start, end in merged:
        side = reading.value("laterality", start, end)
        bare = side.end if side is not None and side.start == start else start
        if bare < end:
            places.append(Place(start, end, side, bool(_ZH_REGION.match(reading.text[bare:end])), bare))
    return tuple(places)


def _is_next_organ(reading: Reading, start: int) -> bool:
    """ "cyst in the left hepatic lobe spleen 11 cm": the next organ's name begins something else."""
    organ = reading.cues.covers("organ", reading.token_at(start))
    return organ is not None and organ.start == start and organ.value in ("spleen", "gallbladder", "liver", "kidneys")


def _merge(spans: list[tuple[int, int]], reading: Reading, *, joiner: Joiner) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        gap = reading.text[merged[-1][1] : start] if merged else ""
        apart = gap == " " and _is_next_organ(reading, start)
        apart = apart or (bool(merged) and reading.crosses_gap(merged[-1][1] - 1, start + 1))
        if merged and (start < merged[-1][1] or (joiner(reading, gap) and not apart)):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
