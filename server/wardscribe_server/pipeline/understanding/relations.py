"""What belongs to which mention: place, side, size, degree, change, count.

Owns attachment. Must not know templates.
"""

import re
from collections.abc import Sequence

from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention, Said
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
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
    )
)
_FOLLOWS_ON = frozenset(("it", "this", "these", "which", "previously", "now", "they"))
_SIGNS = frozenset(",，.。；;:：")


def relate(reading: Reading, mentions: Sequence[Mention], places: Sequence[Place]) -> tuple[Mention, ...]:
    """The mentions with all that the text says of them."""
    widened = [
        mention.having(zone=_zone(reading, mention, places, _floor(reading, mentions, at)))
        for at, mention in enumerate(mentions)
    ]
    reach = [_reach(reading, widened, at) for at in range(len(widened))]
    related = [_related(reading, mention, places, end) for mention, end in zip(widened, reach, strict=True)]
    related = _share_places(reading, related)
    return tuple(_change_of_list(reading, related))


def _floor(reading: Reading, mentions: Sequence[Mention], at: int) -> int:
    last = mentions[at - 1].end if at else 0
    start = mentions[at].start
    return max(last, _segment(reading, start)[0] if reading.is_zh else reading.clause_at(start).start)


def _zone(reading: Reading, mention: Mention, places: Sequence[Place], floor: int) -> int:
    """Where the phrase around the mention begins: back over degree, side, size and place."""
    at = reading.token_at(mention.zone)
    while at > 0:
        token = reading.tokens[at - 1]
        if token.start < floor or token.text in _SIGNS:
            break
        place = (
            next((place for place in places if place.start <= token.start < place.end), None) if reading.is_zh else None
        )
        if place is not None:
            at = reading.token_at(max(place.start, floor))
            continue
        if token.text in ("a", "an"):
            at -= 1
            break
        cue = _cue_at(reading, at - 1)
        if cue is not None and cue.start >= floor and _precedes(reading, cue):
            at = cue.first
            if cue.kind in ("negated_before", "hedged_before") and not (reading.is_zh and cue.kind == "hedged_before"):
                before = next((place for place in places if place.end == cue.start), None) if reading.is_zh else None
                at = reading.token_at(max(before.start, floor)) if before is not None else at
                break
        elif token.is_number or token.text in _BETWEEN or _ORDINAL.fullmatch(token.text):
            at -= 1
        else:
            break
    return reading.tokens[at].start if at < len(reading.tokens) else mention.zone


def _precedes(reading: Reading, cue: Cue) -> bool:
    """In Chinese a change stands after what changed, unless it is new."""
    return not (reading.is_zh and cue.kind == "change" and cue.value != "new")


def _cue_at(reading: Reading, index: int) -> Cue | None:
    kinds = _ZH_BEFORE if reading.is_zh else _BEFORE
    found = [cue for kind in kinds if (cue := reading.cues.covers(kind, index)) is not None and cue.last == index + 1]
    return min(found, key=lambda cue: cue.first) if found else None


def _reach(reading: Reading, mentions: Sequence[Mention], at: int) -> int:
    """Where what is said of the mention ends: before the next one's phrase, and over sentences that begin with "it"."""
    mention = mentions[at]
    after = mentions[at + 1].zone if at + 1 < len(mentions) else len(reading.text)
    end = mention.end
    sentence = reading.clause_at(mention.start).sentence
    soft_stop = False
    for clause in reading.clauses:
        if clause.end <= mention.end:
            continue
        if clause.start > mention.end:
            first = (
                reading.tokens[reading.token_at(clause.start)].text
                if reading.token_at(clause.start) < len(reading.tokens)
                else ""
            )
            follows_on = first in _FOLLOWS_ON
            if clause.sentence != sentence and not follows_on:
                break
            if (
                clause.soft
                and not follows_on
                and not (reading.is_zh and reading.cues.first("change", clause.start, clause.start + 8))
            ):
                soft_stop = True
            if soft_stop or clause.start >= after:
                break
            sentence = clause.sentence
        end = clause.end
    return max(mention.end, min(end, after))


def _related(reading: Reading, mention: Mention, places: Sequence[Place], end: int) -> Mention:
    place = (
        mention.inner_place or _place_after(reading, mention, places, end) or _place_before(reading, mention, places)
    )
    side = _side(reading, mention, place, end)
    size = _size(reading, mention, end)
    return mention.having(
        place=place,
        side=side,
        size=size,
        severity=_nearest(reading, "severity", mention, end),
        change=_change(reading, mention, end),
        count=_count(reading, mention),
    )


def _said(cue: Cue) -> Said:
    return Said(cue.value, cue.start, cue.end)


def _place_after(reading: Reading, mention: Mention, places: Sequence[Place], end: int) -> Place | None:
    """ "… in the right upper lobe": a place led in by a preposition, in English."""
    if reading.is_zh:
        return None
    for place in places:
        if place.start < mention.end or place.end > end:
            continue
        token = reading.token_at(place.start) - 1
        while (
            token >= 0
            and reading.tokens[token].end > mention.end
            and (
                reading.cues.covers("determiner", token)
                or reading.tokens[token].text in ("both", "mid", "entire")
                or reading.cues.covers("laterality", token)
            )
        ):
            token -= 1
        led = token >= 0 and reading.tokens[token].start >= mention.end and _leads(reading, token)
        gap = reading.text[mention.end : place.start]
        if led and "," not in gap and "." not in gap:
            return place
        if place.region and gap.strip() in (",", "") and not mention.inner_place:
            return place
    return None


def _leads(reading: Reading, token: int) -> bool:
    return reading.tokens[token].text in words_of(reading.language, "place_lead")


def _place_before(reading: Reading, mention: Mention, places: Sequence[Place]) -> Place | None:
    start, _ = _segment(reading, mention.start)
    before = [place for place in places if start <= place.start and place.end <= mention.start]
    if not before:
        return None
    place = before[-1]
    if reading.is_zh:
        return place if place.start >= mention.zone else None
    if place.start >= mention.zone:
        return place
    led = reading.token_at(place.start)
    lead = [token.text for token in reading.tokens[max(0, led - 2) : led]]
    verbs = reading.cues.within("existential", place.end, mention.start)
    return place if verbs and any(word in ("in", "at", "within", "over") for word in lead) else None


def _segment(reading: Reading, char: int) -> tuple[int, int]:
    number = reading.clause_at(char).segment
    inside = [clause for clause in reading.clauses if clause.segment == number]
    return inside[0].start, inside[-1].end


def _side(reading: Reading, mention: Mention, place: Place | None, end: int) -> Said | None:
    inside = reading.cues.first("laterality", mention.start, mention.end)
    if place is not None and place.side is not None:
        return _said(place.side)
    if inside is not None and (not reading.is_zh or len(mention.name) > 2):
        return _said(inside)
    before = reading.cues.within("laterality", mention.zone, mention.start)
    if before and not reading.is_zh:
        return _said(before[-1])
    if (
        before
        and reading.is_zh
        and before[-1].end - before[-1].start >= 1
        and _zh_side_counts(reading, before[-1], mention)
    ):
        return _said(before[-1])
    if reading.is_zh:
        return None
    _, stop = _segment(reading, mention.end)
    after = reading.cues.first("laterality", mention.end, min(end, stop))
    if after is not None and not _belongs_to_noun(reading, after):
        return _said(after)
    return None


def _zh_side_counts(reading: Reading, cue: Cue, mention: Mention) -> bool:
    said = reading.text[cue.start : cue.end]
    return said not in ("两", "左右") or reading.text[cue.end : cue.end + 1] == "侧" or cue.end == mention.start


def _belongs_to_noun(reading: Reading, cue: Cue) -> bool:
    """ "left" before another noun says nothing of what stood before ("effusion, left chest tube")."""
    if cue.value == "bilateral" and cue.end - cue.start > 9:
        return False
    after = cue.last
    if after >= len(reading.tokens) or not reading.tokens[after].is_word:
        return False
    return (
        reading.cues.covers("preposition", after) is None
        and reading.cues.covers("verb", after) is None
        and reading.cues.covers("change", after) is None
    )


def _nearest(reading: Reading, kind: str, mention: Mention, end: int) -> Said | None:
    before = reading.cues.within(kind, mention.zone, mention.start)
    inside = reading.cues.within(kind, mention.start, mention.end)
    if before:
        denied = reading.cues.within("negated_before", mention.zone, before[-1].start + 1) and reading.cues.covers(
            "scope_filler", before[-1].first
        )
        return None if denied else _said(before[-1])
    if inside and mention.manner is not Manner.NORMAL:
        return _said(inside[0])
    if not reading.is_zh:
        return None
    _, stop = _segment(reading, mention.end)
    after = reading.cues.first(kind, mention.end, min(end, stop))
    if after is None or reading.cues.covers("change", after.first) is not None:
        return None
    return _said(after) if after.start - mention.end <= 1 else None


def _change(reading: Reading, mention: Mention, end: int) -> Said | None:
    after = [cue for cue in reading.cues.within("change", mention.end, end) if not _joins_word(reading, cue)]
    strong = [cue for cue in after if cue.value in ("resolved",)]
    before = reading.cues.within("change", mention.zone, mention.start)
    if strong:
        return _said(strong[0])
    if before:
        return _said(before[-1])
    if after:
        return _said(after[0])
    again = reading.cues.first("again", mention.zone, end)
    return Said("stable", again.start, again.end) if again is not None else None


def _joins_word(reading: Reading, cue: Cue) -> bool:
    """ "stable in position" and the like speak of something else."""
    return reading.text[cue.end : cue.end + 12].strip().startswith(("in position", "position"))


def _change_of_list(reading: Reading, mentions: Sequence[Mention]) -> list[Mention]:
    """ "No change in A or B": the second takes the change of the first when only a link lies between."""
    shared = list(mentions)
    for at in range(1, len(shared)):
        here, last = shared[at], shared[at - 1]
        between = reading.text[last.end : here.zone].strip().lower()
        if (
            here.change is None
            and last.change is not None
            and last.change.end <= last.start
            and between in ("and", "or", "和", "及", "、")
        ):
            shared[at] = here.having(change=last.change)
    return shared


def _size(reading: Reading, mention: Mention, end: int) -> Size | None:
    clause = reading.clause_at(mention.start)
    begin = max(mention.zone, clause.start if clause.soft else 0)
    found = [*sizes(reading.text, begin, mention.start), *sizes(reading.text, mention.start, end)]
    current = [size for size in found if not _is_prior(reading, size, mention)]
    return current[0] if current else None


def _is_prior(reading: Reading, size: Size, mention: Mention) -> bool:
    clause = reading.clause_at(size.start)
    floor = max(clause.start, mention.end if mention.end <= size.start else mention.zone)
    if reading.cues.within("prior", floor, size.start):
        return True
    after = reading.tokens[reading.token_at(size.end) : reading.token_at(size.end) + 2]
    if any(token.text in ("previously", "before") for token in after) and after[0].text not in _SIGNS:
        return True
    word = reading.tokens[reading.token_at(size.end)].text if reading.token_at(size.end) < len(reading.tokens) else ""
    return word in ("above", "below", "from", "上", "下") or reading.text[max(0, size.start - 5) : size.start].strip(
        " 约"
    ).endswith(("上方", "下方", "距"))


def _count(reading: Reading, mention: Mention) -> Said | None:
    if reading.is_zh:
        return None
    token = reading.token_at(mention.zone)
    while token < len(reading.tokens) and reading.tokens[token].start < mention.start:
        cue = reading.cues.covers("number_word", token)
        here = reading.tokens[token]
        if (
            cue is not None
            and cue.value not in ("1", "0.5")
            and not any(s.start <= here.start < s.end for s in sizes(reading.text, mention.zone, mention.start))
        ):
            return _said(cue)
        token += 1
    return None


def _share_places(reading: Reading, mentions: Sequence[Mention]) -> list[Mention]:
    """ "Swelling and tenderness of X": what stands before "and" shares the place after it, side included."""
    shared = list(mentions)
    for at in range(len(shared) - 2, -1, -1):
        here, following = shared[at], shared[at + 1]
        between = reading.text[here.end : following.zone].strip().lower()
        if here.place is None and here.side is None and between in ("and", "or", "with", "和", "及", "、", "伴"):
            late = following.place is not None and following.place.start >= following.end
            after_side = following.side is not None and following.side.start >= following.end
            if late or after_side:
                shared[at] = here.having(place=following.place if late else None, side=following.side)
        if (
            reading.is_zh
            and following.place is None
            and following.side is None
            and here.place is not None
            and between in ("及", "、", "和", "伴", "")
            and reading.text[here.end : following.start] in ("及", "、", "和", "伴", "")
            and following.manner is Manner.NAMED
        ):
            shared[at + 1] = following.having(side=here.side)
    return shared
