"""The review of one report: its text as it would be signed, its fields, their evidence, what stands against signing.

Shows what `ReviewDesk` has and turns keys into acts of it. Knows neither HTTP nor files.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.acting import Acting
from wardscribe_client.desktop.review.checks_panel import ChecksPanel
from wardscribe_client.desktop.review.desk import READ_AGAIN, ReviewDesk
from wardscribe_client.desktop.review.fields_panel import FieldsPanel
from wardscribe_client.desktop.review.printed import page
from wardscribe_client.desktop.review.reviewed import Reviewed, row_about, rows_of, waiting_rows
from wardscribe_client.desktop.review.words import patient_line, value_place
from wardscribe_client.desktop.rows import Row
from wardscribe_client.desktop.trouble import told
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.report_values import Act
from wardscribe_protocol.errors import ErrorCode, WardscribeError
from wardscribe_protocol.record import Check

# What can be done, in the order of the buttons: phrase, keys, which act it is where it is one of the server's.
_BUTTONS: Final[tuple[tuple[str, str, Act | None], ...]] = (
    ("sign", "Ctrl+Return", Act.SIGN),
    ("submit", "Ctrl+Shift+S", Act.SUBMIT),
    ("confirm_all", "Ctrl+Shift+Return", Act.CONFIRM),
    ("recall", "Ctrl+B", Act.RECALL),
    ("reject", "Ctrl+R", Act.REJECT),
    ("addend", "Ctrl+D", Act.ADDEND),
    ("compare", "Ctrl+M", None),
    ("timeline", "Ctrl+T", None),
    ("export", "Ctrl+E", None),
    ("print", "Ctrl+P", None),
    ("next", "Ctrl+N", None),
)
# Acts that cannot be done now are not offered, but for signing: why one may not sign is what one wants to know.
_ALWAYS: Final = frozenset({"sign", "compare", "timeline", "export", "print", "next"})


class ReportSound(Protocol):
    """The sound of dictations, as far as it is on this machine."""

    def has(self, session: str) -> bool:
        """Whether the dictation of a session can be heard here."""

    def play(self, session: str, stretches: Sequence[tuple[int, int]]) -> None:
        """Play from and to these milliseconds, one stretch after the other."""


class ReviewWindow(QMainWindow):
    """One report."""

    next_wanted = Signal()  # the next dictation
    report_wanted = Signal(str)  # another report, as the timeline names it
    signed = Signal(str, str)  # report and session: its audio need not be kept much longer

    def __init__(
        self,
        interface: Interface,
        desk: ReviewDesk,
        *,
        server: str,
        sound: ReportSound | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._desk, self._server, self._sound = interface, desk, server, sound
        self._phrases = say = Phrases("review", interface.language)
        self._rows: tuple[Row, ...] = ()
        self._notice = ""
        self.setWindowTitle(say("title"))
        self.resize(1180, 780)
        self.acting = Acting(interface, desk, self)
        self._lay_out()
        self._connect()
        self._set_busy(busy=True)
        desk.load()

    # What it looks like

    def _lay_out(self) -> None:
        say = self._phrases
        self.heading = QLabel()
        self.heading.setObjectName("patientName")
        self.facts = QLabel()
        self.facts.setObjectName("patientDetail")
        self.facts.setWordWrap(True)
        self.text = QTextBrowser()
        self.text.setAccessibleName(say("report_text"))
        self.text.setTabChangesFocus(True)
        self.text.document().setDocumentMargin(18)
        self.dictated = QTextBrowser()
        self.dictated.setAccessibleName(say("dictated_text"))
        self.dictated.setTabChangesFocus(True)
        self.dictated.document().setDocumentMargin(18)
        self._tabs = QTabWidget()
        self._tabs.setAccessibleName(say("texts"))
        self._tabs.addTab(self.text, say("report_text"))
        self._tabs.addTab(self.dictated, say("dictated_text"))
        self.fields = FieldsPanel(self._interface)
        self.checks = ChecksPanel(self._interface)
        beside = QSplitter(Qt.Orientation.Vertical)
        beside.addWidget(self.fields)
        beside.addWidget(self.checks)
        beside.setStretchFactor(0, 3)
        beside.setStretchFactor(1, 1)
        both = QSplitter()
        both.addWidget(self._tabs)
        both.addWidget(beside)
        both.setStretchFactor(0, 1)
        both.setStretchFactor(1, 1)
        self.why = QLabel()  # why it cannot be signed, or what was done
        self.why.setObjectName("hint")
        self.why.setWordWrap(True)
        self.why.setAccessibleName(say("status"))
        page_ = QWidget()
        page_.setObjectName("page")
        layout = QVBoxLayout(page_)
        for widget in (self.heading, self.facts):
            layout.addWidget(widget)
        layout.addWidget(both, 1)
        layout.addWidget(self.why)
        layout.addLayout(self._button_rows())
        self.setCentralWidget(page_)

    def _button_rows(self) -> QGridLayout:
        say = self._phrases
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout()
        for key, keys, _ in _BUTTONS:
            button = QPushButton(say(key))
            button.setAccessibleName(say(key))
            button.setAccessibleDescription(f"{say(f'{key}_about')} {keys}")
            button.setToolTip(f"{say(f'{key}_about')} ({keys})")
            button.setShortcut(QKeySequence(keys))
            row.addWidget(button)
            self.buttons[key] = button
            if key == "addend":
                row.addStretch()
        grid = QGridLayout()
        grid.addLayout(row, 0, 0)
        return grid

    def _connect(self) -> None:
        desk, acting = self._desk, self.acting
        desk.changed.connect(self._show)
        desk.failed.connect(self._failed)
        desk.done.connect(self._done)
        desk.busy_changed.connect(lambda busy: self._set_busy(busy=busy))
        acting.said.connect(self._say)
        acting.report_wanted.connect(self.report_wanted)
        self.fields.edit_wanted.connect(lambda path: acting.edit(path, self._rows, self._wording))
        self.fields.add_wanted.connect(lambda field: acting.add(field, self._wording))
        self.fields.confirm_wanted.connect(desk.confirm)
        self.fields.play_wanted.connect(self._play)
        self.fields.chosen.connect(self._mark_words)
        self.checks.wanted.connect(self._go_to)
        doing = {
            "sign": self._sign,
            "submit": lambda: desk.move(Act.SUBMIT),
            "confirm_all": self._confirm_all,
            "recall": lambda: desk.move(Act.RECALL),
            "reject": acting.reject,
            "addend": acting.addend,
            "compare": lambda: acting.compare(self._wording),
            "timeline": lambda: acting.timeline(self._wording),
            "export": acting.export,
            "print": acting.print_,
            "next": self._next,
        }
        for key, act in doing.items():
            self.buttons[key].clicked.connect(act)
        for keys, go in (
            ("F6", self._to_unconfirmed),
            ("Ctrl+1", self._to_text),
            ("Ctrl+2", self.fields.take_focus),
            ("Ctrl+3", self.checks.take_focus),
            ("Esc", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(go)

    # What it shows

    @property
    def _wording(self) -> Wording:
        return Wording(self._interface.language, self._desk.forms.words)

    def _show(self, reviewed: Reviewed) -> None:
        form, wording, say = self._desk.form, self._wording, self._phrases
        report, head = reviewed.opened.report, reviewed.opened.version.head
        patient = patient_line(reviewed.record, reviewed.opened.context, say, wording)
        self.heading.setText(" · ".join(filter(None, (form.labels.of(wording.language), patient))))
        about = self._desk.about
        roles = ", ".join(say(f"role_{role}") for role in about.roles) if about is not None else ""
        self.facts.setText(
            say(
                "facts",
                state=say(f"state_{report.state.value}"),
                version=head.number,
                author=report.author,
                at=f"{report.created_at.astimezone():%Y-%m-%d %H:%M}",
                user=about.user if about is not None else "",
                roles=roles or say("role_none"),
            )
        )
        self.text.setHtml(page(reviewed.text, self.acting.standing(reviewed, wording), font=self._font()))
        self.dictated.setPlainText(reviewed.record.transcript.text)
        self._rows = rows_of(reviewed, form)
        self.fields.show_rows(
            self._rows,
            form,
            wording,
            editable=reviewed.refusal(reviewed.changing) is None,
            confirmable=reviewed.refusal(Act.CONFIRM) is None,
            signed=reviewed.is_signed,
        )
        session = report.session
        self.fields.set_playable(playable=bool(session and self._sound is not None and self._sound.has(session)))
        self.checks.show_checks(reviewed.checks, self._place_of)
        self._offer(reviewed)
        notice, self._notice = self._notice, ""
        self._say(notice or self._why_not(reviewed) or say("may_sign"), severity="error" if notice else "")

    def _place_of(self, pointer: str) -> str:
        return value_place(pointer, self._desk.form, self._wording) if pointer.startswith("/fields/") else ""

    def _offer(self, reviewed: Reviewed) -> None:
        for key, _, act in _BUTTONS:
            possible = act is None or reviewed.refusal(act) is None
            button = self.buttons[key]
            button.setVisible(possible or key in _ALWAYS)
            button.setEnabled(True)
        waiting = waiting_rows(self._rows)
        self.buttons["confirm_all"].setVisible(bool(waiting) and reviewed.refusal(Act.CONFIRM) is None)
        self.buttons["sign"].setVisible(not reviewed.is_signed)
        may_submit = reviewed.refusal(Act.SUBMIT) is None
        forbidden = reviewed.refusal(Act.SIGN) is ErrorCode.FORBIDDEN
        self._stress("submit" if forbidden and may_submit else "sign")
        self.buttons["compare"].setEnabled(len(reviewed.versions) > 1)
        self.buttons["timeline"].setEnabled(reviewed.patient_number is not None)

    def _stress(self, key: str) -> None:
        """Which button is what one most likely wants."""
        for name in ("sign", "submit"):
            button = self.buttons[name]
            button.setObjectName("primary" if name == key else "")
            button.style().polish(button)

    def _why_not(self, reviewed: Reviewed) -> str:
        """Why this person cannot sign now, and what they can do instead; empty where they can."""
        say = self._phrases
        if reviewed.is_signed:
            return say("is_signed", state=say(f"state_{reviewed.opened.report.state.value}"))
        match reviewed.refusal(Act.SIGN):
            case None:
                waiting = len(waiting_rows(self._rows))
                return say("unconfirmed_left", count=waiting) if waiting else ""
            case ErrorCode.CHECKS_FAILED:
                return say("blocked", count=len(reviewed.standing.blocking))
            case ErrorCode.FORBIDDEN:
                about = self._desk.about
                if about is not None and "attending" in about.roles:
                    return say("token_may_not_sign")
                roles = ", ".join(say(f"role_{role}") for role in about.roles) if about is not None else ""
                submit = reviewed.refusal(Act.SUBMIT) is None
                return say("only_attending", roles=roles or say("role_none")) + (say("submit_instead") * submit)
            case _:
                return say("not_in_this_state", state=say(f"state_{reviewed.opened.report.state.value}"))

    def _say(self, what: str, *, severity: str = "") -> None:
        self.why.setText(what)
        self.why.setProperty("severity", severity)
        self.why.style().polish(self.why)

    def _set_busy(self, *, busy: bool) -> None:
        self.setCursor(Qt.CursorShape.BusyCursor if busy else Qt.CursorShape.ArrowCursor)
        if self._desk.reviewed is None and busy:
            for button in self.buttons.values():
                button.setEnabled(False)
            self._say(self._phrases("reading"))

    def _font(self) -> str:
        return ", ".join(f"'{family}'" for family in self.font().families()) or "sans-serif"

    # What is done

    def _sign(self) -> None:
        reviewed = self._desk.reviewed
        if reviewed is None:
            return
        why = self._why_not(reviewed)
        if reviewed.refusal(Act.SIGN) is not None:
            self._say(why, severity="error")
            if reviewed.refusal(Act.SIGN) is ErrorCode.CHECKS_FAILED:
                self.checks.take_focus()
            return
        wording, form = self._wording, self._desk.form
        waiting = [f"{said.label}: {said.line}" for said in (wording.text(r, form) for r in waiting_rows(self._rows))]
        self.acting.sign(reviewed, what=self.heading.text(), unconfirmed=waiting)

    def _confirm_all(self) -> None:
        self._desk.confirm([row.path for row in waiting_rows(self._rows)])

    def _to_unconfirmed(self) -> None:
        if self.fields.to_unconfirmed():
            self.fields.take_focus()

    def _to_text(self) -> None:
        current = self._tabs.currentWidget()
        if current is not None:
            current.setFocus()

    def _next(self) -> None:
        self.next_wanted.emit()
        self.close()

    def _play(self, stretches: Sequence[tuple[int, int]]) -> None:
        reviewed = self._desk.reviewed
        if self._sound is not None and reviewed is not None and reviewed.opened.report.session:
            self._sound.play(reviewed.opened.report.session, stretches)

    def _go_to(self, check: Check) -> None:
        """To the place of a check: its field, else the words that it is about."""
        row = row_about(check.path, self._rows, self._desk.form)
        if row is not None and self.fields.choose(row.path):
            self.fields.take_focus()
        elif check.path.startswith("/transcript"):
            self._tabs.setCurrentWidget(self.dictated)
            self.dictated.setFocus()
        self._say(check.message, severity=check.severity.value)

    def _mark_words(self, row: Row) -> None:
        """The words that a row comes from, marked in the dictated text."""
        places = [leaf.evidence.chars for leaf in row.leaves if leaf.evidence is not None and leaf.evidence.chars]
        cursor = self.dictated.textCursor()
        if not places:
            cursor.clearSelection()
        else:
            cursor.setPosition(min(start for start, _ in places))
            cursor.setPosition(max(end for _, end in places), QTextCursor.MoveMode.KeepAnchor)
        self.dictated.setTextCursor(cursor)

    def _done(self, act: Act) -> None:
        reviewed = self._desk.reviewed
        assert reviewed is not None, "what was done was done to a report"
        rest = "" if act in (Act.SIGN, Act.ADDEND, Act.CORRECT) else self._why_not(reviewed)
        self._say(" ".join(filter(None, (self._phrases(f"done_{act.value}"), rest))))
        if act is Act.SIGN:
            self.buttons["next"].setFocus()
            self.signed.emit(reviewed.opened.report.id, reviewed.opened.report.session or "")

    def _failed(self, error: WardscribeError) -> None:
        said = told(error, self._interface.language, server=self._server)
        if error.code in READ_AGAIN:
            self._notice = said  # stays when the report is shown anew
        self._say(said, severity="error")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """Ask nothing more."""
        for dialog in self.findChildren(QDialog):
            dialog.reject()
        self._desk.close()
        super().closeEvent(event)
