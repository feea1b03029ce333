"""A stored report as the rows of its form, what may be done to it and why not. Pure; knows no window.

What is a machine's value that nobody confirmed is the server's to say; checks are placed on the rows they are about.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.rows import Leaf, Row, RowState, laid_out, make_row, row_path
from wardscribe_client.report_values import SIGNED, Act, Opened, Standing, VersionHead
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import CheckUpdate, FieldState
from wardscribe_protocol.record import Check, Record, Severity, Source

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Everything that the review shows of one report, as the server told it last."""

    opened: Opened
    standing: Standing
    text: str
    versions: tuple[VersionHead, ...]

    @property
    def record(self) -> Record:
        """The newest version's record."""
        return self.opened.version.record

    @property
    def is_signed(self) -> bool:
        """Whether it can only be added to or corrected."""
        return self.opened.report.state in SIGNED

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, those that weigh most first."""
        return tuple(sorted(self.record.checks, key=lambda check: _WEIGHT[check.severity]))

    @property
    def patient_number(self) -> str | None:
        """The patient's record number, from the order or as dictated."""
        known = self.opened.context.patient if self.opened.context is not None else None
        if known is not None and known.mrn:
            return known.mrn
        dictated = self.record.fields.get("patient")
        number = dictated.get("mrn") if isinstance(dictated, dict) else None
        return number if isinstance(number, str) else None

    def refusal(self, act: Act) -> ErrorCode | None:
        """Why an act is not possible now; None when it is."""
        refused = self.standing.refusal(act)
        if refused is None and act is Act.SIGN and self.standing.blocking:
            return ErrorCode.CHECKS_FAILED
        return refused

    @property
    def changing(self) -> Act:
        """What setting a value would be: an edit, or the correction of what is signed."""
        return Act.CORRECT if self.is_signed else Act.EDIT


def rows_of(reviewed: Reviewed, form: TemplateForm) -> tuple[Row, ...]:
    """The rows in the template's order; fields that nothing was said about are empty rows."""
    record, waiting = reviewed.record, frozenset(reviewed.standing.unconfirmed)
    by_row: dict[str, list[Leaf]] = {}
    for path, value in _leaves(dict(record.fields), "/fields"):
        evidence = record.evidence.get(path)
        if path in waiting:
            state = FieldState.PROPOSED
        elif evidence is not None and evidence.source is Source.EDITED:
            state = FieldState.EDITED
        else:
            state = FieldState.CONFIRMED
        place = row_path(path, form)
        by_row.setdefault(place, []).append(Leaf(path, path[len(place) + 1 :], value, state, evidence))
    checks = [_told(check) for check in reviewed.checks]
    rows = {
        place: make_row(place, leaves, [check for check in checks if about(check.path, place)])
        for place, leaves in by_row.items()
    }
    return laid_out(rows, form, checks)


def row_about(path: str, rows: tuple[Row, ...], form: TemplateForm) -> Row | None:
    """The row that a check's place is in: that row, else the first of its field."""
    place = row_path(path, form)
    exact = next((row for row in rows if row.path == place or about(path, row.path)), None)
    if exact is not None:
        return exact
    return next((row for row in rows if about(row.path, path) or row.field == place.split("/")[-1]), None)


def about(path: str, place: str) -> bool:
    """Whether a pointer is at a place or below it."""
    return path == place or path.startswith(place + "/")


def waiting_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows with values that nobody confirmed."""
    return tuple(row for row in rows if row.state is RowState.PROPOSED)


def _told(check: Check) -> CheckUpdate:
    return CheckUpdate(
        code=check.code, severity=check.severity, path=check.path, message=check.message, against=check.against
    )


def _leaves(value: JsonValue, pointer: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{pointer}/{index}")
    else:
        yield pointer, value
