"""The fields of a report with their evidence: what the machine filled, what a person set, what nobody said.

Shows rows and says what was asked of one; decides nothing.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.rows import Row, RowState
from wardscribe_client.desktop.wording import Wording
from wardscribe_protocol.record import Severity

_PATH: Final = Qt.ItemDataRole.UserRole
_WEIGHT: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_COLOURS: Final = {
    RowState.EMPTY: "tail",
    RowState.PROPOSED: "proposed",
    RowState.CONFIRMED: "confirmed",
    RowState.EDITED: "edited",
}
_MARKS: Final = {RowState.EMPTY: "", RowState.PROPOSED: "○", RowState.CONFIRMED: "✓", RowState.EDITED: "✎"}


class FieldsPanel(QWidget):
    """Rows of one report."""

    edit_wanted = Signal(str)  # path of a row
    add_wanted = Signal(str)  # id of a field
    confirm_wanted = Signal(list)  # paths
    play_wanted = Signal(object)  # stretches in ms
    chosen = Signal(object)  # Row

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        self._phrases = phrases = Phrases("review", interface.language)
        self._rows: dict[str, Row] = {}
        self._form: TemplateForm | None = None
        self._playable = False
        self._tree = QTreeWidget()
        self._tree.setAccessibleName(phrases("fields"))
        self._tree.setAccessibleDescription(phrases("fields_keys"))
        self._tree.setHeaderLabels([phrases("field"), phrases("value"), phrases("state")])
        self._tree.setRootIsDecorated(False)
        self._tree.setUniformRowHeights(False)
        self._tree.setWordWrap(True)
        self._tree.setAlternatingRowColors(True)
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self._tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.installEventFilter(self)
        self._tree.itemDoubleClicked.connect(lambda *_: self._ask_edit())
        self._tree.currentItemChanged.connect(lambda *_: self._show_evidence())
        self._evidence = QLabel()
        self._evidence.setWordWrap(True)
        self._evidence.setTextFormat(Qt.TextFormat.PlainText)
        self._evidence.setAccessibleName(phrases("evidence"))
        self._evidence.setMinimumHeight(self._evidence.fontMetrics().height() * 3)
        self._evidence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._buttons = {
            "edit": self._button("edit", "F2", self._ask_edit),
            "confirm": self._button("confirm", "F3", self._ask_confirm),
            "play": self._button("play", "F7", self._ask_play),
            "add": self._button("add", "Ins", self._ask_add),
        }
        row = QHBoxLayout()
        for button in self._buttons.values():
            row.addWidget(button)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._evidence)
        layout.addLayout(row)

    def show_rows(
        self,
        rows: Sequence[Row],
        form: TemplateForm,
        wording: Wording,
        *,
        editable: bool,
        confirmable: bool,
        signed: bool,
    ) -> None:
        """All rows anew; what was chosen stays so."""
        before = self.chosen_path
        self._rows, self._form = {row.path: row for row in rows}, form
        self._signed = signed
        self._tree.blockSignals(True)  # noqa: FBT003 - Qt's own
        self._tree.clear()
        for row in rows:
            self._tree.addTopLevelItem(self._item(row, form, wording))
        self._tree.blockSignals(False)  # noqa: FBT003 - Qt's own
        self._editable, self._confirmable = editable, confirmable
        if not self.choose(before) and rows:
            self.choose(rows[0].path)
        self._show_evidence()

    def set_playable(self, *, playable: bool) -> None:
        """Whether the sound of the dictation is on this machine."""
        self._playable = playable
        self._show_evidence()

    @property
    def chosen_path(self) -> str:
        """The row that is chosen, empty without one."""
        item = self._tree.currentItem()
        return str(item.data(0, _PATH)) if item is not None else ""

    def choose(self, path: str) -> bool:
        """Go to a row; whether it is there."""
        for at in range(self._tree.topLevelItemCount()):
            item = self._tree.topLevelItem(at)
            if item is not None and item.data(0, _PATH) == path:
                self._tree.setCurrentItem(item)
                self._tree.scrollToItem(item)
                return True
        return False

    def to_unconfirmed(self) -> bool:
        """Go to the next value that nobody confirmed; whether there is one."""
        paths = [path for path, row in self._rows.items() if row.state is RowState.PROPOSED]
        order = list(self._rows)
        here = order.index(self.chosen_path) if self.chosen_path in order else -1
        later = [path for path in paths if order.index(path) > here] or paths
        return bool(later) and self.choose(later[0])

    def take_focus(self) -> None:
        """Put the keyboard here."""
        self._tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def shown(self) -> list[tuple[str, str, str]]:
        """What each row says: field, value, state."""
        items = (self._tree.topLevelItem(at) for at in range(self._tree.topLevelItemCount()))
        return [(item.text(0), item.text(1), item.text(2)) for item in items if item is not None]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own
        """Enter edits, Space plays, C confirms, as in the live window."""
        if watched is self._tree and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self._ask_edit()
                return True
            plain = {Qt.Key.Key_Space: self._ask_play, Qt.Key.Key_C: self._ask_confirm}.get(Qt.Key(event.key()))
            if plain is not None and not event.modifiers():
                plain()
                return True
        return super().eventFilter(watched, event)

    def _item(self, row: Row, form: TemplateForm, wording: Wording) -> QTreeWidgetItem:
        said = wording.text(row, form)
        unconfirmed = self._signed and row.state is RowState.PROPOSED
        state = self._phrases("row_unconfirmed" if unconfirmed else f"row_{row.state.value}")
        mark = _MARKS[row.state]
        value = said.line
        if row.doubtful:
            value += f"  ({self._phrases('doubtful')})"
        item = QTreeWidgetItem([said.label, value, f"{mark} {state}".strip()])
        item.setData(0, _PATH, row.path)
        item.setForeground(2, self._interface.colour(_COLOURS[row.state]))
        if row.state is RowState.EMPTY:
            item.setForeground(0, self._interface.colour("tail"))
        checks = " ".join(check.message for check in row.checks)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{said.label}: {said.line or state}. {state}. {checks}")
        if row.checks:
            worst = min(row.checks, key=lambda check: _WEIGHT.index(check.severity))
            item.setText(1, f"{item.text(1)}  ⚠" if item.text(1) else "⚠")
            item.setForeground(1, self._interface.colour(worst.severity.value))
            item.setToolTip(1, checks)
        return item

    def _show_evidence(self) -> None:
        row = self._rows.get(self.chosen_path)
        self._evidence.setText("" if row is None else "\n".join(self._evidence_lines(row)))
        has_value = row is not None and bool(row.leaves)
        self._buttons["edit"].setEnabled(row is not None and self._editable)
        self._buttons["confirm"].setEnabled(row is not None and self._confirmable and row.state is RowState.PROPOSED)
        self._buttons["play"].setEnabled(has_value and row is not None and bool(row.audio_ms) and self._playable)
        self._buttons["add"].setEnabled(row is not None and self._editable)
        if row is not None:
            self.chosen.emit(row)

    def _evidence_lines(self, row: Row) -> list[str]:
        say = self._phrases
        lines = [check.message for check in row.checks]
        if row.evidence_text:
            confidence = min(leaf.evidence.confidence for leaf in row.leaves if leaf.evidence is not None)
            where = ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in row.audio_ms)
            heard = say("typed" if row.state is RowState.EDITED else "heard", text=row.evidence_text)
            lines.append(" · ".join(filter(None, (heard, where, say("confidence", percent=round(confidence * 100))))))
        elif not row.leaves:
            lines.append(say("nothing_said"))
        return lines

    def _ask_edit(self) -> None:
        if self._buttons["edit"].isEnabled():
            self.edit_wanted.emit(self.chosen_path)

    def _ask_confirm(self) -> None:
        if self._buttons["confirm"].isEnabled():
            self.confirm_wanted.emit([self.chosen_path])

    def _ask_play(self) -> None:
        row = self._rows.get(self.chosen_path)
        if row is not None and self._buttons["play"].isEnabled():
            self.play_wanted.emit(row.audio_ms)

    def _ask_add(self) -> None:
        row = self._rows.get(self.chosen_path)
        if row is not None and self._buttons["add"].isEnabled():
            self.add_wanted.emit(row.field)

    def _button(self, key: str, keys: str, act: object) -> QPushButton:
        button = QPushButton(self._phrases(key))
        button.setShortcut(QKeySequence(keys))
        button.setToolTip(f"{self._phrases(key)} ({keys})")
        button.setAccessibleName(self._phrases(key))
        button.setAccessibleDescription(keys)
        button.clicked.connect(act)
        return button

    _editable = False
    _confirmable = False
    _signed = False


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}.{ms // 100 % 10}"
