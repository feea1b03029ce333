"""Global hot keys: what is asked for while another window has the keyboard. The library is imported when they begin.

Keys are written as `ctrl+alt+r` or `f9`. A key that is held counts as held, so that press-to-talk works.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol

from wardscribe_client.actions import Action, Asked
from wardscribe_client.config import DesktopSession
from wardscribe_protocol.errors import InputError

_MODIFIERS = ("ctrl", "alt", "shift", "cmd")
_NAMED = (
    *(f"f{number}" for number in range(1, 25)),
    *("space", "enter", "tab", "esc", "insert", "delete", "home", "end", "page_up", "page_down", "pause"),
    *("up", "down", "left", "right", "scroll_lock", "caps_lock", "num_lock", "print_screen", "menu"),
)


def parse_keys(text: str) -> frozenset[str]:
    """The keys of a combination.

    Raises: InputError saying what may be written.
    """
    keys = [part.strip().lower() for part in text.split("+")]
    for key in keys:
        if key not in _MODIFIERS and key not in _NAMED and not (len(key) == 1 and key.isprintable()):
            raise InputError(f"hot key {text!r}: no key {key!r}; write combinations such as ctrl+alt+r or f9")
    plain = [key for key in keys if key not in _MODIFIERS]
    if len(plain) != 1 or len(set(keys)) != len(keys):
        raise InputError(f"hot key {text!r}: one key, with any of {', '.join(_MODIFIERS)} before it")
    if len(keys) == 1 and len(plain[0]) == 1:
        raise InputError(f"hot key {text!r}: would be pressed by every word that is typed; add ctrl, alt or cmd")
    return frozenset(keys)


class Keyboard(Protocol):
    """Every key of this machine, whoever has the focus."""

    def listen(self, on_key: Callable[[str, bool], None]) -> None:
        """Tell each key by name and whether it went down, in a thread of its own.

        Raises: InputError saying why this desktop does not allow it.
        """

    def stop(self) -> None:
        """Listen no more."""


class HotKeys:
    """From `start` to `stop`; `on_asked` is called in the keyboard's thread."""

    def __init__(
        self, keys: Mapping[str, Action], on_asked: Callable[[Asked], None], *, keyboard: Keyboard | None = None
    ) -> None:
        """`keys`: actions by combination. Raises: InputError for one that cannot be."""
        self._keys = {parse_keys(text): action for text, action in keys.items()}
        self._on_asked = on_asked
        self._keyboard = keyboard or PynputKeyboard()
        self._down: set[str] = set()
        self._held: set[frozenset[str]] = set()

    def start(self) -> None:
        """Listen from now on. Raises: InputError saying why this desktop does not allow it."""
        self._keyboard.listen(self.key)

    def stop(self) -> None:
        """Listen no more; what is held counts as let go."""
        self._keyboard.stop()
        for keys in list(self._held):
            self._let_go(keys)
        self._down.clear()

    def key(self, name: str, down: bool) -> None:  # noqa: FBT001 - called by position from the keyboard's thread
        """A key went down or up."""
        if not down:
            self._down.discard(name)
            for keys in [keys for keys in self._held if name in keys]:
                self._let_go(keys)
            return
        if name in self._down:
            return  # keys repeat while they are held
        self._down.add(name)
        asked = self._keys.get(frozenset(self._down))
        if asked is not None:
            self._held.add(frozenset(self._down))
            self._on_asked(Asked(asked, pressed=True))

    def _let_go(self, keys: frozenset[str]) -> None:
        self._held.discard(keys)
        self._on_asked(Asked(self._keys[keys], pressed=False))


class PynputKeyboard:
    """By the library `pynput`."""

    def __init__(self, session: DesktopSession | None = None, *, platform: str = sys.platform) -> None:
        self._session = session or DesktopSession()
        self._platform = platform
        self._listener: _Listener | None = None

    def listen(self, on_key: Callable[[str, bool], None]) -> None:
        """Tell each key by name. Raises: InputError saying why this desktop does not allow it."""
        library = keyboard_library(self._session, platform=self._platform, asked_for="hot keys")
        listener: _Listener = library.Listener(
            on_press=lambda key: on_key(_name(listener.canonical(key)), True),  # noqa: FBT003
            on_release=lambda key: on_key(_name(listener.canonical(key)), False),  # noqa: FBT003
        )
        if self._platform == "darwin" and not listener.IS_TRUSTED:
            raise InputError(
                "macOS lets this program see no keys of others: allow it in System Settings, Privacy, Accessibility"
            )
        listener.start()
        self._listener = listener

    def stop(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None


class _Listener(Protocol):
    IS_TRUSTED: bool

    def canonical(self, key: object) -> object: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def keyboard_library(session: DesktopSession, *, platform: str, asked_for: str) -> ModuleType:
    """The library, where this desktop lets it work.

    Raises: InputError saying why not, and what to do instead.
    """
    if platform == "linux" and session.wayland:
        raise InputError(
            f"{asked_for}: this desktop (Wayland) keeps programs apart; use a pedal or a hand microphone, bind the key "
            "in the desktop's own settings, or log in to an X11 session"
        )
    if platform == "linux" and not session.x11:
        raise InputError(f"{asked_for}: there is no screen (DISPLAY is not set)")
    try:
        return import_module("pynput.keyboard")
    except ModuleNotFoundError as error:
        raise InputError(f"{asked_for} need: pip install 'wardscribe[desktop]'") from error
    except ImportError as error:  # the library asks the screen while it is loaded
        raise InputError(f"{asked_for}: the screen does not answer") from error


def _name(key: object) -> str:
    char = getattr(key, "char", None)
    if isinstance(char, str):
        return char.lower()
    name = getattr(key, "name", None)
    if not isinstance(name, str):
        return "unknown"
    modifier = name.partition("_")[0]
    return modifier if modifier in _MODIFIERS else name
