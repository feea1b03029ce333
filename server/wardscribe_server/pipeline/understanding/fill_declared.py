"""Fields that a template declares by itself: number, choice, yes or no, text, found by the template's own words.

Owns how such words are read. Must not know any field by name.
"""

import re
from collections.abc import Iterable, Iterator

from wardscribe_protocol.record import Language
from wardscribe_server.catalog import FieldSpec, Template
from wardscribe_server.catalog.units import Unit, load_units
from wardscribe_server.pipeline.understanding.case import Case
from wardscribe_server.pipeline.understanding.cueing import Cue
from wardscribe_server.pipeline.understanding.quantities import NUMBER, tidy
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_NUMBER = re.compile(rf"(?<![\d.]){NUMBER}")
_RANGE = re.compile(r"\s*(?:-|–|~|to|至|到)\s*(?=\d)")
_EN_REACH, _ZH_REACH = 45, 14
_SENTENCE_SIGNS = re.compile(r"[.](?!\d)|[。；;\n]")
_NEGATED_REACH = 3
_SMALL = frozenset(("of", "the", "a", "an", "in"))


def own_cues(template: Template, language: Language) -> Iterator[tuple[str, str, str]]:
    """`(phrase, kind, value)` of the words that the template gives its fields.

    Sizes of organs and amounts are announced as those of the shipped templates are.
    """
    for spec in template.fields:
        kind, value = spec.trigger_cue, spec.id
        if spec.kind in ("measure", "measures"):
            kind, value = "organ", spec.id.removesuffix("_mm")
        elif spec.kind == "amount":
            kind = "amount"
        yield from ((phrase, kind, value) for phrase in spec.triggers.of(language))
        for choice in spec.choices:
            yield from ((phrase, spec.choice_cue, choice.code) for phrase in choice.of(language))


def number(case: Case, spec: FieldSpec) -> Tree:
    """The number after the field's words, in the field's unit; a number that was true before does not count."""
    unit = load_units()[spec.unit]
    for cue in _triggers(case, spec):
        for match in _NUMBER.finditer(case.reading.text, cue.end, _limit(case, spec, cue)):
            ending = _unit_after(case.reading.text, match.end(), unit)
            if (
                ending is None
                or _is_prior(case, cue.end, match.start())
                or _RANGE.match(case.reading.text, match.end())
            ):
                continue
            end, factor = ending
            value = tidy(match.group())
            return Leaf(tidy(f"{value * factor:.6f}"), match.start(), end, computed=factor != 1)
    return []


def choice(case: Case, spec: FieldSpec) -> Tree:
    """The code that is said; where the field has words of its own, it is said of them."""
    return next(iter(_chosen(case, spec)), [])


def choices(case: Case, spec: FieldSpec) -> Tree:
    """Every code that is said, each once, in the order said."""
    found: dict[str, Leaf] = {}
    for leaf in _chosen(case, spec):
        found.setdefault(str(leaf.value), leaf)
    return list(found.values())


def flag(case: Case, spec: FieldSpec) -> Tree:
    """True where the field's words are said, false where they are negated; nothing where they are doubted."""
    for cue in _triggers(case, spec):
        claimed = _claimed(case, cue)
        if claimed is not None:
            return Leaf(claimed, cue.start, cue.end)
    return []


def text(case: Case, spec: FieldSpec) -> Tree:
    """What follows the field's words, to the end of the sentence."""
    for cue in _triggers(case, spec):
        _, end = case.reading.sentence(case.clause_at(cue.start).sentence)
        said = case.trimmed(cue.end, end)
        lead = re.match(r"(?:is|was|are|were|为|是)(?:\s+|(?<=[为是]))", str(said.value)) if said is not None else None
        if said is not None and lead is not None:
            said = case.trimmed(said.start + lead.end(), said.end)
        if said is not None:
            return said
    return []


def _triggers(case: Case, spec: FieldSpec) -> Iterable[Cue]:
    cues = case.reading.cues.of(spec.trigger_cue)
    return (cue for cue in cues if not spec.from_sections or case.section_at(cue.start) in spec.from_sections)


def _limit(case: Case, spec: FieldSpec, cue: Cue) -> int:
    """Where the reach of announcing words ends: at the sentence, the next field's words, or too far away."""
    said = case.reading.text
    reach = min(len(said), cue.end + (_ZH_REACH if case.reading.is_zh else _EN_REACH))
    stop = _SENTENCE_SIGNS.search(said, cue.end, reach)
    ends = [stop.start() if stop else reach]
    for other in case.template.fields:
        if other.id != spec.id:
            for kind in (other.trigger_cue, other.choice_cue):
                ends += [rival.start for rival in case.reading.cues.of(kind) if cue.end <= rival.start]
    return min(ends)


def _unit_after(said: str, at: int, unit: Unit) -> tuple[int, float] | None:
    """Where the number with its unit ends, and the factor; a bare number is followed by no unit at all."""
    start = at + (len(said[at:]) - len(said[at:].lstrip(" ")))
    if unit.is_bare:
        known = (form for other in load_units().values() for form, _ in other.written)
        return None if any(_stands(said, start, form) for form in known) else (at, 1.0)
    return next(((start + len(form), factor) for form, factor in unit.written if _stands(said, start, form)), None)


def _stands(said: str, at: int, form: str) -> bool:
    """Whether a unit's written form stands there as a whole word."""
    if not said.startswith(form, at):
        return False
    after = said[at + len(form) : at + len(form) + 1]
    return not (form[-1].isascii() and form[-1].isalpha() and after.isascii() and after.isalnum())


def _is_prior(case: Case, start: int, end: int) -> bool:
    return bool(case.reading.cues.within("prior", start, end))


def _chosen(case: Case, spec: FieldSpec) -> Iterator[Leaf]:
    has_triggers = bool(spec.triggers.of(case.reading.language))
    for cue in case.reading.cues.of(spec.choice_cue):
        if spec.from_sections and case.section_at(cue.start) not in spec.from_sections:
            continue
        if has_triggers and not _names_it(case, spec, cue) and _subject(case, cue) != spec.id:
            continue
        if _is_prior(case, case.clause_at(cue.start).start, cue.start) or not _claimed(case, cue):
            continue
        yield Leaf(cue.value, cue.start, cue.end)


def _names_it(case: Case, spec: FieldSpec, cue: Cue) -> bool:
    """ "mild hydronephrosis" as a choice of the field that "hydronephrosis" announces."""
    return any(other.start < cue.end and cue.start < other.end for other in case.reading.cues.of(spec.trigger_cue))


def _subject(case: Case, cue: Cue) -> str | None:
    """The field that a choice is said of: announced right after it (English), else before it, else later on."""
    said = [
        other
        for spec in case.template.fields
        if spec.choices
        for other in case.reading.cues.of(spec.trigger_cue)
        if other.end <= cue.start or cue.end <= other.start
    ]
    after = min((other for other in said if cue.end <= other.start), key=lambda other: other.start, default=None)
    # Chinese names what it speaks of first: 水平撕裂外侧半月板完整 ends one statement and begins the next.
    if after is not None and not case.reading.is_zh and _adjoin(case, cue, after):
        return after.value
    before = max((other for other in said if other.end <= cue.start), key=lambda other: other.end, default=None)
    reach = _ZH_REACH if case.reading.is_zh else _EN_REACH
    if (
        before is not None
        and cue.start - before.end <= reach
        and not _SENTENCE_SIGNS.search(case.reading.text, before.end, cue.start)
    ):
        return before.value
    return after.value if after is not None and after.start < case.clause_at(cue.start).end else None


def _adjoin(case: Case, cue: Cue, other: Cue) -> bool:
    """ "horizontal tear of the medial meniscus": nothing but small words stands between."""
    return all(token.text in _SMALL for token in case.reading.tokens[cue.last : other.first])


def _claimed(case: Case, cue: Cue) -> bool | None:
    """Whether what the cue names is said to be so; None where it is doubted or only looked for."""
    reading = case.reading
    clause = case.clause_at(cue.start)
    for kind, claimed in (("hedged_before", None), ("conditional", None), ("negated_before", False)):
        if any(_reaches(case, other, cue) for other in reading.cues.within(kind, clause.start, cue.start)):
            return claimed
    near = min(clause.end, cue.end + 24)
    for kind, claimed in (("hedged_after", None), ("negated_after", False)):
        after = reading.cues.first(kind, cue.end, near)
        if after is not None and after.first - cue.last <= 1:
            return claimed
    return True


def _reaches(case: Case, other: Cue, cue: Cue) -> bool:
    """Whether a cue before the words works on them: over at most a few words that end nothing."""
    between = case.reading.tokens[other.last : cue.first]
    if len(between) > (2 * _NEGATED_REACH if case.reading.is_zh else _NEGATED_REACH):
        return False
    return not any(
        token.text in (",", "，", ":", "：") or _ends(case, other.last + at) for at, token in enumerate(between)
    )


def _ends(case: Case, token: int) -> bool:
    return case.reading.cues.covers("scope_end", token) is not None
