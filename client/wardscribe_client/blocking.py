"""A dictation for programs without an event loop: the same, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

from pydantic import JsonValue

from wardscribe_client.capture import Capture
from wardscribe_client.credentials import Credentials
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import DictationEvent
from wardscribe_client.file_device import FileDevice
from wardscribe_client.input_device import InputDevice
from wardscribe_client.link import LinkSettings, dictation_url
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_client.spool_key import SpoolKey
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language, Record

_T = TypeVar("_T")


class BlockingDictation:
    """Used as `with`. `on_event` is called in the dictation's thread. What is not finished at the end stays kept."""

    def __init__(
        self,
        start: Start,
        *,
        device: InputDevice,
        spool: Spool,
        server: ServerAccess | None,
        on_event: Callable[[DictationEvent], None] = lambda _: None,
        settings: SendingSettings | None = None,
    ) -> None:
        self._start = start
        self._device = device
        self._spool = spool
        self._server = server
        self._on_event = on_event
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dictation", daemon=True)
        self._capture: Capture | None = None
        self._dictation: Dictation | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._dictation = self._wait(self._open())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._wait(self._close())
        finally:
            self._end()

    @property
    def id(self) -> str:
        """By which the spool knows it."""
        return self._now.id

    def record(self) -> None:
        """Keep sound from now on. Raises: WardscribeError as `Dictation.record`."""
        self._do(lambda dictation: dictation.record())

    def pause(self) -> None:
        """Keep no more sound."""
        self._do(lambda dictation: dictation.pause())

    def finalize(self) -> None:
        """Ask for final text of everything up to here."""
        self._do(lambda dictation: dictation.finalize())

    def command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        """What saying the command here would do."""
        self._do(lambda dictation: dictation.command(name, args))

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it with None."""
        self._do(lambda dictation: dictation.edit_field(path, value))

    def play(self) -> Record:
        """Record the recording that stands for a microphone to its end; the record. Raises: WardscribeError."""
        return self._wait(self._now.played())

    def finish(self) -> Record:
        """No more will be said; the record. Raises: WardscribeError."""
        return self._wait(self._now.finish())

    @property
    def _now(self) -> Dictation:
        assert self._dictation is not None, "used as `with`"
        return self._dictation

    async def _open(self) -> Dictation:
        self._capture = Capture(self._device)
        await self._capture.open()
        dictation = Dictation.begin(
            self._start,
            spool=self._spool,
            server=self._server,
            capture=self._capture,
            on_event=self._on_event,
            settings=self._settings,
        )
        await dictation.open()
        return dictation

    async def _close(self) -> None:
        if self._dictation is not None:
            await self._dictation.leave()
        if self._capture is not None:
            await self._capture.close()

    def _do(self, act: Callable[[Dictation], None]) -> None:
        async def done() -> None:
            act(self._now)

        self._wait(done())

    def _wait(self, work: Coroutine[object, object, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def dictate_file(
    recording: Path | str,
    *,
    template: str,
    language: str,
    url: str,
    token: str | None = None,
    speed: float | None = None,
    on_event: Callable[[DictationEvent], None] = lambda _: None,
) -> Record:
    """Send a recording to a server as if it were dictated; the record. As fast as the server takes it without `speed`.

    Raises: WardscribeError, whose `message` is one line for a person.
    """
    start = Start(template=template, language=Language(language))
    server = ServerAccess(url=dictation_url(url), credentials=Credentials.of(token))
    with TemporaryDirectory(prefix="wardscribe-") as folder:
        # The recording itself is on disk, so what is spooled of it need not outlive this call.
        spool = Spool(Path(folder), key=SpoolKey.random())
        with BlockingDictation(
            start,
            device=FileDevice(Path(recording), speed=speed),
            spool=spool,
            server=server,
            on_event=on_event,
            settings=SendingSettings(reconnect_s=60, link=LinkSettings()),
        ) as dictation:
            return dictation.play()
