"""Where the phrase around a mention begins: back over degree, side, size and place.

Owns that bound. Must not know what is attached to the mention.
"""

import re
from collections.abc import Sequence

from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.reading import Reading

_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|through")
_BEFORE = (
    "severity",
    "laterality",
    "change",
    "size_word",
    "determiner",
    "region",
    "descriptor",
    "existential",
    "negated_before",
    "hedged_before",
    "scope_filler",
    "number_word",
    "view",
)
_ZH_BEFORE = (
    "severity",
    "laterality",
    "change",
    "size_word",
    "descriptor",
    "existential",
    "negated_before",
    "hedged_before",
    "scope_filler",
    "verb",
)
_BETWEEN = frozenset(
    (
        "x",
        "by",
        "×",
        "mm",
        "cm",
        "millimeter",
        "millimetre",
        "centimeter",
        "centimetre",
        "毫",
        "厘",
        "米",
        "的",
        "和",
        "乘",
        "约",
        "一",
        "个",
        "枚",
        "处",
        "内",
    )
)
_ADJECTIVE = re.compile(r"[a-z]{3,}(?:al|ar|ary)")
_BEFORE_SIZE = frozenset("见一个枚处有及示多数内的为侧叶段区部肺")
_UNITS = frozenset("毫厘米公分×") | {"mm", "cm"}
_BRINGS_SIZE = frozenset(("at", "measures", "measure", "measuring", "measured", "is", "are", "to"))
_SIGNS = frozenset(",，.。；;:：")


def with_zones(reading: Reading, mentions: Sequence[Mention], places: Sequence[Place]) -> tuple[Mention, ...]:
    """The mentions, each with the start of the phrase around it."""
    return tuple(
        mention.having(zone=_zone(reading, mention, places, _floor(reading, mentions, at)))
        for at, mention in enumerate(mentions)
    )


def _floor(reading: Reading, mentions: Sequence[Mention], at: int) -> int:
    last = mentions[at - 1].end if at else 0
    start = mentions[at].start
    return max(last, segment(reading, start)[0] if reading.is_zh else reading.clause_at(start).start)


def _zone(reading: Reading, mention: Mention, places: Sequence[Place], floor: int) -> int:
    """Where the phrase around the mention begins: back over degree, side, size and place."""
    at = reading.token_at(mention.zone)
    past_place = mention.manner in (Manner.STATE, Manner.NORMAL)
    while at > 0:
        token = reading.tokens[at - 1]
        if token.start < floor or token.text in _SIGNS:
            break
        place = (
            next((place for place in places if place.start <= token.start < place.end), None) if reading.is_zh else None
        )
        if place is not None:
            at = reading.token_at(max(place.start, floor))
            past_place = True
            continue
        if token.text in ("a", "an"):
            at -= 1
            break
        if not reading.is_zh and _leaves_phrase(reading, at - 1):
            break
        measures = token.is_number or token.text in _UNITS
        if measures and ((reading.is_zh and past_place) or not _leads_in(reading, at - 1)):
            break
        cue = _cue_at(reading, at - 1)
        if cue is not None and cue.start >= floor and _precedes(reading, cue):
            at = cue.first
            if cue.kind in ("negated_before", "hedged_before") and not (reading.is_zh and cue.kind == "hedged_before"):
                before = _place_of_denial(reading, places, cue)
                at = reading.token_at(max(before.start, floor)) if before is not None else at
                break
        elif not reading.is_zh and token.text == "and" and at > 1 and _ADJECTIVE.fullmatch(reading.tokens[at - 2].text):
            at -= 2
        elif token.is_number or token.text in _BETWEEN or _ORDINAL.fullmatch(token.text):
            at -= 1
        else:
            break
    return reading.tokens[at].start if at < len(reading.tokens) else mention.zone


def _place_of_denial(reading: Reading, places: Sequence[Place], cue: Cue) -> Place | None:
    """左叶内未见结节: where nothing was seen."""
    if not reading.is_zh:
        return None
    return next(
        (
            place
            for place in places
            if place.end <= cue.start and reading.text[place.end : cue.start] in ("", "内", "均", "内均")
        ),
        None,
    )


def _leads_in(reading: Reading, index: int) -> bool:
    """Whether a size belongs to the noun after it: "a 3 mm nodule", 见3毫米结节; but "unchanged at 3 mm new nodule"."""
    if not reading.is_zh:
        while index >= 0 and (reading.tokens[index].is_number or reading.tokens[index].text in _UNITS | {"x", "by"}):
            index -= 1
        return index < 0 or reading.tokens[index].text not in _BRINGS_SIZE
    while index >= 0 and (
        reading.tokens[index].is_number
        or reading.tokens[index].text in _UNITS
        or reading.tokens[index].text == "."
        or reading.cues.covers("size_word", index) is not None
    ):
        index -= 1
    if index < 0 or reading.tokens[index].text in _SIGNS or reading.tokens[index].text in _BEFORE_SIZE:
        return True
    return any(reading.cues.covers(kind, index) for kind in ("place", "change", "severity", "negated_before"))


def _leaves_phrase(reading: Reading, index: int) -> bool:
    """ "with", and "the" after a region, begin a phrase: what stands before belongs to something else."""
    if reading.tokens[index].text == "with":
        return True
    if reading.tokens[index].text == "size" and index > 0 and reading.tokens[index - 1].text == "in":
        return True
    return reading.tokens[index].text == "the" and index > 0 and reading.cues.covers("region", index - 1) is not None


def _precedes(reading: Reading, cue: Cue) -> bool:
    """In Chinese a change stands after what changed, unless it is new."""
    return not (reading.is_zh and cue.kind == "change" and cue.value != "new")


def _cue_at(reading: Reading, index: int) -> Cue | None:
    kinds = _ZH_BEFORE if reading.is_zh else _BEFORE
    found = [cue for kind in kinds if (cue := reading.cues.covers(kind, index)) is not None and cue.last == index + 1]
    return min(found, key=lambda cue: cue.first) if found else None


def segment(reading: Reading, char: int) -> tuple[int, int]:
    """Characters `[start, end)` of the stretch between signs of punctuation around `char`."""
    return reading.segment(reading.clause_at(char).segment)
