"""One session when things go wrong: a full disk, a failing engine, a stopping server, a field that is edited."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.server.serving import serving, stored_audio, stored_record
from tests.server.test_gateway import SCRIPT, finish, receive, send_audio, speech, start, wait_for
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server import conductor, decoding
from wardscribe_server.engines.base import Effort, Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser
from wardscribe_server.journal.journal import Journal


def failing(method: Callable[..., object], *, times: int) -> Callable[..., object]:
    """`method` after `times` failures for want of disk space."""
    left = [times]

    def wrapped(*arguments: object, **keywords: object) -> object:
        if left[0]:
            left[0] -= 1
            raise RefusedError(ErrorCode.STORAGE_FULL)
        return method(*arguments, **keywords)

    return wrapped


def test_a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conductor, "_FULL_DISK_RETRY_S", 0.01)
    pcm = speech()

    async def dictate(url: str) -> tuple[str, dict[str, object]]:
        socket, _ = await start(url)
        monkeypatch.setattr(Journal, "sync", failing(Journal.sync, times=3))
        await send_audio(socket, pcm)
        await socket.send(json.dumps({"type": "stop", "total_samples": len(pcm) // 2}))
        error = await wait_for(socket, "error")
        closed = await finish(socket, len(pcm) // 2)
        await socket.close()
        return str(error["code"]), closed

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        code, closed = asyncio.run(dictate(running.url))
        stored = stored_audio(running.sessions()[0])
    assert code == "storage_full"
    assert stored == pcm
    assert closed["record"]["transcript"]["raw"] == " ".join(SCRIPT)


class Failing(ScriptedRecogniser):
    """Fails the first `times` final decodes the way CTranslate2 does."""

    def __init__(self, *, times: int) -> None:
        super().__init__(SCRIPT)
        self._left = times

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        if windows[0].effort is Effort.FINAL and self._left:
            self._left -= 1
            raise RuntimeError("out of memory")
        return super().decode(windows)


def test_a_decode_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    async def dictate(url: str) -> dict[str, object]:
        socket, _ = await start(url)
        await send_audio(socket, speech())
        closed = await finish(socket, len(speech()) // 2)
        await socket.close()
        return closed

    with serving(tmp_path, recogniser=Failing(times=1), detector=LoudnessDetector(), min_free_mb=0) as running:
        assert asyncio.run(dictate(running.url))["record"]["transcript"]["raw"] == " ".join(SCRIPT)


def test_an_engine_that_keeps_failing_ends_the_session_and_keeps_its_audio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm = speech(utterances=1)

    async def dictate(url: str) -> dict[str, object]:
        socket, _ = await start(url)
        await send_audio(socket, pcm)
        await socket.send(json.dumps({"type": "finalize"}))
        error = await wait_for(socket, "error")
        await socket.close()
        return error

    monkeypatch.setattr(decoding, "_RETRY_S", (0.0, 0.0))
    with serving(tmp_path, recogniser=Failing(times=3), detector=LoudnessDetector(), min_free_mb=0) as running:
        assert asyncio.run(dictate(running.url))["code"] == "internal"
        assert stored_audio(running.sessions()[0]) == pcm


def test_what_cannot_be_heard_again_stands_as_it_was_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[int] = []

    class OnlyOnce(ScriptedRecogniser):
        def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
            if windows[0].effort is Effort.AGAIN:
                failed.append(len(windows))
                raise RuntimeError("out of memory")
            return super().decode(windows)

    async def dictate(url: str) -> dict[str, object]:
        socket, _ = await start(url)
        await send_audio(socket, speech())
        closed = await finish(socket, len(speech()) // 2)
        await socket.close()
        return closed

    monkeypatch.setattr(decoding, "_RETRY_S", (0.0, 0.0))
    with serving(tmp_path, recogniser=OnlyOnce(SCRIPT), detector=LoudnessDetector(), min_free_mb=0) as running:
        assert asyncio.run(dictate(running.url))["record"]["transcript"]["raw"] == " ".join(SCRIPT)
    assert len(failed) >= 3, "tried as often as any other"


def test_a_session_that_nobody_resumes_becomes_a_record_when_its_lease_ends(tmp_path: Path) -> None:
    async def begin_and_wait(url: str, sessions: Path) -> None:
        socket, _ = await start(url)
        await send_audio(socket, speech())
        await wait_for(socket, "commit")
        socket.transport.abort()
        await socket.wait_closed()
        async with asyncio.timeout(20):
            while not list(sessions.glob("*/over.json")):
                await asyncio.sleep(0.05)

    with serving(
        tmp_path,
        recogniser=ScriptedRecogniser(SCRIPT),
        detector=LoudnessDetector(),
        lease_seconds=0.2,
        min_free_mb=0,
    ) as running:
        asyncio.run(begin_and_wait(running.url, tmp_path / "sessions"))
        assert running.thread.is_alive()
        record = stored_record(running.sessions()[0])
    assert record is not None
    assert record["transcript"]["raw"] == " ".join(SCRIPT)


def test_an_edited_field_is_said_back_and_stays_edited(tmp_path: Path) -> None:
    path, value = "/fields/indication", "follow-up"

    async def dictate(url: str) -> tuple[dict[str, object], dict[str, object]]:
        socket, _ = await start(url)
        await socket.send(json.dumps({"type": "field_edit", "path": path, "value": value, "seq": 1}))
        field = await wait_for(socket, "field")
        await send_audio(socket, speech())
        closed = await finish(socket, len(speech()) // 2)
        await socket.close()
        return field, closed

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        field, closed = asyncio.run(dictate(running.url))
    assert (field["path"], field["value"], field["state"]) == (path, value, "edited")
    assert closed["record"]["fields"]["indication"] == value
    assert closed["record"]["evidence"][path]["source"] == "edited"


def test_a_confirmed_field_is_said_back_as_confirmed_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    def confirm(path: str, seq: int) -> str:
        return json.dumps({"type": "command", "name": "confirm_field", "args": {"path": path}, "seq": seq})

    async def dictate(url: str) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        socket, _ = await start(url)
        await send_audio(socket, speech())
        await socket.send(json.dumps({"type": "finalize", "seq": 1}))
        proposed = await wait_for(socket, "field")
        await wait_for(socket, "finalized")
        await socket.send(confirm(str(proposed["path"]), 2))
        said = await wait_for(socket, "field")
        await socket.send(confirm("/fields/nothing", 3))
        refused = await wait_for(socket, "error")
        await socket.close()
        return proposed, said, refused

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        proposed, said, refused = asyncio.run(dictate(running.url))
    assert (proposed["state"], said["state"]) == ("proposed", "confirmed")
    assert (said["path"], said["value"]) == (proposed["path"], proposed["value"])
    assert refused["code"] == "bad_field"


@pytest.mark.parametrize("path", ["/fields/findings/7/size_mm", "/elsewhere", "/fields/indication/deeper/still"])
def test_an_edit_of_what_is_no_field_is_refused_and_changes_nothing(tmp_path: Path, path: str) -> None:
    async def edit(url: str) -> tuple[dict[str, object], dict[str, object]]:
        socket, _ = await start(url)
        await socket.send(json.dumps({"type": "field_edit", "path": "/fields/indication", "value": "x", "seq": 1}))
        await wait_for(socket, "field")
        await socket.send(json.dumps({"type": "field_edit", "path": path, "value": "y", "seq": 2}))
        error = await wait_for(socket, "error")
        closed = await finish(socket, 0)
        await socket.close()
        return error, closed

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        error, closed = asyncio.run(edit(running.url))
    assert error["code"] == "bad_field"
    assert closed["record"]["fields"] == {"indication": "x"}


def test_a_command_by_button_takes_the_last_utterance_back(tmp_path: Path) -> None:
    async def dictate(url: str) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        socket, _ = await start(url)
        pcm = speech(utterances=2)
        await send_audio(socket, pcm)
        await socket.send(json.dumps({"type": "command", "name": "scratch", "seq": 1}))
        while not (revised := await wait_for(socket, "final"))["corrections"]:
            pass
        await socket.send(json.dumps({"type": "command", "name": "explode", "seq": 2}))
        error = await wait_for(socket, "error")
        closed = await finish(socket, len(pcm) // 2)
        await socket.close()
        return revised, error, closed

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        revised, error, closed = asyncio.run(dictate(running.url))
    assert (revised["segment"], revised["text"]) == (1, "")
    assert revised["corrections"][0]["heard"] == SCRIPT[1]
    assert error["code"] == "unknown_command"
    assert closed["record"]["transcript"]["text"] == SCRIPT[0]


def test_finalize_answers_when_everything_before_it_is_final(tmp_path: Path) -> None:
    pcm = speech(utterances=1, pause=0.0)

    async def ask(url: str) -> list[str]:
        socket, _ = await start(url)
        await send_audio(socket, pcm)
        await socket.send(json.dumps({"type": "finalize", "seq": 1}))
        kinds = []
        while "finalized" not in kinds:
            kinds.append(str((await receive(socket))["type"]))
        await finish(socket, len(pcm) // 2)
        await socket.close()
        return kinds

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        kinds = asyncio.run(ask(running.url))
    assert kinds.index("final") < kinds.index("finalized")


def test_a_tail_that_waits_for_a_worker_is_replaced_by_one_that_hears_more(tmp_path: Path) -> None:
    busy, free = threading.Event(), threading.Event()
    heard: list[float] = []

    class OneAtATime(ScriptedRecogniser):
        """Its only worker is held by the first tail until it is let go."""

        def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
            if windows[0].effort is Effort.TAIL and len(windows[0].samples) != SAMPLE_RATE:  # not the warm-up
                heard.append(len(windows[0].samples) / SAMPLE_RATE)
                busy.set()
                assert free.wait(20)
            return super().decode(windows)

    async def two_speakers(url: str) -> None:
        first, second = [(await start(url))[0] for _ in range(2)]
        loud = speech(utterances=1, seconds=4, pause=0)
        await send_audio(first, loud[: SAMPLE_RATE * 3])
        assert await asyncio.to_thread(busy.wait, 20)
        for part in range(4):
            await send_audio(
                second, loud[part * SAMPLE_RATE * 2 : (part + 1) * SAMPLE_RATE * 2], first=part * SAMPLE_RATE
            )
            # The last half second may wait for more before it is synced.
            while (await wait_for(second, "ack"))["safe_samples"] <= (part + 1) * SAMPLE_RATE - SAMPLE_RATE // 2:
                pass
        free.set()
        while (await wait_for(second, "tail"))["text"] == "":
            pass
        await asyncio.gather(first.close(), second.close())

    with serving(
        tmp_path, recogniser=OneAtATime(SCRIPT), detector=LoudnessDetector(), min_free_mb=0, workers=1
    ) as running:
        asyncio.run(two_speakers(running.url))
    assert heard[1] > 3.0, "not the first second, which was all there was when it was asked for"
