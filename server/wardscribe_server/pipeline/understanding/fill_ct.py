"""How a CT was taken: contrast medium and the thickness of the slices.

Owns those two shapes. Must not know findings or impressions.
"""

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.quantities import Size, sizes
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_TOLD_IN = ("technique", "indication", "comparison")
_NEAR = 14
_THICKEST_MM = 20  # thicker than any slice in use; a lesion beside the word "section" is no slice


def contrast(case: Case, spec: FieldSpec) -> Tree:
    """Whether contrast medium was given, and how: where the scan is told of, or in the first sentence."""
    told = [cue for cue in case.reading.cues.of("contrast") if cue.value in spec.values and _tells_of_scan(case, cue)]
    if not told:
        return []
    by_value = {cue.value: cue for cue in reversed(told)}
    if "iv_and_oral" not in by_value and {"iv", "oral"} <= by_value.keys():
        first, last = sorted((by_value["iv"], by_value["oral"]), key=lambda cue: cue.start)
        return Leaf("iv_and_oral", first.start, last.end)
    chosen = next(by_value[value] for value in ("iv_and_oral", "iv", "oral", "none") if value in by_value)
    return Leaf(chosen.value, chosen.start, chosen.end)


def _tells_of_scan(case: Case, cue: Cue) -> bool:
    if case.section_at(cue.start) in ("impression", "recommendation"):
        return False
    return case.section_at(cue.start) in _TOLD_IN or case.clause_at(cue.start).sentence == 0


def slice_thickness(case: Case, _spec: FieldSpec) -> Tree:
    """The length beside a word for slices."""
    for size in sizes(case.reading.text):
        if len(size.mm) == 1 and 0 < size.mm[0] <= _THICKEST_MM and _is_slice(case, size):
            return Leaf(size.mm[0], size.start, size.end)
    return []


def _is_slice(case: Case, size: Size) -> bool:
    if case.section_at(size.start) in ("impression", "recommendation"):
        return False
    cues = case.reading.cues.within("slice", max(0, size.start - 3 * _NEAR), size.end + 3 * _NEAR)
    return any(_adjoins(case, cue, size) for cue in cues)


def _adjoins(case: Case, cue: Cue, size: Size) -> bool:
    gap = case.reading.text[min(cue.end, size.end) : max(cue.start, size.start)]
    return len(gap) <= _NEAR and not any(sign in gap for sign in ".。;；,，、")
