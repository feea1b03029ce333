"""What can be asked of a server about reports, each question a value: `reports.ask(read(report))`.

Sans-IO: owns paths, bodies and the shape of each answer, and knows no connection, so that the async client and the
sync one are the same questions. Nothing of a patient ever stands in a path.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import JsonValue, TypeAdapter

from wardscribe_client.desktop.form import FormsAnswer
from wardscribe_client.report_values import (
    About,
    Act,
    Change,
    DictationPast,
    Opened,
    Page,
    Report,
    Standing,
    ValueChange,
    ValueEdit,
    VersionHead,
)
from wardscribe_client.timeline_values import Timeline
from wardscribe_protocol.record import ReportState

T = TypeVar("T")
_VERSIONS: TypeAdapter[tuple[VersionHead, ...]] = TypeAdapter(tuple[VersionHead, ...])
_CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])
_DIFFERENCES: TypeAdapter[tuple[ValueChange, ...]] = TypeAdapter(tuple[ValueChange, ...])
_REPORTS: TypeAdapter[tuple[Report, ...]] = TypeAdapter(tuple[Report, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One question. `read` makes the answer of a body; it raises pydantic's ValidationError for what is none."""

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)


def about() -> Call[About]:
    """Who you are to the server, and what it offers. Answers only whoever may come in."""
    return Call(method="GET", path="/v1/about", read=About.model_validate_json)


def templates() -> Call[FormsAnswer]:
    """The templates in force with their labels, and the words for codes."""
    return Call(method="GET", path="/v1/templates", read=FormsAnswer.model_validate_json)


def page(
    *,
    state: ReportState | None = None,
    template: str | None = None,
    session: str | None = None,
    since: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Call[Page]:
    """A page of reports, newest first, without contents; of a `session` those that the dictation became."""
    asked = {
        "state": state,
        "template": template,
        "session": session,
        "since": since,
        "after": after,
        "limit": str(limit),
    }
    query = {key: str(value) for key, value in asked.items() if value is not None}
    return Call(method="GET", path="/v1/records", read=Page.model_validate_json, query=query)


def read(report: str, *, version: int | None = None) -> Call[Opened]:
    """A report with one version, the newest unless told otherwise."""
    return Call(method="GET", path=_one(report), read=Opened.model_validate_json, query=_version(version))


def exported(report: str, form: str, *, version: int | None = None) -> Call[bytes]:
    """One version in one of the formats that `about` names."""
    return Call(method="GET", path=_one(report), read=bytes, query={"format": form} | _version(version))


def as_text(report: str, *, version: int | None = None) -> Call[str]:
    """One version as a physician reads it."""
    query = {"format": "text"} | _version(version)
    return Call(method="GET", path=_one(report), read=lambda body: body.decode("utf-8"), query=query)


def standing(report: str) -> Call[Standing]:
    """What you may do to a report now, and what is in the way of the rest."""
    return Call(method="GET", path=_one(report, "standing"), read=Standing.model_validate_json)


def versions(report: str) -> Call[tuple[VersionHead, ...]]:
    """All versions, oldest first, without contents."""
    return Call(method="GET", path=_one(report, "versions"), read=_VERSIONS.validate_json)


def comparison(report: str, *, old: int, new: int) -> Call[tuple[ValueChange, ...]]:
    """How the values of two versions differ."""
    query = {"old": str(old), "new": str(new)}
    return Call(method="GET", path=_one(report, "comparison"), read=_DIFFERENCES.validate_json, query=query)


def changes(report: str) -> Call[tuple[Change, ...]]:
    """Everything that was done to a report."""
    return Call(method="GET", path=_one(report, "changes"), read=_CHANGES.validate_json)


def dictation(report: str) -> Call[DictationPast]:
    """What a report was made from."""
    return Call(method="GET", path=_one(report, "dictation"), read=DictationPast.model_validate_json)


def edit(report: str, edits: Sequence[ValueEdit], *, revision: int) -> Call[Opened]:
    """Set values or take them out: all of them or none."""
    body: dict[str, JsonValue] = {"revision": revision, "edits": _edits(edits)}
    return _change("PATCH", report, "fields", body)


def confirm(report: str, paths: Sequence[str], *, revision: int) -> Call[Opened]:
    """Say that machine values are right, each with everything below it."""
    return _change("POST", report, "confirmations", {"revision": revision, "paths": list(paths)})


def move(report: str, act: Act, *, revision: int, reason: str | None = None) -> Call[Opened]:
    """A step that changes the state alone; `reject` needs a reason."""
    body: dict[str, JsonValue] = {"revision": revision, "act": act.value}
    return _change("POST", report, "transitions", body | ({} if reason is None else {"reason": reason}))


def sign(report: str, *, revision: int, acknowledge_unconfirmed: bool = False) -> Call[Opened]:
    """The report becomes final."""
    body: dict[str, JsonValue] = {"revision": revision, "acknowledge_unconfirmed": acknowledge_unconfirmed}
    return _change("POST", report, "signature", body)


def addend(report: str, text: str, *, revision: int) -> Call[Opened]:
    """An addition to a signed report."""
    return _change("POST", report, "addenda", {"revision": revision, "text": text})


def correct(report: str, edits: Sequence[ValueEdit], *, revision: int, reason: str) -> Call[Opened]:
    """A correction of a signed report."""
    return _change("POST", report, "corrections", {"revision": revision, "edits": _edits(edits), "reason": reason})


def of_patient(*, mrn: str | None = None, accession: str | None = None) -> Call[tuple[Report, ...]]:
    """A patient's reports, or an order's, newest first."""
    asked = {"mrn": mrn, "accession": accession}
    body = _json({key: value for key, value in asked.items() if value is not None})
    return Call(method="POST", path="/v1/patients/records", read=_REPORTS.validate_json, body=body)


def timeline(mrn: str) -> Call[Timeline]:
    """A patient's signed reports over time."""
    body = _json({"mrn": mrn})
    return Call(method="POST", path="/v1/patients/timeline", read=Timeline.model_validate_json, body=body)


def _one(report: str, what: str = "") -> str:
    if not report.isalnum():
        raise ValueError("the id of a report is letters and digits")
    return f"/v1/records/{report}{'/' * bool(what)}{what}"


def _version(version: int | None) -> dict[str, str]:
    return {} if version is None else {"version": str(version)}


def _edits(edits: Sequence[ValueEdit]) -> list[JsonValue]:
    return [{"path": each.path} if each.value is None else {"path": each.path, "value": each.value} for each in edits]


def _change(method: str, report: str, what: str, body: dict[str, JsonValue]) -> Call[Opened]:
    return Call(method=method, path=_one(report, what), read=Opened.model_validate_json, body=_json(body))


def _json(body: Mapping[str, JsonValue]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
