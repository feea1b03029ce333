"""Clients that mean harm, each until it is told to stop. Knows the wire, not the measuring.

Run as a process of its own, at the lowest priority: what is measured is what it does to the server, not what it takes
from the machine.
"""

import asyncio
import json
import os
import resource
import socket
import sys
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from wardscribe_client.recording import read_recording
from wardscribe_protocol.audio import AudioFrame, encode_frame

_PATH = "/v1/dictation"
_HERE, _ELSEWHERE = "127.0.0.1", "127.0.0.2"
_MIB = 2**20
_GONE = (OSError, WebSocketException, TimeoutError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class Harm:
    """Whom it is done to, and how much was done."""

    port: int
    recording: Path
    token: str = ""  # the attacker has one, of a user of their own, where the server asks for it
    done: dict[str, int] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, what: str, by: int = 1) -> None:
        """Note what was done or met."""
        self.done[what] = self.done.get(what, 0) + by
        self.begun.set()

    @property
    def url(self) -> str:
        """Where dictations begin."""
        return f"ws://127.0.0.1:{self.port}{_PATH}"

    @property
    def start(self) -> dict[str, str]:
        """How a dictation begins."""
        own = {"token": self.token} if self.token else {}
        return {"type": "start", "template": "chest_xray", "language": "en"} | own

    def pcm(self) -> bytes:
        """Real speech."""
        return b"".join(read_recording(self.recording, max_minutes=10, warn=lambda _: None))


Attack = Callable[[Harm], Awaitable[None]]


async def slow_readers(harm: Harm) -> None:
    """Eight dictations that never read what comes back."""

    async def one() -> None:
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(0)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", harm.port))
        async with connect(harm.url, sock=raw, compression=None, max_queue=1, close_timeout=0.1) as connection:
            await connection.send(json.dumps(harm.start))
            harm.count("sessions")
            connection.transport.pause_reading()
            for number in range(10_000):
                edit = {"type": "field_edit", "path": f"/fields/comparison{number % 50}", "value": "x" * 10_000}
                await connection.send(json.dumps(edit))
                await connection.send(encode_frame(AudioFrame(number * 1600, bytes(3200))))
                harm.count("messages")
                await asyncio.sleep(0.1)

    await _again(harm, one, at_once=8)


async def connections(harm: Harm) -> None:
    """Ten thousand attempts to connect, from an address of the attacker's own."""
    await _connect_ten_thousand(harm, address=_ELSEWHERE)


async def connections_beside(harm: Harm) -> None:
    """The same from the very address of the physician, as behind one proxy: they share its places."""
    await _connect_ten_thousand(harm, address=_HERE)


async def _connect_ten_thousand(harm: Harm, *, address: str) -> None:
    """Every second one with a handshake; as many as can be are kept idle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = max(64, min(hard, 12_000) - 100) if hard != resource.RLIM_INFINITY else 10_000
    kept: list[asyncio.StreamWriter] = []
    for number in range(10_000):
        try:
            async with asyncio.timeout(5):  # wait_for of Python 3.11 can lose a cancellation
                _, writer = await asyncio.open_connection("127.0.0.1", harm.port, local_addr=(address, 0))
        except _GONE as error:
            harm.count(f"refused {type(error).__name__}")
            await asyncio.sleep(0.05)
            continue
        harm.count("attempts")
        if number % 2:
            writer.write(_handshake())
        kept.append(writer)
        if len(kept) > most:
            kept.pop(0).transport.abort()
        if number % 10 == 0:
            await asyncio.sleep(0.005)
    harm.count("soft limit of files", soft)
    await asyncio.Event().wait()


async def giant_frames(harm: Harm) -> None:
    """Frames that say they hold a gigabyte, and as much of it as is taken."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", harm.port)
        try:
            writer.write(_handshake())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"\x82\xff" + (2**30).to_bytes(8, "big") + bytes(4))
            for _ in range(64):
                writer.write(bytes(_MIB))
                await writer.drain()
                harm.count("mib")
        finally:
            harm.count("frames")
            writer.transport.abort()

    await _again(harm, one, at_once=4)


async def compression_bombs(harm: Harm) -> None:
    """Compression is offered, and used whatever the answer: a hundred megabytes in a hundred kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (packer.compress(bytes(100 * _MIB)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", harm.port)
        try:
            writer.write(_handshake(b"Sec-WebSocket-Extensions: permessage-deflate\r\n"))
            head = await reader.readuntil(b"\r\n\r\n")
            harm.count("compression agreed", int(b"permessage-deflate" in head))
            writer.write(b"\xc1\xff" + len(bomb).to_bytes(8, "big") + bytes(4) + bomb)
            await writer.drain()
            harm.count("bombs")
            async with asyncio.timeout(5):
                await reader.read(100)
        finally:
            writer.transport.abort()

    await _again(harm, one, at_once=4)


async def fast_audio(harm: Harm) -> None:
    """Four dictations of real speech at a hundred times its speed, as far as credit goes."""
    pcm = harm.pcm()

    async def one() -> None:
        async with connect(harm.url, compression=None, max_size=None, close_timeout=1) as connection:
            await connection.send(json.dumps(harm.start))
            credit = position = 0
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.001):
                        message = json.loads(await connection.recv())
                        credit = max(credit, message.get("credit_samples", 0))
                        if "seq" in message:
                            await connection.send(json.dumps({"type": "ack", "seq": message["seq"]}))
                if position + 16_000 > credit:
                    await asyncio.sleep(0.01)
                    continue
                at = position * 2 % (len(pcm) - 32_000)
                await connection.send(encode_frame(AudioFrame(position, pcm[at : at + 32_000])))
                position += 16_000
                harm.count("audio_s")
                await asyncio.sleep(0.01)

    await _again(harm, one, at_once=4)


async def control_flood(harm: Harm) -> None:
    """Four connections that send messages as fast as they are taken: edits of 200 kB, commands, nonsense."""
    texts = [
        json.dumps({"type": "field_edit", "path": "/fields/comparison", "value": "x" * 200_000}),
        json.dumps({"type": "command", "name": "type", "args": {"text": "no effusion"}}),
        json.dumps({"type": "finalize"}),
        json.dumps({"type": "configure", "language": "en"}),
        json.dumps({"type": "field_edit", "path": "/fields/plan", "value": [0] * 1000}),
    ]

    async def one() -> None:
        async with connect(harm.url, compression=None, max_size=None, close_timeout=1) as connection:
            await connection.send(json.dumps(harm.start))
            reading = asyncio.create_task(_read_all(connection))
            try:
                for number in range(100_000):
                    await connection.send(texts[number % len(texts)])
                    harm.count("messages")
            finally:
                reading.cancel()

    await _again(harm, one, at_once=4)


async def never_acknowledge(harm: Harm) -> None:
    """Eight dictations that read everything and acknowledge nothing, with edits that make long answers."""

    async def one() -> None:
        async with connect(harm.url, compression=None, max_size=None, close_timeout=1) as connection:
            await connection.send(json.dumps(harm.start))
            reading = asyncio.create_task(_read_all(connection))
            try:
                for number in range(100_000):
                    edit = {"type": "field_edit", "path": f"/fields/x{number % 3}", "value": ["x" * 200] * 1000}
                    await connection.send(json.dumps(edit))
                    harm.count("messages")
                    await asyncio.sleep(0.2)
            finally:
                reading.cancel()

    await _again(harm, one, at_once=8)


async def slowloris(harm: Harm) -> None:
    """Five hundred HTTP requests that never end, a header line now and then."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", harm.port)
        try:
            writer.write(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n")
            harm.count("requests")
            while not reader.at_eof():
                writer.write(b"X-More: x\r\n")
                await writer.drain()
                await asyncio.sleep(1)
        finally:
            writer.transport.abort()

    await _again(harm, one, at_once=500)


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        *(slow_readers, connections, connections_beside, giant_frames, compression_bombs),
        *(fast_audio, control_flood, never_acknowledge, slowloris),
    )
}


async def _again(harm: Harm, one: Callable[[], Awaitable[None]], *, at_once: int) -> None:
    """Do it for ever, `at_once` of them; being thrown out is no reason to stop."""

    async def forever() -> None:
        while True:
            try:
                await one()
            except _GONE as error:
                harm.count(f"thrown out {type(error).__name__}")
            await asyncio.sleep(0.1)

    await asyncio.gather(*(forever() for _ in range(at_once)))


async def _read_all(connection: ClientConnection) -> None:
    with suppress(*_GONE):
        while True:
            await connection.recv()


def _handshake(more: bytes = b"") -> bytes:
    return (
        b"GET " + _PATH.encode() + b" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + more + b"\r\n"
    )


async def _until_told(attack: Attack, harm: Harm) -> None:
    """Attack until standard input ends."""
    told = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    doing = asyncio.ensure_future(attack(harm))
    await asyncio.wait({told, doing}, return_when=asyncio.FIRST_COMPLETED)
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)


if __name__ == "__main__":
    os.nice(15)
    chosen = Harm(int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    asyncio.run(_until_told(ATTACKS[sys.argv[1]], chosen))
    print(json.dumps(chosen.done))
