"""A row of a report to be typed anew: each part with what fits it. The server decides whether the edits hold."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.review.entry_shape import NoValueError, Slot, SlotKind, read, typed
from wardscribe_client.desktop.wording import Wording
from wardscribe_client.report_values import ValueEdit

_LONG_CHARACTERS = 40  # from here on a text gets several lines


class ValueDialog(QDialog):
    """`new` is the path of an entry that is not there yet: it is set as a whole. With `asks_reason` a reason is needed,
    as for the correction of what is signed.
    """

    def __init__(
        self,
        interface: Interface,
        wording: Wording,
        *,
        title: str,
        slots: Sequence[Slot],
        new: str | None = None,
        remove: str | None = None,
        asks_reason: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._phrases = say = Phrases("review", interface.language)
        self._wording, self._slots, self._new, self._remove = wording, tuple(slots), new, remove
        self._removing = False
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._typed: dict[str, Callable[[], str]] = {}
        for slot in self._slots:
            label = title if len(self._slots) == 1 else wording.key(slot.key)
            editor = self._editor(slot)
            editor.setAccessibleName(label)
            form.addRow(f"{label}{' *' if slot.required and len(self._slots) > 1 else ''}", editor)
        self._reason = QLineEdit()
        self._reason.setAccessibleName(say("reason"))
        self._reason.setPlaceholderText(say("reason_hint"))
        if asks_reason:
            form.addRow(f"{say('reason')} *", self._reason)
        self._asks_reason = asks_reason
        self._wrong = QLabel()
        self._wrong.setObjectName("hint")
        self._wrong.setProperty("severity", "error")
        self._wrong.setWordWrap(True)
        self._wrong.hide()
        box = QDialogButtonBox()
        self.save = box.addButton(say("save"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setObjectName("primary")
        box.addButton(say("cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        if remove is not None:
            self.remove: QPushButton | None = box.addButton(say("remove"), QDialogButtonBox.ButtonRole.DestructiveRole)
            self.remove.clicked.connect(self._take_out)
        else:
            self.remove = None
        box.accepted.connect(self._check)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._wrong)
        layout.addStretch()
        layout.addWidget(box)

    @property
    def reason(self) -> str | None:
        """Why, where it was asked."""
        return self._reason.text().strip() if self._asks_reason else None

    def edits(self) -> list[ValueEdit]:
        """What was changed; empty where nothing was.

        Raises: NoValueError.
        """
        if self._removing and self._remove is not None:
            return [ValueEdit(path=self._remove)]
        values = {slot.key: read(slot, self._typed[slot.path]()) for slot in self._slots}
        if self._new is not None:
            return [ValueEdit(path=self._new, value=self._whole(values))]
        return [
            ValueEdit(path=slot.path, value=values[slot.key])
            for slot in self._slots
            if values[slot.key] != slot.value and not (values[slot.key] is None and slot.value is None)
        ]

    def _whole(self, values: dict[str, JsonValue]) -> JsonValue:
        if len(self._slots) == 1 and self._slots[0].path == self._new:
            return values[self._slots[0].key]
        said: dict[str, JsonValue] = {key: value for key, value in values.items() if value is not None}
        return said

    def _check(self) -> None:
        say = self._phrases
        missing = [s for s in self._slots if s.required and not self._typed[s.path]().strip()]
        if missing and (self._new is not None or len(self._slots) > 1):
            self._say(say("missing", field=self._wording.key(missing[0].key)))
            return
        if self._asks_reason and not self.reason:
            self._say(say("reason_missing"))
            self._reason.setFocus()
            return
        try:
            self.edits()
        except NoValueError as error:
            self._say(say(f"not_{error.kind.value}"))
            return
        self.accept()

    def _take_out(self) -> None:
        if self._asks_reason and not self.reason:
            self._say(self._phrases("reason_missing"))
            self._reason.setFocus()
            return
        self._removing = True
        self.accept()

    def _say(self, what: str) -> None:
        self._wrong.setText(what)
        self._wrong.show()

    def _editor(self, slot: Slot) -> QWidget:
        match slot.kind:
            case SlotKind.CHOICE | SlotKind.FLAG:
                return self._choice(slot)
            case SlotKind.CHOICES:
                return self._choices(slot)
            case SlotKind.TEXTS:
                return self._lines(slot)
            case SlotKind.TEXT if len(typed(slot)) > _LONG_CHARACTERS:
                return self._lines(slot)
            case _:
                line = QLineEdit(typed(slot))
                line.setMaxLength(4000)
                if slot.kind is SlotKind.NUMBERS:
                    line.setPlaceholderText("23 x 14")
                self._typed[slot.path] = line.text
                return line

    def _lines(self, slot: Slot) -> QPlainTextEdit:
        lines = QPlainTextEdit(typed(slot))
        lines.setTabChangesFocus(True)
        lines.setMinimumHeight(lines.fontMetrics().height() * 4)
        self._typed[slot.path] = lines.toPlainText
        return lines

    def _choice(self, slot: Slot) -> QComboBox:
        box = QComboBox()
        codes = slot.codes if slot.kind is SlotKind.CHOICE else ("true", "false")
        if not slot.required or self._new is not None:
            box.addItem(self._phrases("not_said"), "")
        for code in codes:
            said = self._phrases(f"flag_{code}") if slot.kind is SlotKind.FLAG else self._wording.code(code)
            box.addItem(said, code)
        if (current := typed(slot)) and box.findData(current) < 0:
            box.addItem(current, current)
        box.setCurrentIndex(max(0, box.findData(typed(slot))))
        self._typed[slot.path] = lambda: str(box.currentData() or "")
        return box

    def _choices(self, slot: Slot) -> QListWidget:
        listed = QListWidget()
        chosen = slot.value if isinstance(slot.value, list) else []
        for code in slot.codes:
            item = QListWidgetItem(self._wording.code(code), listed)
            item.setData(Qt.ItemDataRole.UserRole, code)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if code in chosen else Qt.CheckState.Unchecked)
        listed.setMaximumHeight(listed.sizeHintForRow(0) * (len(slot.codes) + 1))

        def checked() -> str:
            items = (listed.item(at) for at in range(listed.count()))
            codes = [
                str(item.data(Qt.ItemDataRole.UserRole)) for item in items if item.checkState() is Qt.CheckState.Checked
            ]
            before = [code for code in chosen if code in codes]
            return ", ".join([*map(str, before), *(code for code in codes if code not in before)])

        self._typed[slot.path] = checked
        return listed
