"""The real window, off screen, with a server that tests speak for."""

import re
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
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

from tests.client.desktop.scripted import FORM, Script, heard
from tests.client.desktop.scripted_dictation import HeardPlayer, ScriptedDictation, captured
from tests.client.desktop.test_live_record import record
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface, text_table
from wardscribe_client.desktop.keys_dialog import KeysDialog
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.patient_dialog import PatientDialog
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.row_editor import RowEditor
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.rows import Row
from wardscribe_client.desktop.shortcuts import KEYS, key
from wardscribe_client.desktop.theme import colour_table
from wardscribe_client.desktop.window import Hooks, LiveWindow
from wardscribe_client.dictation_events import Connection, DeviceChanged, DeviceChangeReason, Failed, LinkState
from wardscribe_client.preferences import InterfaceLanguage, Theme
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_protocol.messages import (
    Closed,
    Context,
    ErrorReport,
    FieldState,
    Lag,
    OrderContext,
    PatientContext,
    Ready,
    Tail,
)
from wardscribe_protocol.record import Language, Severity

CLIENT = Path(__file__).resolve().parents[3] / "client" / "wardscribe_client" / "desktop"


@dataclass
class Stage:
    """A window with everything around it."""

    window: LiveWindow
    desk: LiveDesk
    dictation: ScriptedDictation
    player: HeardPlayer
    script: Script
    reviewed: list[str] = field(default_factory=list)
    kept: list[dict[str, object]] = field(default_factory=list)

    def tell(self, *events: object) -> None:
        for event in events:
            self.dictation.tell(event)
        self.desk.look()

    def close_record(self) -> None:
        self.tell(Ready(session="7Qm3", token="t", credit_samples=0))
        closing = Closed.of(record(), total_samples=32_000).model_copy(update={"seq": 99})
        self.tell(closing)

    def widget(self, path: str) -> RowWidget:
        return next(each for each in self.window.fields.findChildren(RowWidget) if each.row.path == path)

    def press(self, name: str) -> None:
        sequence = key(name).sequences[0]
        QTest.keySequence(self.window, sequence)
        self.desk.look()


@pytest.fixture
def stage(interface: Interface, qtbot: QtBot) -> Stage:
    return staged(interface, qtbot)


@pytest.fixture
def spoken(english: Interface, qtbot: QtBot) -> Stage:
    """In English, with a dictation under way."""
    made = staged(english, qtbot)
    made.desk.toggle()
    made.desk.look()
    return made


def staged(interface: Interface, qtbot: QtBot) -> Stage:
    dictation, player = ScriptedDictation(), HeardPlayer()
    desk = LiveDesk(dictation, player=player, forms=Forms({FORM.id: FORM}), template=FORM.id, language=Language.EN)
    reviewed: list[str] = []
    kept: list[dict[str, object]] = []
    hooks = Hooks(
        review=lambda _, report: reviewed.append(report),
        settings=lambda _: None,
        unsent=lambda _: None,
        reports=lambda _: None,
        paste=lambda _: None,
        kept=lambda changes: kept.append(dict(changes)),
    )
    window = LiveWindow(desk, interface, hooks=hooks)
    qtbot.addWidget(window)
    window.show_devices(["Headset"], None)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return Stage(window, desk, dictation, player, Script(), reviewed, kept)


# What a screen reader and a keyboard find

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


# A dictation


def test_the_first_press_begins_with_template_language_and_patient(stage: Stage) -> None:
    context = Context(patient=PatientContext(name="Example, Ada", age_years=54), order=OrderContext(accession="A1"))
    stage.desk.know(context)
    stage.press("toggle")
    (start,) = stage.dictation.starts
    assert (start.template, start.language, start.context) == ("chest_xray", Language.EN, context)
    assert stage.desk.phase is Phase.RECORDING
    assert not stage.window.header.template.isEnabled()


def test_the_key_switches_between_recording_and_pause(stage: Stage) -> None:
    for expected in (Phase.RECORDING, Phase.PAUSED, Phase.RECORDING):
        stage.press("toggle")
        assert stage.desk.phase is expected


def test_the_key_that_is_held_talks_and_stops_when_it_is_let_go(stage: Stage) -> None:
    down = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    again = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier, "", autorep=True)
    up = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    stage.window.transcript.setFocus()
    for event in (down, again, again):
        QApplication.sendEvent(stage.window.transcript, event)
    stage.desk.look()
    assert stage.desk.phase is Phase.RECORDING
    assert stage.dictation.asked.count(("record",)) == 1
    QApplication.sendEvent(stage.window.transcript, up)
    stage.desk.look()
    assert stage.desk.phase is Phase.PAUSED


def test_the_round_key_switches_with_a_click_and_talks_while_it_is_held(stage: Stage) -> None:
    button = stage.window.bar.button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    stage.desk.look()
    assert stage.desk.phase is Phase.RECORDING
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    stage.desk.look()
    assert stage.desk.phase is Phase.PAUSED
    button.pressed_down.emit()
    stage.desk.look()
    assert stage.desk.phase is Phase.RECORDING
    button.let_go.emit(True)
    stage.desk.look()
    assert stage.desk.phase is Phase.PAUSED
    QTest.keyClick(button, Qt.Key.Key_Space)
    stage.desk.look()
    assert stage.desk.phase is Phase.RECORDING


def test_the_transcript_shows_how_settled_each_word_is(spoken: Stage) -> None:
    script = spoken.script
    spoken.tell(
        script.commit("the", "hart", "is", "large"),
        script.final(0, "The heart is large.", heard("hart", "heart"), words=(0, 4)),
        script.commit("no"),
        script.commit("effusion", confidence=0.2),
        Tail(text="today"),
    )
    view = spoken.window.transcript
    assert view.toPlainText() == "The heart is large. no effusion today"
    cursor = view.textCursor()
    cursor.setPosition(view.toPlainText().index("heart") + 2)
    assert cursor.charFormat().toolTip() == "heard: hart"
    assert cursor.charFormat().fontUnderline()
    cursor.setPosition(view.toPlainText().index("today") + 2)
    assert cursor.charFormat().foreground().color().name() == colour_table()["light"]["tail"].lower()
    cursor.setPosition(view.toPlainText().index("effusion") + 2)
    assert cursor.charFormat().toolTip() == "hard to hear, please check"


def test_who_moves_by_keys_reads_what_was_heard_below_the_text(spoken: Stage) -> None:
    spoken.tell(spoken.script.final(0, "heart", heard("hart", "heart")))
    view = spoken.window.transcript
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert spoken.window._left.noted == "heard: hart"


def test_only_what_changed_is_drawn_again(spoken: Stage) -> None:
    script, view = spoken.script, spoken.window.transcript
    for at in range(30):
        spoken.tell(script.commit("word"), script.final(at, f"Sentence {at}.", words=(at, at + 1)))
    drawn = view.drawn_passages
    spoken.tell(Tail(text="and"))
    spoken.tell(Tail(text="and so"))
    assert view.drawn_passages == drawn + 2
    assert view.toPlainText().endswith("Sentence 29. and so")


def test_text_that_is_selected_stays_selected_while_more_is_said(spoken: Stage) -> None:
    view = spoken.window.transcript
    spoken.tell(spoken.script.final(0, "The heart is large."))
    view.selectAll()
    spoken.tell(Tail(text="and"))
    assert view.textCursor().selectedText() == "The heart is large."


def test_a_command_is_said_below_the_text_and_marked_in_it(spoken: Stage) -> None:
    script = spoken.script
    spoken.tell(script.commit("large", "effusion"), script.final(0, "Large effusion.", words=(0, 2)))
    spoken.tell(
        script.commit("scratch", "that"),
        script.final(0, "", heard("Large effusion.", "", why="revised"), words=(0, 2)),
        script.final(1, "", words=(2, 4)),
    )
    assert spoken.window._left.noted == "Command: scratch that · taken back: Large effusion."
    assert spoken.window.transcript.toPlainText() == "scratch that"


def test_a_command_that_found_nothing_says_so(spoken: Stage) -> None:
    spoken.tell(ErrorReport.of(ErrorCode.UNKNOWN_COMMAND))
    assert spoken.window._left.noted == "The command found nothing to act on"


# The form


def test_fields_fill_with_value_evidence_and_checks(spoken: Stage) -> None:
    spoken.tell(
        spoken.script.field("/fields/heart_size", "enlarged", text="heart is enlarged", audio_ms=(61_000, 62_000)),
        spoken.script.check("/fields/heart_size", severity=Severity.ERROR, message="Says two things"),
        spoken.script.check("", code="values_unconfirmed", message="Not confirmed"),
    )
    row = spoken.widget("/fields/heart_size")
    assert row.accessibleName() == "Heart size: enlarged, to confirm"
    assert row.accessibleDescription() == "heart is enlarged, at 1:01 Says two things"
    shown = [label.text() for label in spoken.window.findChildren(QWidget, "check")]
    assert shown.count("Error: Says two things") == 1
    assert "Warning: Not confirmed" in shown
    assert spoken.window._right.count.text() == "1 to confirm"


def test_a_long_value_is_shown_to_its_end(spoken: Stage) -> None:
    long = "There is a very long sentence about a finding that nobody can read on one line. " * 6
    spoken.tell(spoken.script.field("/fields/impression/0", long, text=long))
    row = spoken.widget("/fields/impression/0")
    row.setFocus()
    QApplication.processEvents()
    assert row._value.height() >= row._value.heightForWidth(row._value.width())
    assert row._evidence.text() == "said at 0:00" or long.startswith(row._evidence.text()[:80])
    assert row._evidence.geometry().top() >= row._value.geometry().bottom()


def test_a_click_on_a_value_plays_exactly_its_sound(spoken: Stage) -> None:
    spoken.dictation.sound = {(500, 800): b"ab" * 10, (2000, 2400): b"cd" * 10}
    spoken.tell(
        spoken.script.field("/fields/findings/0/finding", "nodule", audio_ms=(500, 800)),
        spoken.script.field("/fields/findings/0/change", "new", audio_ms=(2000, 2400)),
    )
    QTest.mouseClick(spoken.widget("/fields/findings/0"), Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    assert ("audio", (500, 800), (2000, 2400)) in spoken.dictation.asked
    (played,) = spoken.player.played
    assert played.replace(b"\x00", b"") == b"ab" * 10 + b"cd" * 10
    spoken.desk.look()
    assert spoken.desk.phase is Phase.PAUSED, "what the loudspeaker says is not dictated"


def test_a_value_is_confirmed_by_key_and_the_next_one_found(spoken: Stage) -> None:
    script = spoken.script
    spoken.tell(script.field("/fields/heart_size", "normal"), script.field("/fields/impression/0", "Clear."))
    spoken.press("to_unconfirmed")
    assert spoken.window.fields.current.row.path in ("/fields/heart_size", "/fields/impression/0")
    first = spoken.window.fields.current.row.path
    QTest.keyClick(spoken.window.fields.current, Qt.Key.Key_C)
    assert spoken.dictation.asked[-1] == ("confirm", first)
    spoken.press("to_unconfirmed")
    second = spoken.window.fields.current.row.path
    assert second != first
    spoken.press("confirm")
    assert spoken.dictation.asked[-1] == ("confirm", second)


def test_everything_is_confirmed_with_one_key(spoken: Stage) -> None:
    script = spoken.script
    spoken.tell(
        script.field("/fields/heart_size", "normal"),
        script.field("/fields/views/0", "pa", state=FieldState.CONFIRMED),
        script.field("/fields/impression/0", "Clear."),
    )
    spoken.press("confirm_all")
    confirmed = [asked[1] for asked in spoken.dictation.asked if asked[0] == "confirm"]
    assert confirmed == ["/fields/heart_size", "/fields/impression/0"]


def editor(stage: Stage) -> RowEditor:
    (made,) = (each for each in stage.window.fields.findChildren(RowEditor) if each.isVisible())
    return made


def test_a_value_is_edited_in_place_with_the_codes_that_there_are(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/heart_size", "normal"))
    row = spoken.widget("/fields/heart_size")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Return)
    box = editor(spoken).findChild(QComboBox)
    assert [box.itemText(at) for at in range(box.count())][-3:] == ["normal", "borderline", "enlarged"]
    box.setCurrentText("enlarged")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert spoken.dictation.asked[-1] == ("edit", "/fields/heart_size", "enlarged")
    assert not row.editing


def test_only_the_part_that_was_changed_is_sent(spoken: Stage) -> None:
    script = spoken.script
    spoken.tell(
        script.field("/fields/findings/0/finding", "nodule"),
        script.field("/fields/findings/0/presence", "present"),
        script.field("/fields/findings/0/size_mm/0", 12),
    )
    row = spoken.widget("/fields/findings/0")
    row.act("edit")
    size = next(each for each in editor(spoken).findChildren(QLineEdit) if "Size" in each.accessibleName())
    assert size.text() == "12"
    size.setText("12 x 8")
    QTest.keyClick(size, Qt.Key.Key_Return)
    assert [asked for asked in spoken.dictation.asked if asked[0] == "edit"] == [
        ("edit", "/fields/findings/0/size_mm", [12, 8])
    ]


def test_what_is_no_number_is_said_and_nothing_is_sent(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/findings/0/size_mm/0", 12))
    row = spoken.widget("/fields/findings/0")
    row.act("edit")
    size = next(each for each in editor(spoken).findChildren(QLineEdit) if "Size" in each.accessibleName())
    size.setText("large")
    QTest.keyClick(size, Qt.Key.Key_Return)
    assert row.editing
    assert not [asked for asked in spoken.dictation.asked if asked[0] == "edit"]


def test_escape_leaves_the_value_as_it_was(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/impression/0", "Clear."))
    row = spoken.widget("/fields/impression/0")
    row.act("edit")
    line = editor(spoken).findChild(QLineEdit)
    line.setText("Something else")
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not row.editing
    assert not [asked for asked in spoken.dictation.asked if asked[0] == "edit"]


def test_an_update_does_not_take_the_editor_from_under_the_hands(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/impression/0", "Clear."))
    row = spoken.widget("/fields/impression/0")
    row.act("edit")
    editor(spoken).findChild(QLineEdit).setText("mine")
    spoken.tell(spoken.script.field("/fields/impression/0", "Cleared."))
    assert editor(spoken).findChild(QLineEdit).text() == "mine"


def test_a_value_is_removed_with_delete(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/heart_size", "normal"))
    row = spoken.widget("/fields/heart_size")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Delete)
    assert spoken.dictation.asked[-1] == ("edit", "/fields/heart_size", None)


def test_an_empty_list_gets_its_first_entry_and_a_full_one_another(spoken: Stage) -> None:
    spoken.window.fields.take_focus()
    empty = spoken.widget("/fields/impression")
    empty.setFocus()
    empty.act("edit")
    line = editor(spoken).findChild(QLineEdit)
    line.setText("Clear.")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert spoken.dictation.asked[-1] == ("edit", "/fields/impression/0", "Clear.")
    spoken.tell(spoken.script.field("/fields/impression/0", "Clear."))
    spoken.widget("/fields/impression/0").setFocus()
    spoken.press("add")
    line = editor(spoken).findChild(QLineEdit)
    line.setText("Follow up.")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert spoken.dictation.asked[-1] == ("edit", "/fields/impression/1", "Follow up.")


def test_arrows_go_through_the_rows(spoken: Stage) -> None:
    spoken.press("to_fields")
    paths = [spoken.window.fields.current.row.path]
    for _ in range(3):
        QTest.keyClick(spoken.window.fields.current, Qt.Key.Key_Down)
        paths.append(spoken.window.fields.current.row.path)
    assert paths == ["/fields/views", "/fields/heart_size", "/fields/findings", "/fields/impression"]


# Sound, line, end


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (captured(clipping=True), "hint.clipping"),
        (captured(too_quiet=True), "hint.too_quiet"),
        (LinkState(state=Connection.OFFLINE, since=0), "hint.offline"),
        (DeviceChanged(name="Headset", reason=DeviceChangeReason.GONE), "hint.device_gone"),
    ],
)
def test_what_is_wrong_with_the_sound_or_the_line_is_said(stage: Stage, event: object, expected: str) -> None:
    stage.desk.toggle()
    stage.tell(event)
    assert stage.window.bar.hint == text_table()[expected][stage.window._interface.language.value]


def test_lost_sound_is_never_silent(spoken: Stage) -> None:
    spoken.tell(captured(overflow=1600))
    assert spoken.window.bar.hint == "100 ms of sound were lost by the microphone"


def test_a_failure_is_said_in_one_line(spoken: Stage) -> None:
    spoken.tell(Failed(InputError("no microphone can be opened"), capturing=False))
    assert spoken.window.bar.hint == "no microphone can be opened"
    assert spoken.desk.phase is Phase.PAUSED


def test_the_line_and_the_lag_are_in_the_header(spoken: Stage) -> None:
    spoken.tell(Lag(seconds=4.2))
    assert spoken.window.header._lag.text() == "4 s behind"
    spoken.tell(LinkState(state=Connection.RECONNECTING, since=0))
    assert "Reconnecting" in spoken.window.header._link.text()
    spoken.tell(Lag(seconds=0.4))
    assert spoken.window.header._lag.text() == ""


def test_the_patient_stands_in_the_header(spoken: Stage) -> None:
    context = Context(patient=PatientContext(name="Example, Ada", age_years=54, sex="female", mrn="20177"))
    spoken.desk.know(context)
    spoken.window.header.show_context(context)
    assert spoken.dictation.asked[-1] == ("configure", context)
    assert spoken.window.header.patient.accessibleName() == (
        "Patient and order: Example, Ada · 54 years · female · No. 20177"
    )


def test_what_is_typed_about_the_patient_becomes_the_context(english: Interface, qtbot: QtBot) -> None:
    dialog = PatientDialog(english, None)
    qtbot.addWidget(dialog)
    assert dialog.context() is None
    dialog.age.setText("old")
    dialog._accept()
    assert not dialog.result()
    dialog.age.setText("54")
    dialog.name.setText("Example, Ada")
    dialog.glossary.setText("Kerley, ，Fleischner")
    assert dialog.context() == Context(
        patient=PatientContext(name="Example, Ada", age_years=54), glossary=("Kerley", "Fleischner")
    )


def test_after_the_end_one_signs_and_the_next_one_is_one_key_away(stage: Stage) -> None:
    stage.press("toggle")
    stage.press("finish")
    assert stage.dictation.asked[-1] == ("finish",)
    assert stage.desk.phase is Phase.FINISHING
    assert stage.window.bar.next.isVisible()
    stage.close_record()
    assert stage.desk.phase is Phase.DONE
    assert QApplication.focusWidget() is stage.window.bar.review
    stage.press("finish")
    assert stage.reviewed == ["7Qm3"]
    stage.press("next")
    assert stage.desk.phase is Phase.IDLE
    assert stage.window.transcript.toPlainText() == ""
    assert ("leave",) in stage.dictation.asked
    stage.press("toggle")
    assert len(stage.dictation.starts) == 2


def test_next_while_one_speaks_ends_this_dictation_and_offers_another(spoken: Stage) -> None:
    spoken.tell(spoken.script.final(0, "The heart is large."))
    late = spoken.dictation.tell
    spoken.press("next")
    assert [asked for asked in spoken.dictation.asked if asked in (("finish",), ("leave",))] == [
        ("finish",),
        ("leave",),
    ]
    late(spoken.script.final(1, "Of the patient before."))
    spoken.desk.look()
    assert spoken.window.transcript.toPlainText() == "", "nothing of one patient gets into the next report"


def test_template_and_language_can_be_chosen_until_the_first_word(spoken: Stage) -> None:
    spoken.desk.choose_template("outpatient")
    assert spoken.desk.template == "chest_xray"
    spoken.press("next")
    spoken.desk.choose_template("outpatient")
    spoken.desk.choose_language(Language.ZH)
    spoken.press("toggle")
    assert (spoken.dictation.starts[-1].template, spoken.dictation.starts[-1].language) == ("outpatient", Language.ZH)


def test_small_and_on_top_are_one_key_each(stage: Stage) -> None:
    stage.press("compact")
    assert not stage.window.header.isVisible()
    assert not stage.window.fields.isVisible()
    assert stage.window.bar.button.isVisible()
    stage.press("compact")
    assert stage.window.header.isVisible()
    stage.press("on_top")
    assert stage.window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert {"always_on_top": True} in stage.kept


def test_a_device_that_was_unplugged_stays_chosen(stage: Stage) -> None:
    stage.window.show_devices([], "Headset")
    box = stage.window.bar.device
    assert box.currentData() == "Headset"


def test_closing_the_window_stops_the_microphone(spoken: Stage) -> None:
    spoken.window.close()
    assert spoken.dictation.asked[-1] == ("pause",)


# A thousand updates a second


def test_a_thousand_updates_cost_the_window_one_look(spoken: Stage, qtbot: QtBot) -> None:
    feed, script = spoken.desk.feed, spoken.script
    spoken.tell(script.field("/fields/heart_size", "normal"))
    row = spoken.widget("/fields/heart_size")
    looked, announced, updates = feed.counts.looked, feed.counts.announced, row.updates
    for at in range(1000):
        spoken.dictation.tell(script.field("/fields/heart_size", ("normal", "enlarged")[at % 2]))
    assert feed.counts.announced == announced + 1, "the window is told once, however much comes"
    qtbot.waitUntil(lambda: feed.counts.looked > looked)
    assert feed.counts.looked == looked + 1
    assert row.updates == updates + 1
    assert "enlarged" in row.accessibleName()


def test_rows_that_did_not_change_are_not_drawn_again(spoken: Stage) -> None:
    script = spoken.script
    for at in range(50):
        spoken.tell(script.field(f"/fields/findings/{at}/finding", f"f{at}"))
    before = {row.row.path: row.updates for row in spoken.window.fields.findChildren(RowWidget)}
    spoken.tell(script.field("/fields/findings/7/finding", "mass"))
    after = {row.row.path: row.updates for row in spoken.window.fields.findChildren(RowWidget)}
    assert {path for path in after if after[path] != before[path]} == {"/fields/findings/7"}


def test_a_row_is_shown_by_its_place_in_the_template(spoken: Stage) -> None:
    spoken.tell(spoken.script.field("/fields/unheard_of", "x"), spoken.script.field("/fields/views/0", "pa"))
    rows: list[Row] = list(spoken.desk.feed.look()[0].rows)
    assert (rows[0].path, rows[-1].path) == ("/fields/views", "/fields/unheard_of")
