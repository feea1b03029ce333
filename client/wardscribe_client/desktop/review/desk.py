"""One report under review: read from the server, changed there, read again. Knows no widget but Qt's signals.

Each act carries the revision that was read; when somebody else was quicker, nothing is done and the report is read
again.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal

from wardscribe_client import report_calls as calls
from wardscribe_client.desktop.asking import Background
from wardscribe_client.desktop.form import Forms, TemplateForm
from wardscribe_client.desktop.review.reviewed import Reviewed
from wardscribe_client.report_calls import Call
from wardscribe_client.report_values import About, Act, Opened, ValueChange, ValueEdit
from wardscribe_client.reports import Reports
from wardscribe_client.timeline_values import Timeline
from wardscribe_protocol.errors import ErrorCode, RefusedError, WardscribeError

_ID: Final = re.compile("[0-9a-f]{32}")
_AGAIN: Final = 3
READ_AGAIN: Final = frozenset({ErrorCode.STALE_REVISION, ErrorCode.WRONG_STATE, ErrorCode.CHECKS_FAILED})


class ReviewDesk(QObject):
    """Acts of one person on one report."""

    changed = Signal(object)  # Reviewed
    done = Signal(object)  # Act: what was done
    failed = Signal(object)  # WardscribeError
    busy_changed = Signal(bool)

    def __init__(self, reports: Reports, named: str, parent: QObject | None = None) -> None:
        """`named` is a report's id, or the session of the dictation that it came from."""
        super().__init__(parent)
        self._reports = reports
        self._named = named
        self._report = named
        self._background = Background(self)
        self._background.changed.connect(lambda: self.busy_changed.emit(self._background.busy))
        self._reviewed: Reviewed | None = None
        self._forms: Forms | None = None
        self._about: About | None = None

    @property
    def report(self) -> str:
        """Which report."""
        return self._report

    @property
    def busy(self) -> bool:
        """Whether the server is being asked."""
        return self._background.busy

    @property
    def reviewed(self) -> Reviewed | None:
        """As it was read last."""
        return self._reviewed

    @property
    def about(self) -> About | None:
        """Who is asking, once the server has said."""
        return self._about

    @property
    def forms(self) -> Forms:
        """Labels of all templates."""
        return self._forms or Forms()

    @property
    def form(self) -> TemplateForm:
        """Labels of the report's template."""
        return self.forms.form(self._reviewed.opened.report.template if self._reviewed is not None else "")

    def load(self) -> None:
        """Read the report anew."""
        self._background.run(self._read, then=self._take, failed=self._fail)

    def edit(self, edits: Sequence[ValueEdit], *, reason: str | None = None) -> None:
        """Set values; of a signed report this is a correction and needs a reason."""
        if self._known.is_signed:
            self._do(Act.CORRECT, lambda r: calls.correct(self._report, edits, revision=r, reason=reason or ""))
        else:
            self._do(Act.EDIT, lambda r: calls.edit(self._report, edits, revision=r))

    def confirm(self, paths: Sequence[str]) -> None:
        """Say that values are right."""
        self._do(Act.CONFIRM, lambda r: calls.confirm(self._report, paths, revision=r))

    def move(self, act: Act, *, reason: str | None = None) -> None:
        """A step of the report's life."""
        self._do(act, lambda r: calls.move(self._report, act, revision=r, reason=reason))

    def sign(self, *, acknowledge_unconfirmed: bool) -> None:
        """The report becomes final."""
        self._do(
            Act.SIGN,
            lambda r: calls.sign(self._report, revision=r, acknowledge_unconfirmed=acknowledge_unconfirmed),
        )

    def addend(self, text: str) -> None:
        """An addition to what is signed."""
        self._do(Act.ADDEND, lambda r: calls.addend(self._report, text, revision=r))

    def versions_apart(self, old: int, new: int, then: Callable[[str, str, tuple[ValueChange, ...]], None]) -> None:
        """The texts of two versions and how their values differ."""

        def work() -> tuple[str, str, tuple[ValueChange, ...]]:
            ask = self._reports.ask
            return (
                ask(calls.as_text(self._report, version=old)),
                ask(calls.as_text(self._report, version=new)),
                ask(calls.comparison(self._report, old=old, new=new)),
            )

        self._background.run(work, then=lambda found: then(*found), failed=self._fail)

    def export(self, form: str, then: Callable[[bytes], None]) -> None:
        """The newest version in one of the server's formats."""
        call = calls.exported(self._report, form)
        self._background.run(lambda: self._reports.ask(call), then=then, failed=self._fail)

    def timeline(self, mrn: str, then: Callable[[Timeline], None]) -> None:
        """The patient over time."""
        self._background.run(lambda: self._reports.ask(calls.timeline(mrn)), then=then, failed=self._fail)

    def close(self) -> None:
        """Nothing is told any more."""
        self._background.close()

    # Inside

    @property
    def _known(self) -> Reviewed:
        assert self._reviewed is not None, "an act is offered once the report was read"
        return self._reviewed

    def _do(self, act: Act, call: Callable[[int], Call[Opened]]) -> None:
        asked = call(self._known.opened.report.revision)

        def work() -> Reviewed:
            self._reports.ask(asked)
            return self._read()

        def then(reviewed: Reviewed) -> None:
            self._take(reviewed)
            self.done.emit(act)

        self._background.run(work, then=then, failed=self._fail)

    def _read(self) -> Reviewed:
        ask = self._reports.ask
        if self._about is None:
            self._about = ask(calls.about())
        if self._forms is None:
            self._forms = Forms.of(ask(calls.templates()))
        if self._reviewed is None and _ID.fullmatch(self._named) is None:
            self._report = self._of_session()
        opened, standing = ask(calls.read(self._report)), ask(calls.standing(self._report))
        for _ in range(_AGAIN):
            if standing.revision == opened.report.revision:
                break  # else somebody changed it in between
            opened, standing = ask(calls.read(self._report)), ask(calls.standing(self._report))
        return Reviewed(
            opened=opened,
            standing=standing,
            text=ask(calls.as_text(self._report, version=opened.version.head.number)),
            versions=ask(calls.versions(self._report)),
        )

    def _of_session(self) -> str:
        """The report of a dictation; of a round, the one that was visited first."""
        found = self._reports.ask(calls.page(session=self._named)).reports
        if not found:
            raise RefusedError(ErrorCode.UNKNOWN_RECORD)
        return min(found, key=lambda report: report.created_at).id

    def _take(self, reviewed: Reviewed) -> None:
        self._reviewed = reviewed
        self.changed.emit(reviewed)

    def _fail(self, error: WardscribeError) -> None:
        self.failed.emit(error)
        if error.code in READ_AGAIN:
            self.load()
