"""The settings: what is chosen is kept, what cannot be is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.client.desktop.workplace import NAMES, ToldMicrophone, workstation
from tests.client.hospital import Hospital
from wardscribe_client.actions import Action
from wardscribe_client.desktop.hot_key_text import listened_keys, shown_keys, stored_keys
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.settings_dialog import SettingsDialog
from wardscribe_client.hid.button_map import button_map
from wardscribe_client.preferences import InterfaceLanguage, Theme, load_preferences
from wardscribe_protocol.errors import InputError

WAIT_MS = 10_000


@pytest.fixture
def dialog(interface: Interface, tmp_path: Path) -> Iterator[SettingsDialog]:
    made = SettingsDialog(
        interface, workstation(tmp_path), microphones=lambda: NAMES, opened=lambda _: ToldMicrophone(b"")
    )
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_everything_that_is_chosen_is_kept_and_takes_effect(
    dialog: SettingsDialog, interface: Interface, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.microphone.device.setCurrentIndex(dialog.microphone.device.findData("Boom"))
    dialog.keys.edits[Action.TOGGLE_RECORDING].setKeySequence(QKeySequence("Ctrl+Alt+R"))
    dialog.look.language.setCurrentIndex(dialog.look.language.findData(InterfaceLanguage.EN))
    dialog.look.theme.setCurrentIndex(dialog.look.theme.findData(Theme.DARK))
    dialog.look.on_top.setChecked(True)
    dialog.look.doubtful.setValue(45)
    dialog.look.keep.setValue(2)
    dialog.buttons.device.setCurrentIndex(dialog.buttons.device.findData("foot_control"))
    box = dialog.buttons.action_box("left")
    box.setCurrentIndex(box.findData(Action.UNDO))
    with qtbot.waitSignal(dialog.applied):
        dialog.save.click()
    kept = load_preferences(tmp_path)
    assert (kept.microphone, kept.theme, kept.always_on_top) == ("Boom", Theme.DARK, True)
    assert (kept.low_confidence, kept.keep_signed_days) == (0.45, 2)
    assert kept.hot_keys == {"toggle_recording": "ctrl+alt+r"}
    assert interface.dark
    own = button_map(tmp_path / "buttons.toml")
    assert own.action("foot_control", "left") is Action.UNDO
    assert own.action("foot_control", "middle") is Action.HOLD_TO_RECORD
    assert (tmp_path / "buttons.toml").read_text().count("=") == 1, "only what differs"


def test_keys_that_would_be_pressed_by_typing_are_refused_and_nothing_is_kept(
    dialog: SettingsDialog, tmp_path: Path
) -> None:
    dialog.keys.edits[Action.UNDO].setKeySequence(QKeySequence("R"))
    dialog.save.click()
    assert dialog.isVisible()
    assert "add ctrl" in dialog.said.text()
    dialog.keys.edits[Action.UNDO].setKeySequence(QKeySequence("F9"))
    dialog.keys.edits[Action.FINISH].setKeySequence(QKeySequence("F9"))
    dialog.save.click()
    assert "two actions" in dialog.said.text()
    assert list(tmp_path.iterdir()) == []


def test_another_server_counts_only_once_it_was_tried(
    dialog: SettingsDialog, hospital: Hospital, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.server.address.setText(hospital.address.http)
    dialog.server.code.setText(hospital.code("dr-lee", "resident"))
    dialog.save.click()
    assert dialog.isVisible(), "it was not tried"
    dialog.server.go.click()
    qtbot.waitUntil(lambda: "dr-lee" in dialog.server.said.text(), timeout=WAIT_MS)
    dialog.save.click()
    assert not dialog.isVisible()
    assert load_preferences(tmp_path).server == hospital.address.http


def test_everything_has_a_name_and_no_two_marks_are_the_same_on_a_page(dialog: SettingsDialog) -> None:
    tabs = dialog.findChild(QTabBar)
    assert tabs is not None
    on_tabs = [marked(tabs.tabText(at)) for at in range(tabs.count())]
    for at in range(dialog.tabs.count()):
        dialog.tabs.setCurrentIndex(at)
        page = dialog.tabs.widget(at)
        assert page is not None
        shown = [child for child in page.findChildren(QWidget) if child.isVisible()]
        unnamed = [
            type(child).__name__
            for child in shown
            if child.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not child.accessibleName()
            and not child.objectName().startswith("qt_")
            and type(child).__name__ not in ("QHeaderView", "QScrollBar")
        ]
        assert unnamed == []
        texts = [child.text() for child in shown if isinstance(child, QLabel | QAbstractButton)]
        marks = [mark for mark in (marked(text) for text in texts) if mark] + on_tabs
        assert len(set(marks)) == len(marks), (at, marks)


def marked(text: str) -> str:
    _, found, rest = text.partition("&")
    return rest[:1].lower() if found and rest[:1].isalnum() else ""


@pytest.mark.parametrize(
    ("shown", "stored"), [("Ctrl+Alt+R", "ctrl+alt+r"), ("F9", "f9"), ("Meta+PgUp", "cmd+page_up"), ("", "")]
)
def test_keys_are_stored_as_the_listener_reads_them(shown: str, stored: str) -> None:
    assert stored_keys(shown) == stored
    assert QKeySequence(shown_keys(stored)) == QKeySequence(shown)


def test_the_listener_is_given_actions_by_keys() -> None:
    assert listened_keys({"undo": "f7", "finish": "ctrl+shift+f"}) == {
        "f7": Action.UNDO,
        "ctrl+shift+f": Action.FINISH,
    }
    with pytest.raises(InputError):
        listened_keys({"no_such_action": "f7"})
