"""The first start: language, server, microphone, done. Keeps what was found step by step: nothing is typed twice."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.collecting import gone
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.microphone_test import MicrophoneTest
from wardscribe_client.desktop.phrases import Phrases, without_mark
from wardscribe_client.desktop.server_form import Connected, ServerForm
from wardscribe_client.input_device import InputDevice
from wardscribe_client.preferences import InterfaceLanguage, Preferences
from wardscribe_client.workstation import Workstation
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language

_STEPS = ("server", "microphone", "done")


class FirstStart(QDialog):
    """Three steps. `finished_with` carries the preferences as they are kept."""

    finished_with = Signal(object)  # Preferences

    def __init__(
        self,
        interface: Interface,
        workstation: Workstation,
        *,
        microphones: Callable[[], list[str]],
        opened: Callable[[str | None], InputDevice],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._workstation = interface, workstation
        known = workstation.preferences
        self.setMinimumSize(600, 400)
        self.language = QComboBox()
        for choice in InterfaceLanguage:
            self.language.addItem("", choice)
        self.language.setCurrentIndex(self.language.findData(interface.chosen_language))
        self.language.currentIndexChanged.connect(self._speak)
        self.server = ServerForm(interface, server=known.server, ca=known.ca, allow_plain=known.allow_plain)
        self.server.connected.connect(self._connected)
        self.microphone = MicrophoneTest(interface, names=microphones, opened=opened, chosen=known.microphone)
        self._title, self._step, self._about, self._ready = QLabel(), QLabel(), QLabel(), QLabel()
        self._title.setObjectName("patientName")
        self._step.setObjectName("patientDetail")
        for label in (self._about, self._ready):
            label.setWordWrap(True)
        self.pages = QStackedWidget()
        for page in (self.server, self.microphone, self._ready):
            self.pages.addWidget(page)
        self.back, self.next = QPushButton(), QPushButton()
        self.back.clicked.connect(lambda: self._go(self.pages.currentIndex() - 1))
        self.next.clicked.connect(self._forward)
        self._lay_out()
        self._go(0)
        self.retranslate()

    def retranslate(self) -> None:
        """The language has changed."""
        say = self._phrases
        self.setWindowTitle(say("title"))
        self._title.setText(say("title"))
        self.language.setAccessibleName(say("language"))
        for at, choice in enumerate(InterfaceLanguage):
            self.language.setItemText(at, say(f"language_{choice.value}"))
        self.server.retranslate()
        self.microphone.retranslate()
        self._show_step()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.language)
        foot = QHBoxLayout()
        foot.addWidget(self.back)
        foot.addStretch()
        foot.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self._step)
        layout.addWidget(self._about)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)

    @property
    def step(self) -> str:
        """Which step is shown."""
        return _STEPS[self.pages.currentIndex()]

    def _go(self, at: int) -> None:
        self.microphone.stop()
        self.pages.setCurrentIndex(max(0, min(at, len(_STEPS) - 1)))
        self._show_step()
        first = {"server": self.server.address, "microphone": self.microphone.button, "done": self.next}
        first[self.step].setFocus()

    def _show_step(self) -> None:
        say, at = self._phrases, self.pages.currentIndex()
        self._step.setText(say("step", number=at + 1, of=len(_STEPS), name=say(f"step_{self.step}")))
        self._about.setText(say(f"about_{self.step}"))
        self._ready.setText(say("ready", server=self._workstation.preferences.server or "–"))
        self.back.setText(say("back"))
        self.back.setVisible(at > 0)
        self.next.setText(say("finish" if self.step == "done" else "next"))
        self.next.setEnabled(self.step != "server" or bool(self._workstation.preferences.server))
        self.next.setObjectName("" if self.step == "server" and not self.next.isEnabled() else "primary")
        self.next.style().polish(self.next)
        for button in (self.back, self.next):
            button.setAccessibleName(without_mark(button.text()))

    def _forward(self) -> None:
        if self.step == "microphone":
            self._keep(microphone=self.microphone.chosen)
        if self.step == "done":
            self.accept()
            return
        self._go(self.pages.currentIndex() + 1)

    def _connected(self, found: Connected) -> None:
        try:
            if found.token is not None:
                self._workstation.tokens.keep(found.server, found.token)
        except InputError as error:
            self.server.said.setText(error.message)
            return
        self._keep(server=found.server.http, ca=found.ca, allow_plain=found.allow_plain)
        self._go(1)

    def _speak(self) -> None:
        choice = InterfaceLanguage(self.language.currentData())
        self._interface.speak(choice)
        spoken = {} if choice is InterfaceLanguage.SYSTEM else {"dictation_language": Language(choice.value)}
        self._keep(interface_language=choice, **spoken)
        self.retranslate()

    def _keep(self, **changes: object) -> None:
        self._workstation.store(self._workstation.preferences.changed(**changes))

    def accept(self) -> None:
        """All steps are done."""
        self._close_down()
        super().accept()
        self.finished_with.emit(self._workstation.preferences)

    def reject(self) -> None:
        """Not now; what was found stays kept."""
        self._close_down()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """As when it is turned down."""
        self._close_down()
        super().closeEvent(event)

    def _close_down(self) -> None:
        self.microphone.close_down()
        self.server.close_down()

    @property
    def _phrases(self) -> Phrases:
        return Phrases("first_start", self._interface.language)


def first_start(
    interface: Interface,
    workstation: Workstation,
    *,
    microphones: Callable[[], list[str]],
    opened: Callable[[str | None], InputDevice],
    parent: QWidget | None = None,
) -> Preferences | None:
    """Ask until it is done; None when the person closes it."""
    dialog = FirstStart(interface, workstation, microphones=microphones, opened=opened, parent=parent)
    done = dialog.exec() == QDialog.DialogCode.Accepted
    gone(dialog)
    return workstation.preferences if done else None
