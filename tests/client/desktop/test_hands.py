"""Hot keys, pedals and hand microphones do in the window what they are mapped to; text goes to another program."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.client.desktop.stage import Stage, staged
from wardscribe_client.actions import Action, Asked
from wardscribe_client.desktop.hands import Hands
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.hid.button_map import button_map
from wardscribe_client.hid.layouts import HidInfo
from wardscribe_client.hid.listener import HidDevice
from wardscribe_protocol.errors import InputError, WardscribeError


class NoDevices:
    def devices(self) -> list[HidInfo]:
        return []

    def open(self, info: HidInfo) -> HidDevice:
        raise OSError


class Keys:
    """A keyboard that tests press."""

    def __init__(self) -> None:
        self.press: Callable[[str, bool], None] = lambda _name, _down: None
        self.stopped = False

    def listen(self, on_key: Callable[[str, bool], None]) -> None:
        self.press = on_key

    def stop(self) -> None:
        self.stopped = True


class NoKeys(Keys):
    def listen(self, on_key: Callable[[str, bool], None]) -> None:
        raise InputError("hot keys: this desktop keeps programs apart")


class Pasted:
    def __init__(self) -> None:
        self.there: list[str] = []

    def press(self) -> None:
        self.there.append(QGuiApplication.clipboard().text())


@pytest.fixture
def stage(english: Interface, qtbot: QtBot) -> Stage:
    return staged(english, qtbot)


def hands(stage: Stage, keyboard: Keys, paste_key: Pasted | None = None) -> Hands:
    return Hands(
        stage.desk,
        stage.window,
        buttons=button_map(),
        system=NoDevices(),
        keyboard=lambda: keyboard,
        paste_key=paste_key,
        parent=stage.window,
    )


def test_a_hot_key_that_is_held_records_while_another_program_has_the_keyboard(stage: Stage) -> None:
    keyboard = Keys()
    listening = hands(stage, keyboard)
    listening.use_hot_keys({"hold_to_record": "f9"})
    keyboard.press("f9", True)
    stage.desk.look()
    assert stage.desk.phase is Phase.RECORDING
    keyboard.press("f9", False)
    stage.desk.look()
    assert stage.desk.phase is Phase.PAUSED
    listening.use_hot_keys({})
    assert keyboard.stopped


def test_every_action_does_something_or_is_none(stage: Stage) -> None:
    listening = hands(stage, Keys())
    listening.perform(Asked(Action.START_RECORDING, True))
    stage.desk.look()
    stage.tell(stage.script.final(0, "The heart is large."))
    for action in (Action.NEXT_FIELD, Action.SCRATCH, Action.FINALIZE, Action.STOP_RECORDING, Action.FINISH):
        listening.perform(Asked(action, True))
    names = [asked[1] if asked[0] == "command" else asked[0] for asked in stage.dictation.asked]
    assert names == ["record", "next_field", "scratch", "finalize", "pause", "finish"]
    stage.close_record()
    listening.perform(Asked(Action.SIGN, True))
    assert stage.reviewed == ["7Qm3"]
    listening.perform(Asked(Action.NEXT_DICTATION, True))
    assert stage.desk.phase is Phase.IDLE
    listening.perform(Asked(Action.NOTHING, True))


def test_a_desktop_that_allows_no_hot_keys_says_so(stage: Stage) -> None:
    listening = hands(stage, NoKeys())
    said: list[WardscribeError] = []
    listening.failed.connect(said.append)
    listening.use_hot_keys({"toggle_recording": "ctrl+alt+r"})
    assert [error.message for error in said] == ["hot keys: this desktop keeps programs apart"]


def test_the_text_goes_to_the_focused_field_and_the_clipboard_is_as_before(stage: Stage, qtbot: QtBot) -> None:
    pasted = Pasted()
    QGuiApplication.clipboard().setText("somebody's own")
    listening = hands(stage, Keys(), pasted)
    stage.desk.toggle()
    stage.tell(stage.script.final(0, "The heart is large."))
    listening.paste(stage.desk.feed.written())
    qtbot.waitUntil(lambda: pasted.there == ["The heart is large."])
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == "somebody's own")
