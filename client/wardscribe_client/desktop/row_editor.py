"""A row's values under the hands of a person: a line for each part, codes to choose from. Knows no server."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.review.entry_shape import NoValueError, Slot, SlotKind, read, typed
from wardscribe_client.desktop.wording import Wording

_FLAGS: Final = ("true", "false")
_FLAG_CODES: Final = {"true": "True", "false": "False"}


class RowEditor(QWidget):
    """Saved with Enter, left with Escape. `saved` carries pointers and values, None for one to be removed."""

    saved = Signal(object)
    left = Signal()

    def __init__(
        self,
        slots: tuple[Slot, ...],
        *,
        label: str,
        wording: Wording,
        interface: Interface,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._slots = slots
        self._label = label
        self._wording = wording
        self._interface = interface
        self._inputs: list[QLineEdit | QComboBox] = []
        self._problem = QLabel()
        self._problem.setObjectName("check")
        self._problem.setProperty("severity", "error")
        self._problem.setWordWrap(True)
        self._problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(5)
        layout.addLayout(self._grid())
        layout.addWidget(self._problem)
        layout.addLayout(self._buttons())

    def begin(self) -> None:
        """Take the keys."""
        first = self._inputs[0]
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(first, QLineEdit):
            first.selectAll()

    def changes(self) -> Mapping[str, JsonValue]:
        """What differs from what stood there.

        Raises: NoValueError.
        """
        changed: dict[str, JsonValue] = {}
        for slot, widget in zip(self._slots, self._inputs, strict=True):
            text = widget.text() if isinstance(widget, QLineEdit) else str(widget.currentData())
            if text.strip() != typed(slot).strip():
                changed[slot.path] = read(slot, text)
        return changed

    def save(self) -> None:
        """Hand over what was changed, if all of it can be."""
        for slot, widget in zip(self._slots, self._inputs, strict=True):
            if isinstance(widget, QLineEdit):
                try:
                    read(slot, widget.text())
                except NoValueError:
                    self._problem.setText(self._interface.text("row.not_a_number", label=self._name(slot)))
                    self._problem.show()
                    widget.setFocus()
                    return
        self.saved.emit(self.changes())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter saves and Escape leaves, wherever in it one is."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.save()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for at, slot in enumerate(self._slots):
            name = self._name(slot)
            widget = self._input(slot)
            widget.setAccessibleName(name if len(self._slots) == 1 else f"{self._label}, {name}")
            widget.installEventFilter(self)
            self._inputs.append(widget)
            if len(self._slots) > 1:
                label = QLabel(name)
                label.setObjectName("rowLabel")
                label.setBuddy(widget)
                grid.addWidget(label, at, 0)
            grid.addWidget(widget, at, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _name(self, slot: Slot) -> str:
        return self._label if len(self._slots) == 1 else self._wording.key(slot.key)

    def _input(self, slot: Slot) -> QLineEdit | QComboBox:
        if slot.kind in (SlotKind.CHOICE, SlotKind.FLAG):
            box = QComboBox()
            if not slot.required or slot.value is None:
                box.addItem(self._interface.text("row.choose"), "")
            for code in slot.codes or _FLAGS:
                box.addItem(self._wording.code(_FLAG_CODES.get(code, code)), code)
            box.setCurrentIndex(max(0, box.findData(typed(slot))))
            return box
        line = QLineEdit(typed(slot))
        line.setMinimumWidth(90)
        return line

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        save = QPushButton(self._interface.text("row.save"))
        save.setObjectName("primary")
        save.setAccessibleName(self._interface.text("row.save"))
        save.clicked.connect(self.save)
        cancel = QPushButton(self._interface.text("row.cancel"))
        cancel.setAccessibleName(self._interface.text("row.cancel"))
        cancel.clicked.connect(self.left)
        for button in (save, cancel):
            button.installEventFilter(self)
            row.addWidget(button)
        row.addStretch(1)
        return row
