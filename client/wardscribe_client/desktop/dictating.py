"""The event loop that captures and sends, on a thread of its own. The window calls; events go to whoever began.

One dictation is spoken at a time. One that is set aside before its record is here is carried to its end behind it.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import JsonValue

from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import Captured, DictationEvent, Failed
from wardscribe_client.input_device import InputDevice
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.messages import Context, Start

_LEVEL_EVERY_S: Final = 0.05
_CLOSE_WITHIN_S: Final = 5.0
T = TypeVar("T")
OnEvent = Callable[[DictationEvent], None]


@dataclass(slots=True)
class _Spoken:
    dictation: Dictation
    on_event: OnEvent


class DictationThread:
    """Started once for a window. Every method returns at once; what cannot be done is told as `Failed`."""

    def __init__(
        self,
        *,
        spool: Spool,
        server: Callable[[], ServerAccess],
        device: InputDevice,
        on_idle: OnEvent = lambda _: None,
        settings: SendingSettings | None = None,
    ) -> None:
        """`server` is asked at each beginning. `on_idle` hears levels and failures while nothing is dictated."""
        self._spool = spool
        self._server = server
        self._device = device
        self._on_idle = on_idle
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="dictating", daemon=True)
        self._capture: Capture | None = None
        self._spoken: _Spoken | None = None
        self._behind: set[asyncio.Task[None]] = set()
        self._ordered = asyncio.Lock()

    @property
    def spool(self) -> Spool:
        """Where dictations are kept."""
        return self._spool

    def start(self) -> None:
        """Begin to listen to the device, so that the first syllable is not lost."""
        self._thread.start()
        self._do(self._listen(self._device))

    def use_device(self, device: InputDevice) -> None:
        """Listen to another device, from the next moment on; what is recorded goes on with it."""
        self._do(self._listen(device))

    def begin(self, start: Start, on_event: OnEvent, *, record: bool = True) -> None:
        """A new dictation; the one before is set aside."""
        self._do(self._begin(start, on_event, record=record))

    def take_up(self, dictation_id: str, on_event: OnEvent) -> None:
        """One that an earlier process left: everything that was told is told again, and it goes on."""
        self._do(self._take_up(dictation_id, on_event))

    def record(self) -> None:
        """Keep sound from now on."""
        self._with(Dictation.record)

    def pause(self) -> None:
        """Keep no more sound, once the end of the last word was heard."""
        self._with(Dictation.pause)

    def finish(self) -> None:
        """No more will be said; the record comes as an event."""
        self._with(Dictation.stop)

    def finalize(self) -> None:
        """Ask for final text of what was said so far."""
        self._with(Dictation.finalize)

    def command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        """What saying the command here would do."""
        self._with(lambda dictation: dictation.command(name, args))

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it with None."""
        self._with(lambda dictation: dictation.edit_field(path, value))

    def confirm_field(self, path: str) -> None:
        """Confirm what the machine proposed at and below a JSON pointer."""
        self._with(lambda dictation: dictation.confirm_field(path))

    def configure(self, context: Context) -> None:
        """What is known of patient and order has changed."""
        self._with(lambda dictation: dictation.configure(context=context))

    def retry(self) -> None:
        """Connect again after a failure, with the token of now."""
        self._with(lambda dictation: dictation.retry(self._server()))

    def audio(self, stretches_ms: Sequence[tuple[int, int]], then: Callable[[list[bytes]], None]) -> None:
        """Sound of the dictation, handed to `then` on the dictation's thread."""

        async def fetch() -> None:
            spoken = self._spoken
            if spoken is not None:
                then([self._spool.audio(spoken.dictation.id, start, end) for start, end in stretches_ms])

        self._do(fetch())

    def leave(self) -> None:
        """Put the dictation aside; it is carried to its end behind the next one if it was finished."""
        self._do(self._set_aside())

    def close(self) -> None:
        """Leave everything kept, and end the thread."""
        if not self._thread.is_alive():
            return
        ending = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        with suppress(TimeoutError):  # a device that does not let go: the process ends all the same
            ending.result(timeout=_CLOSE_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_WITHIN_S)

    # On the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _do(self, work: Coroutine[object, object, None]) -> None:
        async def done() -> None:
            try:
                async with self._ordered:
                    await work
            except WardscribeError as error:
                self._tell(Failed(error, capturing=self._is_capturing()))

        asyncio.run_coroutine_threadsafe(done(), self._loop)

    def _with(self, act: Callable[[Dictation], None]) -> None:
        async def acting() -> None:
            if self._spoken is not None:
                act(self._spoken.dictation)

        self._do(acting())

    def _tell(self, event: DictationEvent) -> None:
        (self._spoken.on_event if self._spoken is not None else self._on_idle)(event)

    def _is_capturing(self) -> bool:
        return self._spoken is not None and self._spoken.dictation.recording

    async def _listen(self, device: InputDevice) -> None:
        before, self._device = self._capture, device
        if self._spoken is not None and self._spoken.dictation.recording:
            raise InputError("pause first, then choose another microphone")
        spoken = self._spoken
        if before is not None:
            await before.close()
        self._capture = Capture(device)
        await self._capture.open()
        if spoken is not None and not spoken.dictation.stopped:
            # A dictation keeps to its capture; it goes on as one that was left and is taken up with the new device.
            dictation_id = spoken.dictation.id
            await spoken.dictation.leave()
            self._spoken = None
            await self._resume(dictation_id, spoken.on_event)  # what is told again changes nothing
        else:
            self._loop.call_soon(self._level_of, self._capture)

    def _level_of(self, capture: Capture) -> None:
        """The level while nobody dictates: a physician wants to see that the microphone hears."""
        if capture is not self._capture or self._loop.is_closed():
            return
        if self._spoken is None and capture.device.live:
            level = capture.level
            self._on_idle(
                Captured(
                    samples=0,
                    recording=False,
                    level_dbfs=level.level_dbfs,
                    peak_dbfs=level.peak_dbfs,
                    clipping=level.clipping,
                    too_quiet=False,
                    overflow=capture.overflow_samples,
                )
            )
        self._loop.call_later(_LEVEL_EVERY_S, self._level_of, capture)

    async def _begin(self, start: Start, on_event: OnEvent, *, record: bool) -> None:
        await self._set_aside()
        if self._capture is None:
            await self._listen(self._device)
        assert self._capture is not None, "it was opened just now"
        dictation = Dictation.begin(
            start,
            spool=self._spool,
            server=self._server(),
            capture=self._capture,
            on_event=on_event,
            settings=self._settings,
        )
        self._spoken = _Spoken(dictation, on_event)
        await dictation.open()
        if record:
            dictation.record()

    async def _take_up(self, dictation_id: str, on_event: OnEvent) -> None:
        await self._set_aside()
        await self._resume(dictation_id, on_event)

    async def _resume(self, dictation_id: str, on_event: OnEvent) -> None:
        dictation = Dictation.resume(
            dictation_id,
            spool=self._spool,
            server=self._server(),
            capture=self._capture,
            on_event=on_event,
            settings=self._settings,
        )
        self._spoken = _Spoken(dictation, on_event)
        await dictation.open()

    async def _set_aside(self) -> None:
        spoken, self._spoken = self._spoken, None
        if spoken is None:
            return
        dictation = spoken.dictation
        finished = dictation.stopped
        if not finished:
            dictation.pause()
        await dictation.recorded()
        dictation_id = dictation.id
        await dictation.leave()
        if finished:
            self._carry_on(dictation_id)

    def _carry_on(self, dictation_id: str) -> None:
        task = self._loop.create_task(self._carried(dictation_id))
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _carried(self, dictation_id: str) -> None:
        dictation = Dictation.resume(dictation_id, spool=self._spool, server=self._server(), settings=self._settings)
        try:
            await dictation.open()
            await dictation.result()
        except WardscribeError:
            pass  # it stays in the spool, and in the list of what is unsent
        finally:
            await dictation.leave()

    async def _close(self) -> None:
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)
        if self._spoken is not None:
            await self._spoken.dictation.leave()
            self._spoken = None
        capture, self._capture = self._capture, None
        if capture is not None:
            await capture.close()
