"""Thyroid nodules with their features and the points and category computed from them.

Owns the nodule shape. Must not know findings or impressions.
"""

import re

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.fill_measures import lengths, measured
from wardscribe_server.pipeline.understanding.nodules import Description, descriptions
from wardscribe_server.pipeline.understanding.quantities import Size
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree
from wardscribe_server.pipeline.understanding.tirads import category, margin_weight, points

_ORDER = ("composition", "echogenicity", "shape", "margin")
_SAID_CATEGORY = re.compile(r"(?:TI-?\s?RADS|\bTR)\s*-?\s*([1-5])(?![\d.]*\s*(?:mm|cm|毫米|厘米))", re.IGNORECASE)
_LOBES = {"right_lobe": "right", "left_lobe": "left", "isthmus": "isthmus"}


def nodules(case: Case, _spec: FieldSpec) -> Tree:
    """Nodule entries in the order described."""
    found: list[Tree] = []
    last_side: Leaf | None = None
    for item in descriptions(case):
        entry, last_side = _nodule(case, item, last_side)
        if set(entry) - {"laterality"}:
            found.append(entry)
    return found


def _nodule(case: Case, item: Description, last_side: Leaf | None) -> tuple[dict[str, Tree], Leaf | None]:
    entry: dict[str, Tree] = {}
    side = _side(case, item) or (last_side if item.again else None) or _lobe_before(case, item)
    if side is not None:
        entry["laterality"] = side
    level = _level(case, item)
    if level is not None and not (side is not None and side.value == "isthmus"):
        entry["location"] = level
    size = _size(case, item)
    if size is not None:
        entry["size_mm"] = [Leaf(value, size.start, size.end) for value in size.mm]
    for key in _ORDER:
        feature = _feature(case, item, key)
        if feature is not None:
            entry[key] = feature
    _add_implied_composition(entry)
    foci = _foci(case, item)
    if foci:
        entry["foci"] = foci
    _add_score(case, item, entry, foci)
    return entry, side


def _side(case: Case, item: Description) -> Leaf | None:
    """The side named nearest to the nodule's name, before it first."""
    cues = [cue for cue in case.reading.cues.within("nodule_side", item.start, item.end) if not _is_near(case, cue)]
    before = [cue for cue in cues if cue.end <= item.named]
    sentence = case.clause_at(item.named).sentence
    after = [cue for cue in cues if cue.start >= item.named_end and case.clause_at(cue.start).sentence == sentence]
    middle = [cue for cue in before if cue.value == "isthmus"]
    chosen = (middle or before[-1:] or after[:1])[:1]
    return Leaf(chosen[0].value, chosen[0].start, chosen[0].end) if chosen else None


def _is_near(case: Case, cue: Cue) -> bool:
    """左叶近峡部 lies in the lobe."""
    return cue.value == "isthmus" and case.reading.text[max(0, cue.start - 1) : cue.start] in ("近", "邻", "临", "靠")


def _lobe_before(case: Case, item: Description) -> Leaf | None:
    """A lobe spoken of alone just before holds for the nodules in it."""
    sentence = case.clause_at(item.named).sentence
    lobes = [
        cue
        for cue in case.reading.cues.of("organ")
        if cue.end <= item.start and (cue.value in _LOBES or cue.value == "both_lobes")
    ]
    near = [cue for cue in lobes if case.clause_at(cue.start).sentence >= sentence - 1]
    if not near or near[-1].value == "both_lobes":
        return None
    here = [cue for cue in near if case.clause_at(cue.start).sentence == sentence]
    if len(here) == 1:
        return Leaf(_LOBES[here[0].value], here[0].start, here[0].end)
    sides = {cue.value for cue in near if case.clause_at(cue.start).sentence == case.clause_at(near[-1].start).sentence}
    if len(sides) > 1 or (len(lobes) > 1 and lobes[-2].value != lobes[-1].value and _sized(case, lobes[-2:])):
        return None
    return Leaf(_LOBES[near[-1].value], near[-1].start, near[-1].end)


def _sized(case: Case, lobes: list[Cue]) -> bool:
    """Whether both lobes were only measured, one after the other: then neither is where we are."""
    starts = {item.start for item in measured(case)}
    return (
        all(cue.start in starts for cue in lobes)
        and case.clause_at(lobes[0].start).sentence + 1 >= case.clause_at(lobes[1].start).sentence
    )


def _level(case: Case, item: Description) -> Leaf | None:
    cues = case.reading.cues.within("nodule_level", item.start, item.end)
    sentence = case.clause_at(item.named).sentence
    near = [cue for cue in cues if case.clause_at(cue.start).sentence == sentence and _is_level(case, cue)]
    before = [cue for cue in near if cue.end <= item.named]
    chosen = (before[-1:] or near[:1])[:1]
    return Leaf(chosen[0].value, chosen[0].start, chosen[0].end) if chosen else None


def _is_level(case: Case, cue: Cue) -> bool:
    """上, 中, 下 alone name a level only after a lobe."""
    if not case.reading.is_zh or cue.end - cue.start > 1:
        return True
    return case.reading.text[cue.start - 1 : cue.start] in ("叶", "侧")


def _size(case: Case, item: Description) -> Size | None:
    """The first size in the description that is not an earlier one; after the name, or just before it."""
    reading = case.reading
    taken = {(other.size.start, other.size.end) for other in measured(case)}
    for size in lengths(case):
        if not (item.start <= size.start and size.end <= item.end) or (size.start, size.end) in taken:
            continue
        clause = reading.clause_at(size.start)
        before = reading.cues.within("prior", max(clause.start, size.start - 24), size.start)
        if before or _was_before(case, size) or _is_part(case, size.start):
            continue
        return size
    return None


def _was_before(case: Case, size: Size) -> bool:
    """ "14 mm previously"; but in "14 mm previously 12 mm" the word belongs to the second."""
    following = case.reading.tokens[case.reading.token_at(size.end) :][:2]
    return (
        bool(following)
        and following[0].text in ("previously", "before")
        and not any(token.is_number for token in following[1:])
    )


def _is_part(case: Case, at: int) -> bool:
    """Whether a part of the nodule was named just before, in the same clause."""
    clause = case.clause_at(at)
    return bool(case.reading.cues.within("nodule_part", max(clause.start, at - 8), at))


def _feature(case: Case, item: Description, key: str) -> Leaf | None:
    cues = [
        cue
        for cue in case.reading.cues.within(key, item.start, item.end)
        if not _inside(case, cue, "nodule_part") and not _is_denied(case, cue)
    ]
    if key == "composition":
        cues = [cue for cue in cues if cue.value in ("mixed", "spongiform")] or cues
    if key == "echogenicity":
        cues = [cue for cue in cues if not _inside(case, cue, "foci")]
        cues = [cue for cue in cues if cue.value != "anechoic"] or cues
    if not cues:
        return None
    chosen = max(cues, key=lambda cue: margin_weight(cue.value)) if key == "margin" else cues[0]
    return Leaf(chosen.value, chosen.start, chosen.end)


def _inside(case: Case, cue: Cue, kind: str) -> bool:
    other = case.reading.cues.covers(kind, cue.first)
    return other is not None and other.last >= cue.last


def _is_denied(case: Case, cue: Cue) -> bool:
    """ "no extrathyroidal extension", 未见毛刺."""
    start = max(case.clause_at(cue.start).start, cue.start - (8 if case.reading.is_zh else 40))
    denials = [
        denial
        for denial in case.reading.cues.within("negated_before", start, cue.start)
        if case.reading.cues.covers("pseudo", denial.first) is None  # 边缘不规则
        and case.reading.cues.covers("margin", denial.first) is None
    ]
    return any(
        not any(sign in case.reading.text[denial.end : cue.start] for sign in ",，。.;；")
        and not case.reading.cues.within("list_break", denial.end, cue.start)
        for denial in denials
    )


def _foci(case: Case, item: Description) -> list[Leaf]:
    """Codes of the echogenic foci, each once; `none` when they are only denied."""
    found: dict[str, Leaf] = {}
    denied: Leaf | None = None
    for cue in case.reading.cues.within("foci", item.start, item.end):
        if _is_denied(case, cue):
            denied = denied or Leaf("none", cue.start, cue.end)
        elif cue.value != "none":
            found.setdefault(cue.value, Leaf(cue.value, cue.start, cue.end))
        elif _is_absent_after(case, cue):
            denied = denied or Leaf("none", cue.start, cue.end)
    return list(found.values()) or ([denied] if denied is not None else [])


def _is_absent_after(case: Case, cue: Cue) -> bool:
    denials = case.reading.cues.within("negated_after", cue.end, cue.end + (4 if case.reading.is_zh else 22))
    return bool(denials) and denials[0].start - cue.end <= 5


def _add_implied_composition(entry: dict[str, Tree]) -> None:
    """Only fluid is without echoes: an anechoic nodule is cystic unless something else was said."""
    echo = entry.get("echogenicity")
    if "composition" in entry or not isinstance(echo, Leaf) or echo.value != "anechoic":
        return
    entry["composition"] = Leaf("cystic", echo.start, echo.end, computed=True, of=("echogenicity",))


def _add_score(case: Case, item: Description, entry: dict[str, Tree], foci: list[Leaf]) -> None:
    """Points and category from the features, naming each; else the category as it was said."""
    said = {key: leaf.value for key in _ORDER if isinstance(leaf := entry.get(key), Leaf)}
    total = points(
        composition=_code(said, "composition"),
        echogenicity=_code(said, "echogenicity"),
        shape=_code(said, "shape"),
        margin=_code(said, "margin"),
        foci=[str(leaf.value) for leaf in foci],
    )
    if total is not None:
        of = (*(key for key in _ORDER if key in said), *(f"foci/{at}" for at in range(len(foci))))
        entry["tirads_points"] = Leaf(total, item.named, item.named_end, computed=True, of=of)
        entry["tirads"] = Leaf(category(total), item.named, item.named_end, computed=True, of=("tirads_points",))
        return
    match = _SAID_CATEGORY.search(case.reading.text, item.start, item.end)
    if match is not None:
        entry["tirads"] = Leaf(f"TR{match[1]}", match.start(), match.end())


def _code(said: dict[str, str | float | int | bool], key: str) -> str | None:
    return str(said[key]) if key in said else None
