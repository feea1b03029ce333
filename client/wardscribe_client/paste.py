"""Text into the field that has the focus in another program: by the clipboard, which is then as it was before."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

from wardscribe_client.config import DesktopSession
from wardscribe_client.hotkeys import keyboard_library
from wardscribe_protocol.errors import InputError

_READ_BY_THEN_S = 0.5  # the other program fetches the text when it gets round to it


class Clipboard(Protocol):
    """The desktop's; the window has one."""

    def text(self) -> str:
        """What is in it; empty for anything that is no text."""

    def set_text(self, text: str) -> None:
        """Put text in it."""


class PasteKey(Protocol):
    """Presses what pastes."""

    def press(self) -> None:
        """Ctrl+V, or what this system has for it. Raises: InputError saying why this desktop does not allow it."""


async def paste_text(
    text: str,
    *,
    clipboard: Clipboard,
    key: PasteKey | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Paste, then put back what was in the clipboard, unless somebody has copied something else meanwhile.

    Raises: InputError when no key can be pressed; then the text stays in the clipboard, to be pasted by hand.
    """
    before = clipboard.text()
    clipboard.set_text(text)
    try:
        (key or PynputPasteKey()).press()
    except InputError as error:
        raise InputError(f"{error.message}; the text is in the clipboard, paste it by hand") from error
    await sleep(_READ_BY_THEN_S)
    if before and clipboard.text() == text:
        clipboard.set_text(before)


class PynputPasteKey:
    """By the library `pynput`, which is imported when it is needed."""

    def __init__(self, session: DesktopSession | None = None, *, platform: str = sys.platform) -> None:
        self._session = session or DesktopSession()
        self._platform = platform

    def press(self) -> None:
        """Ctrl+V; Cmd+V on a Mac. Raises: InputError saying why this desktop does not allow it."""
        library = keyboard_library(self._session, platform=self._platform, asked_for="sending text to another program")
        held = library.Key.cmd if self._platform == "darwin" else library.Key.ctrl
        keyboard = library.Controller()
        for down in (held, "v"):
            keyboard.press(down)
        for up in ("v", held):
            keyboard.release(up)
