"""What is asked for from outside the window: hot keys, pedals, hand microphones; and text into another program's field.

They ask on threads of their own; what was asked is done on the window's.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from wardscribe_client.actions import Action, Asked
from wardscribe_client.desktop.hot_key_text import listened_keys
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.window import LiveWindow
from wardscribe_client.hid.button_map import ButtonMap
from wardscribe_client.hid.listener import ButtonListener, HidSystem
from wardscribe_client.hotkeys import HotKeys, Keyboard
from wardscribe_client.paste import PasteKey, paste_text
from wardscribe_protocol.errors import WardscribeError

_GONE_MS: Final = 250  # until the window that was in front is behind the one to paste into
_COMMANDS: Final = (
    Action.NEXT_FIELD,
    Action.PREVIOUS_FIELD,
    Action.NEW_LINE,
    Action.NEW_PARAGRAPH,
    Action.SCRATCH,
    Action.UNDO,
    Action.REDO,
)


class Hands(QObject):
    """From `start` to `stop`."""

    failed = Signal(object)  # WardscribeError: a hot key or the pasting is not possible here
    _asked = Signal(object)

    def __init__(
        self,
        desk: LiveDesk,
        window: LiveWindow,
        *,
        buttons: ButtonMap,
        system: HidSystem,
        keyboard: Callable[[], Keyboard] | None = None,
        paste_key: PasteKey | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._window = desk, window
        self._keyboard = keyboard
        self._paste_key = paste_key
        self._hot_keys: HotKeys | None = None
        self._buttons = ButtonListener(self._asked.emit, buttons=buttons, system=system)
        self._asked.connect(self.perform)

    def start(self, hot_keys: Mapping[str, str]) -> None:
        """Listen to buttons and to these keys."""
        self._buttons.start()
        self.use_hot_keys(hot_keys)

    def use_hot_keys(self, hot_keys: Mapping[str, str]) -> None:
        """Listen to these keys from now on, by action; none where there are none."""
        if self._hot_keys is not None:
            self._hot_keys.stop()
            self._hot_keys = None
        if not hot_keys:
            return
        try:
            keyboard = self._keyboard() if self._keyboard is not None else None
            listening = HotKeys(listened_keys(hot_keys), self._asked.emit, keyboard=keyboard)
            listening.start()
            self._hot_keys = listening
        except WardscribeError as error:
            self.failed.emit(error)

    def stop(self) -> None:
        """Listen no more."""
        self._buttons.stop()
        if self._hot_keys is not None:
            self._hot_keys.stop()

    def perform(self, asked: Asked) -> None:
        """Do what was asked."""
        desk, window = self._desk, self._window
        match asked:
            case Asked(Action.HOLD_TO_RECORD, True) | Asked(Action.START_RECORDING, True):
                desk.press()
            case Asked(Action.HOLD_TO_RECORD, False) | Asked(Action.STOP_RECORDING, True):
                desk.release()
            case Asked(Action.TOGGLE_RECORDING, True):
                desk.toggle()
            case Asked(Action.FINISH, True):
                desk.finish()
            case Asked(Action.FINALIZE, True):
                desk.finalize()
            case Asked(Action.NEXT_DICTATION, True):
                desk.next()
            case Asked(Action.PLAY, True):
                desk.rewind()
            case Asked(Action.PASTE_TEXT, True):
                self.paste(desk.feed.written())
            case Asked(Action.SHOW_WINDOW, True):
                window.showNormal()
                window.raise_()
                window.activateWindow()
            case Asked(Action.SIGN, True):
                window.review()
            case Asked(action, True) if action in _COMMANDS:
                desk.command(action.value)
            case _:
                pass

    def paste(self, text: str) -> None:
        """Into the field that has the focus in the program behind this window, or in front of it."""
        if not text:
            return
        if self._window.isActiveWindow():
            self._window.showMinimized()
            QTimer.singleShot(_GONE_MS, lambda: self._paste(text))
        else:
            self._paste(text)

    def _paste(self, text: str) -> None:
        try:
            asyncio.run(paste_text(text, clipboard=_Clipboard(), key=self._paste_key, sleep=_window_goes_on))
        except WardscribeError as error:
            self.failed.emit(error)


class _Clipboard:
    def text(self) -> str:
        return QGuiApplication.clipboard().text()

    def set_text(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)


async def _window_goes_on(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
