"""A real server on loopback for tests: own thread, own event loop, scripted or real engines."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wardscribe_server.app import DICTATION_PATH, Server
from wardscribe_server.assembly import Readers, build_vault
from wardscribe_server.audit.event import AuditSink
from wardscribe_server.config import AccessSettings, ServerSettings
from wardscribe_server.engines.base import Recogniser, SpeechDetector, Tagger
from wardscribe_server.journal.entries import Made
from wardscribe_server.journal.journal import PastJournal


def journal_of(folder: Path) -> PastJournal:
    """What is kept of a session, opened with the keys of its server."""
    settings = ServerSettings(data=folder.parent.parent)
    return PastJournal(folder, build_vault(settings).cipher)


def stored_audio(folder: Path) -> bytes:
    """What is kept of a session's audio, s16le."""
    return b"".join(journal_of(folder).audio())


def stored_record(folder: Path) -> dict[str, object] | None:
    """The record that was made of a session, if it was."""
    made = [entry for entry in journal_of(folder).entries() if isinstance(entry, Made)]
    return json.loads(made[-1].record.to_json()) if made else None


@dataclass(frozen=True)
class Serving:
    server: Server
    loop: asyncio.AbstractEventLoop
    data: Path
    thread: threading.Thread

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def http(self) -> str:
        return self.url.replace("ws", "http", 1).removesuffix(DICTATION_PATH)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.server.stop)
        self.thread.join()

    def sessions(self) -> list[Path]:
        return sorted(path for path in (self.data / "sessions").iterdir() if path.is_dir())


@cache
def _readers() -> Readers:
    """Tables are loaded once for all tests; nothing in them changes."""
    return Readers(ServerSettings())


@contextmanager
def serving(
    data: Path,
    *,
    recogniser: Recogniser | None = None,
    detector: SpeechDetector | None = None,
    access: AccessSettings | None = None,
    audit: AuditSink | None = None,
    tagger: Tagger | None = None,
    **settings: object,
) -> Iterator[Serving]:
    given = ServerSettings(**{"host": "127.0.0.1", "port": 0, "data": data} | settings)
    readers = None if tagger else Readers(given) if given.site else _readers()
    server = Server(
        given, access=access, audit=audit, recogniser=recogniser, detector=detector, readers=readers, tagger=tagger
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
