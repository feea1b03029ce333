"""Somebody who dictates to a real server with scripted engines, and what they need."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import (
    DictationEvent,
)
from wardscribe_client.input_device import InputDevice
from wardscribe_client.link import LinkSettings
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_protocol.messages import (
    Start,
)
from wardscribe_protocol.record import Language
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)
SENTENCE = "No pleural effusion."
NOWHERE = ServerAccess(url="ws://127.0.0.1:9/v1/dictation")
QUICK = SendingSettings(
    offline_after_s=0.05, link=LinkSettings(waits_at_first=True, ask_every_s=0.05, answer_within_s=0.5)
)
PCM = speech()


@contextmanager
def server_in(folder: Path) -> Iterator[Serving]:
    with serving(
        folder, recogniser=ScriptedRecogniser(SCRIPT * 99), detector=LoudnessDetector(), min_free_mb=0
    ) as server:
        yield server


class Physician:
    """Somebody who dictates, and every event that was told."""

    def __init__(self, spool: Spool, server: ServerAccess | None) -> None:
        self.spool, self.server = spool, server
        self.events: list[DictationEvent] = []
        self._news = asyncio.Event()

    def take(self, event: DictationEvent) -> None:
        self.events.append(event)
        self._news.set()

    @asynccontextmanager
    async def dictating(self, device: InputDevice, *, start: Start = START, resume: str | None = None):
        given = {"spool": self.spool, "server": self.server, "on_event": self.take, "settings": QUICK}
        async with Capture(device) as capture:
            made = (
                Dictation.resume(resume, capture=capture, **given)
                if resume
                else Dictation.begin(start, capture=capture, **given)
            )
            async with made as dictation:
                yield dictation

    async def until(self, kind: type, holds: Callable[..., bool] = lambda _: True) -> DictationEvent:
        async with asyncio.timeout(20):
            while True:
                found = [event for event in self.events if isinstance(event, kind) and holds(event)]
                if found:
                    return found[0]
                self._news.clear()
                await self._news.wait()

    def of(self, kind: type) -> list[DictationEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def at(running: Serving) -> ServerAccess:
    return ServerAccess(url=running.url)


def audio_of(running: Serving, session: str | None) -> bytes:
    assert session is not None
    return stored_audio(running.data / "sessions" / session)


def run(work: Awaitable[None]) -> None:
    asyncio.run(work)  # type: ignore[arg-type]
