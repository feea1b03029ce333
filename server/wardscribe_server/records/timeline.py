"""A patient over time: problems, drugs, measurements and lesions of all signed reports, each with its source. Pure.

Says what the reports say and when; it draws no conclusion. Someone else's conditions and what was only ordered are
told apart as the record does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_server.records.lesions import Lesion, Source, folded, lesions, load_belonging
from wardscribe_server.records.report import SignedReport

_UNITS = ("_mm", "_cm", "_ml", "_g", "_kg", "_c", "_bpm", "_mmhg", "_pct")
_ORDERS = frozenset({"prescriptions"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A problem as one report has it; `field` says in which part, as past history or a discharge diagnosis."""

    source: Source
    field: str
    presence: str
    duration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCourse:
    """A problem over time."""

    problem: str
    laterality: str | None
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugUse:
    """A drug as one report has it."""

    source: Source
    is_order: bool
    dose: float | None = None
    dose_unit: str | None = None
    route: str | None = None
    frequency: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCourse:
    """A drug over time; `stopped` when that is the last that was said of it."""

    drug: str
    stopped: bool
    uses: tuple[DrugUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measured value; several numbers where it has several dimensions."""

    source: Source
    value: float | str | tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One measurement over time. Values with another unit are another series: nothing is converted."""

    name: str
    unit: str | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything that the signed reports of a patient say over time."""

    problems: tuple[ProblemCourse, ...]
    drugs: tuple[DrugCourse, ...]
    measurements: tuple[Series, ...]
    lesions: tuple[Lesion, ...]


def timeline(reports: Sequence[SignedReport]) -> Timeline:
    """The view over reports of one patient, in any order."""
    ordered = sorted(reports, key=lambda report: (report.dictated_at, report.report))
    problems: dict[tuple[str, str | None], list[Sighting]] = {}
    drugs: dict[str, list[DrugUse]] = {}
    series: dict[tuple[str, str | None], list[Reading]] = {}
    for report in ordered:
        for field, value in report.record.fields.items():
            if field == "patient":
                continue
            for problem, laterality, sighting in _problems(report, field, value):
                problems.setdefault((problem, laterality), []).append(sighting)
            for drug, use in _drugs(report, field, value):
                drugs.setdefault(drug, []).append(use)
            for name, unit, reading in _measured(report, field, value):
                series.setdefault((name, unit), []).append(reading)
    return Timeline(
        problems=tuple(
            ProblemCourse(problem=problem, laterality=laterality, sightings=tuple(sightings))
            for (problem, laterality), sightings in problems.items()
        ),
        drugs=tuple(
            DrugCourse(drug=drug, stopped=uses[-1].action == "stop", uses=tuple(uses)) for drug, uses in drugs.items()
        ),
        measurements=tuple(
            Series(name=name, unit=unit, readings=tuple(readings)) for (name, unit), readings in series.items()
        ),
        lesions=lesions(ordered),
    )


def _source(report: SignedReport, pointer: str) -> Source:
    return Source(
        report=report.report, version=report.version, pointer=f"/fields/{pointer}", dictated_at=report.dictated_at
    )


def _entries(value: JsonValue) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    for at, entry in enumerate(value) if isinstance(value, list) else ():
        if isinstance(entry, dict):
            yield at, entry


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: JsonValue) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _problems(report: SignedReport, field: str, value: JsonValue) -> Iterator[tuple[str, str | None, Sighting]]:
    for at, entry in _entries(value):
        name = entry.get("problem")
        if isinstance(name, str) and "relation" not in entry:
            yield (
                folded(name),
                _text(entry.get("laterality")),
                Sighting(
                    source=_source(report, f"{field}/{at}"),
                    field=field,
                    presence=str(entry.get("presence", "present")),
                    duration=_text(entry.get("duration")),
                ),
            )


def _drugs(report: SignedReport, field: str, value: JsonValue) -> Iterator[tuple[str, DrugUse]]:
    for at, entry in _entries(value):
        name = entry.get("drug")
        if isinstance(name, str):
            yield (
                folded(name),
                DrugUse(
                    source=_source(report, f"{field}/{at}"),
                    is_order=field in _ORDERS,
                    dose=_number(entry.get("dose")),
                    dose_unit=_text(entry.get("dose_unit")),
                    route=_text(entry.get("route")),
                    frequency=_text(entry.get("frequency")),
                    action=_text(entry.get("action")),
                ),
            )


def _measured(report: SignedReport, field: str, value: JsonValue) -> Iterator[tuple[str, str | None, Reading]]:
    """Numbers of the patient: vital signs, organ sizes, volumes, laboratory values. Lesions are apart."""
    for at, entry in _entries(value):
        test, result = entry.get("test"), entry.get("value")
        if isinstance(test, str) and isinstance(result, int | float | str) and not isinstance(result, bool):
            found = Reading(source=_source(report, f"{field}/{at}/value"), value=result)
            yield folded(test), _text(entry.get("unit")), found
    if isinstance(value, dict):
        for name, inner in value.items():
            number = _number(inner)
            if number is not None:
                yield name, _unit(name), Reading(source=_source(report, f"{field}/{name}"), value=number)
    elif _unit(field) is not None and field not in load_belonging().examination.fields:
        number = _number(value)
        listed = [_number(item) for item in value] if isinstance(value, list) else []
        sizes = tuple(size for size in listed if size is not None)
        if number is not None:
            yield field, _unit(field), Reading(source=_source(report, field), value=number)
        elif sizes and len(sizes) == len(listed):
            yield field, _unit(field), Reading(source=_source(report, field), value=sizes)


def _unit(name: str) -> str | None:
    return next((unit[1:] for unit in _UNITS if name.endswith(unit)), None)
