"""The listener: how many may be connected, and how long they may keep silent."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from tests.server.access.authority import Authority
from tests.server.serving import Serving, serving
from tests.server.test_gateway import drain, one_dictation, speech, start, wait_for
from wardscribe_protocol.wire import SUBPROTOCOL
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser
from wardscribe_server.listening import HttpServer, ListeningSettings


@pytest.fixture
def access() -> AccessSettings:
    return AccessSettings(max_connections=12, max_connections_per_address=8)


@pytest.fixture
def running(tmp_path: Path, access: AccessSettings) -> Iterator[Serving]:
    with serving(
        tmp_path / "data",
        recogniser=ScriptedRecogniser([]),
        detector=LoudnessDetector(),
        access=access,
        min_free_mb=0,
    ) as server:
        yield server


def silent(running: Serving, *, address: str = "127.0.0.1") -> socket.socket:
    made = socket.create_connection(running.server.address, timeout=10, source_address=(address, 0))
    made.settimeout(10)
    return made


def is_shut(connection: socket.socket) -> bool:
    """Whether the server ended it. Blocks until something happens, at most ten seconds."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def open_at(running: Serving) -> int:
    assert running.server._http is not None
    return running.server._http.connections


def test_hundreds_of_silent_sockets_cost_few_places_and_keep_nobody_out(running: Serving) -> None:
    with ExitStack() as flood:
        crowd = [flood.enter_context(closing(silent(running))) for _ in range(400)]
        assert all(is_shut(connection) for connection in crowd[: 400 - 8]), "those who were silent longest gave way"
        assert open_at(running) in (7, 8), "7 while one gives way to another"
        assert httpx.get(f"{running.http}/healthz").status_code == 200, "also from the same address"
        assert asyncio.run(one_dictation(running.url, speech(utterances=1)))["total_samples"]
        with closing(silent(running, address="127.0.0.2")) as other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert other.recv(15) == b"HTTP/1.1 200 OK"


def test_who_said_what_he_wants_is_not_displaced(running: Serving) -> None:
    async def crowded() -> None:
        dictating = [(await start(running.url))[0] for _ in range(8)]
        for _ in range(50):
            with closing(silent(running)) as late:
                assert await asyncio.to_thread(is_shut, late)
        for connection in dictating:
            await connection.send('{"type": "finalize"}')
            assert await wait_for(connection, "finalized")
        await asyncio.gather(*(connection.close() for connection in dictating))

    asyncio.run(crowded())


def test_a_handshake_without_a_start_keeps_nobody_out(running: Serving) -> None:
    async def crowded() -> None:
        waiting = [await connect(running.url, subprotocols=[Subprotocol(SUBPROTOCOL)]) for _ in range(30)]
        for displaced in waiting[: 30 - 8]:
            with pytest.raises(ConnectionClosed):
                await displaced.recv()
        assert (await one_dictation(running.url, speech(utterances=1)))["total_samples"]
        for one in waiting:
            one.transport.abort()

    asyncio.run(crowded())


def test_who_stays_after_his_answer_keeps_nobody_out(running: Serving) -> None:
    with ExitStack() as crowd:
        for _ in range(8):
            stayed = crowd.enter_context(closing(silent(running)))
            stayed.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert stayed.recv(15) == b"HTTP/1.1 200 OK"
        assert asyncio.run(one_dictation(running.url, speech(utterances=1)))["total_samples"]


def test_from_everywhere_together_there_are_no_more_than_all_places(running: Serving) -> None:
    with ExitStack() as everywhere:
        crowd = [everywhere.enter_context(closing(silent(running, address=f"127.0.1.{n}"))) for n in range(1, 31)]
        assert all(is_shut(connection) for connection in crowd[:18])
        assert open_at(running) in (11, 12)


def test_a_place_is_given_back_however_a_connection_ends(running: Serving) -> None:
    async def dictation() -> None:
        socket, ready = await start(running.url)
        assert ready["type"] == "ready"
        socket.transport.abort()

    for _ in range(30):
        asyncio.run(dictation())
        assert httpx.get(f"{running.http}/healthz").status_code == 200
        with closing(silent(running)) as nonsense:
            nonsense.sendall(b"nonsense\r\n\r\n")
            assert nonsense.recv(12) == b"HTTP/1.1 400"


def test_a_place_is_given_back_when_no_encryption_is_agreed(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue()
    access = AccessSettings(tls_cert=certificate, tls_key=key, max_connections_per_address=2)
    with serving(
        tmp_path / "data", recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), access=access, min_free_mb=0
    ) as running:
        for _ in range(10):
            with closing(silent(running)) as plain:
                plain.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
                while plain.recv(100):
                    pass
        with closing(silent(running)) as first, closing(silent(running)), closing(silent(running)) as third:
            third.close()
            assert is_shut(first), "counted before any handshake"


def test_whoever_does_not_say_what_he_wants_is_cut_off(running: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wardscribe_server.listening._REQUEST_WITHIN_S", 0.05)
    with closing(silent(running)) as mute:
        assert is_shut(mute)
    with closing(silent(running)) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert is_shut(slow)
    with closing(silent(running)) as slow:
        slow.sendall(b"POST /v1/pair HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{")
        assert is_shut(slow)
    with closing(silent(running)) as second:
        second.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert second.recv(15) == b"HTTP/1.1 200 OK"
        second.sendall(b"GET /heal")
        while second.recv(100):
            pass


def test_a_dictation_may_be_silent_for_longer(running: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wardscribe_server.listening._REQUEST_WITHIN_S", 0.05)

    async def dictate() -> None:
        socket, _ = await start(running.url)
        for _ in range(2):  # as long as it takes until others are cut off, twice
            with closing(silent(running)) as mute:
                assert await asyncio.to_thread(is_shut, mute)
        await socket.send('{"type": "finalize"}')
        assert "finalized" in str(await socket.recv()) + str(await socket.recv())
        await socket.close()

    asyncio.run(dictate())


def test_a_head_that_is_too_large_is_refused(running: Serving) -> None:
    with closing(silent(running)) as large:
        large.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"x" * 40_000)
        assert large.recv(12) == b"HTTP/1.1 400"


def fragment(opcode: Opcode, data: bytes = b"") -> bytes:
    return Frame(opcode, data, fin=False).serialize(mask=True)


def test_a_message_in_endless_crumbs_is_cut_off(running: Serving) -> None:
    async def crumble() -> int | None:
        socket, _ = await start(running.url)
        socket.transport.write(fragment(Opcode.TEXT) + fragment(Opcode.CONT) * 1000)
        with pytest.raises(ConnectionClosed) as closed:
            await drain(socket)
        return closed.value.rcvd.code if closed.value.rcvd is not None else None

    assert asyncio.run(crumble()) == 1009


def test_a_message_in_a_few_pieces_is_taken(running: Serving) -> None:
    async def piecewise() -> None:
        socket, _ = await start(running.url)
        await socket.send(iter(['{"type": ', '"finalize', '"}']))
        assert "finalized" in str(await socket.recv()) + str(await socket.recv())
        await socket.close()

    asyncio.run(piecewise())


def test_whoever_asks_for_answers_and_reads_none_is_cut_off(running: Serving) -> None:
    with closing(silent(running)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            b"GET /v1/dictation HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert deaf.recv(12) == b"HTTP/1.1 101"
        pings = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 300_000
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            deaf.sendall(pings)


def test_an_address_behind_a_proxy_is_the_one_that_it_names(tmp_path: Path) -> None:
    access = AccessSettings(max_connections_per_address=2, proxies=("127.0.0.1",))
    with serving(
        tmp_path / "data", recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), access=access, min_free_mb=0
    ) as running:

        async def many() -> None:
            sockets = [await connect(running.url) for _ in range(5)]
            await asyncio.gather(*(socket.close() for socket in sockets))

        asyncio.run(many())


def test_a_signal_stops_the_server_and_is_not_raised_again() -> None:
    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("never asked")

    async def nothing() -> None:
        pass

    settings = ListeningSettings(max_connections=1, max_connections_per_address=1, max_frame_bytes=1)
    before = signal.getsignal(signal.SIGTERM)
    with socket.socket() as listener:
        server = HttpServer(nobody, listener, settings=settings, before_closing=nothing)
        with server.capture_signals():
            signal.raise_signal(signal.SIGTERM)
            assert server.should_exit
    assert signal.getsignal(signal.SIGTERM) is before, "and this line is reached"
