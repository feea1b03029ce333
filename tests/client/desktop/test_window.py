"""A dictation in the window: keys, transcript, sound, line, end, and a thousand updates a second."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
)
from pytestqt.qtbot import QtBot

from tests.client.desktop.scripted import heard
from tests.client.desktop.scripted_dictation import captured
from tests.client.desktop.stage import Stage
from wardscribe_client.desktop.interface import Interface, text_table
from wardscribe_client.desktop.patient_dialog import PatientDialog
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.rows import Row
from wardscribe_client.desktop.theme import colour_table
from wardscribe_client.dictation_events import Connection, DeviceChanged, DeviceChangeReason, Failed, LinkState
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_protocol.messages import (
    Context,
    ErrorReport,
    Lag,
    OrderContext,
    PatientContext,
    Tail,
)
from wardscribe_protocol.record import Language


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
