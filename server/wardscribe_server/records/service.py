"""Everything that can be asked of the records: each call is allowed or refused, done or not, and told to the audit log.

What the HTTP API, the live server and the command line call. Owns the order of things: who may, then what holds, then
the change and its audit event in one transaction. A change that cannot be told is not made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import JsonValue

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import CommittedWord, Context
from wardscribe_protocol.record import Addendum, Check, Record, ReportState, Severity
from wardscribe_server.access.principal import Principal, Role, TenantId
from wardscribe_server.audit.event import AuditAction, AuditSink
from wardscribe_server.records.asking import Asked, asking
from wardscribe_server.records.database import Database
from wardscribe_server.records.editing import ValueChange, confirmed, differences, edited, unconfirmed
from wardscribe_server.records.lifecycle import (
    CLOSED,
    NEEDS_REASON,
    PHYSICIANS,
    WRITERS,
    Act,
    may_write,
    roles_on,
    step,
)
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
from wardscribe_server.records.repository import NewReport, Repository
from wardscribe_server.records.standing import Standing, standing
from wardscribe_server.records.timeline import Timeline, timeline
from wardscribe_server.vault.cipher import Cipher

Checker = Callable[[Record, Context | None], tuple[Check, ...]]
_MOVES = frozenset({Act.GIVE_WET_READ, Act.RELEASE, Act.SUBMIT, Act.RECALL, Act.REJECT, Act.REOPEN})


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Made:
    """What a change makes of a record, and what is kept of it."""

    record: Record
    values: Sequence[ValueChange] = ()
    detail: Mapping[str, str] = field(default_factory=dict)


class ReportService:
    """The reports of all tenants, each person seeing their tenant's as their roles allow. Safe from any thread."""

    def __init__(
        self,
        database: Database,
        *,
        cipher: Callable[[TenantId], Cipher],
        audit: AuditSink,
        checker: Checker,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._audit = audit
        self._checker = checker
        self._now = now

    def keep_draft(
        self,
        principal: Principal,
        record: Record,
        *,
        session: str | None = None,
        words: Sequence[CommittedWord] = (),
        audio_sha256: str | None = None,
        edits: Sequence[Mapping[str, JsonValue]] = (),
        context: Context | None = None,
    ) -> Report:
        """A dictation that is over becomes a report. The same session again is the report that it became.

        Raises: RefusedError: `forbidden`, `records_unavailable`.
        """
        with self._asked(principal, "record.keep", AuditAction.CREATE) as asked:
            if not may_write(principal):
                raise RefusedError(ErrorCode.FORBIDDEN)
            with self._writing(principal) as repository:
                known = repository.with_session(session) if session is not None else None
                if known is not None:
                    report = repository.report(known)
                    if report.author != principal.user:
                        raise RefusedError(ErrorCode.FORBIDDEN)
                else:
                    new = NewReport(
                        id=ReportId(uuid4().hex),
                        session=session,
                        record=record.model_copy(update={"state": ReportState.DRAFT}),
                        dictation=Dictation(words=words, audio_sha256=audio_sha256, edits=edits),
                        context=context,
                        at=self._now(),
                    )
                    report = repository.add(new)
                asked.entity = report.id
                asked.done(version=str(report.version), state=report.state.value)
        return report

    def read(self, principal: Principal, report: ReportId, version: int | None = None) -> Opened:
        """One version of a report, the newest unless told otherwise.

        Raises: RefusedError: `unknown_record`, `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.read", Act.READ) as (repository, asked):
            opened = repository.open(report, version)
            asked.done(version=str(opened.version.head.number), state=opened.version.head.state.value)
        return opened

    def standing(self, principal: Principal, report: ReportId) -> Standing:
        """What this person may do to the newest version, and what is in the way.

        Raises: RefusedError: `unknown_record`, `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.standing", Act.READ) as (repository, asked):
            found = standing(repository.open(report, None), principal)
            asked.done()
        return found

    def page(self, principal: Principal, wanted: Wanted) -> Page:
        """Reports, newest first; whoever only dictates sees their own.

        Raises: RefusedError: `forbidden`, `unknown_record`, `records_unavailable`.
        """
        with self._asked(principal, "record.list", AuditAction.EXECUTE) as asked:
            if not principal.roles:
                raise RefusedError(ErrorCode.FORBIDDEN)
            if not principal.roles & (PHYSICIANS | {Role.ADMINISTRATOR}):
                wanted = replace(wanted, author=principal.user)
            with self._repository(principal) as repository:
                page = repository.page(wanted)
            asked.done(found=str(len(page.reports)))
        return page

    def versions(self, principal: Principal, report: ReportId) -> tuple[VersionHead, ...]:
        """All versions, oldest first, without contents.

        Raises: RefusedError: `unknown_record`, `forbidden`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.versions", Act.HISTORY) as (repository, asked):
            versions = repository.versions(report)
            asked.done()
        return versions

    def changes(self, principal: Principal, report: ReportId) -> tuple[Change, ...]:
        """Everything that was done to a report: who, when, where, before, after.

        Raises: RefusedError: `unknown_record`, `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.changes", Act.READ) as (repository, asked):
            changes = repository.changes(report)
            asked.done()
        return changes

    def dictation(self, principal: Principal, report: ReportId) -> Dictation:
        """What a report was made from.

        Raises: RefusedError: `unknown_record`, `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.dictation", Act.READ) as (repository, asked):
            dictation = repository.dictation(report)
            asked.done()
        return dictation

    def compare(self, principal: Principal, report: ReportId, *, old: int, new: int) -> tuple[ValueChange, ...]:
        """How the values of version `new` differ from those of `old`.

        Raises: RefusedError: `unknown_record`, `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._reading(principal, report, "record.compare", Act.READ) as (repository, asked):
            before, after = (repository.open(report, number).version.record for number in (old, new))
            asked.done(version=f"{old},{new}")
        return differences(before.fields, after.fields)

    def of_patient(
        self, principal: Principal, *, mrn: str | None = None, accession: str | None = None
    ) -> tuple[Report, ...]:
        """Reports of a patient or of an order that this person may read, newest first.

        Raises: RefusedError: `forbidden`, `records_unavailable`.
        """
        with self._of_patient(principal, "patient.records", mrn, accession) as (_, asked, reports):
            asked.done(found=str(len(reports)))
        return reports

    def timeline(self, principal: Principal, *, mrn: str) -> Timeline:
        """Problems, drugs and measurements over a patient's signed reports that this person may read.

        Raises: RefusedError: `forbidden`, `record_broken`, `records_unavailable`.
        """
        with self._of_patient(principal, "patient.timeline", mrn, None) as (repository, asked, reports):
            signed = repository.signed(reports)
            for entry in signed:  # each of them was opened
                asked.done(report=entry.report, version=str(entry.version))
            asked.done(found=str(len(signed)))
        return timeline(signed)

    def edit(self, principal: Principal, report: ReportId, edits: Sequence[ValueEdit], *, revision: int) -> Opened:
        """A person sets values or takes them out; the checks are made anew.

        Raises: RefusedError: `bad_field`, `stale_revision`, `wrong_state`, `forbidden`, `unknown_record` and others.
        """

        def make(opened: Opened) -> _Made:
            record, values = edited(opened.version.record, edits)
            return _Made(self._checked(record, opened.context), values)

        return self._change(principal, report, Act.EDIT, make, revision=revision)

    def confirm(self, principal: Principal, report: ReportId, paths: Sequence[str], *, revision: int) -> Opened:
        """A person says that machine values are right: those at the paths and below them.

        Raises: RefusedError: `bad_field`, `stale_revision`, `wrong_state`, `forbidden`, `unknown_record` and others.
        """

        def make(opened: Opened) -> _Made:
            record, pointers = confirmed(opened.version.record, paths)
            values = [ValueChange(pointer, None, None) for pointer in pointers]
            return _Made(self._checked(record, opened.context), values)

        return self._change(principal, report, Act.CONFIRM, make, revision=revision)

    def move(
        self, principal: Principal, report: ReportId, act: Act, *, revision: int, reason: str | None = None
    ) -> Opened:
        """A step that changes nothing but the state: wet read, release, submit, recall, reject, reopen.

        Raises: RefusedError: `wrong_state`, `bad_field` (no reason), `stale_revision`, `forbidden` and others.
        """
        if act not in _MOVES:
            raise RefusedError(ErrorCode.WRONG_STATE)

        def make(opened: Opened) -> _Made:
            return _Made(opened.version.record)

        return self._change(principal, report, act, make, revision=revision, reason=reason)

    def sign(
        self, principal: Principal, report: ReportId, *, revision: int, acknowledge_unconfirmed: bool = False
    ) -> Opened:
        """The report becomes final.

        Raises: RefusedError: `checks_failed`; `unconfirmed_values` unless acknowledged; and others.
        """

        def make(opened: Opened) -> _Made:
            record = self._sound(opened.version.record, opened.context)
            waiting = unconfirmed(record)
            if waiting and not acknowledge_unconfirmed:
                raise RefusedError(ErrorCode.UNCONFIRMED_VALUES)
            return _Made(record, detail={"unconfirmed": str(len(waiting))})

        return self._change(principal, report, Act.SIGN, make, revision=revision)

    def addend(self, principal: Principal, report: ReportId, text: str, *, revision: int) -> Opened:
        """A signed report gets an addition, as a new signed version on top.

        Raises: RefusedError: `bad_field` (no text), `wrong_state`, `stale_revision`, `forbidden` and others.
        """
        if not text.strip():
            raise RefusedError(ErrorCode.BAD_FIELD, "An addendum needs a text.")

        def make(opened: Opened) -> _Made:
            record = opened.version.record
            entry = Addendum(text=text.strip(), by=principal.user, at=self._now().isoformat())
            return _Made(record.model_copy(update={"addenda": (*(record.addenda or ()), entry)}))

        return self._change(principal, report, Act.ADDEND, make, revision=revision)

    def correct(
        self, principal: Principal, report: ReportId, edits: Sequence[ValueEdit], *, revision: int, reason: str
    ) -> Opened:
        """A signed report is put right, as a new signed version on top; the old one stays as it was.

        Raises: RefusedError: `checks_failed`, `bad_field`, `wrong_state`, `stale_revision`, `forbidden` and others.
        """

        def make(opened: Opened) -> _Made:
            record, values = edited(opened.version.record, edits)
            if not values:
                raise RefusedError(ErrorCode.BAD_FIELD, "A correction needs a change.")
            return _Made(self._sound(record, opened.context), values)

        return self._change(principal, report, Act.CORRECT, make, revision=revision, reason=reason)

    def _change(
        self,
        principal: Principal,
        report: ReportId,
        act: Act,
        make: Callable[[Opened], _Made],
        *,
        revision: int,
        reason: str | None = None,
    ) -> Opened:
        """One change, in one transaction with its audit event."""
        with (
            self._asked(principal, f"record.{act.value}", AuditAction.UPDATE, report) as asked,
            self._writing(principal) as repository,
        ):
            opened = repository.open(report, to_change=True)
            to = step(opened.report.state, act, roles_on(principal, opened.report.author))
            if revision != opened.report.revision:
                raise RefusedError(ErrorCode.STALE_REVISION)
            if act in NEEDS_REASON and not (reason or "").strip():
                raise RefusedError(ErrorCode.BAD_FIELD, "A reason is needed.")
            made = make(opened)
            changed = self._write(repository, opened, made, principal, act=act, to=to, reason=reason)
            head = changed.version.head
            told = {"version": str(head.number), "state": head.state.value, **made.detail}
            asked.done(**told, **({"sha256": head.sha256} if head.sha256 is not None else {}))
        return changed

    def _write(
        self,
        repository: Repository,
        opened: Opened,
        made: _Made,
        principal: Principal,
        *,
        act: Act,
        to: ReportState,
        reason: str | None,
    ) -> Opened:
        at, head = self._now(), opened.version.head
        number = head.number + head.is_closed
        note = Change(kind=act.value, version=number, by=principal.user, at=at, reason=reason)
        changes = [
            replace(note, pointer=value.pointer, before=value.before, after=value.after) for value in made.values
        ] or [note]
        record = made.record.model_copy(update={"state": to})
        close = to in CLOSED and act not in (Act.EDIT, Act.CONFIRM)
        return repository.write(opened, record, close=close, changes=changes, at=at)

    def _checked(self, record: Record, context: Context | None) -> Record:
        """The record with its checks made anew; those about the dictation itself stay, it is over."""
        fresh = self._checker(record, context)
        codes = {check.code for check in fresh}
        kept = tuple(c for c in record.checks if c.path.startswith("/transcript") and c.code not in codes)
        return record.model_copy(update={"checks": (*fresh, *kept)})

    def _sound(self, record: Record, context: Context | None) -> Record:
        """The record checked anew, with nothing against signing it.

        Raises: RefusedError (`checks_failed`).
        """
        checked = self._checked(record, context)
        if any(check.severity is Severity.ERROR for check in checked.checks):
            raise RefusedError(ErrorCode.CHECKS_FAILED)
        return checked

    def _asked(
        self, principal: Principal, kind: str, action: AuditAction, entity: str = ""
    ) -> AbstractContextManager[Asked]:
        return asking(self._audit, principal, kind, action, entity)

    @contextmanager
    def _reading(
        self, principal: Principal, report: ReportId, kind: str, act: Act
    ) -> Iterator[tuple[Repository, Asked]]:
        with self._asked(principal, kind, AuditAction.READ, report) as asked, self._repository(principal) as repository:
            found = repository.report(report)
            step(found.state, act, roles_on(principal, found.author))
            yield repository, asked

    @contextmanager
    def _of_patient(
        self, principal: Principal, kind: str, mrn: str | None, accession: str | None
    ) -> Iterator[tuple[Repository, Asked, tuple[Report, ...]]]:
        with self._asked(principal, kind, AuditAction.READ) as asked:
            if not principal.roles & WRITERS:
                raise RefusedError(ErrorCode.FORBIDDEN)
            with self._repository(principal) as repository:
                found = repository.of_patient(mrn=mrn, accession=accession)
                yield repository, asked, tuple(r for r in found if roles_on(principal, r.author) & WRITERS)

    @contextmanager
    def _repository(self, principal: Principal) -> Iterator[Repository]:
        with self._database.reading() as connection:
            yield Repository(connection, principal, self._cipher(principal.tenant))

    @contextmanager
    def _writing(self, principal: Principal) -> Iterator[Repository]:
        with self._database.writing() as connection:
            yield Repository(connection, principal, self._cipher(principal.tenant))
