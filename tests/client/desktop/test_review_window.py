"""The review window against a real server: read, edit, confirm, sign, add, compare, export, as a person would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from tests.client.hospital import Hospital
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import table
from wardscribe_client.desktop.review import printing
from wardscribe_client.desktop.review.compare_dialog import CompareDialog
from wardscribe_client.desktop.review.opening import open_review
from wardscribe_client.desktop.review.printing import Sheet, paint
from wardscribe_client.desktop.review.signing import SignDialog, TextDialog
from wardscribe_client.desktop.review.timeline_dialog import TimelineDialog
from wardscribe_client.desktop.review.value_dialog import ValueDialog
from wardscribe_client.desktop.review.window import _BUTTONS, ReviewWindow
from wardscribe_client.report_calls import edit, read, standing
from wardscribe_client.report_values import ValueEdit

WAIT_MS = 10_000


class Desk:
    """Opens reviews and waits for the server."""

    def __init__(self, qtbot: QtBot, hospital: Hospital, interface: Interface) -> None:
        self.qtbot, self.hospital, self.interface = qtbot, hospital, interface
        self.opened: list[ReviewWindow] = []

    def open(self, report: str, user: str, role: str) -> ReviewWindow:
        window = open_review(
            None,
            self.interface,
            report,
            server=self.hospital.address,
            credentials=self.hospital.credentials(user, role),
        )
        self.opened.append(window)
        self.qtbot.waitUntil(lambda: window._desk.reviewed is not None, timeout=WAIT_MS)
        self.settled(window)
        return window

    def close(self) -> None:
        for window in self.opened:
            if isValid(window):
                window.close()

    def settled(self, window: ReviewWindow) -> None:
        self.qtbot.waitUntil(lambda: not window._desk.busy, timeout=WAIT_MS)

    def dialog(self, window: ReviewWindow, kind: type[QDialog]) -> QDialog:
        found = [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]
        assert len(found) == 1, f"{len(found)} dialogs of {kind.__name__}"
        return found[0]

    def choose(self, window: ReviewWindow, path: str) -> None:
        assert window.fields.choose(path), path


@pytest.fixture
def desk(qtbot: QtBot, hospital: Hospital, interface: Interface) -> Iterator[Desk]:
    made = Desk(qtbot, hospital, interface)
    yield made
    made.close()


@pytest.fixture
def desk_en(qtbot: QtBot, hospital: Hospital, english: Interface) -> Iterator[Desk]:
    made = Desk(qtbot, hospital, english)
    yield made
    made.close()


def states(window: ReviewWindow) -> dict[str, str]:
    return {path: row.state.value for path, row in ((row.path, row) for row in window._rows)}


def test_a_dictation_is_reviewed_by_a_resident_and_signed_by_an_attending(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    report = desk.hospital.dictate("dr-a")
    english = desk.interface.language.value == "en"
    window = desk.open(report, "dr-a", "resident")
    assert "pneumonia" in window.text.toPlainText()
    assert ("NOT SIGNED" if english else "未签署") in window.text.toPlainText()
    assert ("only an attending physician may" if english else "只有主治（上级）医师可以签署") in window.why.text()
    window.buttons["sign"].click()
    assert not [dialog for dialog in window.findChildren(SignDialog) if dialog.isVisible()]
    assert window.why.property("severity") == "error"

    desk.choose(window, "/fields/impression/0")
    window.fields._tree.setFocus()
    qtbot.keyClick(window.fields._tree, Qt.Key.Key_Return)
    typing = desk.dialog(window, ValueDialog)
    editor = typing.findChild(QPlainTextEdit) or typing.findChild(QLineEdit)
    assert editor is not None
    editor.setPlainText("Pneumonia of the right lower lobe.") if isinstance(editor, QPlainTextEdit) else editor.setText(
        "Pneumonia of the right lower lobe."
    )
    assert isinstance(typing, ValueDialog)
    typing.save.click()
    desk.settled(window)
    assert states(window)["/fields/impression/0"] == "edited"
    assert "Pneumonia of the right lower lobe." in window.text.toPlainText()

    before = sum(state == "proposed" for state in states(window).values())
    proposed = next(path for path, state in states(window).items() if state == "proposed")
    desk.choose(window, proposed)
    qtbot.keyClick(window.fields._tree, Qt.Key.Key_C)
    desk.settled(window)
    assert states(window)[proposed] == "confirmed"
    assert sum(state == "proposed" for state in states(window).values()) == before - 1
    window.buttons["submit"].click()
    desk.settled(window)
    assert window.buttons["submit"].isHidden()

    window = desk.open(report, "dr-b", "attending")
    if not window.buttons["confirm_all"].isHidden():
        window.buttons["confirm_all"].click()
        desk.settled(window)
    window.buttons["sign"].click()
    asking = desk.dialog(window, SignDialog)
    assert isinstance(asking, SignDialog)
    assert asking.sign.isEnabled()
    assert asking.acknowledge.isHidden()
    with qtbot.waitSignal(window.signed, timeout=WAIT_MS):
        asking.sign.click()
    assert ("Signed by dr-b" if english else "签署人 dr-b") in window.text.toPlainText()
    assert window.buttons["sign"].isHidden()

    window.buttons["addend"].click()
    writing = desk.dialog(window, TextDialog)
    assert isinstance(writing, TextDialog)
    assert not writing.go.isEnabled()
    writing.editor.setPlainText("Told to the ward at noon.")  # type: ignore[union-attr]
    writing.go.click()
    desk.settled(window)
    assert "Told to the ward at noon." in window.text.toPlainText()

    window.buttons["compare"].click()
    comparing = desk.dialog(window, CompareDialog)
    assert isinstance(comparing, CompareDialog)
    desk.settled(window)
    old, new = comparing.shown()
    assert "Told to the ward" not in old
    assert "Told to the ward" in new
    first = comparing._choosers[0]
    first.setCurrentIndex(0)
    desk.settled(window)
    comparing.accept()

    for form in ("json", "text", "pdf"):
        target = tmp_path / form
        window.acting.export_to(target, form)
        desk.settled(window)
    written = {path.name: path for path in tmp_path.iterdir()}
    assert set(written) == {"json.json", "text.txt", "pdf.pdf"}
    assert written["pdf.pdf"].read_bytes().startswith(b"%PDF")
    assert '"state":"addended"' in written["json.json"].read_text()
    assert "Told to the ward" in written["text.txt"].read_text()
    assert {path.stat().st_mode & 0o777 for path in written.values()} == {0o600}
    with qtbot.waitSignal(window.next_wanted):
        window.buttons["next"].click()
    assert not window.isVisible()


def test_a_check_that_blocks_signing_is_shown_with_its_reason_and_leads_to_its_place(desk_en: Desk) -> None:
    report = desk_en.hospital.draft(
        "dr-a",
        fields={
            "findings": [{"finding": "pleural effusion", "presence": "present", "laterality": "right"}],
            "impression": ["Left pleural effusion."],
        },
    )
    with desk_en.hospital.reports("dr-a", "resident") as reports:
        reports.ask(edit(report, [ValueEdit(path="/fields/heart_size", value="normal")], revision=1))
        assert reports.ask(standing(report)).blocking
    window = desk_en.open(report, "dr-b", "attending")
    (blocking, *_) = window.checks.shown()
    assert blocking.startswith("Blocks signing: ")
    window.buttons["sign"].click()
    assert "cannot be signed yet" in window.why.text()
    window.fields.choose("/fields/heart_size")
    window.checks._list.itemActivated.emit(window.checks._list.item(0))
    assert window.fields.chosen_path in ("/fields/impression/0", "/fields/findings/0")
    assert window.why.text() in blocking


def test_unconfirmed_values_are_signed_only_knowingly(desk_en: Desk, qtbot: QtBot) -> None:
    window = desk_en.open(desk_en.hospital.draft("dr-a"), "dr-b", "attending")
    window.buttons["sign"].click()
    asking = desk_en.dialog(window, SignDialog)
    assert isinstance(asking, SignDialog)
    assert not asking.sign.isEnabled()
    asking.acknowledge.setChecked(True)
    assert asking.sign.isEnabled()
    with qtbot.waitSignal(window.signed, timeout=WAIT_MS):
        asking.sign.click()


def test_a_signed_report_is_corrected_with_a_reason_only(desk_en: Desk, qtbot: QtBot) -> None:
    window = desk_en.open(desk_en.hospital.draft("dr-a"), "dr-b", "attending")
    window._desk.sign(acknowledge_unconfirmed=True)
    desk_en.settled(window)
    desk_en.choose(window, "/fields/heart_size")
    window.acting.edit("/fields/heart_size", window._rows, window._wording)
    typing = desk_en.dialog(window, ValueDialog)
    assert isinstance(typing, ValueDialog)
    box = typing.findChild(QComboBox)
    assert box is not None
    box.setCurrentIndex(box.findData("enlarged"))
    typing.save.click()
    assert typing.isVisible(), "no reason was given"
    typing._reason.setText("misheard")
    typing.save.click()
    desk_en.settled(window)
    assert window._desk.reviewed is not None
    assert window._desk.reviewed.opened.report.state.value == "corrected"
    assert window._desk.reviewed.record.fields["heart_size"] == "enlarged"


def test_an_entry_is_added_and_removed(desk_en: Desk) -> None:
    window = desk_en.open(desk_en.hospital.draft("dr-a"), "dr-a", "resident")
    window.acting.add("findings", window._wording)
    typing = desk_en.dialog(window, ValueDialog)
    assert isinstance(typing, ValueDialog)
    typing.save.click()
    assert typing.isVisible(), "a finding has a name"
    typing._typed["/fields/findings/2/finding"] = lambda: "pneumothorax"
    typing._typed["/fields/findings/2/presence"] = lambda: "absent"
    typing.save.click()
    desk_en.settled(window)
    assert "no pneumothorax" in window.text.toPlainText().lower()
    window.acting.edit("/fields/findings/0", window._rows, window._wording)
    again = desk_en.dialog(window, ValueDialog)
    assert isinstance(again, ValueDialog)
    assert again.remove is not None
    again.remove.click()
    desk_en.settled(window)
    listed = window._desk.reviewed.record.fields["findings"] if window._desk.reviewed else []
    assert [entry["finding"] for entry in listed] == ["nodule", "pneumothorax"]  # type: ignore[index, union-attr, call-overload]


def test_when_somebody_else_was_quicker_the_report_is_read_again_and_that_is_said(desk_en: Desk) -> None:
    report = desk_en.hospital.draft("dr-a")
    window = desk_en.open(report, "dr-a", "resident")
    with desk_en.hospital.reports("dr-b", "attending") as reports:
        reports.ask(edit(report, [ValueEdit(path="/fields/heart_size", value="enlarged")], revision=1))
    window._desk.confirm(["/fields/findings/0"])
    desk_en.settled(window)
    assert window.why.text().startswith("Somebody changed this report")
    assert states(window)["/fields/findings/0"] == "proposed", "nothing was done"
    assert window._desk.reviewed is not None
    assert window._desk.reviewed.record.fields["heart_size"] == "enlarged"


def test_the_patient_is_shown_over_time_and_a_line_leads_to_its_report(desk_en: Desk, qtbot: QtBot) -> None:
    mrn = "MRN-77-TIME"
    first = desk_en.hospital.draft("dr-a", mrn=mrn)
    window = desk_en.open(first, "dr-b", "attending")
    window._desk.sign(acknowledge_unconfirmed=True)
    desk_en.settled(window)
    window.buttons["timeline"].click()
    course = desk_en.dialog(window, TimelineDialog)
    assert isinstance(course, TimelineDialog)
    desk_en.settled(window)
    lines = course.shown()
    assert any("7 mm" in line[2] and line[3] == "first seen" for line in lines)
    with qtbot.waitSignal(course.report_wanted) as wanted:
        course._tree.itemActivated.emit(course._tree.topLevelItem(0).child(0).child(0), 0)
    assert wanted.args == [first]


def test_every_printed_page_says_what_it_belongs_to(english: Interface, tmp_path: Path) -> None:
    lines = "".join(f'<p class="line">line {number}</p>' for number in range(120))
    sheet = Sheet(html=lines, running="NOT SIGNED: draft", title="Review", font=QFont("DejaVu Sans", 10))
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "long.pdf"))
    assert paint(printer, sheet) >= 3
    painted: list[str] = []

    class Noting(QPainter):
        def drawText(self, *arguments: object) -> None:  # noqa: N802
            assert 6 <= self.font().pixelSize() <= 20, "as tall as it is laid out, not as the printer counts points"
            painted.append(str(arguments[-1]))

    printing.QPainter, kept = Noting, printing.QPainter
    try:
        pages = paint(printer, sheet)
    finally:
        printing.QPainter = kept
    assert painted.count("NOT SIGNED: draft") == pages
    assert painted[1::2] == [f"{number} / {pages}" for number in range(1, pages + 1)]


def test_a_report_is_opened_by_the_session_that_was_dictated(desk_en: Desk) -> None:
    report = desk_en.hospital.dictate("dr-s")
    with desk_en.hospital.reports("dr-s", "resident") as reports:
        session = reports.ask(read(report)).report.session
    assert session is not None
    window = desk_en.open(session, "dr-s", "resident")
    assert window._desk.report == report


def test_a_server_that_is_gone_is_said_with_what_to_do(desk_en: Desk, qtbot: QtBot) -> None:
    hospital = desk_en.hospital
    window = open_review(
        None,
        desk_en.interface,
        "f" * 32,
        server=hospital.address,
        credentials=hospital.credentials("dr-a", "resident"),
    )
    desk_en.opened.append(window)
    qtbot.waitUntil(lambda: window.why.property("severity") == "error", timeout=WAIT_MS)
    assert "no such report" in window.why.text()


def test_the_keys_are_as_the_page_about_them_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "review.md").read_text(encoding="utf-8")
    for phrase, keys, _ in _BUTTONS:
        assert f"| `{keys}` | {table('review')[phrase]['en']} |" in page


def test_everything_in_the_window_has_a_name_for_a_screen_reader(desk: Desk) -> None:
    window = desk.open(desk.hospital.draft("dr-a"), "dr-b", "attending")
    unnamed = [
        type(widget).__name__
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and widget.isVisible()
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
        and widget.objectName() not in ("qt_scrollarea_viewport", "qt_tabwidget_tabbar")
        and type(widget).__name__ not in ("QTabBar", "QHeaderView", "QSplitterHandle", "QStackedWidget")
    ]
    assert unnamed == []
    keys = [button.shortcut().toString() for button in window.findChildren(QAbstractButton) if button.text()]
    assert all(keys)
    assert len(set(keys)) == len(keys), "a key does one thing"
