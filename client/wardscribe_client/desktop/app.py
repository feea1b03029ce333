"""Starts the desktop client: settings, spool, thread, window; what may wait comes after the window is there.

The composition root of the window. Must not know how a part works.
"""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from wardscribe_client.address import ServerAddress, server_address
from wardscribe_client.config import ClientSettings, DesktopSession
from wardscribe_client.desktop.asking import Background
from wardscribe_client.desktop.collecting import WindowCollector, gone
from wardscribe_client.desktop.dictating import DictationThread
from wardscribe_client.desktop.form import Forms, FormsAnswer
from wardscribe_client.desktop.forms_store import keep_forms, kept_forms
from wardscribe_client.desktop.hands import Hands
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.outside import Live, Outside
from wardscribe_client.desktop.player import LoudSpeaker, Player
from wardscribe_client.desktop.tray import Tray
from wardscribe_client.desktop.window import Hooks, LiveWindow
from wardscribe_client.devices import AudioSystem, PortAudio
from wardscribe_client.dictation_events import DictationEvent
from wardscribe_client.hid.button_map import button_map
from wardscribe_client.hid.listener import Hidapi, HidSystem
from wardscribe_client.input_device import InputDevice
from wardscribe_client.microphone import Microphone
from wardscribe_client.preferences import Preferences
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool, SpoolItem, SpoolSettings
from wardscribe_client.spool_key import desktop_keyring
from wardscribe_client.workstation import Workstation
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.record import Language

_FALLBACK_TEMPLATE = "outpatient"
_INTERPRETER_MS = 250  # so often Python looks whether Ctrl-C was pressed in the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the window begins with, where it is not what was used last. `device` stands in for the microphone."""

    template: str | None = None
    language: Language | None = None
    microphone: str | None = None
    device: InputDevice | None = None
    system: AudioSystem = field(default_factory=PortAudio)
    player: Player = field(default_factory=LoudSpeaker)
    hid: HidSystem = field(default_factory=Hidapi)


class Desktop:
    """One window and all that it needs, from `open` to `close`."""

    def __init__(self, settings: ClientSettings, opening: Opening | None = None) -> None:
        self._opening = opening or Opening()
        self._settings = settings
        self.workstation = Workstation.of(settings)
        preferences = self.workstation.preferences
        self.interface = Interface(language=preferences.interface_language, theme=preferences.theme)
        self.interface.dress()
        self.spool = _spool(settings, preferences)
        named = self._opening.microphone or preferences.microphone
        self.thread = DictationThread(
            spool=self.spool,
            server=self._access,
            device=self._opening.device or Microphone(named, system=self._opening.system),
            on_idle=lambda event: self._idle(event),
            settings=SendingSettings(),
        )
        self.desk = LiveDesk(
            self.thread,
            player=self._opening.player,
            forms=kept_forms(self.workstation.folder),
            template=self._opening.template or preferences.template or _FALLBACK_TEMPLATE,
            language=self._opening.language or preferences.dictation_language,
            user=settings.user or preferences.user,
        )
        self.outside = Outside(self.interface, self.workstation, self.spool, self._live(), player=self._opening.player)
        self.window = LiveWindow(self.desk, self.interface, hooks=self._hooks())
        self.window.show_devices([], named)
        self._chosen = named
        self._background = Background()
        self.tray: Tray | None = None
        self.hands = Hands(self.desk, self.window, buttons=button_map(settings.buttons), system=self._opening.hid)
        self.hands.failed.connect(self._hands_failed)
        self.interface.changed.connect(self._looks_kept)

    def open(self) -> None:
        """Show the window and begin to listen; then ask the server and the sound system what they have."""
        if self.workstation.preferences.always_on_top:
            self.window.set_on_top(on_top=True)
        self.window.show()
        self.thread.start()
        if QSystemTrayIcon.isSystemTrayAvailable():
            self.tray = Tray(self.window, self.desk, self.interface)
            self.tray.show()
        QTimer.singleShot(0, self._ask)
        QTimer.singleShot(0, lambda: self.hands.start(self.workstation.preferences.hot_keys))

    def close(self) -> None:
        """Everything dictated is kept; the thread ends."""
        self.hands.stop()
        self._background.close()
        self.thread.close()

    # What the window asks of the outside

    def _hooks(self) -> Hooks:
        return Hooks(
            review=self.outside.review,
            settings=self.outside.settings,
            unsent=self.outside.unsent,
            reports=self.outside.reports,
            paste=lambda text: self.hands.paste(text),
            device_chosen=self._choose_device,
            kept=self._keep,
            told=self._told,
        )

    def _live(self) -> Live:
        return Live(
            server=self._server,
            forms=lambda: self.desk.forms,
            microphones=self._devices,
            opened=lambda name: Microphone(name, system=self._opening.system),
            take_up=self._take_up,
            next=self._next,
            applied=self._applied,
            hot_keys_possible=not DesktopSession().wayland,
        )

    def _told(self, error: WardscribeError) -> str:
        from wardscribe_client.desktop.trouble import told

        return told(error, self.interface.language, server=self._server().http)

    def _take_up(self, dictation_id: str) -> None:
        start = next((item.start for item in self.spool.items() if item.id == dictation_id), None)
        if start is not None:
            self.desk.take_up(dictation_id, start)

    def _next(self) -> None:
        self.desk.next()
        self.window.activateWindow()

    def _applied(self, preferences: Preferences) -> None:
        self._choose_device(preferences.microphone)
        self.window.set_on_top(on_top=preferences.always_on_top)
        self.hands.use_hot_keys(preferences.hot_keys)

    def _hands_failed(self, error: WardscribeError) -> None:
        self.window.remark(self._told(error))

    def _choose_device(self, name: str | None) -> None:
        if name != self._chosen:
            self._chosen = name
            self.desk.use_device(Microphone(name, system=self._opening.system))
            self._keep({"microphone": name})

    def _keep(self, changes: Mapping[str, object]) -> None:
        preferences = self.workstation.preferences
        changed = preferences.changed(**changes)
        if changed != preferences:
            self.workstation.store(changed)

    def _looks_kept(self) -> None:
        self._keep({"theme": self.interface.theme, "interface_language": self.interface.chosen_language})

    # Beside it

    def _idle(self, event: DictationEvent) -> None:
        self.desk.on_idle(event)

    def _server(self) -> ServerAddress:
        server = self.workstation.server()
        return server if server is not None else _default_server(self._settings)

    def _access(self) -> ServerAccess:
        server = self._server()
        return ServerAccess(url=server.dictation, credentials=self.workstation.credentials(server))

    def _ask(self) -> None:
        self._background.run(self.spool.unsent, then=self._told_unsent, failed=_unheard)
        self._background.run(self._forms, then=self._told_forms, failed=_unheard)
        if self._opening.device is None:
            self._background.run(self._devices, then=self._told_devices, failed=_unheard)

    def _forms(self) -> FormsAnswer:
        # Here, on a thread of its own: the library for HTTP takes longer to load than the window to appear.
        from wardscribe_client import report_calls
        from wardscribe_client.reports import Reports

        server = self._server()
        with Reports(server, credentials=self.workstation.credentials(server)) as reports:
            return reports.ask(report_calls.templates())

    def _told_forms(self, answer: FormsAnswer) -> None:
        self.window.use_forms(Forms.of(answer))
        keep_forms(self.workstation.folder, answer)

    def _told_unsent(self, found: list[SpoolItem]) -> None:
        if found:
            self.outside.unsent(self.window)

    def _devices(self) -> list[str]:
        return [each.name for each in self._opening.system.inputs()]

    def _told_devices(self, names: list[str]) -> None:
        self.window.show_devices(names, self._chosen)


def _unheard(_error: WardscribeError) -> None:
    """Labels are those of the last time, and the microphone is the default; both are asked for at the next start."""


def _default_server(settings: ClientSettings) -> ServerAddress:
    return server_address(settings.url)


def _spool(settings: ClientSettings, preferences: Preferences) -> Spool:
    days = settings.spool_keep_days if "spool_keep_days" in settings.model_fields_set else preferences.keep_signed_days
    bounds = SpoolSettings(max_mib=settings.spool_max_mb, keep_days_after_signing=days)
    return Spool.at(settings.spool, keyring=desktop_keyring() if settings.keyring else None, settings=bounds)


def run(settings: ClientSettings, opening: Opening | None = None) -> int:
    """The window until it is closed; the exit code."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Wardscribe")
    application.setDesktopFileName("wardscribe")
    collector = WindowCollector(application)
    signal.signal(signal.SIGINT, lambda *_: application.closeAllWindows())
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(_INTERPRETER_MS)
    desktop = Desktop(settings, opening)
    try:
        if desktop.outside.first_start() is None:
            return 0
        desktop.open()
        return int(application.exec())
    finally:
        desktop.close()
        gone(desktop.window)
        collector.close()
