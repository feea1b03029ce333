"""Numbers, units and dates that cannot be. Must not know where they were said."""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from wardscribe_server.pipeline.understanding.checks.rules import Range, Test, load_rules
from wardscribe_server.pipeline.understanding.checks.subject import Alert, Subject

_LENGTH = re.compile(r"(?<![\d.])(?P<value>\d+(?:\.\d+)?) ?(?P<unit>mm|cm|毫米|厘米)", re.IGNORECASE)


def out_of_range(subject: Subject) -> Iterator[Alert]:
    """Numbers outside the range of their field, found by its name or by that of the list they are in."""
    for path, value in subject.leaves():
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        steps = [step for step in path.split("/")[2:] if not step.isdecimal()]
        limits = _limits(steps)
        if limits is None:
            continue
        words = {"field": _label(subject, steps)}
        if not limits.possible[0] <= value <= limits.possible[1]:
            yield Alert("value_impossible", path, words=words)
        elif not limits.usual[0] <= value <= limits.usual[1]:
            yield Alert("value_unusual", path, words=words)


def _limits(steps: list[str]) -> Range | None:
    values = load_rules().values
    return values.range_in.get(steps[0], {}).get(steps[-1]) or values.range.get(steps[-1])


def _label(subject: Subject, steps: list[str]) -> str:
    """The field as the form calls it; the record's own name for what is inside."""
    specs = subject.template.fields if subject.template is not None and len(steps) == 1 else ()
    return next((spec.labels.of(subject.language) for spec in specs if spec.id == steps[0]), steps[-1])


def lengths(subject: Subject) -> Iterator[Alert]:
    """Lengths in conclusions and positions that nothing in a body has."""
    limit = load_rules().values.range["size_mm"].possible[1]
    places = [(statement.path, statement.text) for statement in subject.texts("impression", "assessment")]
    places += [(f"{path}/position", str(entry.get("position", ""))) for path, entry in subject.entries("devices")]
    for path, text in places:
        for match in _LENGTH.finditer(text):
            millimetres = float(match["value"]) * (10 if match["unit"].lower() in ("cm", "厘米") else 1)
            if millimetres > limit:
                yield Alert("value_impossible", path, words={"field": path.split("/")[2]})
                break


def pressure_reversed(subject: Subject) -> Iterator[Alert]:
    """A diastolic pressure that is not below the systolic one."""
    vitals = subject.fields.get("vitals")
    if isinstance(vitals, dict):
        systolic, diastolic = vitals.get("bp_systolic_mmhg"), vitals.get("bp_diastolic_mmhg")
        if isinstance(systolic, int | float) and isinstance(diastolic, int | float) and diastolic >= systolic:
            yield Alert("pressure_reversed", "/fields/vitals/bp_diastolic_mmhg", "/fields/vitals/bp_systolic_mmhg")


def results(subject: Subject) -> Iterator[Alert]:
    """Laboratory values that their unit, or any unit of the test, does not allow, and units that the test is not given
    in."""
    for path, entry in subject.entries("labs"):
        test, value = _test(str(entry.get("test", ""))), entry.get("value")
        if test is None or not isinstance(value, int | float) or isinstance(value, bool):
            continue
        unit = str(entry.get("unit", ""))
        bounds = _bounds(test, unit)
        if bounds is None and unit:
            yield Alert("unit_unusual", f"{path}/unit", f"{path}/test")
        elif not any(low <= value <= high for low, high in ([bounds] if bounds else test.units.values())):
            yield Alert("value_impossible", f"{path}/value", f"{path}/test", words={"field": "value"})


def _test(said: str) -> Test | None:
    lowered = said.lower()
    tests = load_rules().values.test
    named = [(len(name), test) for test in tests for name in test.names if name.lower() == lowered]
    named += [
        (len(name), test)
        for test in tests
        for name in test.names
        if not name.isascii() and (lowered.endswith(name.lower()) or lowered.startswith(name.lower()))
    ]
    return max(named, key=lambda pair: pair[0])[1] if named else None


def _bounds(test: Test, unit: str) -> tuple[float, float] | None:
    folded = {_unit(name): bounds for name, bounds in test.units.items()}
    return folded.get(_unit(unit))


def _unit(name: str) -> str:
    """One spelling of a unit: 10^9/L and 10*9/L, umol and μmol, millimole and mmol."""
    return name.lower().replace("μ", "u").replace("µ", "u").replace("^", "*").replace("×", "").lstrip("x ")


def dates_reversed(subject: Subject) -> Iterator[Alert]:
    """A discharge before the admission, an operation after the discharge."""
    fields = subject.fields
    if _later(fields.get("admission_date"), fields.get("discharge_date")):
        yield Alert("dates_reversed", "/fields/discharge_date", "/fields/admission_date")
    for path, entry in subject.entries("procedures"):
        if _later(entry.get("date"), fields.get("discharge_date")):
            yield Alert("dates_reversed", f"{path}/date", "/fields/discharge_date")
    follow_up = fields.get("follow_up")
    if not str(follow_up or "P").startswith("P") and _later(fields.get("discharge_date"), follow_up):
        yield Alert("dates_reversed", "/fields/follow_up", "/fields/discharge_date")


def _later(one: JsonValue, other: JsonValue) -> bool:
    """Whether a date is after another, as far as both are given."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    size = min(len(one), len(other))
    return one[:4].isdecimal() and other[:4].isdecimal() and one[:size] > other[:size]


def amount(entry: Mapping[str, JsonValue], key: str) -> float | None:
    """A number of an entry."""
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
