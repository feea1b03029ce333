"""The icon beside the clock: whether sound is kept, and the record key without the window."""

from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.record_bar import Phase


class Tray(QSystemTrayIcon):
    """Red while it records."""

    def __init__(self, window: QWidget, desk: LiveDesk, interface: Interface) -> None:
        super().__init__(window)
        self._window, self._desk, self._interface = window, desk, interface
        self._menu = QMenu(window)
        self.setContextMenu(self._menu)
        self.activated.connect(self._activated)
        desk.phase_changed.connect(lambda _: self.retranslate())
        interface.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Language, theme or phase has changed."""
        text = self._interface.text
        recording = self._desk.phase is Phase.RECORDING
        self.setIcon(icon("wardscribe", self._interface.colour("record" if recording else "accent").name()))
        state = text("hint.recording") if recording else text("header.idle")
        self.setToolTip(f"{text('window.title')}: {state}")
        self._menu.clear()
        self._menu.addAction(text("menu.toggle")).triggered.connect(lambda *_: self._desk.toggle())
        self._menu.addAction(text("menu.show")).triggered.connect(lambda *_: self.show_window())
        self._menu.addSeparator()
        self._menu.addAction(text("menu.quit")).triggered.connect(lambda *_: self._window.close())

    def show_window(self) -> None:
        """In front of the others."""
        self._window.showNormal()
        self._window.raise_()
        self._window.activateWindow()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_window()
