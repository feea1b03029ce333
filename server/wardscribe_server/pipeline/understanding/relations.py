"""What belongs to which mention: place, side, size, degree, change, count.

Owns attachment. Must not know templates.
"""

import re
from collections.abc import Sequence

from wardscribe_lexicons import TermClass
from wardscribe_server.lexicon.matcher import TermHit
from wardscribe_server.pipeline.understanding.cueing import Cue, words_of
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention, Said
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
from wardscribe_server.pipeline.understanding.reading import Reading, has_class
from wardscribe_server.pipeline.understanding.zones import segment, with_zones

_ZH_LIES_IN = re.compile(r"(?:主要|大部分|均)?(?:位于|见于|在|累及)")
_FOLLOWS_ON = frozenset(("it", "this", "these", "which", "previously", "now", "they"))
_INSIDE_IT = re.compile(r"[，,]?其?内部?可?(?:见|及|探及)[^，。；,;]{0,6}$")
_HOLDS = frozenset(("contains", "contain", "holds", "hold", "bears", "harbours", "harbors"))
_SPREAD = ("widespread", "scattered")
_ALONE_REACH = 20
_STOP = re.compile(r"\.(?!\d)")
_SIGNS = frozenset(",，.。；;:：")
_SMALL_COUNT = re.compile(r"[2-9]|1\d")
_OPENERS = frozenset(
    (
        "the",
        "these",
        "are",
        "is",
        "with",
        "and",
        "of",
        "shows",
        "showed",
        "has",
        "have",
        "contains",
        "at",
        "least",
        "see",
    )
)


def relate(reading: Reading, mentions: Sequence[Mention], places: Sequence[Place]) -> tuple[Mention, ...]:
    """The mentions with all that the text says of them."""
    widened = with_zones(reading, mentions, places)
    reach = [_reach(reading, widened, at) for at in range(len(widened))]
    related = [_related(reading, mention, places, end) for mention, end in zip(widened, reach, strict=True)]
    related = _share_places(reading, related)
    return tuple(_change_of_list(reading, related))


def _reach(reading: Reading, mentions: Sequence[Mention], at: int) -> int:
    """Where what is said of the mention ends: before the next one's phrase, and over sentences that begin with "it"."""
    mention = mentions[at]
    after = mentions[at + 1].zone if at + 1 < len(mentions) else len(reading.text)
    end = mention.end
    sentence = reading.clause_at(mention.start).sentence
    soft_stop = False
    for at in range(reading.clause_from(mention.end), len(reading.clauses)):
        clause = reading.clauses[at]
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
        _sided_after(reading, mention, places, end)
        or mention.inner_place
        or _place_after(reading, mention, places, end)
        or _place_before(reading, mention, places)
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


def _sided_after(reading: Reading, mention: Mention, places: Sequence[Place], end: int) -> Place | None:
    """ "apical scar of the left lung": the place that names a side says more than the one in the name."""
    inner = mention.inner_place
    if reading.is_zh or inner is None or inner.side is not None:
        return None
    after = _place_after(reading, mention, places, end)
    return after if after is not None and after.side is not None and after.region else None


def _said(cue: Cue) -> Said:
    return Said(cue.value, cue.start, cue.end)


def _place_after(reading: Reading, mention: Mention, places: Sequence[Place], end: int) -> Place | None:
    """ "… in the right upper lobe": a place led in by a preposition, in English."""
    if reading.is_zh:
        lead = _ZH_LIES_IN.match(reading.text, mention.end)
        return next((place for place in places if lead is not None and place.start == lead.end()), None)
    for place in places:
        if place.start < mention.end or place.end > end:
            continue
        token = reading.token_at(place.start) - 1
        while (
            token >= 0
            and reading.tokens[token].end > mention.end
            and (
                reading.cues.covers("determiner", token)
                or reading.tokens[token].text in ("both", "mid", "entire", "distal", "proximal")
                or reading.cues.covers("laterality", token)
            )
        ):
            token -= 1
        led = token >= 0 and reading.tokens[token].start >= mention.end and _leads(reading, token)
        gap = reading.text[mention.end : place.start]
        if led and "," not in gap and _STOP.search(gap) is None:
            return place
        if place.region and gap.strip() in (",", "") and not mention.inner_place:
            return place
    return None


def _leads(reading: Reading, token: int) -> bool:
    return reading.tokens[token].text in words_of(reading.language, "place_lead")


def _place_before(reading: Reading, mention: Mention, places: Sequence[Place]) -> Place | None:
    start, _ = segment(reading, mention.start)
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
    if _is_of_another(reading, place, places):
        return None
    after = reading.tokens[reading.token_at(place.end) :][:1]
    if after and after[0].text in _HOLDS and after[0].start < mention.start:
        return place
    return place if verbs and any(word in ("in", "at", "within", "over") for word in lead) else None


def _is_of_another(reading: Reading, place: Place, places: Sequence[Place]) -> bool:
    """ "Septal lines at both bases there are effusions": the place closes what stands right before its preposition.

    Not "right lower quadrant pain in the right lower quadrant there is": the pain has its place already.
    """
    at = reading.token_at(place.start) - 1
    while at > 0 and (reading.cues.covers("determiner", at) or reading.cues.covers("laterality", at)):
        at -= 1
    if at <= 0 or not _leads(reading, at):
        return False
    before = reading.tokens[at - 1]
    named = [
        hit
        for hit in reading.hits_over(before.start, before.end)
        if not hit.nested
        and hit.end == before.end
        and _is_problem(hit)
        and not reading.cues.within("region", hit.start, hit.end)
    ]
    return bool(named) and not any(
        other.end <= hit.start and not reading.text[other.end : hit.start].strip() for other in places for hit in named
    )


def _is_problem(hit: TermHit) -> bool:
    return has_class(hit, TermClass.FINDING, TermClass.SYMPTOM, TermClass.DISEASE)


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
    _, stop = segment(reading, mention.end)
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
        if reading.cues.covers("negated_before", before[-1].first) is not None:
            return None
        denied = reading.cues.within("negated_before", mention.zone, before[-1].start + 1) and reading.cues.covers(
            "scope_filler", before[-1].first
        )
        degrees = [cue for cue in before if cue.value not in _SPREAD] if kind == "severity" else before
        return None if denied else _said((degrees or before)[-1])
    if inside and mention.manner is not Manner.NORMAL:
        return _said(inside[0])
    if not reading.is_zh:
        return _after_comma(reading, kind, mention) if kind == "severity" else None
    _, stop = segment(reading, mention.end)
    after = reading.cues.first(kind, mention.end, min(end, stop))
    if after is None or reading.cues.covers("change", after.first) is not None:
        return None
    return _said(after) if after.start - mention.end <= 1 else None


def _after_comma(reading: Reading, kind: str, mention: Mention) -> Said | None:
    """ "Centrilobular emphysema, moderate.": a degree that stands alone behind its finding."""
    after = reading.cues.first(kind, mention.end, mention.end + _ALONE_REACH)
    if after is None or mention.manner is Manner.NORMAL or reading.text[mention.end : after.start].strip() != ",":
        return None
    return _said(after) if reading.text[after.end : after.end + 1] in ("", ".", ";", ",") else None


def _change(reading: Reading, mention: Mention, end: int) -> Said | None:
    if not reading.is_zh:
        told = [cue.start for kind in ("lab_test", "vital") for cue in reading.cues.within(kind, mention.end, end)]
        end = min([end, *told])  # "no wheeze CRP has come down": what changed is the test
    after = [
        cue
        for cue in reading.cues.within("change", mention.end, end)
        if not _joins_word(reading, cue) and not _compares_two(reading, cue)
    ]
    strong = [cue for cue in after if cue.value in ("resolved",)]
    before = [
        cue for cue in reading.cues.within("change", mention.zone, mention.start) if not _compares_two(reading, cue)
    ]
    if strong:
        return _said(strong[0])
    if before:
        return _said(before[-1])
    if after:
        return _said(after[0])
    again = reading.cues.first("again", mention.zone, end)
    return Said("stable", again.start, again.end) if again is not None else None


def _compares_two(reading: Reading, cue: Cue) -> bool:
    """ "a smaller cyst" is smaller than another cyst, not than before."""
    word = reading.text[cue.start : cue.end].lower()
    return (
        word in ("smaller", "larger", "bigger")
        and cue.first > 0
        and reading.tokens[cue.first - 1].text
        in (
            "a",
            "the",
        )
    )


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
    later = reading.tokens[reading.token_at(size.end) + 1 :][:1]
    if after and after[0].text == "previously" and later and later[0].is_number:
        return False
    if any(token.text in ("previously", "before") for token in after) and after[0].text not in _SIGNS:
        return True
    following = reading.tokens[reading.token_at(size.end) :][:2]
    word = following[0].text if following else ""
    if word == "from" and following[-1].is_number:
        return False
    return word in ("above", "below", "from", "上", "下") or reading.text[max(0, size.start - 5) : size.start].strip(
        " 约"
    ).endswith(("上方", "下方", "距"))


def _count(reading: Reading, mention: Mention) -> Said | None:
    if reading.is_zh:
        return None
    counted = _counted(reading, mention)
    if counted is not None:
        return counted
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


def _counted(reading: Reading, mention: Mention) -> Said | None:
    """ "2 nodules", "3 enlarged nodes": a number that opens the phrase of a plural; not "grade 2 changes"."""
    if not reading.text[mention.start : mention.end].endswith("s"):
        return None
    at = reading.token_at(mention.zone)
    if at < len(reading.tokens) and reading.tokens[at].text in _OPENERS:
        at += 1
    elif at and reading.tokens[at - 1].is_number:
        at -= 1
    if at >= len(reading.tokens) or reading.tokens[at].start >= mention.start:
        return None
    here, before = reading.tokens[at], reading.tokens[at - 1].text if at else "."
    if not _SMALL_COUNT.fullmatch(here.text) or not (before in _SIGNS or before in _OPENERS):
        return None
    if any(size.start <= here.start < size.end for size in sizes(reading.text, here.start, mention.end)):
        return None
    return Said(here.text, here.start, here.end)


def _share_places(reading: Reading, mentions: Sequence[Mention]) -> list[Mention]:
    """ "Swelling and tenderness of X": what stands before "and" shares the place after it, side included."""
    shared = list(mentions)
    for at in range(len(shared) - 2, -1, -1):
        here, following = shared[at], shared[at + 1]
        between = reading.text[here.end : following.zone].strip().lower()
        if reading.text[following.zone : following.start].lower().startswith(("a ", "an ")):
            continue
        if here.place is None and here.side is None and between in ("and", "or", "with", "和", "及", "、", "伴"):
            late = following.place is not None and following.place.start >= following.end
            after_side = following.side is not None and following.side.start >= following.end
            if late or after_side:
                shared[at] = here.having(place=following.place if late else None, side=following.side)
        if (
            reading.is_zh
            and following.place is None
            and following.side is None
            and here.manner is not Manner.NORMAL
            and _INSIDE_IT.match(reading.text[here.end : following.start])
        ):
            shared[at + 1] = following.having(place=here.place, side=here.side)
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
