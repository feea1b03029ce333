"""The dialogs around a signature: sign, add to what is signed, give a reason. They ask; nothing is done here."""

from collections.abc import Sequence

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases

_LONGEST = 20_000  # characters of an addendum, as the server takes it


class SignDialog(QDialog):
    """Says what signing means and what is still open; `acknowledged` when a person signs all the same."""

    def __init__(
        self,
        interface: Interface,
        *,
        what: str,
        who: str,
        unconfirmed: Sequence[str],
        warnings: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        say = Phrases("review", interface.language)
        self.setWindowTitle(say("sign_title"))
        self.setMinimumWidth(480)
        layout = QVBoxLayout(self)
        layout.addWidget(_text(say("sign_what", what=what, who=who), bold=True))
        layout.addWidget(_text(say("sign_means")))
        if warnings:
            layout.addWidget(_text(say("sign_warnings", count=len(warnings))))
            layout.addWidget(_listed(warnings, say("checks")))
        self.acknowledge = QCheckBox(say("sign_acknowledge", count=len(unconfirmed)))
        self.acknowledge.setAccessibleName(self.acknowledge.text())
        if unconfirmed:
            layout.addWidget(_text(say("sign_unconfirmed", count=len(unconfirmed))))
            layout.addWidget(_listed(unconfirmed, say("unconfirmed")))
            layout.addWidget(self.acknowledge)
        box = QDialogButtonBox()
        self.sign = box.addButton(say("sign_now"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.sign.setObjectName("primary")
        self.sign.setShortcut(QKeySequence("Ctrl+Return"))
        self.sign.setEnabled(not unconfirmed)
        self.acknowledge.toggled.connect(self.sign.setEnabled)
        back = box.addButton(say("cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        layout.addStretch()
        layout.addWidget(box)
        (self.sign if not unconfirmed else back).setFocus()

    @property
    def acknowledged(self) -> bool:
        """Whether unconfirmed values are signed knowingly."""
        return self.acknowledge.isChecked()


class TextDialog(QDialog):
    """Asks for a text: an addendum of several lines, or a reason of one."""

    def __init__(
        self, interface: Interface, *, title: str, about: str, do: str, lines: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        say = Phrases("review", interface.language)
        self.setWindowTitle(title)
        self.setMinimumWidth(480)
        self._lines = QPlainTextEdit()
        self._lines.setTabChangesFocus(True)
        self._lines.setAccessibleName(title)
        self._line = QLineEdit()
        self._line.setMaxLength(2000)
        self._line.setAccessibleName(title)
        self.editor: QPlainTextEdit | QLineEdit = self._lines if lines else self._line
        box = QDialogButtonBox()
        self.go: QPushButton = box.addButton(do, QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setObjectName("primary")
        self.go.setShortcut(QKeySequence("Ctrl+Return"))
        self.go.setEnabled(False)
        box.addButton(say("cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self._lines.textChanged.connect(self._typed)
        self._line.textChanged.connect(self._typed)
        layout = QVBoxLayout(self)
        layout.addWidget(_text(about))
        layout.addWidget(self.editor)
        layout.addWidget(box)
        self.editor.setFocus()

    @property
    def text(self) -> str:
        """What was typed."""
        return (self._line.text() if self.editor is self._line else self._lines.toPlainText()).strip()

    def _typed(self) -> None:
        self.go.setEnabled(0 < len(self.text) <= _LONGEST)


def _text(text: str, *, bold: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    if bold:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
    return label


def _listed(lines: Sequence[str], name: str) -> QListWidget:
    listed = QListWidget()
    listed.addItems(list(lines))
    listed.setAccessibleName(name)
    listed.setWordWrap(True)
    listed.setMaximumHeight(150)
    return listed
