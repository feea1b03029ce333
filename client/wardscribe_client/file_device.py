"""A recording as a microphone: for tests, for demonstrations, and for sending a recording as if it were dictated."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from wardscribe_client.input_device import Heard
from wardscribe_client.recording import read_recording
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_AT_ONCE_SAMPLES = SAMPLE_RATE  # of one reading when it is played as fast as it can be
_LONGEST_MINUTES = 480.0


class FileDevice:
    """Plays while it is recorded, and stands still meanwhile, so every sample of the file is captured exactly once.

    `speed` is 1.0 for the speed of speech, None for as fast as it is taken. `skip_samples` of the beginning were
    captured by an earlier process.
    """

    def __init__(
        self,
        recording: Path | bytes,
        *,
        speed: float | None = 1.0,
        skip_samples: int = 0,
        max_minutes: float = _LONGEST_MINUTES,
        warn: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`recording`: any common audio file, or s16le samples at 16 kHz. `warn` is told when a file is cut short."""
        self._recording = recording
        self._speed = speed
        self._skip_bytes = skip_samples * BYTES_PER_SAMPLE
        self._max_minutes = max_minutes
        self._warn = warn
        self._clock = clock
        self._blocks: Iterator[bytes] | None = None
        self._pending = bytearray()
        self._last: float | None = None
        self._owed = 0.0  # samples that are due and were not played
        self._ended = False

    @property
    def live(self) -> bool:
        """It waits until it is recorded."""
        return False

    @property
    def paced(self) -> bool:
        """Whether a speed was given."""
        return self._speed is not None

    @property
    def name(self) -> str:
        """The file's name."""
        return self._recording.name if isinstance(self._recording, Path) else "recording"

    @property
    def ended(self) -> bool:
        """Whether all was played."""
        return self._ended

    def open(self) -> None:
        """Read the beginning.

        Raises: InputError when the file is not a recording that can be read.
        """
        if self._blocks is None:
            self._blocks = self._opened()
            self._fill(1)

    def read(self, *, recording: bool) -> Heard:
        """What was played since the last reading."""
        if not recording:
            self._last = None
            return Heard()
        samples = self._due()
        self._fill(samples * BYTES_PER_SAMPLE + 1)
        pcm = bytes(self._pending[: samples * BYTES_PER_SAMPLE])
        del self._pending[: len(pcm)]
        self._ended = not self._pending and not self._more()
        return Heard(pcm=pcm)

    def close(self) -> None:
        """Stand still."""
        self._last = None

    def _due(self) -> int:
        if self._speed is None:
            return _AT_ONCE_SAMPLES
        now = self._clock()
        if self._last is not None:
            self._owed += (now - self._last) * SAMPLE_RATE * self._speed
        self._last = now
        samples = int(self._owed)
        self._owed -= samples
        return samples

    def _more(self) -> bool:
        return self._fill(1)

    def _fill(self, wanted_bytes: int) -> bool:
        assert self._blocks is not None, "it was opened"
        while len(self._pending) < wanted_bytes:
            block = next(self._blocks, None)
            if block is None:
                return bool(self._pending)
            skipped = min(self._skip_bytes, len(block))
            self._skip_bytes -= skipped
            self._pending += block[skipped:]
        return True

    def _opened(self) -> Iterator[bytes]:
        if isinstance(self._recording, bytes):
            return iter([self._recording])
        return read_recording(self._recording, max_minutes=self._max_minutes, warn=self._warn)
