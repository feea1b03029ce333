"""A session on one server and then on the next: killed, stopped, torn. Nothing is lost, said twice or made anew."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.level_recogniser import LevelRecogniser, said
from tests.server.serving import Serving, journal_of, serving, stored_audio, stored_record
from tests.server.test_gateway import finish, receive, send_audio, start, wait_for
from wardscribe_server.engines.base import Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector
from wardscribe_server.journal.entries import Over, Reopened
from wardscribe_server.journal.journal import CUT, JOURNAL
from wardscribe_server.journal.rebuilding import HOPELESS
from wardscribe_server.registry import Registry

TEXTS = [
    "PA chest radiograph.",
    "There is a right lower lobe consolidation.",
    "No pleural effusion.",
    "Heart size is normal.",
    "Impression right lower lobe pneumonia.",
]
PCM = said(TEXTS)
Message = dict[str, object]


@contextmanager
def server(data: Path, **settings: object) -> Iterator[Serving]:
    engines: dict[str, object] = {"recogniser": LevelRecogniser(TEXTS), "detector": LoudnessDetector()}
    with serving(data, **{"min_free_mb": 0, **engines, **settings}) as running:
        yield running


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, data: Path, **settings: object) -> Iterator[Serving]:
    """A server that is gone without another word or byte: nobody is let go, and no journal is put in order."""

    async def nothing(*_: object) -> None:
        pass

    async def dies(registry: Registry) -> None:
        for live in list(registry._sessions.values()):
            assert live.task is not None
            assert live.conductor is not None
            live.conductor._journal.close()
            monkeypatch.setattr(live.conductor, "_keep", nothing)
            live.task.cancel()

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "stop", dies)
        with server(data, **settings) as running:
            yield running


async def undisturbed(url: str) -> Message:
    socket, _ = await start(url)
    await send_audio(socket, PCM)
    closed = await finish(socket, len(PCM) // 2)
    await socket.close()
    return closed["record"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Message:
    with server(tmp_path_factory.mktemp("whole")) as running:
        return asyncio.run(undisturbed(running.url))


class Physician:
    """A client that keeps what it heard from one server to the next."""

    def __init__(self) -> None:
        self.ready: Message = {}
        self.messages: list[Message] = []

    @property
    def last_seq(self) -> int:
        return max((int(str(message["seq"])) for message in self.messages), default=0)

    async def begins(self, url: str, *, up_to: float) -> None:
        self.socket, self.ready = await start(url)
        await send_audio(self.socket, PCM[: self._bytes(up_to)])

    async def resumes(self, url: str) -> Message:
        resume = {"session": self.ready["session"], "token": self.ready["token"], "last_seq": self.last_seq}
        self.socket, ready = await start(url, resume=resume)
        return ready

    async def sends_from(self, next_sample: int, *, up_to: float = 1.0) -> None:
        await send_audio(self.socket, PCM[next_sample * 2 : self._bytes(up_to)], first=next_sample)

    async def hears(self, kind: str, *, times: int = 1) -> Message:
        seen = 0
        while True:
            message = await receive(self.socket)
            if "seq" in message:
                self.messages.append(message)
            seen += message["type"] == kind
            if seen == times:
                return message

    async def finishes(self) -> Message:
        await self.socket.send(json.dumps({"type": "stop", "total_samples": len(PCM) // 2}))
        closed = await self.hears("closed")
        await self.socket.send(json.dumps({"type": "ack", "seq": closed["seq"]}))
        await self.socket.close()
        return closed["record"]

    async def vanishes(self) -> None:
        self.socket.transport.abort()
        await self.socket.wait_closed()

    def words(self) -> list[int]:
        return [word["id"] for message in self.messages if message["type"] == "commit" for word in message["words"]]

    def fields(self) -> dict[str, object]:
        known: dict[str, object] = {}
        for message in self.messages:
            if message["type"] == "field" and message["state"] == "withdrawn":
                del known[str(message["path"])]
            elif message["type"] == "field":
                known[str(message["path"])] = message["value"]
        return known

    def _bytes(self, share: float) -> int:
        return int(len(PCM) // 2 * share) * 2


async def is_over(folder: Path) -> None:
    async with asyncio.timeout(20):
        while not (folder / "over.json").exists():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.75, 1.0])
def test_a_killed_server_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message, share: float
) -> None:
    physician = Physician()

    async def first(url: str) -> None:
        await physician.begins(url, up_to=share)
        await physician.hears("ack" if share < 0.2 else "final")
        await physician.vanishes()

    async def second(url: str) -> Message:
        ready = await physician.resumes(url)
        assert ready["resumed"] is True
        assert 0 < ready["safe_samples"] == ready["next_sample"] <= len(PCM) // 2 * share
        await physician.sends_from(int(str(ready["next_sample"])))
        return await physician.finishes()

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
    with server(tmp_path) as running:
        record = asyncio.run(second(running.url))
        (folder,) = running.sessions()
    assert record == whole
    assert stored_audio(folder) == PCM
    assert stored_record(folder) == whole
    assert physician.words() == list(range(len(physician.words())))
    assert [message["seq"] for message in physician.messages] == list(range(1, len(physician.messages) + 1))
    assert set(physician.fields()) == set(whole["evidence"])
    kinds = [type(entry) for entry in journal_of(folder).entries()]
    assert kinds.count(Reopened) == 1
    assert kinds[-1] is Over


def test_a_stopping_server_sends_its_clients_to_the_next(tmp_path: Path, whole: Message) -> None:
    physician = Physician()

    async def first(running: Serving) -> tuple[Message, Message]:
        await physician.begins(running.url, up_to=0.6)
        await physician.hears("final")
        running.loop.call_soon_threadsafe(running.server.stop)
        goaway = await wait_for(physician.socket, "goaway")
        error = await wait_for(physician.socket, "error")
        await physician.socket.wait_closed()
        return goaway, error

    async def second(url: str) -> Message:
        ready = await physician.resumes(url)
        await physician.sends_from(int(str(ready["next_sample"])))
        return await physician.finishes()

    with server(tmp_path) as running:
        goaway, error = asyncio.run(first(running))
    assert goaway == {"type": "goaway", "reason": "server_stopping", "retry_after_s": 2.0}
    assert error["code"] == "server_stopping"
    with server(tmp_path) as running:
        assert asyncio.run(second(running.url)) == whole


def test_a_record_that_was_made_and_not_fetched_is_fetched_from_the_next_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message
) -> None:
    physician = Physician()

    async def first(url: str) -> None:
        await physician.begins(url, up_to=1.0)
        await physician.socket.send(json.dumps({"type": "stop", "total_samples": len(PCM) // 2}))
        while (await receive(physician.socket))["type"] != "closed":
            pass
        await physician.vanishes()  # as if none of it had arrived

    async def second(url: str) -> Message:
        await physician.resumes(url)
        return await physician.finishes()

    async def refused(url: str) -> Message:
        error = await physician.resumes(url)
        await physician.socket.close()
        return error

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
    with server(tmp_path) as running:
        assert asyncio.run(second(running.url)) == whole
        asyncio.run(is_over(running.sessions()[0]))
    with server(tmp_path) as running:
        assert asyncio.run(refused(running.url))["code"] == "unknown_session"


def test_what_a_person_did_by_hand_is_kept_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    physician = Physician()
    edit = {"type": "field_edit", "path": "/fields/indication", "value": "cough", "seq": 1}

    async def first(url: str) -> None:
        await physician.begins(url, up_to=0.3)
        await physician.socket.send(json.dumps(edit))
        while (await wait_for(physician.socket, "ack"))["client_seq"] != 1:
            pass
        await physician.vanishes()

    async def second(url: str) -> Message:
        ready = await physician.resumes(url)
        assert ready["client_seq"] == 1
        await physician.socket.send(json.dumps(edit))  # said again, it changes nothing
        await physician.sends_from(int(str(ready["next_sample"])))
        return await physician.finishes()

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
    with server(tmp_path) as running:
        record = asyncio.run(second(running.url))
    assert record["fields"]["indication"] == "cough"
    assert record["evidence"]["/fields/indication"]["source"] == "edited"


def test_a_session_that_nobody_comes_back_for_becomes_a_record_on_the_next_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message
) -> None:
    physician = Physician()

    async def first(url: str) -> None:
        await physician.begins(url, up_to=1.0)
        while (await receive(physician.socket)).get("safe_samples") != len(PCM) // 2:
            pass
        await physician.vanishes()

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
    with server(tmp_path, lease_seconds=0.2) as running:
        asyncio.run(is_over(running.sessions()[0]))
        record = stored_record(running.sessions()[0])
    assert record is not None
    assert record["fields"] == whole["fields"]


def test_a_torn_journal_costs_what_was_not_safe_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Message
) -> None:
    physician = Physician()

    async def first(url: str) -> None:
        await physician.begins(url, up_to=0.5)
        await physician.hears("final")
        await physician.vanishes()

    async def second(url: str) -> Message:
        ready = await physician.resumes(url)
        await physician.sends_from(int(str(ready["next_sample"])))
        return await physician.finishes()

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
        (folder,) = running.sessions()
    with (folder / JOURNAL).open("ab") as journal:
        journal.write(b"\0\0\1\0\1 half a frame")
    with server(tmp_path) as running:
        assert asyncio.run(second(running.url)) == whole
    assert (folder / CUT).exists()


def out_of_memory(_: LevelRecogniser, windows: Sequence[Window]) -> list[Hypothesis]:
    if windows[0].samples.any():  # the warm-up is silence
        raise RuntimeError("out of memory")
    return [Hypothesis("", (), 0.0) for _ in windows]


def test_a_session_that_fails_on_every_server_does_not_keep_them_busy_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    physician = Physician()

    async def first(url: str) -> None:
        await physician.begins(url, up_to=0.3)
        await physician.hears("ack")
        await physician.vanishes()

    with killed(monkeypatch, tmp_path) as running:
        asyncio.run(first(running.url))
        (folder,) = running.sessions()
    monkeypatch.setattr(LevelRecogniser, "decode", out_of_memory)
    for _ in range(HOPELESS):
        assert not (folder / "over.json").exists()
        with killed(monkeypatch, tmp_path):
            pass
    with server(tmp_path):
        assert json.loads((folder / "over.json").read_text())["why"] == "given_up"


def test_a_journal_that_cannot_be_read_stays_and_keeps_no_server_down(tmp_path: Path) -> None:
    folder = tmp_path / "sessions" / "strange"
    folder.mkdir(parents=True)
    (folder / JOURNAL).write_bytes(b"not a journal")
    with server(tmp_path) as running:
        asyncio.run(undisturbed(running.url))
    assert (folder / JOURNAL).read_bytes() == b"not a journal"
