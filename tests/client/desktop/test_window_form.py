"""The form in the window: values, evidence, checks, editing and confirming in place."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

from tests.client.desktop.stage import Stage
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.row_editor import RowEditor
from wardscribe_protocol.messages import (
    FieldState,
)
from wardscribe_protocol.record import Severity


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
