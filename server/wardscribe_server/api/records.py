"""Reports over HTTP, under /v1/records and /v1/patients. Who asks is in `request.state.principal`.

Owns paths and shapes. What is allowed, and telling the audit log, is the service's. A patient is looked up by a body:
addresses end up in the logs of every machine on the way.
"""

import re
from collections.abc import Callable, Mapping

from pydantic import TypeAdapter
from starlette.responses import PlainTextResponse, Response

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Record
from wardscribe_server.access.principal import Principal
from wardscribe_server.api.endpoint import Endpoint, Nothing, Served, answered
from wardscribe_server.api.records_asked import (
    ID_PATTERN,
    AddendBody,
    CompareQuery,
    ConfirmBody,
    CorrectBody,
    EditsBody,
    ListQuery,
    MoveBody,
    PatientBody,
    ReadQuery,
    SignBody,
    TimelineBody,
)
from wardscribe_server.records.editing import ValueChange
from wardscribe_server.records.lifecycle import Act
from wardscribe_server.records.report import (
    Change,
    Dictation,
    Opened,
    Page,
    Report,
    ReportId,
    ValueEdit,
    VersionHead,
    Wanted,
)
from wardscribe_server.records.service import ReportService
from wardscribe_server.records.standing import Standing
from wardscribe_server.records.timeline import Timeline

_ID = re.compile(ID_PATTERN)

_OPENED = TypeAdapter(Opened)
_PAGE = TypeAdapter(Page)
_REPORTS = TypeAdapter(tuple[Report, ...])
_VERSIONS = TypeAdapter(tuple[VersionHead, ...])
_CHANGES = TypeAdapter(tuple[Change, ...])
_STANDING = TypeAdapter(Standing)
_DIFFERENCES = TypeAdapter(tuple[ValueChange, ...])
_DICTATION = TypeAdapter(Dictation)
_TIMELINE = TypeAdapter(Timeline)


class RecordsApi:
    """The endpoints. `as_text` lays a record out as a physician reads it."""

    def __init__(self, service: ReportService, *, as_text: Callable[[Record], str]) -> None:
        self._service = service
        self._as_text = as_text

    @property
    def endpoints(self) -> tuple[Served, ...]:
        """All of them, in the order of the documentation."""
        return (*self._reading(), *self._changing(), *self._by_patient())

    def _reading(self) -> tuple[Served, ...]:
        one = "/v1/records/{report}"
        return (
            Endpoint(
                method="GET",
                path="/v1/records",
                about="A page of reports, newest first, without contents. Whoever only dictates sees their own.",
                asks=ListQuery,
                handle=self._list,
            ),
            Endpoint(
                method="GET",
                path=one,
                about="A report with the record of one version, as JSON or as text. `ETag` is the revision.",
                asks=ReadQuery,
                handle=self._read,
            ),
            Endpoint(
                method="GET",
                path=f"{one}/standing",
                about="What you may do to it now, and why not the rest; what is in the way of signing.",
                asks=Nothing,
                handle=lambda who, path, _: answered(_STANDING, self._service.standing(who, _report(path))),
            ),
            Endpoint(
                method="GET",
                path=f"{one}/comparison",
                about="How the values of two versions differ.",
                asks=CompareQuery,
                handle=self._compare,
            ),
            Endpoint(
                method="GET",
                path=f"{one}/versions",
                about="All versions without contents; one with `sha256` is closed for good.",
                asks=Nothing,
                handle=lambda who, path, _: answered(_VERSIONS, self._service.versions(who, _report(path))),
            ),
            Endpoint(
                method="GET",
                path=f"{one}/changes",
                about="Everything that was done: who, when, where, before, after.",
                asks=Nothing,
                handle=lambda who, path, _: answered(_CHANGES, self._service.changes(who, _report(path))),
            ),
            Endpoint(
                method="GET",
                path=f"{one}/dictation",
                about="The words with their times, the audio's digest, the log of the dictation.",
                asks=Nothing,
                handle=lambda who, path, _: answered(_DICTATION, self._service.dictation(who, _report(path))),
            ),
        )

    def _changing(self) -> tuple[Served, ...]:
        """What changes a report; each answers with the report as it is then."""
        one = "/v1/records/{report}"
        return (
            Endpoint(
                method="PATCH",
                path=f"{one}/fields",
                about="Values set or taken out by a person; the checks are made anew.",
                asks=EditsBody,
                handle=self._edit,
            ),
            Endpoint(
                method="POST",
                path=f"{one}/confirmations",
                about="Machine values said to be right.",
                asks=ConfirmBody,
                handle=self._confirm,
            ),
            Endpoint(
                method="POST",
                path=f"{one}/transitions",
                about="A step that changes the state alone.",
                asks=MoveBody,
                handle=self._move,
            ),
            Endpoint(
                method="POST",
                path=f"{one}/signature",
                about="The report becomes final.",
                asks=SignBody,
                handle=self._sign,
            ),
            Endpoint(
                method="POST",
                path=f"{one}/addenda",
                about="An addition to a signed report, as a new signed version.",
                asks=AddendBody,
                handle=self._addend,
            ),
            Endpoint(
                method="POST",
                path=f"{one}/corrections",
                about="A correction of a signed report, as a new signed version.",
                asks=CorrectBody,
                handle=self._correct,
            ),
        )

    def _by_patient(self) -> tuple[Served, ...]:
        """What is found by a patient's number."""
        return (
            Endpoint(
                method="POST",
                path="/v1/patients/records",
                about="A patient's reports, or an order's, newest first, at most 500.",
                asks=PatientBody,
                handle=lambda who, _, body: answered(
                    _REPORTS, self._service.of_patient(who, mrn=body.mrn, accession=body.accession)
                ),
            ),
            Endpoint(
                method="POST",
                path="/v1/patients/timeline",
                about="Problems, drugs, measurements and lesions over a patient's signed reports.",
                asks=TimelineBody,
                handle=lambda who, _, body: answered(_TIMELINE, self._service.timeline(who, mrn=body.mrn)),
            ),
        )

    def _list(self, who: Principal, _path: Mapping[str, str], query: ListQuery) -> Response:
        wanted = Wanted(
            state=query.state,
            template=query.template,
            session=query.session,
            since=query.since,
            after=None if query.after is None else ReportId(query.after),
            limit=query.limit,
        )
        return answered(_PAGE, self._service.page(who, wanted))

    def _read(self, who: Principal, path: Mapping[str, str], query: ReadQuery) -> Response:
        opened = self._service.read(who, _report(path), query.version)
        if query.format == "json":
            return _opened(opened)
        return PlainTextResponse(self._as_text(opened.version.record), headers={"Cache-Control": "no-store"})

    def _compare(self, who: Principal, path: Mapping[str, str], query: CompareQuery) -> Response:
        return answered(_DIFFERENCES, self._service.compare(who, _report(path), old=query.old, new=query.new))

    def _edit(self, who: Principal, path: Mapping[str, str], body: EditsBody) -> Response:
        return _opened(self._service.edit(who, _report(path), _edits(body), revision=body.revision))

    def _confirm(self, who: Principal, path: Mapping[str, str], body: ConfirmBody) -> Response:
        return _opened(self._service.confirm(who, _report(path), body.paths, revision=body.revision))

    def _move(self, who: Principal, path: Mapping[str, str], body: MoveBody) -> Response:
        act = Act(body.act)
        return _opened(self._service.move(who, _report(path), act, revision=body.revision, reason=body.reason))

    def _sign(self, who: Principal, path: Mapping[str, str], body: SignBody) -> Response:
        return _opened(
            self._service.sign(
                who, _report(path), revision=body.revision, acknowledge_unconfirmed=body.acknowledge_unconfirmed
            )
        )

    def _addend(self, who: Principal, path: Mapping[str, str], body: AddendBody) -> Response:
        return _opened(self._service.addend(who, _report(path), body.text, revision=body.revision))

    def _correct(self, who: Principal, path: Mapping[str, str], body: CorrectBody) -> Response:
        return _opened(
            self._service.correct(who, _report(path), _edits(body), revision=body.revision, reason=body.reason)
        )


def _report(path: Mapping[str, str]) -> ReportId:
    """The report of an address; what cannot be an id is no report."""
    found = path["report"]
    if _ID.fullmatch(found) is None:
        raise RefusedError(ErrorCode.UNKNOWN_RECORD)
    return ReportId(found)


def _edits(body: EditsBody) -> tuple[ValueEdit, ...]:
    return tuple(ValueEdit(path=edit.path, value=edit.value) for edit in body.edits)


def _opened(opened: Opened) -> Response:
    response = answered(_OPENED, opened)
    response.headers["ETag"] = f'"{opened.report.revision}"'
    return response
