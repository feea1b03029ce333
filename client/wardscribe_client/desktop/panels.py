"""The two panels in the middle: the transcript with a line for remarks, the form with what is left to do."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from wardscribe_client.desktop.fields_view import FieldsView
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_record import View
from wardscribe_client.desktop.rows import RowState
from wardscribe_client.desktop.shortcuts import key
from wardscribe_client.desktop.transcript_view import TranscriptView

_PASSING: Final = ("command", "refused")  # remarks that go by themselves


class _Panel(QFrame):
    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.title, self.count = QLabel(), QLabel()
        self.title.setObjectName("panelTitle")
        self.title.setBuddy(content)
        self.count.setObjectName("panelCount")
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 12, 4)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.count)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(1, 1, 1, 1)
        self.column.setSpacing(0)
        self.column.addLayout(head)
        self.column.addWidget(content, 1)


class TranscriptPanel(_Panel):
    """The text, and below it what is to be said of a word or of a command."""

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        self.view = TranscriptView(interface)
        super().__init__(self.view, parent)
        self._interface = interface
        self._noted = QLabel()
        self._noted.setObjectName("noted")
        self._noted.setWordWrap(True)
        self._noted.setTextFormat(Qt.TextFormat.PlainText)
        self._noted.hide()
        self.column.addWidget(self._noted)
        self._invitation = QLabel(self.view.viewport())
        self._invitation.setObjectName("placeholder")
        self._invitation.setWordWrap(True)
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view.noted.connect(lambda said: self.note(said, "word"))

    def retranslate(self) -> None:
        """Language or theme has changed."""
        text = self._interface.text
        self.title.setText(text("window.transcript"))
        self._invitation.setText(text("window.placeholder", key=key("toggle").shown, hold=key("hold").shown))
        self.view.retranslate()

    @property
    def noted(self) -> str:
        """What is said below the text."""
        return self._noted.text()

    def note(self, said: str, kind: str) -> None:
        """Say something below the text; nothing hides the line."""
        if self._noted.text() != said or self._noted.property("kind") != kind:
            self._noted.setText(said)
            self._noted.setProperty("kind", kind)
            self._noted.style().unpolish(self._noted)
            self._noted.style().polish(self._noted)
        self._noted.setVisible(bool(said))

    def show_command(self, view: View, refusal: str) -> None:
        """What a command did, or why nothing was done."""
        text = self._interface.text
        if view.command is not None:
            parts = [text("transcript.command", said=view.command.said)] if view.command.said else []
            parts += [text("transcript.undone", text=view.command.undone)] if view.command.undone else []
            self.note(" · ".join(parts), "command")
        elif view.refused is not None:
            self.note(refusal, "refused")
        elif self._noted.property("kind") in _PASSING:
            self.note("", "word")

    def invite(self, *, inviting: bool) -> None:
        """Say how to begin, where nothing was said yet."""
        self._invitation.setVisible(inviting and not self.view.toPlainText())
        self._invitation.setGeometry(14, 10, max(40, self.view.viewport().width() - 28), 90)


class FieldsPanel(_Panel):
    """The form, what is left to confirm, and above it checks of the record as a whole."""

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        self.view = FieldsView(interface)
        super().__init__(self.view, parent)
        self._interface = interface
        self._whole = QVBoxLayout()
        self._whole.setContentsMargins(10, 0, 10, 0)
        self._whole.setSpacing(3)
        self.column.insertLayout(1, self._whole)

    def retranslate(self) -> None:
        """Language or theme has changed."""
        self.title.setText(self._interface.text("window.fields"))
        self.view.retranslate()

    def show_view(self, view: View) -> None:
        """Rows, what is left, and checks."""
        self.view.show_rows(view.rows)
        text = self._interface.text
        waiting = sum(row.state is RowState.PROPOSED for row in view.rows)
        said = any(row.leaves for row in view.rows)
        shown = text("window.unconfirmed", count=waiting) if waiting else text("window.all_confirmed") if said else ""
        if self.count.text() != shown:
            self.count.setText(shown)
        self._show_whole([(check.severity.value, check.message) for check in view.checks])

    def _show_whole(self, wanted: list[tuple[str, str]]) -> None:
        items = [self._whole.itemAt(at) for at in range(self._whole.count())]
        labels = [widget for item in items if item is not None and (widget := item.widget()) is not None]
        if [(label.property("severity"), label.property("said")) for label in labels] == wanted:
            return
        for label in labels:
            self._whole.removeWidget(label)
            label.deleteLater()
        for severity, message in wanted:
            label = QLabel(f"{self._interface.text(f'row.{severity}')}: {message}")
            label.setObjectName("check")
            label.setProperty("severity", severity)
            label.setProperty("said", message)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            self._whole.addWidget(label)
