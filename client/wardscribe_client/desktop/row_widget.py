"""One row of the form on the screen: label, value, evidence, state, checks, and what can be done about it.

Draws a `Row`; what is done is told by signals. Keys: see `shortcuts`.
"""

from collections.abc import Mapping
from html import escape
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.review.entry_shape import Slot
from wardscribe_client.desktop.row_editor import RowEditor
from wardscribe_client.desktop.rows import Row, RowState
from wardscribe_client.desktop.wording import RowText, Wording

_LABEL_WIDTH: Final = 118
_NOTHING: Final = "–"
_LONGEST_EVIDENCE: Final = 90
_BUTTONS: Final = ("play", "confirm", "edit")


class RowWidget(QFrame):
    """A row that can be gone to, played, confirmed and edited."""

    play_asked = Signal(object)  # Row
    confirm_asked = Signal(object)
    edit_asked = Signal(object)
    changed = Signal(object, object)  # Row, Mapping of pointers to values
    gone_to = Signal(object)
    step_asked = Signal(int)

    def __init__(self, interface: Interface, *, wording: Wording, form: TemplateForm, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("row")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._interface = interface
        self._wording = wording
        self._form = form
        self._row: Row | None = None
        self._says_label = True
        self._editor: RowEditor | None = None
        self._checks: list[QLabel] = []
        self.updates = 0
        self._build()
        self.setProperty("current", "false")

    @property
    def row(self) -> Row:
        """What it shows."""
        assert self._row is not None, "it is shown only after it was given a row"
        return self._row

    @property
    def editing(self) -> bool:
        """Whether a person is at work in it."""
        return self._editor is not None

    def _build(self) -> None:
        self._label = QLabel()
        self._label.setObjectName("rowLabel")
        self._label.setFixedWidth(_LABEL_WIDTH)
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._value, self._evidence = QLabel(), QLabel()
        for label, name in ((self._value, "rowValue"), (self._evidence, "rowEvidence")):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            policy = label.sizePolicy()  # with its height for a width, or long texts are cut off
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            label.setSizePolicy(policy)
        self._state = QLabel()
        self._state.setObjectName("rowState")
        self._buttons = {name: self._button(name) for name in _BUTTONS}
        tools = QHBoxLayout()
        tools.setSpacing(1)
        tools.addWidget(self._state)
        for button in self._buttons.values():
            tools.addWidget(button)
        self._body = QVBoxLayout()
        self._body.setSpacing(1)
        self._value.setTextFormat(Qt.TextFormat.RichText)
        for label in (self._value, self._evidence):
            self._body.addWidget(label)
        grid = QGridLayout(self)
        grid.setContentsMargins(9, 3, 6, 3)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.addWidget(self._label, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(self._body, 0, 1)
        grid.addLayout(tools, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(1, 1)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("small")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        kept = button.sizePolicy()
        kept.setRetainSizeWhenHidden(False)
        button.setSizePolicy(kept)
        button.clicked.connect(lambda: self.act(name))
        button.hide()
        return button

    def act(self, name: str) -> None:
        """As if its button was pressed."""
        match name:
            case "play" if self.row.audio_ms:
                self.play_asked.emit(self.row)
            case "confirm" if self.row.state is RowState.PROPOSED:
                self.confirm_asked.emit(self.row)
            case "edit":
                self.edit_asked.emit(self.row)
            case _:
                pass

    # Shown

    def show_row(self, row: Row, *, says_label: bool) -> None:
        """Show this row."""
        if row == self._row and says_label == self._says_label:
            return
        self._row, self._says_label = row, says_label
        self.updates += 1
        self.retranslate()

    def settle(self) -> None:
        """Ask anew how high it must be for its width: Qt keeps that of texts that stood there before."""
        self._body.invalidate()
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()
        self.updateGeometry()

    def use_wording(self, wording: Wording) -> None:
        """Language or theme has changed."""
        self._wording = wording
        self.retranslate()

    def retranslate(self) -> None:
        """Say and colour everything anew."""
        row, interface = self.row, self._interface
        said = self._wording.text(row, self._form)
        state = interface.text(f"row.{row.state.value}")
        self._label.setText(said.label if self._says_label else "")
        self._value.setText(self._rich(said))
        self._set(self._value, "empty", row.state is RowState.EMPTY)
        evidence = self._told_evidence(said)
        self._evidence.setText(evidence)
        # That it waits for a person is said by its colour, and counted above; words on every row would shout.
        mark = {RowState.CONFIRMED: "confirm", RowState.EDITED: "edit"}.get(row.state)
        colour = interface.colour(row.state.value if mark is not None else "muted").name()
        self._state.setPixmap(icon(mark, colour).pixmap(QSize(15, 15)) if mark is not None else QPixmap())
        self._state.setAccessibleName(state)
        self._state.setToolTip(state)
        self._set(self, "state", row.state.value)
        self.setAccessibleName(
            interface.text("row.name", label=said.label, value=said.line or interface.text("row.empty"), state=state)
        )
        about = [evidence, interface.text("transcript.doubtful") if row.doubtful else ""]
        self.setAccessibleDescription(" ".join(filter(None, [*about, *(check.message for check in row.checks)])))
        self._value.setToolTip("\n".join(filter(None, about)))
        for name, button in self._buttons.items():
            does = interface.text(f"row.{name}", label=said.label)
            button.setAccessibleName(does)
            button.setToolTip(does)
            button.setIcon(icon(name, interface.colour("muted").name()))
        self._show_checks()
        self._show_tools()

    def _rich(self, said: RowText) -> str:
        if not said.value:
            return _NOTHING
        value = escape(said.value)
        if self.row.doubtful:
            value = f'<span style="color: {self._interface.colour("doubtful").name()}">{value}</span>'
        muted = self._interface.colour("muted").name()
        return value + (f'<span style="color: {muted}">  {escape(said.detail)}</span>' if said.detail else "")

    def _told_evidence(self, said: RowText) -> str:
        row = self.row
        if row.state is RowState.EDITED and not row.audio_ms:
            return self._interface.text("row.by_hand")
        if not row.evidence_text:
            return ""
        heard = row.evidence_text
        heard = heard if len(heard) <= _LONGEST_EVIDENCE else f"{heard[:_LONGEST_EVIDENCE]} …"
        if not row.audio_ms:
            return self._interface.text("row.evidence_silent", text=heard)
        time = clock(row.audio_ms[0][0])
        if row.evidence_text == said.value:  # the value says it already
            return self._interface.text("row.evidence_time", time=time)
        return self._interface.text("row.evidence", text=heard, time=time)

    def _show_checks(self) -> None:
        for label in self._checks:
            self._body.removeWidget(label)
            label.deleteLater()
        self._checks = []
        for check in self.row.checks:
            label = QLabel(check.message)
            label.setObjectName("check")
            label.setProperty("severity", check.severity.value)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            severity = self._interface.text(f"row.{check.severity.value}")
            label.setAccessibleName(self._interface.text("row.check_name", severity=severity, message=check.message))
            label.setText(f"{severity}: {check.message}")
            self._body.addWidget(label)
            self._checks.append(label)

    def _show_tools(self) -> None:
        active = self.property("current") == "true" or self.underMouse()
        row = self.row
        shown = {
            "play": active and bool(row.audio_ms),
            "confirm": active and row.state is RowState.PROPOSED,
            "edit": active,
        }
        for name, button in self._buttons.items():
            button.setVisible(shown[name] and not self.editing)
        self._state.setVisible(not active and not self.editing)
        self._evidence.setVisible(self.property("current") == "true" and bool(self._evidence.text()))

    def set_current(self, *, current: bool) -> None:
        """Whether it is the row that keys act on."""
        if (self.property("current") == "true") != current:
            self._set(self, "current", current)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if current else Qt.FocusPolicy.ClickFocus)
            self._show_tools()

    @staticmethod
    def _set(widget: QWidget, name: str, value: object) -> None:
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if widget.property(name) != said:
            widget.setProperty(name, said)
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    # Edited in place

    def edit(self, slots: tuple[Slot, ...]) -> None:
        """Let a person type where the value stands."""
        self.leave_editor()
        label = self._wording.label(self.row, self._form)
        editor = RowEditor(slots, label=label, wording=self._wording, interface=self._interface)
        editor.saved.connect(self._saved)
        editor.left.connect(self._left)
        self._editor = editor
        self._value.hide()
        self._body.insertWidget(0, editor)
        editor.show()  # at once, or it could not take the keys
        self._show_tools()
        editor.begin()

    def leave_editor(self) -> None:
        """What was typed and not saved is forgotten."""
        if self._editor is not None:
            self._body.removeWidget(self._editor)
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
            self._value.show()
            self._show_tools()

    def _saved(self, changes: Mapping[str, object]) -> None:
        self.leave_editor()
        self.setFocus()
        if changes:
            self.changed.emit(self.row, changes)

    def _left(self) -> None:
        self.leave_editor()
        self.setFocus()

    # Mouse and keys

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A click on a value plays what was said."""
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.gone_to.emit(self.row)
            if not self.editing:
                self.act("play")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A double click edits."""
        super().mouseDoubleClickEvent(event)
        self.act("edit")

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Show what can be done."""
        super().enterEvent(event)
        self._show_tools()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Hide it again."""
        super().leaveEvent(event)
        self._show_tools()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """It is the row that keys act on."""
        super().focusInEvent(event)
        self.gone_to.emit(self.row)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows go on, Space plays, Enter edits, C confirms."""
        match event.key():
            case Qt.Key.Key_Down:
                self.step_asked.emit(1)
            case Qt.Key.Key_Up:
                self.step_asked.emit(-1)
            case Qt.Key.Key_Space:
                self.act("play")
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F2:
                self.act("edit")
            case Qt.Key.Key_C if not event.modifiers():
                self.act("confirm")
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if self.row.leaves:
                self.changed.emit(self.row, {self.row.path: None})
            case _:
                super().keyPressEvent(event)


def clock(ms: int) -> str:
    """Minutes and seconds."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02}"
