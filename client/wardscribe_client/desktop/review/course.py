"""A patient's timeline as lines of a tree: what, when, how much, and how sure it is the same. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.timeline_values import DrugUse, LesionPoint, Reading, Sighting, Source, Timeline


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One entry at one time; `source` says which report."""

    when: str
    what: str
    note: str
    source: Source


@dataclass(frozen=True, slots=True)
class Course:
    """One thing over time, newest last."""

    name: str
    summary: str
    lines: tuple[CourseLine, ...]


@dataclass(frozen=True, slots=True)
class CourseGroup:
    """All things of one kind."""

    title: str
    courses: tuple[Course, ...]


def groups(timeline: Timeline, phrases: Phrases, wording: Wording) -> tuple[CourseGroup, ...]:
    """The kinds that there is anything of."""
    made = (
        CourseGroup(phrases("lesions"), tuple(_lesions(timeline, phrases, wording))),
        CourseGroup(phrases("problems"), tuple(_problems(timeline, wording))),
        CourseGroup(phrases("drugs"), tuple(_drugs(timeline, phrases, wording))),
        CourseGroup(phrases("measurements"), tuple(_measurements(timeline, wording))),
    )
    return tuple(group for group in made if group.courses)


def _lesions(timeline: Timeline, phrases: Phrases, wording: Wording) -> Iterator[Course]:
    for lesion in timeline.lesions:
        place = [wording.code(lesion.laterality) if lesion.laterality else "", lesion.location or ""]
        lines = tuple(_lesion_line(point, phrases) for point in lesion.points)
        yield Course(" · ".join(filter(None, (lesion.kind, *place))), lines[-1].what if lines else "", lines)


def _lesion_line(point: LesionPoint, phrases: Phrases) -> CourseLine:
    what = " × ".join(f"{size:g}" for size in point.size_mm) + " mm" if point.size_mm else phrases("gone")
    if point.change_mm is not None:
        what += f" ({point.change_mm:+g} mm)"
    doubts = ", ".join(phrases(f"doubt_{doubt}") if phrases.has(f"doubt_{doubt}") else doubt for doubt in point.doubts)
    sure = phrases(f"certainty_{point.certainty}") if phrases.has(f"certainty_{point.certainty}") else point.certainty
    return CourseLine(_when(point.source), what, f"{sure}: {doubts}" if doubts else sure, point.source)


def _problems(timeline: Timeline, wording: Wording) -> Iterator[Course]:
    for course in timeline.problems:
        side = wording.code(course.laterality) if course.laterality else ""
        lines = tuple(_sighting(sighting, wording) for sighting in course.sightings)
        yield Course(" · ".join(filter(None, (course.problem, side))), lines[-1].what if lines else "", lines)


def _sighting(sighting: Sighting, wording: Wording) -> CourseLine:
    return CourseLine(
        _when(sighting.source), wording.code(sighting.presence), wording.key(sighting.field), sighting.source
    )


def _drugs(timeline: Timeline, phrases: Phrases, wording: Wording) -> Iterator[Course]:
    for course in timeline.drugs:
        lines = tuple(_use(use, phrases, wording) for use in course.uses)
        summary = phrases("stopped") if course.stopped else (lines[-1].what if lines else "")
        yield Course(course.drug, summary, lines)


def _use(use: DrugUse, phrases: Phrases, wording: Wording) -> CourseLine:
    dose = f"{use.dose:g} {wording.code(use.dose_unit or '')}".strip() if use.dose is not None else ""
    said = [dose, *(wording.code(each) for each in (use.route, use.frequency, use.action) if each)]
    return CourseLine(
        _when(use.source), " · ".join(filter(None, said)), phrases("ordered") if use.is_order else "", use.source
    )


def _measurements(timeline: Timeline, wording: Wording) -> Iterator[Course]:
    for series in timeline.measurements:
        lines = tuple(_reading(reading, series.unit) for reading in series.readings)
        yield Course(wording.key(series.name), lines[-1].what if lines else "", lines)


def _reading(reading: Reading, unit: str | None) -> CourseLine:
    value = reading.value
    match value:
        case tuple():
            shown = " × ".join(f"{size:g}" for size in value)
        case float():
            shown = f"{value:g}"
        case _:
            shown = str(value)
    return CourseLine(_when(reading.source), f"{shown} {unit or ''}".strip(), "", reading.source)


def _when(source: Source) -> str:
    return f"{source.dictated_at.astimezone():%Y-%m-%d %H:%M}"
