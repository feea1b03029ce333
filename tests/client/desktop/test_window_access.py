"""Who uses the window without a mouse, without eyes, in other colours or in Chinese."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.client.desktop.stage import Stage
from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface, text_table
from wardscribe_client.desktop.keys_dialog import KeysDialog
from wardscribe_client.desktop.patient_dialog import PatientDialog
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.shortcuts import KEYS
from wardscribe_client.desktop.theme import colour_table
from wardscribe_client.preferences import InterfaceLanguage, Theme

CLIENT = Path(__file__).resolve().parents[3] / "client" / "wardscribe_client" / "desktop"


_NAMED = (QAbstractButton, QComboBox, QLineEdit, QTextEdit, QPlainTextEdit, RowWidget)


def nameless(root: QWidget) -> list[str]:
    """Controls that a person can use and a screen reader cannot name."""
    found = []
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget.parentWidget(), QAbstractScrollArea | QComboBox) or widget.objectName().startswith(
            "qt_"
        )
        if isinstance(widget, _NAMED) and not inner and not (widget.accessibleName() or _text_of(widget)):
            found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found


def _text_of(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_every_control_has_a_name_for_screen_readers(stage: Stage) -> None:
    stage.desk.toggle()
    stage.tell(
        stage.script.field("/fields/heart_size", "normal"),
        stage.script.field("/fields/findings/0/finding", "nodule"),
        stage.script.check("/fields/impression"),
    )
    stage.window.fields.take_focus()
    stage.widget("/fields/findings/0").act("edit")
    assert nameless(stage.window) == []
    assert len(stage.window.findChildren(QAbstractButton)) > 10, "the walk sees them"


def test_dialogs_have_names_as_well(interface: Interface, qtbot: QtBot) -> None:
    for dialog in (PatientDialog(interface, None), KeysDialog(interface)):
        qtbot.addWidget(dialog)
        assert nameless(dialog) == []


def test_the_walk_finds_a_control_without_a_name(stage: Stage) -> None:
    stage.window.bar.device.setAccessibleName("")
    assert nameless(stage.window) == ["QComboBox "]


def test_tab_goes_through_the_window_and_comes_back(stage: Stage) -> None:
    stage.desk.toggle()
    stage.tell(stage.script.field("/fields/heart_size", "normal"))
    stage.window.bar.button.setFocus()
    seen = []
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        seen.append(focus)
        if focus is stage.window.bar.button:
            break
    assert seen[-1] is stage.window.bar.button
    assert stage.window.transcript in seen
    assert any(isinstance(widget, RowWidget) for widget in seen)
    assert stage.window.header.patient in seen
    assert sum(isinstance(widget, RowWidget) for widget in seen) == 1, "the form is one stop; arrows go through it"


def test_every_key_is_documented_and_bound_to_one_thing() -> None:
    sequences = [sequence for each in KEYS if not each.in_row for sequence in each.sequences]
    assert len(set(sequences)) == len(sequences)
    for each in KEYS:
        assert f"keys.{each.name}" in text_table()
    page = (CLIENT.parents[2] / "docs" / "desktop.md").read_text(encoding="utf-8")
    for each in KEYS:
        keys = ", ".join(f"`{sequence}`" for sequence in each.sequences)
        assert f"| {keys} | {text_table()[f'keys.{each.name}']['en']} |" in page, f"{each.name} is not documented"


def test_every_text_that_is_asked_for_is_there_in_both_languages() -> None:
    asked = set()
    for path in CLIENT.glob("*.py"):
        asked |= set(re.findall(r"""text\(\s*f?["']([a-z_]+\.[a-z_{}.]+)["']""", path.read_text(encoding="utf-8")))
    plain = {name for name in asked if "{" not in name}
    assert len(plain) > 50
    assert plain <= set(text_table()), plain - set(text_table())
    for name, said in text_table().items():
        assert set(said) == {"en", "zh"}, name
        holes = {language: set(re.findall(r"{(\w+)}", text)) for language, text in said.items()}
        assert holes["en"] == holes["zh"], name
    content = tomllib.loads(resources.files("wardscribe_client.desktop").joinpath("texts.toml").read_text("utf-8"))
    assert content["source"]
    assert content["licence"]


def test_no_mnemonic_is_given_twice_on_the_bar(stage: Stage) -> None:
    bar = stage.window.bar
    for group in ([bar.finish], [bar.review, bar.next]):
        marks = [re.findall(r"&(\w)", button.text())[0].casefold() for button in group]
        assert len(set(marks)) == len(marks)


# Colours


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    ("text", "window surface raised accent_soft selection"),
    ("muted", "window surface raised accent_soft"),
    ("tail", "surface"),
    ("accent_text", "accent info"),
    ("record_text", "record"),
    ("error", "error_soft surface"),
    ("warning", "warning_soft surface raised"),
    ("info", "info_soft surface"),
    ("accent", "surface accent_soft raised"),
    ("confirmed", "surface"),
    ("doubtful", "surface accent_soft"),
]
SHAPE_ON = [
    ("strong_border", "surface window"),
    ("meter", "meter_back"),
    ("proposed", "surface accent_soft"),
    ("confirmed", "surface accent_soft"),
    ("edited", "surface accent_soft"),
    ("corrected", "surface"),
    ("record", "surface"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_told_apart_as_wcag_asks(theme: str) -> None:
    role = colour_table()[theme]
    for pairs, least in ((TEXT_ON, 4.5), (SHAPE_ON, 3.0)):
        for front, backs in pairs:
            for back in backs.split():
                assert contrast(role[front], role[back]) >= least, f"{theme}: {front} on {back}"


def test_both_themes_have_the_same_roles() -> None:
    assert set(colour_table()["light"]) == set(colour_table()["dark"])


# Language and theme


def test_language_and_theme_switch_while_one_dictates(spoken: Stage, english: Interface) -> None:
    spoken.tell(spoken.script.field("/fields/heart_size", "normal"))
    before = spoken.window.grab().toImage()
    english.speak(InterfaceLanguage.ZH)
    english.wear(Theme.DARK)
    assert spoken.window.fields.findChildren(RowWidget)
    assert "心影：正常" in spoken.widget("/fields/heart_size").accessibleName()
    assert spoken.window.bar.hint == text_table()["hint.recording"]["zh"]
    assert spoken.window.grab().toImage() != before
    assert spoken.window.menu.entries["quit"].text().startswith("退出")


def test_icons_are_drawn_in_the_colour_asked_for(qtbot: QtBot) -> None:
    for path in (CLIENT / "icons").glob("*.svg"):
        image = icon(path.stem, "#ff0000").pixmap(32, 32).toImage()
        colours = {
            image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha()
        }
        assert colours, path.name
        if "chevron" not in path.stem:
            assert colours == {"#ff0000"}, path.name
