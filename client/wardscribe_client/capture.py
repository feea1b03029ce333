"""From a device to whoever keeps the sound: pre-roll, level, and the moment at which recording begins and ends.

Knows no spool and no server. The device is asked from the event loop, often enough that its ring never fills.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Self

from wardscribe_client.dictation_events import DeviceChanged, DeviceChangeReason
from wardscribe_client.input_device import InputDevice
from wardscribe_client.level import Level, LevelMeter
from wardscribe_client.preroll import PreRoll
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, samples_from_ms

_SOON_MS = (10, 20, 30)  # after the key: the first sound is there sooner than it is asked for otherwise
_TAIL_LATE_S = 0.5  # how much later than it was said the tail may come from a device


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """How often the device is asked, and what is kept around the press of the key."""

    poll_s: float = 0.04
    preroll_ms: int = 300  # of a live device; a person begins to speak while the key goes down
    tail_ms: int = 250  # after the key was let go, which many do on the last syllable


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told. `take` gets what is recorded, `level` every stretch that was heard."""

    take: Callable[[bytes], None]
    level: Callable[[Level], None] = lambda _: None
    changed: Callable[[DeviceChanged], None] = lambda _: None
    failed: Callable[[WardscribeError], None] = lambda _: None
    stopped: Callable[[], None] = lambda: None  # the tail is over, or the recording was played to its end


class Capture:
    """A device that is listened to, over as many dictations as a person makes one after the other."""

    def __init__(
        self, device: InputDevice, *, settings: CaptureSettings | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._device = device
        self._clock = clock
        self._tail_until = 0.0
        self._settings = settings or CaptureSettings()
        self._meter = LevelMeter()
        self._preroll = PreRoll(samples=samples_from_ms(self._settings.preroll_ms))
        self._listener: Listener | None = None
        self._recording = False
        self._left_bytes: int | None = None  # of the tail; None while the key is down
        self._polling: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self.overflow_samples = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def device(self) -> InputDevice:
        """What is listened to."""
        return self._device

    @property
    def recording(self) -> bool:
        """Whether sound is kept, the tail included."""
        return self._recording

    @property
    def ended(self) -> bool:
        """Whether the recording that stands for a microphone was played to its end."""
        return self._device.ended

    @property
    def level(self) -> Level:
        """Of the newest stretch."""
        return self._meter.level

    @property
    def tasks(self) -> "tuple[asyncio.Task[None], ...]":
        """What runs while this listens; it ends by itself only by failing."""
        return (self._polling,) if self._polling is not None else ()

    def check(self) -> None:
        """Raise what ended the listening, if it was a fault of this program."""
        if self._polling is not None and self._polling.done() and not self._polling.cancelled():
            self._polling.result()

    async def open(self) -> None:
        """Listen from now on. Again changes nothing.

        Raises: InputError when no device can be opened.
        """
        if self._polling is None:
            await asyncio.to_thread(self._device.open)
            self._polling = asyncio.create_task(self._poll_on())

    async def close(self) -> None:
        """Listen no more; what was heard so far is handed over."""
        if self._polling is None:
            return
        self._polling.cancel()
        await asyncio.gather(self._polling, return_exceptions=True)
        self._polling = None
        if self._device.live:
            self.poll()
        await asyncio.to_thread(self._device.close)

    def attach(self, listener: Listener) -> None:
        """Hand over to a dictation from now on, and to no other; what was recorded for another ends here.

        What was heard while nobody took it is the new one's beginning.
        """
        if self._listener is not None:
            self.stop(at_once=True)
            self._forget()
        self._listener = listener

    def listens_for(self, listener: Listener | None) -> bool:
        """Whether this dictation, and not a later one, is who is told."""
        return listener is not None and self._listener is listener

    def detach(self, listener: Listener) -> None:
        """The dictation is over, unless a later one has taken its place."""
        if self.listens_for(listener):
            self.stop(at_once=True)
            self._forget()

    def _forget(self) -> None:
        """Nothing of one dictation begins the next one."""
        self._recording, self._left_bytes = False, None
        self._listener = None
        self._preroll.forget()
        self._started.clear()

    def start(self) -> None:
        """Record: what was heard a moment ago, then everything."""
        assert self._listener is not None, "somebody takes what is recorded"
        if self._recording:
            self._left_bytes = None  # the key is down again
            return
        if self._device.live:
            self.poll()
        self._recording, self._left_bytes = True, None
        pcm = self._preroll.take()
        if pcm:
            self._listener.take(pcm)
        self._started.set()
        self.poll()
        if self._polling is not None:
            for ms in _SOON_MS:
                asyncio.get_running_loop().call_later(ms / 1000, self._poll_safely)

    def stop(self, *, at_once: bool = False) -> None:
        """Record no more once the tail was heard; `at_once` without one, and for what is not live."""
        if not self._recording:
            return
        if self._left_bytes is None:
            self._left_bytes = samples_from_ms(self._settings.tail_ms) * BYTES_PER_SAMPLE
            self._tail_until = self._clock() + self._settings.tail_ms / 1000 + _TAIL_LATE_S
        if at_once or not self._device.live:
            self.poll()
            self._stopped()

    async def _poll_on(self) -> None:
        while self._poll_safely():
            await self._pause()

    def _poll_safely(self) -> bool:
        """Whether it can go on."""
        try:
            self.poll()
        except WardscribeError as error:
            self._failed(error)
            return False
        return True

    async def _pause(self) -> None:
        if not self._device.live and (not self._recording or self._device.ended):
            self._started.clear()
            await self._started.wait()
        await asyncio.sleep(self._settings.poll_s if self._device.paced else 0)

    def poll(self) -> None:
        """Take what the device has now; done by itself while this is open."""
        heard = self._device.read(recording=self._recording)
        self.overflow_samples += heard.lost_samples
        if heard.change is not None and self._listener is not None:
            self._listener.changed(heard.change)
        if heard.pcm or heard.lost_samples:
            self._hand_over(heard.pcm)
        if self._left_bytes is not None and self._clock() > self._tail_until:
            self._stopped()  # a device that was unplugged has no tail
        if self._recording and self._device.ended:
            if self._listener is not None:
                self._listener.changed(DeviceChanged(name=self._device.name, reason=DeviceChangeReason.ENDED))
            self._stopped()

    def _hand_over(self, pcm: bytes) -> None:
        level = self._meter.take(pcm, recording=self._recording)
        if self._recording:
            assert self._listener is not None, "somebody takes what is recorded"
            taken = pcm if self._left_bytes is None else pcm[: self._left_bytes]
            if taken:
                self._listener.take(taken)
            if self._left_bytes is not None:
                self._left_bytes -= len(taken)
                if self._left_bytes <= 0:
                    self._preroll.put(pcm[len(taken) :])
                    self._stopped()
        else:
            self._preroll.put(pcm)
        if self._listener is not None:
            self._listener.level(level)

    def _stopped(self) -> None:
        if self._recording:
            self._recording, self._left_bytes = False, None
            if self._listener is not None:
                self._listener.stopped()

    def _failed(self, error: WardscribeError) -> None:
        self._stopped()
        if self._listener is not None:
            self._listener.failed(error if isinstance(error, InputError) else InputError(error.message))
