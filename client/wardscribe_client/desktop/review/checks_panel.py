"""What the checks found, those that block signing first; choosing one goes to its place. Decides nothing."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_protocol.record import Check, Severity

_CHECK: Final = Qt.ItemDataRole.UserRole
_ICONS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


class ChecksPanel(QWidget):
    """Checks of one report."""

    wanted = Signal(object)  # Check: go to its place

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        self._phrases = Phrases("review", interface.language)
        self._title = QLabel()
        self._title.setObjectName("panelTitle")
        self._list = QListWidget()
        self._list.setAccessibleName(self._phrases("checks"))
        self._list.setAccessibleDescription(self._phrases("checks_keys"))
        self._list.setWordWrap(True)
        self._list.itemActivated.connect(self._go)
        self._list.itemClicked.connect(self._go)
        self._title.setBuddy(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._title)
        layout.addWidget(self._list, 1)

    def show_checks(self, checks: Sequence[Check], place: Callable[[str], str]) -> None:
        """All of them, in the order given; `place` says a pointer in words."""
        blocking = sum(check.severity is Severity.ERROR for check in checks)
        say = self._phrases
        self._title.setText(
            say("checks_none") if not checks else say("checks_title", count=len(checks), blocking=blocking)
        )
        self._list.clear()
        self._list.setVisible(bool(checks))
        for check in checks:
            severity = say(f"severity_{check.severity.value}")
            places = " ↔ ".join(filter(None, (place(check.path), place(check.against or ""))))
            item = QListWidgetItem(f"{severity}: {check.message}{f' ({places})' if places else ''}")
            item.setIcon(icon(_ICONS[check.severity], self._interface.colour(check.severity.value).name()))
            item.setData(_CHECK, check)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, item.text())
            self._list.addItem(item)
        if checks:
            self._list.setCurrentRow(0)

    def take_focus(self) -> None:
        """Put the keyboard here, on the first check."""
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def shown(self) -> list[str]:
        """What is listed."""
        return [self._list.item(at).text() for at in range(self._list.count())]

    def _go(self, item: QListWidgetItem) -> None:
        self.wanted.emit(item.data(_CHECK))
