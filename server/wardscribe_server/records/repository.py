"""Reports in the database as one person may reach them: the rows of their tenant, unsealed and verified.

Owns what is stored how, and that what is read is what was written. Who may do what is `lifecycle`'s; what is told to
the audit log is `service`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import CommittedWord, Context
from wardscribe_protocol.record import Language, Record, ReportState
from wardscribe_server.access.principal import Principal, UserId
from wardscribe_server.records.editing import unconfirmed
from wardscribe_server.records.lifecycle import SIGNED
from wardscribe_server.records.proof import Closing, canonical_json, version_sha256, words_sha256
from wardscribe_server.records.report import (
    Change,
    Dictation,
    Opened,
    Page,
    Report,
    ReportId,
    SignedReport,
    Version,
    VersionHead,
    Wanted,
)
from wardscribe_server.records.sealing import Sealing
from wardscribe_server.records.tables import ChangeRow, DictationRow, ReportRow, VersionRow
from wardscribe_server.records.tenancy import tenant_session
from wardscribe_server.vault.cipher import Cipher

MAX_PAGE: Final = 200
MAX_PATIENT_REPORTS: Final = 500
_DICTATED_MRN = "/fields/patient/mrn"
_CONTEXT: TypeAdapter[Context | None] = TypeAdapter(Context | None)
_RECORD = TypeAdapter(Record)
_WORDS = TypeAdapter(tuple[CommittedWord, ...])
_EDITS = TypeAdapter(tuple[dict[str, JsonValue], ...])
_CONTENT = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """What a report begins as."""

    id: ReportId
    session: str | None
    record: Record
    dictation: Dictation
    context: Context | None
    at: datetime


class Repository:
    """The reports that one person's tenant has. Lives as long as the transaction it is made for."""

    def __init__(self, connection: Connection, principal: Principal, cipher: Cipher) -> None:
        self._session = tenant_session(connection, principal.tenant)
        self._sealing = Sealing(cipher, principal.tenant)
        self._user = principal.user

    def add(self, new: NewReport) -> Report:
        """Keep a new report, its first version and what it was made from."""
        record, number = new.record, 1
        row = ReportRow(
            id=new.id,
            session=new.session,
            template=record.template,
            language=record.language.value,
            state=record.state.value,
            version=number,
            author=self._user,
            created_at=new.at,
            changed_at=new.at,
            patient=self._seal(_CONTEXT.dump_json(new.context), "reports", "patient", new.id),
        )
        self._index(row, new.context, record)
        dictation = new.dictation
        words: list[JsonValue] = [word.model_dump(mode="json") for word in dictation.words]
        self._session.add(row)
        self._flush_report()
        self._session.add_all(
            [
                DictationRow(
                    report=new.id,
                    words=self._seal(canonical_json(words), "dictations", "words", new.id),
                    audio_sha256=self._seal(
                        (dictation.audio_sha256 or "").encode(), "dictations", "audio_sha256", new.id
                    ),
                    edits=self._seal(
                        canonical_json([dict(edit) for edit in dictation.edits]), "dictations", "edits", new.id
                    ),
                ),
                self._version_row(new.id, number, record, at=new.at),
            ]
        )
        self._log(new.id, [Change(kind="keep", version=number, by=self._user, at=new.at)])
        self._session.flush()
        return _report(row)

    def with_session(self, session: str) -> ReportId | None:
        """The report that a dictation became, if it did."""
        found = self._session.scalar(select(ReportRow.id).where(ReportRow.session == session))
        return None if found is None else ReportId(found)

    def report(self, report: ReportId) -> Report:
        """Where a report stands.

        Raises: RefusedError (`unknown_record`).
        """
        return _report(self._row(report))

    def open(self, report: ReportId, number: int | None = None, *, to_change: bool = False) -> Opened:
        """One version of a report, the newest unless told otherwise, verified. `to_change` makes other writers wait.

        Raises: RefusedError: `unknown_record`, `record_broken`.
        """
        row = self._row(report, to_change=to_change)
        return self._opened(row, number or row.version)

    def write(self, opened: Opened, record: Record, *, close: bool, changes: Sequence[Change], at: datetime) -> Opened:
        """`record` becomes the newest version: in place of one that is open, on top of one that is closed.

        Raises: RefusedError (`stale_revision`) when somebody else was quicker.
        """
        report = opened.report.id
        row = self._row(report)
        head = self._version(report, row.version)
        number = head.number + (head.sha256 is not None)
        row.version, row.state, row.changed_at = number, record.state.value, at
        flag_modified(row, "changed_at")  # also within one tick of the clock the revision grows
        self._index(row, opened.context, record)
        self._flush_report()
        if head.sha256 is None:
            head.state, head.by = record.state.value, self._user
            head.record = self._seal(record.to_json().encode(), "versions", "record", report, number)
        else:
            head = self._version_row(report, number, record, at=at)
            self._session.add(head)
        if close:
            head.closed_at = at
            head.sha256 = version_sha256(record, self._closing(head))
        self._log(report, changes)
        self._session.flush()
        return Opened(_report(row), Version(_head(head), record), opened.context)

    def page(self, wanted: Wanted) -> Page:
        """Reports, newest first.

        Raises: RefusedError (`unknown_record`) when there is no report `after`.
        """
        query = select(ReportRow)
        if wanted.state is not None:
            query = query.where(ReportRow.state == wanted.state.value)
        if wanted.template is not None:
            query = query.where(ReportRow.template == wanted.template)
        if wanted.since is not None:
            query = query.where(ReportRow.changed_at >= wanted.since)
        if wanted.author is not None:
            query = query.where(ReportRow.author == wanted.author)
        if wanted.session is not None:
            rounds = ReportRow.session.startswith(f"{wanted.session}/", autoescape=True)
            query = query.where(or_(ReportRow.session == wanted.session, rounds))
        if wanted.after is not None:
            last = self._row(wanted.after)
            query = query.where(tuple_(ReportRow.created_at, ReportRow.id) < tuple_(last.created_at, last.id))
        limit = max(1, min(wanted.limit, MAX_PAGE))
        query = query.order_by(ReportRow.created_at.desc(), ReportRow.id.desc()).limit(limit + 1)
        found = tuple(_report(row) for row in self._session.scalars(query))
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def versions(self, report: ReportId) -> tuple[VersionHead, ...]:
        """All versions, oldest first, without their contents."""
        query = select(VersionRow).where(VersionRow.report == report).order_by(VersionRow.number)
        return tuple(_head(row) for row in self._session.scalars(query))

    def changes(self, report: ReportId) -> tuple[Change, ...]:
        """Everything that was done to a report, oldest first."""
        query = select(ChangeRow).where(ChangeRow.report == report).order_by(ChangeRow.number)
        return tuple(self._change(row) for row in self._session.scalars(query))

    def dictation(self, report: ReportId) -> Dictation:
        """What a report was made from.

        Raises: RefusedError: `unknown_record`, `record_broken`.
        """
        row = self._session.scalar(select(DictationRow).where(DictationRow.report == report))
        if row is None:
            raise RefusedError(ErrorCode.UNKNOWN_RECORD)
        audio = self._sealing.open(row.audio_sha256, "dictations", "audio_sha256", report).decode()
        words = self._sealing.parse(_WORDS, row.words, "dictations", "words", report)
        edits = self._sealing.parse(_EDITS, row.edits, "dictations", "edits", report)
        return Dictation(words=words, audio_sha256=audio or None, edits=edits)

    def of_patient(self, *, mrn: str | None = None, accession: str | None = None) -> tuple[Report, ...]:
        """Reports of a patient or of an order, newest first; none when neither is named."""
        patient, order = self._sealing.index("mrn", mrn), self._sealing.index("accession", accession)
        if patient is None and order is None:
            return ()
        query = select(ReportRow)
        if patient is not None:
            query = query.where(ReportRow.patient_index == patient)
        if order is not None:
            query = query.where(ReportRow.accession_index == order)
        query = query.order_by(ReportRow.created_at.desc(), ReportRow.id.desc()).limit(MAX_PATIENT_REPORTS)
        return tuple(_report(row) for row in self._session.scalars(query))

    def signed(self, reports: Sequence[Report]) -> tuple[SignedReport, ...]:
        """Those of the reports that are signed, each in its newest version."""
        return tuple(
            SignedReport(report.id, report.version, report.created_at, self.open(report.id).version.record)
            for report in reports
            if report.state in SIGNED
        )

    def _row(self, report: ReportId, *, to_change: bool = False) -> ReportRow:
        query = select(ReportRow).where(ReportRow.id == report)
        row = self._session.scalar(query.with_for_update() if to_change else query)
        if row is None:
            raise RefusedError(ErrorCode.UNKNOWN_RECORD)
        return row

    def _version(self, report: ReportId, number: int) -> VersionRow:
        row = self._session.scalar(select(VersionRow).where(VersionRow.report == report, VersionRow.number == number))
        if row is None:
            raise RefusedError(ErrorCode.UNKNOWN_RECORD)
        return row

    def _version_row(self, report: ReportId, number: int, record: Record, *, at: datetime) -> VersionRow:
        return VersionRow(
            report=report,
            number=number,
            state=record.state.value,
            opened_at=at,
            by=self._user,
            record=self._seal(record.to_json().encode(), "versions", "record", report, number),
        )

    def _opened(self, row: ReportRow, number: int) -> Opened:
        report = ReportId(row.id)
        version = self._version(report, number)
        record = self._sealing.parse(_RECORD, version.record, "versions", "record", report, number)
        context = self._sealing.parse(_CONTEXT, row.patient, "reports", "patient", report)
        whole = record.state == version.state and (record.template, record.language) == (row.template, row.language)
        if version.sha256 is not None:
            whole = whole and version.sha256 == version_sha256(record, self._closing(version))
        if number == row.version:
            newest = self._session.scalar(select(func.max(VersionRow.number)).where(VersionRow.report == report))
            whole = whole and (newest, version.state) == (row.version, row.state)
            whole = whole and (row.patient_index, row.accession_index) == self._indexes(context, record)
        if not whole:
            raise RefusedError(ErrorCode.RECORD_BROKEN)
        return Opened(_report(row), Version(_head(version), record), context)

    def _closing(self, version: VersionRow) -> Closing:
        report = ReportId(version.report)
        dictation = self.dictation(report)
        before = select(VersionRow.sha256).where(
            VersionRow.report == report, VersionRow.number < version.number, VersionRow.sha256.is_not(None)
        )
        assert version.closed_at is not None, "the table holds hash and time together"
        return Closing(
            report=report,
            number=version.number,
            by=UserId(version.by),
            closed_at=version.closed_at,
            words_sha256=words_sha256(dictation.words),
            audio_sha256=dictation.audio_sha256,
            previous=self._session.scalar(before.order_by(VersionRow.number.desc()).limit(1)),
        )

    def _index(self, row: ReportRow, context: Context | None, record: Record) -> None:
        row.patient_index, row.accession_index = self._indexes(context, record)

    def _indexes(self, context: Context | None, record: Record) -> tuple[str | None, str | None]:
        """What the calling system says; else the number that was dictated, once a person stands for it."""
        patient = context.patient if context is not None else None
        order = context.order if context is not None else None
        mrn = patient.mrn if patient is not None else None
        dictated = record.fields.get("patient")
        if mrn is None and isinstance(dictated, dict) and isinstance(dictated.get("mrn"), str):
            stands = record.state in SIGNED or _DICTATED_MRN not in unconfirmed(record)
            mrn = str(dictated["mrn"]) if stands else None
        accession = order.accession if order is not None else None
        return self._sealing.index("mrn", mrn), self._sealing.index("accession", accession)

    def _seal(self, content: bytes, table: str, column: str, *row: str | int) -> bytes:
        return self._sealing.close(content, table, column, *row)

    def _log(self, report: ReportId, changes: Sequence[Change]) -> None:
        last = self._session.scalar(select(func.max(ChangeRow.number)).where(ChangeRow.report == report)) or 0
        for number, change in enumerate(changes, start=last + 1):
            content: dict[str, JsonValue] = {
                "pointer": change.pointer,
                "before": change.before,
                "after": change.after,
                "reason": change.reason,
            }
            kept = canonical_json({key: value for key, value in content.items() if value is not None})
            self._session.add(
                ChangeRow(
                    report=report,
                    number=number,
                    kind=change.kind,
                    version=change.version,
                    by=change.by,
                    at=change.at,
                    content=self._seal(kept, "changes", "content", report, number),
                )
            )

    def _change(self, row: ChangeRow) -> Change:
        content = self._sealing.parse(_CONTENT, row.content, "changes", "content", row.report, row.number)
        pointer, reason = content.get("pointer"), content.get("reason")
        return Change(
            kind=row.kind,
            version=row.version,
            by=UserId(row.by),
            at=row.at,
            pointer=pointer if isinstance(pointer, str) else None,
            before=content.get("before"),
            after=content.get("after"),
            reason=reason if isinstance(reason, str) else None,
            number=row.number,
        )

    def _flush_report(self) -> None:
        """The report's row first: the others refer to it, and it says who of two writers was quicker."""
        try:
            self._session.flush()
        except (StaleDataError, IntegrityError):
            raise RefusedError(ErrorCode.STALE_REVISION) from None


def _report(row: ReportRow) -> Report:
    return Report(
        id=ReportId(row.id),
        session=row.session,
        template=row.template,
        language=Language(row.language),
        state=ReportState(row.state),
        version=row.version,
        revision=row.revision,
        author=UserId(row.author),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _head(row: VersionRow) -> VersionHead:
    return VersionHead(
        number=row.number,
        state=ReportState(row.state),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        by=UserId(row.by),
        sha256=row.sha256,
    )
