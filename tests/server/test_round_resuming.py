"""A ward round over two beds in one session: a report a patient, also when the server goes down between the beds."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.server.level_recogniser import LevelRecogniser, said
from tests.server.serving import Serving, journal_of
from tests.server.test_gateway import receive, send_audio, start
from tests.server.test_resuming import is_over, killed, server
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server import conductor
from wardscribe_server.journal.entries import Made
from wardscribe_server.records.service import ReportService

TEXTS = ["Bed two.", "No fever.", "Next patient, bed four.", "Moderate cough."]
PCM = said(TEXTS)
HALF = len(PCM) // 4 * 2
CONTEXT = {"patient": {"mrn": "MRN-00418"}}
Message = dict[str, object]


def recogniser() -> LevelRecogniser:
    return LevelRecogniser(TEXTS)


class Round:
    """A client on its round, from one server to the next."""

    def __init__(self) -> None:
        self.ready: Message = {}
        self.seq = self.last_seq = 0
        self.fields: dict[str, object] = {}

    async def first_bed(self, url: str) -> None:
        self.socket, self.ready = await start(url, template="ward_round", context=CONTEXT)
        await send_audio(self.socket, PCM[:HALF])
        await self.hears("final", times=2)
        await self.sets("/fields/hospital_day", 3)

    async def resumes(self, url: str) -> int:
        resume = {"session": self.ready["session"], "token": self.ready["token"], "last_seq": self.last_seq}
        self.socket, ready = await start(url, template="ward_round", resume=resume)
        assert ready["type"] == "ready", ready
        return int(str(ready["next_sample"]))

    async def second_bed(self, *, first: int = HALF // 2) -> None:
        await send_audio(self.socket, PCM[first * 2 :], first=first)
        await self.hears("final", times=2)
        await self.sets("/fields/hospital_day", 3)

    async def stops(self) -> None:
        await self.socket.send(json.dumps({"type": "stop", "total_samples": len(PCM) // 2}))

    async def is_told(self) -> Message:
        closed = await self.hears("closed")
        await self.socket.send(json.dumps({"type": "ack", "seq": closed["seq"]}))
        await self.socket.close()
        return closed

    async def sets(self, path: str, value: object) -> None:
        self.seq += 1
        await self.socket.send(json.dumps({"type": "field_edit", "seq": self.seq, "path": path, "value": value}))
        while (await self.hears("field"))["path"] != path:
            pass

    async def hears(self, kind: str, *, times: int = 1) -> Message:
        while True:
            message = await receive(self.socket)
            assert message["type"] != "error", message
            if "seq" in message:
                self.last_seq = int(str(message["seq"]))
            if message["type"] == "field" and message["state"] == "withdrawn":
                del self.fields[str(message["path"])]
            elif message["type"] == "field":
                self.fields[str(message["path"])] = message["value"]
            times -= message["type"] == kind
            if not times:
                return message

    async def vanishes(self) -> None:
        await vanished(self.socket)


async def vanished(socket: ClientConnection) -> None:
    socket.transport.abort()
    await socket.wait_closed()


async def undisturbed(url: str) -> Message:
    client = Round()
    await client.first_bed(url)
    await client.second_bed()
    await client.stops()
    closed = await client.is_told()
    assert client.fields["/fields/bed"] == "4"
    assert client.fields["/fields/hospital_day"] == 3
    return closed


def check_reports(running: Serving, closed: Message) -> None:
    """A report a patient, each with its own words, and none said to be of the patient whom the session began with."""
    records = closed["records"]
    assert isinstance(records, list)
    assert [record["fields"]["bed"] for record in records] == ["2", "4"]
    assert [record["fields"]["hospital_day"] for record in records] == [3, 3]
    assert records[1] == closed["record"]
    (session,) = running.sessions()
    with httpx.Client(base_url=running.http) as http:
        reports = {each["session"]: each["id"] for each in http.get("/v1/records").json()["reports"]}
        assert sorted(reports) == [session.name, f"{session.name}/2"]
        for name, record, said_of in zip(
            sorted(reports), records, ("Bed two. No fever.", " ".join(TEXTS[2:])), strict=True
        ):
            kept = http.get(f"/v1/records/{reports[name]}").json()["version"]["record"]
            assert kept["fields"] == record["fields"]
            assert kept["transcript"] == record["transcript"]
            dictation = http.get(f"/v1/records/{reports[name]}/dictation").json()
            assert " ".join(word["text"] for word in dictation["words"]) == said_of
            other = "cough" if "fever" in said_of else "fever"
            assert other not in json.dumps(dictation["edits"])
        assert http.post("/v1/patients/records", json={"mrn": "MRN-00418"}).json() == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Message:
    with server(tmp_path_factory.mktemp("whole"), recogniser=recogniser()) as running:
        closed = asyncio.run(undisturbed(running.url))
        check_reports(running, closed)
    return closed


def test_a_round_goes_on_at_the_second_bed_on_the_next_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message
) -> None:
    client = Round()

    async def before(url: str) -> None:
        await client.first_bed(url)
        await client.vanishes()

    async def after(url: str) -> Message:
        await client.second_bed(first=await client.resumes(url))
        await client.stops()
        return await client.is_told()

    with killed(monkeypatch, tmp_path, recogniser=recogniser()) as running:
        asyncio.run(before(running.url))
    with server(tmp_path, recogniser=recogniser()) as running:
        closed = asyncio.run(after(running.url))
        check_reports(running, closed)
    assert closed["records"] == whole["records"]
    assert client.fields["/fields/bed"] == "4"


def test_a_server_that_goes_down_between_two_reports_leaves_the_second_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message
) -> None:
    monkeypatch.setattr(conductor, "_FULL_DISK_RETRY_S", 0.01)
    client = Round()
    real = ReportService.keep_draft

    def first_only(*arguments: object, session: str, **keywords: object) -> object:
        if session.endswith("/2"):
            raise RefusedError(ErrorCode.RECORDS_UNAVAILABLE)
        return real(*arguments, session=session, **keywords)

    async def before(url: str) -> None:
        await client.first_bed(url)
        await client.second_bed()
        await client.stops()
        while (message := await receive(client.socket))["type"] != "error":
            client.last_seq = int(str(message.get("seq", client.last_seq)))
        assert message["code"] == "records_unavailable"
        await client.vanishes()

    async def after(running: Serving) -> Message:
        await client.resumes(running.url)
        closed = await client.is_told()
        await is_over(running.sessions()[0])
        return closed

    with monkeypatch.context() as patched:
        patched.setattr(ReportService, "keep_draft", first_only)
        with killed(monkeypatch, tmp_path, recogniser=recogniser()) as running:
            asyncio.run(before(running.url))
            assert len(httpx.get(f"{running.http}/v1/records").json()["reports"]) == 1
    with server(tmp_path, recogniser=recogniser()) as running:
        closed = asyncio.run(after(running))
        check_reports(running, closed)
    assert closed["records"] == whole["records"]
    made = [entry for entry in journal_of(running.sessions()[0]).entries() if isinstance(entry, Made)]
    assert [len(entry.patients) for entry in made] == [2]
