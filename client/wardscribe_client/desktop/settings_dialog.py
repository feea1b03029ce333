"""The settings in plain language: server, microphone, hot keys, buttons, the window. Kept when Save is pressed."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTabWidget, QVBoxLayout, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.microphone_test import MicrophoneTest
from wardscribe_client.desktop.phrases import Phrases
from wardscribe_client.desktop.server_form import Connected, ServerForm
from wardscribe_client.desktop.settings_pages import ButtonsPage, KeysPage, LookPage
from wardscribe_client.input_device import InputDevice
from wardscribe_client.workstation import Workstation
from wardscribe_protocol.errors import InputError


class SettingsDialog(QDialog):
    """`applied` carries the preferences once they are kept."""

    applied = Signal(object)  # Preferences

    def __init__(
        self,
        interface: Interface,
        workstation: Workstation,
        *,
        microphones: Callable[[], list[str]],
        opened: Callable[[str | None], InputDevice],
        hot_keys_possible: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._workstation = interface, workstation
        say = Phrases("settings", interface.language)
        known = workstation.preferences
        self.setWindowTitle(say("title"))
        self.setMinimumSize(660, 520)
        self.server = ServerForm(interface, server=known.server, ca=known.ca, allow_plain=known.allow_plain)
        server = workstation.server()
        self.server.known = workstation.tokens.token(server) if server is not None else None
        self.server.connected.connect(self._connected)
        self._found: Connected | None = None
        self.microphone = MicrophoneTest(interface, names=microphones, opened=opened, chosen=known.microphone)
        self.keys = KeysPage(interface, known, possible=hot_keys_possible)
        self.buttons = ButtonsPage(interface, workstation.buttons_path)
        self.look = LookPage(interface, known)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(say("title"))
        about_server = say("server_outside") if workstation.server_is_set_outside else say("server_about")
        for key, page in (
            ("server", _page(self.server, about_server)),
            ("microphone", _page(self.microphone, say("microphone_about"))),
            ("keys", self.keys),
            ("buttons", self.buttons),
            ("look", self.look),
        ):
            self.tabs.addTab(page, say(f"tab_{key}"))
        self.said = QLabel()
        self.said.setObjectName("hint")
        self.said.setWordWrap(True)
        box = QDialogButtonBox()
        self.save = box.addButton(say("save"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setObjectName("primary")
        self.save.setShortcut(QKeySequence("Ctrl+Return"))
        self.save.setAccessibleName(say("save"))
        cancel = box.addButton(say("cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setAccessibleName(say("cancel"))
        box.accepted.connect(self.keep)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.said)
        layout.addWidget(box)

    def keep(self) -> None:
        """Keep everything that was chosen; what cannot be is said, and nothing is kept."""
        changes: dict[str, object] = {"microphone": self.microphone.chosen, **self.look.chosen()}
        found = self._found
        if found is None and self.server.changed:
            self.tabs.setCurrentIndex(0)
            self._say_wrong(Phrases("settings", self._interface.language)("server_untested"))
            return
        if found is not None:
            changes |= {"server": found.server.http, "ca": found.ca, "allow_plain": found.allow_plain}
        try:
            changes["hot_keys"] = self.keys.chosen()
            preferences = self._workstation.preferences.changed(**changes)
            if found is not None and found.token is not None:
                self._workstation.tokens.keep(found.server, found.token)
            self.buttons.save()
            self._workstation.store(preferences)
        except InputError as error:
            self._say_wrong(error.message)
            return
        self._interface.speak(preferences.interface_language)
        self._interface.wear(preferences.theme)
        self.applied.emit(preferences)
        self.accept()

    def done(self, result: int) -> None:
        """Let go of the microphone."""
        self._close_down()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """Let go of the microphone."""
        self._close_down()
        super().closeEvent(event)

    def _say_wrong(self, what: str) -> None:
        self.said.setText(what)
        self.said.setProperty("severity", "error")
        self.said.style().polish(self.said)

    def _connected(self, found: Connected) -> None:
        self._found = found

    def _close_down(self) -> None:
        self.microphone.close_down()
        self.server.close_down()


def open_settings(
    parent: QWidget | None,
    interface: Interface,
    workstation: Workstation,
    *,
    microphones: Callable[[], list[str]],
    opened: Callable[[str | None], InputDevice],
    hot_keys_possible: bool = True,
) -> SettingsDialog:
    """The settings, shown."""
    dialog = SettingsDialog(
        interface,
        workstation,
        microphones=microphones,
        opened=opened,
        hot_keys_possible=hot_keys_possible,
        parent=parent,
    )
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


def _page(content: QWidget, about: str) -> QWidget:
    page = QWidget()
    label = QLabel(about)
    label.setWordWrap(True)
    layout = QVBoxLayout(page)
    layout.addWidget(label)
    layout.addWidget(content)
    layout.addStretch()
    return page
