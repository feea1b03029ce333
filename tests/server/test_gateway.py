"""The server from outside: a real socket, a real event loop, scripted engines."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.server.serving import Serving, serving, stored_audio, stored_record
from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.errors import ERRORS, ErrorCode, ErrorScope
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.engines.base import Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

SCRIPT = ["PA chest radiograph.", "No pleural effusion.", "Heart size is normal."]
LOUD = (b"\x00\x20" * 1600, b"\x00\x00" * 1600)


def speech(*, utterances: int = 3, seconds: float = 1.0, pause: float = 0.8) -> bytes:
    """Loud stretches with silence between: what the loudness detector takes for utterances."""
    loud, quiet = LOUD
    return b"".join(loud * round(seconds * 10) + quiet * round(pause * 10) for _ in range(utterances))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(
        tmp_path / "data", recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as server:
        yield server


START = {"type": "start", "template": "chest_xray", "language": "en"}


async def start(url: str, **changes: object) -> tuple[ClientConnection, dict[str, object]]:
    socket = await connect(url, subprotocols=["wardscribe.v1"], compression=None, max_size=None)
    await socket.send(json.dumps(START | changes))
    return socket, await receive(socket)


async def receive(socket: ClientConnection) -> dict[str, object]:
    async with asyncio.timeout(20):
        message = json.loads(await socket.recv())
    assert isinstance(message, dict)
    return message


async def wait_for(socket: ClientConnection, kind: str) -> dict[str, object]:
    while (message := await receive(socket))["type"] != kind:
        pass
    return message


async def drain(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def send_audio(socket: ClientConnection, pcm: bytes, *, first: int = 0, step: int = 1600) -> None:
    for offset in range(0, len(pcm), step * 2):
        await socket.send(encode_frame(AudioFrame(first + offset // 2, pcm[offset : offset + step * 2])))


async def finish(socket: ClientConnection, total: int) -> dict[str, object]:
    await socket.send(json.dumps({"type": "stop", "total_samples": total}))
    closed = await wait_for(socket, "closed")
    await socket.send(json.dumps({"type": "ack", "seq": closed["seq"]}))
    return closed


def test_health_is_answered_once_everything_is_loaded(running: Serving) -> None:
    assert httpx.get(f"{running.http}/healthz").status_code == 200


def test_a_dictation_ends_with_its_record_and_every_sample_counted(running: Serving) -> None:
    pcm = speech()

    async def dictate() -> dict[str, object]:
        socket, ready = await start(running.url)
        assert ready["type"] == "ready"
        assert socket.subprotocol == "wardscribe.v1"
        await send_audio(socket, pcm)
        closed = await finish(socket, len(pcm) // 2)
        await socket.close()
        return closed

    closed = asyncio.run(dictate())
    assert closed["total_samples"] == len(pcm) // 2
    assert closed["record"]["transcript"]["raw"] == " ".join(SCRIPT)
    (folder,) = running.sessions()
    assert stored_audio(folder) == pcm
    assert stored_record(folder) == closed["record"]


def test_words_come_with_ids_and_times_and_fields_with_evidence(running: Serving) -> None:
    async def dictate() -> list[dict[str, object]]:
        socket, _ = await start(running.url)
        pcm = speech()
        await send_audio(socket, pcm)
        await socket.send(json.dumps({"type": "stop", "total_samples": len(pcm) // 2}))
        events = [await receive(socket)]
        while events[-1]["type"] != "closed":
            events.append(await receive(socket))
        await socket.close()
        return events

    events = asyncio.run(dictate())
    words = [word for event in events if event["type"] == "commit" for word in event["words"]]
    assert [word["id"] for word in words] == list(range(len(words)))
    assert all(0 <= word["start_ms"] <= word["end_ms"] for word in words)
    assert [event["seq"] for event in events if "seq" in event] == list(
        range(1, sum("seq" in event for event in events) + 1)
    )
    fields = [event for event in events if event["type"] == "field"]
    assert fields
    assert all(event["evidence"]["audio_ms"] for event in fields if event["state"] == "proposed")


def test_the_event_loop_never_decodes(tmp_path: Path) -> None:
    threads: set[str] = set()

    class Watching(ScriptedRecogniser):
        def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
            threads.add(threading.current_thread().name)
            return super().decode(windows)

    with serving(tmp_path, recogniser=Watching(SCRIPT), detector=LoudnessDetector(), min_free_mb=0) as running:
        threads.clear()  # the warm-up before listening is not the event loop's
        asyncio.run(one_dictation(running.url, speech()))
    assert threads
    assert all(name.startswith("decode-") for name in threads)


async def one_dictation(url: str, pcm: bytes) -> dict[str, object]:
    socket, _ = await start(url)
    await send_audio(socket, pcm)
    closed = await finish(socket, len(pcm) // 2)
    await socket.close()
    return closed


def test_many_dictations_at_once_do_not_mix(tmp_path: Path) -> None:
    class Echo(ScriptedRecogniser):
        """Hears how long each utterance is, so that every dictation has words of its own."""

        def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
            self._texts = iter([f"finding {round(len(window.samples) / SAMPLE_RATE * 10)}" for window in windows])
            return super().decode(windows)

    async def together(url: str) -> list[dict[str, object]]:
        audio = [speech(utterances=2, seconds=1 + index / 2) for index in range(8)]
        return await asyncio.gather(*(one_dictation(url, pcm) for pcm in audio))

    with serving(tmp_path, recogniser=Echo([]), detector=LoudnessDetector(), min_free_mb=0) as running:
        closed = asyncio.run(together(running.url))
    heard = [ending["record"]["transcript"]["raw"] for ending in closed]
    assert len(set(heard)) == 8
    for index, text in enumerate(heard):
        words = [int(word) for word in text.split() if word.isdecimal()]
        assert len(words) == 2
        assert all(abs(length - (1 + index / 2) * 10) <= 5 for length in words)


def malformed() -> list[str | bytes]:
    """Over two hundred frames that are not what they should be."""
    good = bytearray(encode_frame(AudioFrame(0, b"\x01\x00" * 160)))
    frames: list[str | bytes] = [b"", b"\x01", bytes(good[:15]), bytes(good[:16]), bytes(good) + b"\x00"]
    frames += [bytes([version]) + bytes(good[1:]) for version in range(2, 32)]
    frames += [bytes([1, flags]) + bytes(good[2:]) for flags in range(1, 32)]
    frames += [bytes([1, 0, stream, 0]) + bytes(good[4:]) for stream in range(1, 32)]
    frames += [bytes(good[:4]) + bytes([reserved]) + bytes(good[5:]) for reserved in range(1, 32)]
    frames += [bytes(good[:8]) + (2**63 + offset).to_bytes(8, "little") + bytes(good[16:]) for offset in range(16)]
    frames.append(bytes(good[:16]) + b"\x00\x00" * (SAMPLE_RATE + 1))
    texts = ["", " ", "{", "}", "[]", "null", "1", '"start"', "{}", "[" * 5000, '{"a":' * 5000, "NaN", "\ufeff{}"]
    bodies: list[object] = [
        {"type": None}, {"type": 1}, {"type": "nothing"}, {"type": "START"}, {"type": ["stop"]},
        {"type": "stop"}, {"type": "stop", "total_samples": -1}, {"type": "stop", "total_samples": 1.5},
        {"type": "stop", "total_samples": "1"}, {"type": "stop", "total_samples": 10**30},
        {"type": "ack"}, {"type": "ack", "seq": 0}, {"type": "ack", "seq": -1}, {"type": "ack", "seq": None},
        {"type": "command"}, {"type": "command", "name": ""}, {"type": "command", "name": "A B"},
        {"type": "command", "name": "x", "args": []}, {"type": "command", "name": "x" * 65},
        {"type": "field_edit"}, {"type": "field_edit", "path": "no pointer", "value": 1},
        {"type": "field_edit", "path": "/fields/x~2", "value": 1}, {"type": "field_edit", "path": "/x" * 400},
        {"type": "finalize", "at_sample": -5}, {"type": "finalize", "extra": 1},
        {"type": "configure", "language": "fr"},
        {"type": "configure", "template": "x"}, {"type": "start"}, {"type": "start", "template": "chest_xray"},
        {"type": "ready"}, {"type": "closed"}, {"type": "tail", "text": "x"},
    ]  # fmt: skip
    texts += [json.dumps(body) for body in bodies]
    texts += [
        json.dumps({"type": "field_edit", "path": "/fields/x", "value": "x" * size}) for size in (300_000, 500_000)
    ]
    texts += [
        json.dumps({"type": name}) for name in ("Stop", "stop ", "st op", "Ack", "config", "finalise", "edit", "go")
    ]
    texts += [
        json.dumps({"type": "stop", "total_samples": value}) for value in (True, False, [], {}, "", "x", 0.1, 1e300)
    ]
    return frames + texts


@pytest.mark.parametrize("chunk", range(4))
def test_every_malformed_frame_gets_an_error_code_and_the_server_lives(running: Serving, chunk: int) -> None:
    frames = malformed()
    assert len(frames) >= 200

    async def provoke() -> None:
        socket, ready = await start(running.url)
        for frame in frames[chunk::4]:
            await socket.send(frame)
            error = await wait_for(socket, "error")
            if ERRORS[ErrorCode(error["code"])].scope is ErrorScope.NONE:
                continue
            await socket.wait_closed()
            resume = {"session": ready["session"], "token": ready["token"], "last_seq": 0}
            socket, answer = await start(running.url, resume=resume)
            assert answer["type"] == "ready"
        await socket.close()

    asyncio.run(provoke())
    assert asyncio.run(one_dictation(running.url, speech(utterances=1)))["record"]["template"] == "chest_xray"


@pytest.mark.parametrize(
    "first", ["", "{", json.dumps({"type": "stop", "total_samples": 0}), b"\x00" * 40, json.dumps({"type": "start"})]
)
def test_what_comes_before_start_is_an_error_and_start_still_works(running: Serving, first: str | bytes) -> None:
    async def begin_badly() -> None:
        socket = await connect(running.url, compression=None)
        await socket.send(first)
        assert (await receive(socket))["type"] == "error"
        await socket.send(json.dumps(START))
        assert (await receive(socket))["type"] == "ready"
        await socket.close()

    asyncio.run(begin_badly())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template": "no_such"}, "unknown_template"),
        ({"language": "fr"}, "unknown_language"),
        ({"resume": {"session": "x", "token": "y", "last_seq": 0}}, "unknown_session"),
    ],
)
def test_a_start_that_cannot_be_served_is_refused_with_its_code(
    running: Serving, changes: dict[str, object], code: str
) -> None:
    async def ask() -> dict[str, object]:
        socket, answer = await start(running.url, **changes)
        await socket.close()
        return answer

    assert asyncio.run(ask())["code"] == code


def test_a_lost_connection_is_resumed_without_losing_or_repeating_a_sample(running: Serving) -> None:
    pcm = speech()
    half = len(pcm) // 2 // 2

    async def dictate() -> dict[str, object]:
        socket, ready = await start(running.url)
        await send_audio(socket, pcm[: half * 2])
        last = 0
        while (message := await receive(socket))["type"] != "commit":
            last = message.get("seq", last)
        socket.transport.abort()
        await socket.wait_closed()
        resume = {"session": ready["session"], "token": ready["token"], "last_seq": last}
        socket, again = await start(running.url, resume=resume)
        assert again["resumed"]
        first = again["next_sample"] - 1000  # some samples twice: they count once
        await send_audio(socket, pcm[first * 2 :], first=first)
        repeated = await wait_for(socket, "commit")
        assert repeated["seq"] == message["seq"], "what was not acknowledged comes again"
        closed = await finish(socket, len(pcm) // 2)
        await socket.close()
        return closed

    closed = asyncio.run(dictate())
    assert closed["record"]["transcript"]["raw"] == " ".join(SCRIPT)
    assert stored_audio(running.sessions()[0]) == pcm


def test_a_wrong_resume_token_is_refused(running: Serving) -> None:
    async def steal() -> dict[str, object]:
        owner, ready = await start(running.url)
        thief, answer = await start(running.url, resume={"session": ready["session"], "token": "x", "last_seq": 0})
        await owner.close()
        await thief.close()
        return answer

    assert asyncio.run(steal())["code"] == "bad_token"


def test_the_newest_connection_takes_a_session_over(running: Serving) -> None:
    async def take_over() -> dict[str, object]:
        old, ready = await start(running.url)
        resume = {"session": ready["session"], "token": ready["token"], "last_seq": 0}
        new, answer = await start(running.url, resume=resume)
        assert answer["type"] == "ready"
        farewell = await wait_for(old, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await drain(old)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "session_taken_over")
        await new.close()
        return farewell

    assert asyncio.run(take_over())["code"] == "session_taken_over"


def test_a_page_of_another_site_may_not_use_the_server(running: Serving) -> None:
    async def visit() -> None:
        with pytest.raises(InvalidStatus):
            await connect(running.url, origin="https://elsewhere.example")

    asyncio.run(visit())


def test_beyond_the_last_place_the_server_says_busy(tmp_path: Path) -> None:
    async def crowd(url: str) -> tuple[dict[str, object], dict[str, object]]:
        first, _ = await start(url)
        second, answer = await start(url)
        error = await receive(second)
        await first.close()
        await second.close()
        return answer, error

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), max_sessions=1, min_free_mb=0
    ) as running:
        busy, error = asyncio.run(crowd(running.url))
    assert busy["type"] == "busy"
    assert busy["retry_after_s"] > 0
    assert error["code"] == "too_many_sessions"


def test_at_the_last_place_a_session_that_nobody_came_back_to_and_nothing_was_said_in_makes_room(
    tmp_path: Path,
) -> None:
    async def crowd(url: str) -> list[object]:
        empty, _ = await start(url)
        await empty.close()
        speaking, first = await start(url)
        while first["type"] == "busy":  # that the first is gone is noticed in a moment
            await speaking.close()
            speaking, first = await start(url)
        await send_audio(speaking, speech(utterances=1))
        await wait_for(speaking, "ack")
        await speaking.close()
        late, second = await start(url)
        await late.close()
        return [first["type"], second["type"]]

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), max_sessions=1, min_free_mb=0
    ) as running:
        assert asyncio.run(crowd(running.url)) == ["ready", "busy"]
        left = [folder for folder in running.sessions() if stored_audio(folder)]
        reports = httpx.get(f"{running.http}/v1/records").json()["reports"]
    assert len(left) == 1
    assert reports == [], "of nothing said no report is made"


def test_too_little_disk_space_is_refused_before_any_audio_is_taken(tmp_path: Path) -> None:
    async def ask(url: str) -> list[dict[str, object]]:
        socket, busy = await start(url)
        answers = [busy, await receive(socket)]
        await socket.close()
        return answers

    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=10**9
    ) as running:
        busy, error = asyncio.run(ask(running.url))
    assert busy["type"] == "busy"
    assert error["code"] == "storage_full"


def test_metrics_count_and_carry_no_content(running: Serving) -> None:
    asyncio.run(one_dictation(running.url, speech()))
    text = httpx.get(f"{running.http}/metrics").text
    assert 'wardscribe_records_total{template="chest_xray"} 1.0' in text
    assert "effusion" not in text
    assert "radiograph" not in text


def test_a_new_session_is_put_off_while_finals_wait_too_long_and_those_here_go_on(tmp_path: Path) -> None:
    gate = threading.Event()

    class Slow(ScriptedRecogniser):
        def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
            if len(windows[0].samples) != SAMPLE_RATE:  # the warm-up's second of silence
                assert gate.wait(20)
            return super().decode(windows)

    async def crowd(url: str) -> tuple[list[dict[str, object]], dict[str, object]]:
        first, second = [(await start(url))[0] for _ in range(2)]
        for socket in (first, second):
            await send_audio(socket, speech())
        refused: list[dict[str, object]] = []
        while not refused:
            async with connect(url, subprotocols=["wardscribe.v1"]) as newcomer:
                await newcomer.send(json.dumps({"type": "start", "template": "chest_xray", "language": "en"}))
                answer = json.loads(await newcomer.recv())
                if answer["type"] == "busy":
                    refused = [answer, json.loads(await newcomer.recv())]
        gate.set()
        closed = await finish(first, len(speech()) // 2)
        await asyncio.gather(first.close(), second.close())
        return refused, closed

    with serving(
        tmp_path,
        recogniser=Slow(SCRIPT),
        detector=LoudnessDetector(),
        min_free_mb=0,
        workers=1,
        busy_seconds=0.05,
    ) as running:
        (busy, error), closed = asyncio.run(crowd(running.url))
    assert busy["retry_after_s"]
    assert error["code"] == "too_many_sessions"
    assert closed["type"] == "closed"


def test_a_client_that_offers_compression_gets_none(running: Serving) -> None:
    async def offer() -> list[object]:
        async with connect(running.url, compression="deflate") as socket:
            return list(socket.protocol.extensions)

    assert asyncio.run(offer()) == []
