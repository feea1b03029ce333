"""Hot keys and pasting, without a keyboard and without another program."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace

import pytest

from wardscribe_client.actions import Action, Asked
from wardscribe_client.config import DesktopSession
from wardscribe_client.hotkeys import HotKeys, PynputKeyboard, parse_keys
from wardscribe_client.paste import PynputPasteKey, paste_text
from wardscribe_protocol.errors import InputError

X11 = DesktopSession(xdg_session_type="x11", wayland_display="", display=":0")


class FakeKeyboard:
    def __init__(self) -> None:
        self.listening = False

    def listen(self, on_key) -> None:
        self.on_key, self.listening = on_key, True

    def stop(self) -> None:
        self.listening = False

    def type(self, *keys: str) -> None:
        for key in keys:
            self.on_key(key.lstrip("-"), not key.startswith("-"))


@pytest.fixture
def keyboard() -> FakeKeyboard:
    return FakeKeyboard()


@pytest.fixture
def asked(keyboard: FakeKeyboard) -> list[Asked]:
    told: list[Asked] = []
    keys = HotKeys(
        {"f9": Action.HOLD_TO_RECORD, "ctrl+alt+R": Action.TOGGLE_RECORDING, "ctrl+alt+shift+r": Action.FINISH},
        told.append,
        keyboard=keyboard,
    )
    keys.start()
    keyboard.keys = keys
    return told


def test_a_key_that_is_held_is_held_however_often_it_repeats(keyboard: FakeKeyboard, asked: list[Asked]) -> None:
    keyboard.type("f9", "f9", "f9", "-f9")
    assert asked == [Asked(Action.HOLD_TO_RECORD, True), Asked(Action.HOLD_TO_RECORD, False)]


def test_a_combination_is_all_of_its_keys_and_no_other(keyboard: FakeKeyboard, asked: list[Asked]) -> None:
    keyboard.type("ctrl", "r", "-r", "alt", "x", "r", "-r", "-x")
    assert asked == []
    keyboard.type("r", "-alt", "-r", "-ctrl")
    assert asked == [Asked(Action.TOGGLE_RECORDING, True), Asked(Action.TOGGLE_RECORDING, False)]
    asked.clear()
    keyboard.type("shift", "alt", "ctrl", "r")
    assert asked == [Asked(Action.FINISH, True)]


def test_to_stop_lets_go_of_what_is_held(keyboard: FakeKeyboard, asked: list[Asked]) -> None:
    keyboard.type("f9")
    keyboard.keys.stop()
    assert asked[-1] == Asked(Action.HOLD_TO_RECORD, False)
    assert not keyboard.listening


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ctrl+banana", "no key 'banana'"),
        ("ctrl+alt", "one key"),
        ("a", "every word"),
        ("f1+f2", "one key"),
        ("", "no key"),
    ],
)
def test_a_key_that_cannot_be_one_is_said_why(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_keys(text)


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (DesktopSession(xdg_session_type="wayland", wayland_display="", display=":0"), "Wayland"),
        (DesktopSession(xdg_session_type="", wayland_display="wayland-0", display=":0"), "Wayland"),
        (DesktopSession(xdg_session_type="tty", wayland_display="", display=""), "no screen"),
    ],
)
def test_a_desktop_that_forbids_it_is_said_and_what_to_do(session: DesktopSession, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        PynputKeyboard(session, platform="linux").listen(lambda *_: None)
    assert caught.value.message.startswith("hot keys")


class Pynput:
    """What of the library is used."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pressed: list[str] = []
        self.trusted = True
        self.listener: SimpleNamespace | None = None
        module = ModuleType("pynput.keyboard")
        module.Listener = self.made  # type: ignore[attr-defined]
        module.Key = SimpleNamespace(ctrl="ctrl", cmd="cmd")  # type: ignore[attr-defined]
        module.Controller = lambda: SimpleNamespace(  # type: ignore[attr-defined]
            press=lambda key: self.pressed.append(key), release=lambda key: self.pressed.append(f"-{key}")
        )
        monkeypatch.setitem(sys.modules, "pynput", ModuleType("pynput"))
        monkeypatch.setitem(sys.modules, "pynput.keyboard", module)

    def made(self, **given) -> SimpleNamespace:
        self.listener = SimpleNamespace(
            canonical=lambda key: key, start=lambda: None, stop=lambda: None, IS_TRUSTED=self.trusted, **given
        )
        return self.listener


def test_the_librarys_keys_have_our_names(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Pynput(monkeypatch)
    told: list[tuple[str, bool]] = []
    keyboard = PynputKeyboard(X11, platform="linux")
    keyboard.listen(lambda name, down: told.append((name, down)))
    assert library.listener is not None
    named = [SimpleNamespace(name=name) for name in ("ctrl_l", "alt_gr", "shift_r", "f9", "page_up")]
    for key in (*named, SimpleNamespace(char="R"), SimpleNamespace(char=None)):
        library.listener.on_press(key)
    library.listener.on_release(named[3])
    names = ["ctrl", "alt", "shift", "f9", "page_up", "r", "unknown"]
    assert told == [*((name, True) for name in names), ("f9", False)]
    keyboard.stop()


class FakeClipboard:
    def __init__(self, content: str) -> None:
        self.content = content

    def text(self) -> str:
        return self.content

    def set_text(self, text: str) -> None:
        self.content = text


class FakeKey:
    def __init__(self, clipboard: FakeClipboard) -> None:
        self.clipboard, self.pasted = clipboard, ""

    def press(self) -> None:
        self.pasted = self.clipboard.content


def pasted(clipboard: FakeClipboard, *, meanwhile: str | None = None) -> str:
    key = FakeKey(clipboard)

    async def sleep(_seconds: float) -> None:
        clipboard.content = meanwhile if meanwhile is not None else clipboard.content

    asyncio.run(paste_text("The heart is normal.", clipboard=clipboard, key=key, sleep=sleep))
    return key.pasted


def test_text_is_pasted_and_the_clipboard_is_as_before() -> None:
    clipboard = FakeClipboard("a phone number")
    assert pasted(clipboard) == "The heart is normal."
    assert clipboard.content == "a phone number"


def test_what_was_copied_meanwhile_is_not_thrown_away() -> None:
    clipboard = FakeClipboard("old")
    pasted(clipboard, meanwhile="new")
    assert clipboard.content == "new"


def test_where_no_key_can_be_pressed_the_text_waits_in_the_clipboard() -> None:
    clipboard = FakeClipboard("old")
    wayland = PynputPasteKey(
        DesktopSession(xdg_session_type="wayland", wayland_display="", display=""), platform="linux"
    )
    with pytest.raises(InputError, match="paste it by hand"):
        asyncio.run(paste_text("Normal.", clipboard=clipboard, key=wayland))
    assert clipboard.content == "Normal."


@pytest.mark.parametrize(("platform", "held"), [("linux", "ctrl"), ("win32", "ctrl"), ("darwin", "cmd")])
def test_the_paste_key_is_pressed_and_let_go(monkeypatch: pytest.MonkeyPatch, platform: str, held: str) -> None:
    library = Pynput(monkeypatch)
    PynputPasteKey(X11, platform=platform).press()
    assert library.pressed == [held, "v", "-v", f"-{held}"]


def test_a_mac_that_does_not_trust_the_program_says_where_to_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Pynput(monkeypatch)
    library.trusted = False
    with pytest.raises(InputError, match="Accessibility"):
        PynputKeyboard(X11, platform="darwin").listen(lambda *_: None)
