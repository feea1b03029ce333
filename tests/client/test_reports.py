"""The client's questions about reports, asked of a real server that keeps them, async and sync."""

import asyncio
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.client.hospital import Hospital
from wardscribe_client import report_calls as calls
from wardscribe_client.address import server_address
from wardscribe_client.credentials import Credentials
from wardscribe_client.pairing import pair
from wardscribe_client.report_values import Act, ValueEdit
from wardscribe_client.reports import AsyncReports, Reports
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError, RemoteProtocolError, ServerUnreachableError
from wardscribe_protocol.record import ReportState
from wardscribe_server.access.token_file import TokenFile


def test_a_report_goes_from_its_draft_to_an_addendum_through_the_library(hospital: Hospital) -> None:
    report = hospital.dictate("dr-a")
    with hospital.reports("dr-a", "resident") as resident, hospital.reports("dr-b", "attending") as attending:
        opened = resident.ask(calls.read(report))
        assert (opened.report.author, opened.report.state) == ("dr-a", ReportState.DRAFT)
        assert opened.context is not None
        before = resident.ask(calls.standing(report))
        assert before.refusal(Act.EDIT) is None
        assert before.refusal(Act.SIGN) is ErrorCode.FORBIDDEN
        assert before.unconfirmed
        with pytest.raises(RefusedError) as refused:
            resident.ask(calls.sign(report, revision=1))
        assert refused.value.code is ErrorCode.FORBIDDEN
        changed = resident.ask(calls.edit(report, [ValueEdit(path="/fields/heart_size", value="normal")], revision=1))
        confirmed = resident.ask(calls.confirm(report, ["/fields"], revision=changed.report.revision))
        submitted = resident.ask(calls.move(report, Act.SUBMIT, revision=confirmed.report.revision))
        signed = attending.ask(calls.sign(report, revision=submitted.report.revision))
        assert signed.report.state is ReportState.FINAL
        added = attending.ask(calls.addend(report, "Told to the ward.", revision=signed.report.revision))
        edits = [ValueEdit(path="/fields/heart_size", value=None)]
        corrected = attending.ask(
            calls.correct(report, edits, revision=added.report.revision, reason="seen on another film")
        )
        assert corrected.report.state is ReportState.CORRECTED
        heads = attending.ask(calls.versions(report))
        assert [head.number for head in heads] == list(range(1, len(heads) + 1))
        (difference,) = attending.ask(calls.comparison(report, old=heads[-2].number, new=heads[-1].number))
        assert (difference.pointer, difference.before, difference.after) == ("/fields/heart_size", "normal", None)
        assert {change.kind for change in attending.ask(calls.changes(report))} >= {"edit", "confirm", "sign"}
        assert attending.ask(calls.dictation(report)).words
        assert "Told to the ward." in attending.ask(calls.as_text(report))
        for form in attending.ask(calls.about()).formats:
            assert attending.ask(calls.exported(report, form))
        nodule = hospital.draft("dr-a", mrn="MRN-COURSE")
        attending.ask(calls.sign(nodule, revision=1, acknowledge_unconfirmed=True))
        lesions = attending.ask(calls.timeline("MRN-COURSE")).lesions
        assert {point.source.report for lesion in lesions for point in lesion.points} == {nodule}
        assert report in {each.id for each in attending.ask(calls.of_patient(mrn="MRN-00417"))}
        forms = attending.ask(calls.templates())
        assert "胸部X线" in {form.labels.zh for form in forms.templates}


def test_the_async_client_asks_the_same_questions(hospital: Hospital) -> None:
    report = hospital.draft("dr-c")

    async def ask() -> tuple[str, bytes]:
        async with AsyncReports(hospital.address, credentials=hospital.credentials("dr-c", "resident")) as reports:
            opened = await reports.ask(calls.read(report))
            with pytest.raises(RefusedError) as refused:
                await reports.ask(calls.read("f" * 32))
            assert refused.value.code is ErrorCode.UNKNOWN_RECORD
            return opened.report.author, await reports.ask(calls.exported(report, "json"))

    author, exported = asyncio.run(ask())
    assert author == "dr-c"
    assert exported.startswith(b"{")


def test_nobody_is_let_in_without_a_token_and_the_code_says_so(hospital: Hospital) -> None:
    with Reports(hospital.address) as reports, pytest.raises(RefusedError) as refused:
        reports.ask(calls.page())
    assert refused.value.code is ErrorCode.UNAUTHORIZED


def test_a_pairing_code_becomes_a_token_once(hospital: Hospital) -> None:
    code = TokenFile(hospital.running.data).create_code(hospital.grant("dr-p", "attending"), days=30)
    paired = pair(hospital.address, f" {code.lower()} ")
    assert (paired.user, paired.roles) == ("dr-p", ("attending",))
    with Reports(hospital.address, credentials=Credentials(token=paired.token)) as reports:
        assert reports.ask(calls.about()).user == "dr-p"
    assert paired.token.get_secret_value() not in repr(paired)
    with pytest.raises(InputError) as refused:
        pair(hospital.address, code)
    assert "ask for a new one" in refused.value.message
    assert code not in refused.value.message


def test_a_pairing_code_does_not_travel_unencrypted_to_another_machine() -> None:
    with pytest.raises(InputError) as refused:
        pair(server_address("http://ward7.example"), "ABCD-2345")
    assert "https://" in refused.value.message


def test_a_server_that_is_not_there_is_said_to_be_unreachable_with_what_to_do() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    with Reports(server_address(f"127.0.0.1:{port}")) as reports, pytest.raises(ServerUnreachableError) as refused:
        reports.ask(calls.about())
    assert "check address" in refused.value.message


@pytest.mark.parametrize("status", [200, 404])
def test_another_server_on_the_port_is_noticed_and_nothing_of_its_answer_shown(status: int) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>CANARY</html>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        with (
            Reports(server_address(f"127.0.0.1:{other.server_port}")) as reports,
            pytest.raises(RemoteProtocolError) as refused,
        ):
            reports.ask(calls.about())
        thread.join()
    assert "no Wardscribe server" in refused.value.message
    assert "CANARY" not in refused.value.message


def test_values_and_numbers_stand_in_no_log_and_no_representation(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    report = hospital.draft("dr-d")
    with caplog.at_level(logging.DEBUG), hospital.reports("dr-d", "resident") as reports:
        edits = [ValueEdit(path="/fields/indication", value="CANARYVALUE")]
        call = calls.edit(report, edits, revision=1)
        opened = reports.ask(call)
        by_number = calls.of_patient(mrn="MRN-00417")
        reports.ask(by_number)
    logged = "\n".join(f"{record.name} {record.getMessage()}" for record in caplog.records if record.name != "asyncio")
    for shown in (logged, repr(call), repr(edits), repr(opened), repr(by_number)):
        assert "CANARYVALUE" not in shown
        assert "MRN-00417" not in shown
    assert "MRN-00417" not in by_number.path
