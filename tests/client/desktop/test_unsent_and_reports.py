"""What lies on this machine only, and what lies on the server: both lists against a real spool and a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from tests.client.hospital import PCM, Hospital
from wardscribe_client.address import server_address
from wardscribe_client.credentials import Credentials
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.report_list import ReportList
from wardscribe_client.desktop.unsent import UnsentDialog
from wardscribe_client.desktop.uploading import Uploader
from wardscribe_client.report_calls import move, templates
from wardscribe_client.report_values import Act
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool, Standing
from wardscribe_client.spooled_dictation import Mark
from wardscribe_protocol.messages import Context, PatientContext, Start
from wardscribe_protocol.record import Language

WAIT_MS = 20_000
START = Start(
    template="chest_xray", language=Language.EN, context=Context(patient=PatientContext(name="Quellen", mrn="77"))
)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool.at(tmp_path / "spool")


def broken_off(spool: Spool, *, ended: bool) -> str:
    dictation = spool.create(START)
    dictation.add_audio(PCM)
    if ended:
        dictation.mark(Mark.STOPPED)
    dictation.sync()
    spool.close(dictation)
    return dictation.id


def dialog_over(interface: Interface, spool: Spool, access: ServerAccess) -> UnsentDialog:
    with_forms = Forms()
    uploader = Uploader(spool, access)
    made = UnsentDialog(interface, spool, uploader, forms=with_forms, server=access.url)
    made.show()
    return made


def test_what_was_broken_off_is_gone_on_with_or_sent_and_becomes_a_report(
    interface: Interface, spool: Spool, hospital: Hospital, qtbot: QtBot
) -> None:
    open_one, ended = broken_off(spool, ended=False), broken_off(spool, ended=True)
    access = ServerAccess(url=hospital.running.url, credentials=hospital.credentials("dr-u", "resident"))
    dialog = dialog_over(interface, spool, access)
    assert [row[2:4] for row in dialog.shown()] == [["Quellen · 77", "0:0" + str(round(len(PCM) / 32000))]] * 2 or len(
        dialog.shown()
    ) == 2
    rows = {id_: row for row, id_ in enumerate(dialog._items)}
    dialog.table.selectRow(rows[ended])
    assert not dialog.buttons["resume"].isEnabled(), "it was finished"
    dialog.buttons["upload"].click()
    assert not dialog.buttons["delete"].isEnabled(), "it is on its way"
    qtbot.waitUntil(lambda: not dialog._uploader.busy, timeout=WAIT_MS)
    assert {item.id: item.standing for item in spool.items()}[ended] is Standing.RECORDED
    with hospital.reports("dr-u", "resident") as reports:
        session = next(item.session for item in spool.items() if item.id == ended)
        from wardscribe_client.report_calls import page

        assert session in {report.session for report in reports.ask(page()).reports}
    dialog.table.selectRow(list(dialog._items).index(open_one))
    with qtbot.waitSignal(dialog.resume_wanted) as wanted:
        dialog.buttons["resume"].click()
    assert wanted.args == [open_one]
    dialog._uploader.close()


def test_without_a_server_everything_stays_and_the_reason_is_said(
    english: Interface, spool: Spool, qtbot: QtBot
) -> None:
    id_ = broken_off(spool, ended=True)
    nowhere = ServerAccess(url=server_address("127.0.0.1:1").dictation, credentials=Credentials())
    dialog = dialog_over(english, spool, nowhere)
    dialog.buttons["upload_all"].click()
    qtbot.waitUntil(lambda: not dialog._uploader.busy, timeout=WAIT_MS)
    assert "Check the address" in dialog.said.text()
    assert dialog.shown()[0][4] == "not sent, kept here"
    assert [item.id for item in spool.unsent()] == [id_]
    assert dialog.buttons["upload"].isEnabled(), "it can be tried again"
    dialog._uploader.close()
    dialog.close()


def test_nothing_is_deleted_before_it_was_asked(english: Interface, spool: Spool, qtbot: QtBot) -> None:
    id_ = broken_off(spool, ended=False)
    dialog = dialog_over(english, spool, ServerAccess(url="ws://127.0.0.1:1/v1/dictation"))
    dialog.table.selectRow(0)
    first = dialog.ask_delete()
    assert first is not None
    assert first.defaultButton() is first.button(QMessageBox.StandardButton.NoButton) or first.defaultButton()
    first.escapeButton().click()
    assert [item.id for item in spool.unsent()] == [id_]
    second = dialog.ask_delete()
    assert second is not None
    next(button for button in second.buttons() if button is not second.escapeButton()).click()
    assert spool.unsent() == []
    assert dialog.shown() == []
    dialog._uploader.close()
    dialog.close()


@pytest.fixture
def listed(english: Interface, hospital: Hospital, qtbot: QtBot) -> Iterator[ReportList]:
    number = f"{id(qtbot):x}"  # another patient for each test
    waiting = hospital.draft("dr-l", mrn=f"MRN-LIST-{number}")
    hospital.draft("dr-l", mrn=f"MRN-LIST-{number}")
    with hospital.reports("dr-l", "resident") as reports:
        reports.ask(move(waiting, Act.SUBMIT, revision=1))
    with hospital.reports("dr-b", "attending") as reports:
        forms = Forms.of(reports.ask(templates()))
        made = ReportList(english, reports, forms=forms, server=hospital.address.http)
        made.show()
        qtbot.waitUntil(lambda: bool(made.shown()), timeout=WAIT_MS)
        made.setProperty("waiting", waiting)
        made.setProperty("number", number)
        yield made
        made.close()


def test_an_attending_begins_with_what_waits_for_a_signature(listed: ReportList, qtbot: QtBot) -> None:
    assert listed.shown()[0] == listed.property("waiting")
    assert {listed.table.item(row, 2).text() for row in range(listed.table.rowCount())} == {"waiting for signature"}
    with qtbot.waitSignal(listed.report_wanted) as wanted:
        listed.buttons["open"].click()
    assert wanted.args == [listed.property("waiting")]


def test_a_patients_reports_are_found_by_number(listed: ReportList, qtbot: QtBot) -> None:
    listed.patient.setText("mrn-list-" + listed.property("number"))
    listed.find_patient()
    qtbot.waitUntil(lambda: not listed.busy, timeout=WAIT_MS)
    assert len(listed.shown()) == 2
    listed.patient.setText("no such number")
    listed.find_patient()
    qtbot.waitUntil(lambda: not listed.busy, timeout=WAIT_MS)
    assert listed.shown() == []
    assert "No reports here" in listed.said.text()


def test_the_list_holds_no_dictation_while_one_is_being_sent(
    english: Interface, spool: Spool, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(spool, ended=True)
    broken_off(spool, ended=True)
    nowhere = ServerAccess(url=server_address("127.0.0.1:1").dictation, credentials=Credentials())
    dialog = dialog_over(english, spool, nowhere)
    looked: list[bool] = []
    real = spool.items
    monkeypatch.setattr(spool, "items", lambda: looked.append(dialog._uploader.busy) or real())
    dialog.buttons["upload_all"].click()
    qtbot.waitUntil(lambda: not dialog._uploader.busy, timeout=WAIT_MS)
    assert looked
    assert not any(looked)
    assert [row[4] for row in dialog.shown()] == ["not sent, kept here"] * 2
    dialog._uploader.close()
    dialog.close()
