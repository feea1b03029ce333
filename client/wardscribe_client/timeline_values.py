"""A patient over time, as a server answers it: `docs/http-api.md` says what each value means. Knows no HTTP."""

from datetime import datetime

from wardscribe_protocol.wire import FromServer


class Source(FromServer):
    """Where a value stands."""

    report: str
    version: int
    pointer: str
    dictated_at: datetime


class Sighting(FromServer):
    """A problem as one report has it."""

    source: Source
    field: str
    presence: str
    duration: str | None = None


class ProblemCourse(FromServer):
    """A problem over time."""

    problem: str
    laterality: str | None = None
    sightings: tuple[Sighting, ...]


class DrugUse(FromServer):
    """A drug as one report has it."""

    source: Source
    is_order: bool
    dose: float | None = None
    dose_unit: str | None = None
    route: str | None = None
    frequency: str | None = None
    action: str | None = None


class DrugCourse(FromServer):
    """A drug over time."""

    drug: str
    stopped: bool
    uses: tuple[DrugUse, ...]


class Reading(FromServer):
    """One measured value."""

    source: Source
    value: float | str | tuple[float, ...]


class Series(FromServer):
    """One measurement over time."""

    name: str
    unit: str | None = None
    readings: tuple[Reading, ...]


class LesionPoint(FromServer):
    """A lesion in one report; without a size it was said to be gone."""

    source: Source
    size_mm: tuple[float, ...] = ()
    certainty: str
    doubts: tuple[str, ...] = ()
    change_mm: float | None = None


class Lesion(FromServer):
    """A lesion over time."""

    kind: str
    region: str
    laterality: str | None = None
    location: str | None = None
    points: tuple[LesionPoint, ...]


class Timeline(FromServer):
    """Everything that a patient's signed reports say over time."""

    problems: tuple[ProblemCourse, ...] = ()
    drugs: tuple[DrugCourse, ...] = ()
    measurements: tuple[Series, ...] = ()
    lesions: tuple[Lesion, ...] = ()
