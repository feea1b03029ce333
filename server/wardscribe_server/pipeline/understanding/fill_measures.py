"""Sizes of organs: a number beside the name of an organ, with nothing else spoken of between.

Owns which length belongs to which organ. Must not know findings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.mentions import Manner
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_PAIRS = {
    "kidneys": ("right_kidney", "left_kidney"),
    "both_lobes": ("right_lobe", "left_lobe"),
    "right_then_left": ("right_lobe", "left_lobe"),
}
_WHOLE = {"wall": {"gallbladder": "gallbladder_wall", "gallbladder_wall": "gallbladder_wall"}}
_SIDED = {
    ("kidneys", "left"): "left_kidney",
    ("kidneys", "right"): "right_kidney",
    ("right_kidney", "left"): "left_kidney",
    ("left_kidney", "right"): "right_kidney",
    ("right_lobe", "left"): "left_lobe",
    ("left_lobe", "right"): "right_lobe",
    ("both_lobes", "left"): "left_lobe",
    ("both_lobes", "right"): "right_lobe",
}
_NO_UNIT = re.compile(
    r"(?<![\d.])(?P<a>\d+(?:\.\d+)?)\s*[x×]\s*(?P<b>\d+(?:\.\d+)?)(?:\s*[x×]\s*(?P<c>\d+(?:\.\d+)?))?(?![\d.]*\d)"
)
_BEFORE_LINKED = re.compile(
    r"(?<![\d.x×/])(?P<n>\d+(?:\.\d+)?)\s*(?:(?:,\s*)?(?:and|,)\s*(?:(?:the\s+)?(?:left|right)(?:\s+(?:one|kidney|lobe))?\s*)?"
    r"|(?:the\s+)?(?:left|right)\s+(?:(?:kidney|lobe)\s+)?(?:measures\s+|is\s+)?"
    r"|(?:和|、|，|及)\s*[左右]?[侧肾叶]?(?:约|为)?)$",
    re.IGNORECASE,
)
_PAIRED = ("kidneys", "both_lobes", "right_kidney", "left_kidney", "right_lobe", "left_lobe", "right_then_left")
_LONGEST = re.compile(r"长径|长度|\blength\b|\blong\b", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\b(?:nodule|lesion)s?\s+(?:number\s+)?(?:\d|one|two|three|four|five)\s*[:,.]?\s*(?:the\s+)?$", re.IGNORECASE
)
_LENGTHWISE = re.compile(r"\s*in\s+(?:\w+\s+)?(?:length|span|dimension|diameter)\b", re.IGNORECASE)
_LINK_REACH = 40
_SIDE_REACH = 5
_SIGNS = frozenset(":：,，、()（）")
_LINKS = frozenset(("and", "和", "及", "、", "，", ","))


@dataclass(frozen=True, slots=True)
class Measured:
    """A size and the organ it is the size of, said at `[start, end)`."""

    organ: str
    size: Size
    start: int
    end: int


def measure(case: Case, spec: FieldSpec) -> Tree:
    """The first number said of the organ that the field is named after."""
    said = list(_of_field(case, spec))
    lengthwise = [item for item in said if _LONGEST.search(case.reading.text, item.start, item.size.start)]
    found = next(iter((*lengthwise, *said)), None)  # a spleen's length, not its thickness
    return Leaf(found.size.mm[0], found.size.start, found.size.end) if found is not None else []


def measures(case: Case, spec: FieldSpec) -> Tree:
    """All numbers of the first size said of the organ that the field is named after."""
    found = next(_of_field(case, spec), None)
    return [Leaf(value, found.size.start, found.size.end) for value in found.size.mm] if found is not None else []


def _of_field(case: Case, spec: FieldSpec) -> Iterator[Measured]:
    organ = spec.id.removesuffix("_mm")
    return (item for item in measured(case) if item.organ == organ)


def is_measured(case: Case) -> bool:
    """Whether the template keeps sizes of organs."""
    return case.template.has_kind("measure") or case.template.has_kind("measures")


def measured(case: Case) -> tuple[Measured, ...]:
    """Every size of an organ that the findings tell, in order."""
    found: list[Measured] = []
    for size in lengths(case):
        if case.section_at(size.start) in ("impression", "recommendation", "comparison"):
            continue
        item = (
            _after_pair(case, size, found)
            or _after_organ(case, size)
            or _before_wall(case, size)
            or _of_subject(case, size)
            or _of_side(case, size)
            or _of_both_sides(case, size)
        )
        if item is not None:
            found.append(item)
    return tuple(found)


def lengths(case: Case) -> tuple[Size, ...]:
    """Sizes in the text; one without a unit takes it from the size that a link joins it to."""
    said = sizes(case.reading.text)
    return tuple(sorted((*said, *_unitless(case, said)), key=lambda size: size.start))


def _unitless(case: Case, said: tuple[Size, ...]) -> Iterator[Size]:
    """ "4.9 x 2.1 x 1.9 and the left 5.2 x 2.0 x 1.8 cm": the first in the unit of the second."""
    yield from _single_unitless(case, said)
    for match in _NO_UNIT.finditer(case.reading.text):
        if any(size.start < match.end() and match.start() < size.end for size in said):
            continue
        beside = _beside(case, match, said)
        if beside is None:
            continue
        unit = case.reading.text[beside.start : beside.end].lower()
        factor = 10 if "c" in unit or "厘米" in unit or "公分" in unit else 1
        values = tuple(round(float(number) * factor, 3) for number in _numbers(match))
        if min(values) <= 0:
            continue
        yield Size(match.start(), match.end(), tuple(int(v) if v == int(v) else v for v in values))


def _beside(case: Case, match: re.Match[str], said: tuple[Size, ...]) -> Size | None:
    """The size whose unit holds for one without: the next of several lengths, else the one before of the same pair."""
    text = case.reading.text
    following = next((size for size in said if size.start >= match.end()), None)
    near = following is not None and following.start - match.end() <= _LINK_REACH and len(following.mm) > 1
    if near and following is not None and not any(sign in text[match.end() : following.start] for sign in ".。;；"):
        return following
    before = next((size for size in reversed(said) if size.end <= match.start()), None)
    if before is None or match.start() - before.end > _LINK_REACH or len(before.mm) != len(_numbers(match)):
        return None
    organs = case.reading.cues.within("organ", before.end, match.start())
    return before if organs and organs[-1].value in _PAIRED else None


def _numbers(match: re.Match[str]) -> list[str]:
    return [match[name] for name in ("a", "b", "c") if match[name]]


def _single_unitless(case: Case, said: tuple[Size, ...]) -> Iterator[Size]:
    """ "Right and left measure 10.2 and 10.8 cm", "right 9.8 and left 10 cm": of a pair of organs."""
    for size in said:
        if len(size.mm) != 1:
            continue
        match = _BEFORE_LINKED.search(case.reading.text, max(0, size.start - _LINK_REACH), size.start)
        if match is None or any(other.start < match.end("n") and match.start("n") < other.end for other in said):
            continue
        start, _ = case.reading.sentence(case.clause_at(match.start("n")).sentence)
        paired = [cue for cue in case.reading.cues.within("organ", start, match.start("n")) if cue.value in _PAIRED]
        if not paired:
            continue
        factor = 10 if "c" in (unit := case.reading.text[size.start : size.end].lower()) or "厘米" in unit else 1
        value = round(float(match["n"]) * factor, 3)
        if value > 0:
            yield Size(match.start("n"), match.end("n"), (int(value) if value == int(value) else value,))


def _organs(case: Case) -> tuple[Cue, ...]:
    return case.reading.cues.of("organ")


def _after_organ(case: Case, size: Size) -> Measured | None:
    """The organ named last before the size, when only words of measuring stand between."""
    start, _ = case.reading.sentence(case.clause_at(size.start).sentence)
    before = [cue for cue in _organs(case) if start <= cue.start and cue.end <= size.start]
    if not before:
        return _of_topic(case, size, start)
    organ = before[-1]
    if _is_where(case, organ):
        return None
    if not _only_measuring(case, organ.end, size.start):
        return _of_topic(case, size, start)
    side = _side_between(case, organ, size)
    name = _SIDED.get((organ.value, side), organ.value) if side else organ.value
    if name == "gallbladder":
        return _of_topic(case, size, start)
    if name in _PAIRS:
        name = _PAIRS[name][1] if _left_first(case, organ, size) else _PAIRS[name][0]
    return Measured(name, size, organ.start, size.end)


def _is_where(case: Case, organ: Cue) -> bool:
    """ "a nodule in the left lobe measuring 9 mm", "nodule 3: isthmus, 5 mm": the organ is where something lies."""
    if _NUMBERED.search(case.reading.text, max(0, organ.start - 24), organ.start):
        return True
    before = [token.text for token in case.reading.tokens[max(0, organ.first - 2) : organ.first]]
    led = before[:-1] if before[-1:] == ["the"] else before
    return led[-1:] != [] and led[-1] in ("in", "within", "from", "at")


def _side_between(case: Case, organ: Cue, size: Size) -> str | None:
    sides = case.reading.cues.within("laterality", organ.end, size.start)
    return sides[-1].value if sides else None


def _left_first(case: Case, organ: Cue, size: Size) -> bool:
    """Which of the two comes first: as the name has it, or "left and right measure" after it."""
    sides = next(reversed(case.reading.cues.within("laterality", organ.end, size.start)), None)
    start, end = (
        (sides.start, sides.end) if sides is not None and sides.value == "bilateral" else (organ.start, organ.end)
    )
    return case.reading.text[start:end].lower().startswith(("left", "左"))


def _of_topic(case: Case, size: Size, start: int) -> Measured | None:
    """ "wall 2 mm", "span 13 cm": a way of measuring, of the organ spoken of in the sentence."""
    cues = case.reading.cues.within("measured", start, size.start)
    if not cues or not _only_measuring(case, cues[-1].end, size.start):
        return None
    near = [cue for cue in cues if _only_measuring(case, cue.end, size.start)]
    way = next((cue for cue in reversed(near) if cue.value == "wall"), near[-1])
    topic = next((cue for cue in reversed(_organs(case)) if start <= cue.start and cue.end <= way.end), None)
    if topic is None and case.reading.is_zh is False:
        topic = next((cue for cue in reversed(_organs(case)) if cue.end <= way.start), None)
        if topic is not None and case.clause_at(topic.start).sentence < case.clause_at(size.start).sentence - 1:
            return None
    if topic is None:
        return None
    name = topic.value
    if way.value == "wall":
        name = _WHOLE["wall"].get(topic.value, "")
    elif name in ("gallbladder", "gallbladder_wall", "other", *_PAIRS):
        return None
    return Measured(name, size, way.start, size.end) if name else None


def _of_subject(case: Case, size: Size) -> Measured | None:
    """ "The liver is normal in texture and measures 14 cm": the organ that begins the sentence, if nothing is found."""
    reading = case.reading
    start, _ = reading.sentence(case.clause_at(size.start).sentence)
    organs = reading.cues.within("organ", start, size.start)
    if len(organs) != 1 or organs[0].value in ("other", "gallbladder", *_PAIRS):
        return None
    organ = organs[0]
    start = max(start, case.part_at(organ.start).start)
    if any(token.text != "the" for token in reading.tokens_in(start, organ.start)):
        return None
    verb = next((cue for cue in reversed(reading.cues.within("measures", organ.end, size.start))), None)
    if verb is not None and not _only_measuring(case, verb.end, size.start):
        return None
    if verb is None and not _LENGTHWISE.match(reading.text, size.end):
        return None
    if any(mention.manner in (Manner.NAMED, Manner.STATE) for mention in case.mentions_in(organ.end, size.start)):
        return None
    return Measured(organ.value, size, organ.start, size.end)


def _of_side(case: Case, size: Size) -> Measured | None:
    """ "Both kidneys are normal; the right measures 10 cm": a side, of the paired organ spoken of last."""
    reading = case.reading
    start, _ = reading.sentence(case.clause_at(size.start).sentence)
    side = next(reversed(reading.cues.within("laterality", start, size.start)), None)
    organ = next((cue for cue in reversed(_organs(case)) if cue.end <= size.start), None)
    if side is None or organ is None or organ.end > side.start or not _only_measuring(case, side.end, size.start):
        return None
    name = _SIDED.get((organ.value, side.value), organ.value)
    if name in _PAIRS or not name.startswith((f"{side.value}_kidney", f"{side.value}_lobe")):
        return None
    return Measured(name, size, side.start, size.end)


def _of_both_sides(case: Case, size: Size) -> Measured | None:
    """ "Both kidneys are normal, right and left measure 10 and 11 cm": the first size is of the side said first."""
    reading = case.reading
    start, _ = reading.sentence(case.clause_at(size.start).sentence)
    sides = next(reversed(reading.cues.within("laterality", start, size.start)), None)
    organ = next((cue for cue in reversed(_organs(case)) if cue.end <= size.start), None)
    if sides is None or sides.value != "bilateral" or organ is None or organ.value not in _PAIRS:
        return None
    said = reading.text[sides.start : sides.end].lower()
    if organ.end > sides.start or not _only_measuring(case, sides.end, size.start) or "right" not in said + "右":
        return None
    pair = _PAIRS[organ.value]
    return Measured(pair[1] if said.startswith(("left", "左")) else pair[0], size, sides.start, size.end)


def _before_wall(case: Case, size: Size) -> Measured | None:
    """ "a 5 mm thick wall": the way of measuring after the size."""
    reading = case.reading
    if reading.is_zh:
        return None
    at = reading.token_at(size.end)
    way = reading.cues.covers("measured", at) if at < len(reading.tokens) else None
    if way is None or way.first != at or way.value != "wall":
        return None
    topic = next((cue for cue in reversed(_organs(case)) if cue.end <= size.start), None)
    name = _WHOLE["wall"].get(topic.value, "") if topic is not None else ""
    return Measured(name, size, size.start, way.end) if name else None


def _after_pair(case: Case, size: Size, found: list[Measured]) -> Measured | None:
    """The second of two sizes after both names: "right and left lobes measure … and …"."""
    if not found:
        return None
    last = found[-1]
    gap = case.reading.tokens_in(last.end, size.start)
    side = case.reading.value("laterality", last.end, size.start)
    if side is not None and side.value in ("left", "right") and len(gap) <= _SIDE_REACH:
        stem = last.organ.partition("_")[2]
        organs = case.reading.cues.within("organ", last.end, size.start)
        if stem in ("kidney", "lobe") and not organs and _only_measuring(case, side.end, size.start):
            return Measured(f"{side.value}_{stem}", size, side.start, size.end)
    pair = next((pair for pair in _PAIRS.values() if last.organ in pair), None)
    if pair is None or not gap or any(token.text not in _LINKS for token in gap):
        return None
    organ = next((cue for cue in reversed(_organs(case)) if cue.end <= last.size.start), None)
    if organ is None or organ.value not in _PAIRS:
        return None
    other = pair[1] if last.organ == pair[0] else pair[0]
    return Measured(other, size, size.start, size.end)


def _only_measuring(case: Case, start: int, end: int) -> bool:
    """Whether only words of measuring, and no finding, stand in `[start, end)`."""
    reading = case.reading
    for token in reading.tokens_in(start, end):
        index = reading.token_at(token.start)
        if token.text in _SIGNS:
            continue
        if reading.cues.covers("measure_filler", index) is None and reading.cues.covers("measured", index) is None:
            return False
    return True
