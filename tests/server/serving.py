"""A real server on loopback for tests: own thread, own event loop, scripted or real engines."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wardscribe_client.recording import read_recording
from wardscribe_server.app import DICTATION_PATH, Server
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Recogniser, SpeechDetector


def stored_audio(folder: Path) -> bytes:
    """What is kept of a session's audio, s16le."""

    def cut_short(_: str) -> None:
        """A file that a session has open says no length yet."""

    return b"".join(read_recording(folder / "audio.wav", max_minutes=60, warn=cut_short))


@dataclass(frozen=True)
class Serving:
    server: Server
    loop: asyncio.AbstractEventLoop
    data: Path
    thread: threading.Thread

    @property
    def url(self) -> str:
        host, port = self.server.address
        return f"ws://{host}:{port}{DICTATION_PATH}"

    @property
    def http(self) -> str:
        host, port = self.server.address
        return f"http://{host}:{port}"

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.server.stop)
        self.thread.join()

    def sessions(self) -> list[Path]:
        return sorted((self.data / "sessions").iterdir())


@cache
def _readers() -> Readers:
    """Tables are loaded once for all tests; nothing in them changes."""
    return Readers(ServerSettings())


@contextmanager
def serving(
    data: Path, *, recogniser: Recogniser | None = None, detector: SpeechDetector | None = None, **settings: object
) -> Iterator[Serving]:
    given = ServerSettings(host="127.0.0.1", port=0, data=data, **settings)
    server = Server(
        given, recogniser=recogniser, detector=detector, readers=Readers(given) if given.site else _readers()
    )
    server.warm()
    loops: list[asyncio.AbstractEventLoop] = []
    ready = threading.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.run(on_ready=ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="server")
    thread.start()
    assert ready.wait(60)
    running = Serving(server, loops[0], data, thread)
    try:
        yield running
    finally:
        if thread.is_alive():
            running.stop()
