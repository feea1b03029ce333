"""The microphone, as long as a person works with it: unplugged, it is replaced by another, and taken up again.

The audio thread copies into a ring; a thread of its own sees to the device; `read` never waits for either.
"""

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from wardscribe_client.devices import AudioSystem, InputInfo, PortAudio
from wardscribe_client.dictation_events import DeviceChanged, DeviceChangeReason
from wardscribe_client.input_device import Heard
from wardscribe_client.resampling import Resampler
from wardscribe_client.ring import Ring
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_RING_BYTES = 30 * 48_000 * BYTES_PER_SAMPLE  # half a minute that this process may be stopped for without loss
_TEND_EVERY_S = 0.25
_SILENT_S = 1.5  # a device gives blocks all the time; this long without one and it is gone
_LOOK_EVERY_S = 10.0  # for the chosen device, where nothing tells that it is back


class _Listening:
    """One stream of a device: what came in, what was lost, and what makes 16 kHz of it."""

    def __init__(self, system: AudioSystem, name: str | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ring = Ring(capacity_bytes=_RING_BYTES)
        self._overflow_bytes = 0  # the audio thread's
        self._told_lost_bytes = 0
        self.last_block_at = clock()
        self.input = system.open(name, self._take)
        self._resampler = Resampler(rate=self.input.info.rate, channels=self.input.info.channels)

    def _take(self, pcm: memoryview, lost_some: bool) -> None:  # noqa: FBT001 - by position from the audio thread
        self._ring.put(pcm)
        # The device says that it lost something and not how much: a block is the least that it can be.
        self._overflow_bytes += len(pcm) if lost_some else 0
        self.last_block_at = self._clock()

    def drained(self) -> tuple[bytes, int]:
        """What came in, at 16 kHz, and samples that were lost."""
        lost_bytes = self._ring.lost_bytes + self._overflow_bytes
        new, self._told_lost_bytes = lost_bytes - self._told_lost_bytes, lost_bytes
        info = self.input.info
        return self._resampler.take(self._ring.take()), new * SAMPLE_RATE // (
            BYTES_PER_SAMPLE * info.channels * info.rate
        )

    def rest(self) -> bytes:
        """What the resampler holds, when the stream is over."""
        return self._resampler.rest()


class Microphone:
    """The one that was chosen by name, or the system's default."""

    def __init__(
        self, name: str | None = None, *, system: AudioSystem | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._chosen = name
        self._system = system or PortAudio()
        self._clock = clock
        self._current: _Listening | None = None
        self._on_chosen = True
        self._chosen_anew = False
        self._over: deque[_Listening] = deque()  # streams that have ended and were not read to their end
        self._changes: deque[DeviceChanged] = deque()
        self._gone_since: float | None = None
        self._told_gone = False
        self._look_at = 0.0
        self._sign: str | None = None
        self._recording = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def live(self) -> bool:
        """Sound goes by."""
        return True

    @property
    def paced(self) -> bool:
        """At the speed of speech."""
        return True

    @property
    def ended(self) -> bool:
        """One that is gone may come back."""
        return False

    @property
    def name(self) -> str:
        """Which is listened to now."""
        current = self._current
        return current.input.info.name if current is not None else self._chosen or ""

    def open(self) -> None:
        """Listen, and see to the device from now on. One that is chosen and not there is replaced at once.

        Raises: InputError when no device can be opened.
        """
        if self._thread is not None:
            return
        self.begin()
        self._closing.clear()
        self._thread = threading.Thread(target=self._tend_on, name="microphone", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Listen; `open` without seeing to the device afterwards. Raises: InputError."""
        try:
            self._listen_to(self._chosen)
            self._tell(DeviceChangeReason.OPENED)
        except InputError:
            if self._chosen is None:
                raise
            self._listen_to(None)
            self._sign, self._look_at = self._system.sign_of_change(), self._clock() + _LOOK_EVERY_S
            self._tell(DeviceChangeReason.FELL_BACK)

    def read(self, *, recording: bool) -> Heard:
        """What came in since the last time."""
        self._recording = recording
        pcm, lost = bytearray(), 0
        current = self._current  # before those that are over, because the other thread moves it there
        while self._over:
            ended = self._over.popleft()
            heard, missed = ended.drained()
            pcm += heard + ended.rest()
            lost += missed
            current = self._current
        if current is not None:
            heard, missed = current.drained()
            pcm += heard
            lost += missed
        change = self._changes.popleft() if self._changes else None
        return Heard(pcm=bytes(pcm), lost_samples=lost, change=change)

    def inputs(self) -> list[InputInfo]:
        """What there is to choose from, as of the last look. Raises: InputError."""
        return self._system.inputs()

    def choose(self, name: str | None) -> None:
        """Listen to another from now on, None for the system's default; a moment of sound lies between them."""
        self._chosen, self._chosen_anew = name, True

    def close(self) -> None:
        """Listen no more; what came in can still be read."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._stop_listening()

    def _tend_on(self) -> None:
        while not self._closing.wait(_TEND_EVERY_S):
            self.tend()

    def tend(self) -> None:
        """See whether the device is there; if not, find another, or the chosen one again."""
        now, current = self._clock(), self._current
        if current is not None:
            if self._chosen_anew:
                self._stop_listening()
            elif not current.input.alive or now - current.last_block_at > _SILENT_S:
                self._gone_since = current.last_block_at
                self._stop_listening()
            elif not self._on_chosen and not self._recording and self._may_be_back(now):
                self._stop_listening()  # the list of devices is made anew only while none is open
        if self._current is None:
            self._find(now)

    def _may_be_back(self, now: float) -> bool:
        sign = self._system.sign_of_change()
        return now >= self._look_at if sign is None else sign != self._sign

    def _find(self, now: float) -> None:
        self._system.look_again()
        self._sign, self._look_at = self._system.sign_of_change(), now + _LOOK_EVERY_S
        was_on_chosen, anew, self._chosen_anew = self._on_chosen, self._chosen_anew, False
        for name in dict.fromkeys((self._chosen, None)):
            try:
                self._listen_to(name)
            except InputError:
                continue
            if anew and self._on_chosen:
                self._tell(DeviceChangeReason.OPENED)
            elif anew or self._gone_since is not None or self._on_chosen != was_on_chosen:
                self._tell(DeviceChangeReason.CAME_BACK if self._on_chosen else DeviceChangeReason.FELL_BACK)
            return
        if not self._told_gone:
            self._tell(DeviceChangeReason.GONE)

    def _tell(self, reason: DeviceChangeReason) -> None:
        self._told_gone = reason is DeviceChangeReason.GONE
        lost_s = 0.0
        if self._gone_since is not None and not self._told_gone:
            lost_s = self._clock() - self._gone_since if self._recording else 0.0
            self._gone_since = None
        self._changes.append(DeviceChanged(name=self.name, reason=reason, lost_ms=round(lost_s * 1000)))

    def _listen_to(self, name: str | None) -> None:
        self._current = _Listening(self._system, name, self._clock)
        self._on_chosen = name == self._chosen

    def _stop_listening(self) -> None:
        current = self._current
        if current is not None:
            current.input.close()
            self._over.append(current)
            self._current = None
