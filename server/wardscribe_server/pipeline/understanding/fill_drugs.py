"""Drugs taken now and drugs ordered now.

Owns which of the two a drug is, and its entry. Must not know how drugs are found in text.
"""

from dataclasses import replace

from wardscribe_server.catalog import FieldSpec
from wardscribe_server.pipeline.understanding.case import Case, leaf
from wardscribe_server.pipeline.understanding.drugs import Drug
from wardscribe_server.pipeline.understanding.slots import Leaf, Tree

_ORDERING = ("start", "increase", "decrease", "change")
_MAY_BE_ORDER = frozenset(("口服", "服用", "medication", "medications", "using"))
_LIST_REACH = 40
_TAKEN_SECTIONS = ("complaint", "history", "past", "medications", "family", "allergies")


def medications(case: Case, _spec: FieldSpec) -> Tree:
    """What the patient takes, with a stop or continue said later."""
    taken, _ = divided(case)
    return [entry_of(drug) for drug in taken]


def prescriptions(case: Case, _spec: FieldSpec) -> Tree:
    """What is ordered now."""
    _, ordered = divided(case)
    return [entry_of(drug) for drug in ordered]


def divided(case: Case) -> tuple[list[Drug], list[Drug]]:
    """Drugs taken and drugs ordered, each drug once in either."""
    taken: list[Drug] = []
    ordered: list[Drug] = []
    told: Drug | None = None
    floor = 0
    for drug in case.drugs:
        if is_allergen(case, drug):
            continue
        told = drug if _is_told_as_taken(case, drug, told, floor) else None
        floor = drug.end
        known = next((index for index, other in enumerate(taken) if _same(other, drug)), None)
        value = drug.action.value if drug.action is not None else ""
        section = case.section_at(drug.start)
        if value in ("stop", "continue"):
            _settle(taken, known, drug)
        elif value == "change" and not drug.is_target and drug.dose is None and not case.reading.is_zh:
            _settle(taken, known, replace(drug, action=replace(drug.action, value="stop")) if drug.action else drug)
        elif known is None and value in ("increase", "decrease") and drug.was is not None:
            taken.append(replace(drug, dose=drug.was, unit=drug.was_unit or drug.unit))
            _order(ordered, drug)
        elif told is not None and value == "":
            if known is None:
                taken.append(drug)
        elif (
            section in _TAKEN_SECTIONS
            and (value not in _ORDERING or drug.start < _first_order(case))
            and not (value == "change" and case.reading.is_zh)
        ):
            if known is None:
                taken.append(drug if value in ("", "stop", "continue") else replace(drug, action=None))
            elif value in ("increase", "decrease") and drug.dose is not None and drug.dose[0] != _dose(taken[known]):
                _order(ordered, drug)  # told with the old dose before, and changed to a new one here
        elif known is not None and drug.dose is None and value == "":
            continue
        else:
            _order(ordered, drug)
    return taken, ordered


def _is_told_as_taken(case: Case, drug: Drug, before: Drug | None, floor: int) -> bool:
    """ "On methotrexate and folic acid", 目前吃…: taken wherever it is said, and so are those listed after it."""
    reading = case.reading
    if case.section_at(drug.start) in ("plan", "diagnosis"):
        return False
    cue = next(reversed(reading.cues.within("taken", max(floor, drug.start - 12), drug.start)), None)
    if cue is not None and len(reading.text[cue.end : drug.start].strip(" :：着")) == 0:
        return reading.text[cue.start : cue.end] not in _MAY_BE_ORDER and not _is_put_on(case, cue.start)
    if before is None or case.clause_at(before.start).sentence != case.clause_at(drug.start).sentence:
        return False
    return drug.start - before.end <= _LIST_REACH and case.section_at(before.start) == case.section_at(drug.start)


def _is_put_on(case: Case, at: int) -> bool:
    """ "Start her on", "put on": an order."""
    lead = case.reading.cues.within("action", max(0, at - 24), at + 3)
    return any(cue.value != "continue" for cue in lead)


def _dose(drug: Drug) -> object:
    return drug.dose[0] if drug.dose is not None else None


def _first_order(case: Case) -> int:
    return next(
        (part.clause.start for part in case.parts if part.section not in _TAKEN_SECTIONS), len(case.reading.text)
    )


def _settle(taken: list[Drug], known: int | None, drug: Drug) -> None:
    """A stopped or continued drug stays among those taken, with its action."""
    if known is None:
        taken.append(drug)
    else:
        old = taken[known]
        taken[known] = replace(
            old,
            action=drug.action,
            dose=old.dose or drug.dose,
            unit=old.unit or drug.unit,
            frequency=old.frequency or drug.frequency,
        )


def _order(ordered: list[Drug], drug: Drug) -> None:
    if not any(_same(other, drug) and other.dose == drug.dose for other in ordered):
        ordered.append(drug)


def _same(one: Drug, other: Drug) -> bool:
    return one.name.lower() == other.name.lower()


def is_allergen(case: Case, drug: Drug) -> bool:
    """A drug beside an allergy word, without a dose, is what the patient may not have."""
    if drug.dose is not None:
        return False
    if case.section_at(drug.start) == "allergies":
        return True
    clause = case.clause_at(drug.start)
    inside = [part.clause for part in case.parts_of_sentence(clause.sentence) if part.clause.segment == clause.segment]
    return any(
        -30 < cue.start - drug.end < 12 and not case.reading.text[cue.end : cue.end + 1].startswith("性")
        for cue in case.reading.cues.within("allergy", inside[0].start, inside[-1].end)
    )


def entry_of(drug: Drug) -> dict[str, Tree]:
    """The medication entry of a drug."""
    entry: dict[str, Tree] = {"drug": Leaf(drug.name, drug.start, drug.end)}
    if drug.dose is not None:
        entry["dose"] = Leaf(*drug.dose)
    if drug.unit is not None:
        entry["dose_unit"] = leaf(drug.unit)
    if drug.route is not None:
        entry["route"] = leaf(drug.route)
    if drug.frequency is not None:
        entry["frequency"] = leaf(drug.frequency)
    if drug.duration is not None:
        entry["duration"] = Leaf(drug.duration.iso, drug.duration.start, drug.duration.end)
    if drug.action is not None:
        entry["action"] = leaf(drug.action)
    return entry
