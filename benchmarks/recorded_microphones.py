"""Two microphones in one room, where a recording is played: one may be unplugged, and the other hears what follows.

Stands for the sound hardware of a machine, so that nothing between the audio thread and the server is left out. While
none is plugged in, the recording waits: every sample is heard exactly once, however often things break.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from wardscribe_client.devices import InputInfo
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

CHOSEN = InputInfo(name="headset", channels=1, rate=SAMPLE_RATE, default=False)
OTHER = InputInfo(name="built in", channels=1, rate=SAMPLE_RATE, default=True)
_BLOCK_BYTES = SAMPLE_RATE // 50 * BYTES_PER_SAMPLE


class RecordedMicrophones:
    """An `AudioSystem`. `unplug` names a file that says for how many seconds nothing is plugged in, when it appears."""

    def __init__(self, pcm: bytes, *, skip_samples: int = 0, speed: float = 1.0, unplug: Path | None = None) -> None:
        self._pcm = pcm
        self._at = skip_samples * BYTES_PER_SAMPLE
        self._speed = speed
        self._unplug = unplug
        self._turn = threading.Lock()
        self._open: _RecordedInput | None = None
        self._plugged = {CHOSEN.name, OTHER.name}
        self._back_at: float | None = None
        self._playing = False
        threading.Thread(target=self._run, name="recording", daemon=True).start()

    @property
    def played_samples(self) -> int:
        """How far the recording has come."""
        return self._at // BYTES_PER_SAMPLE

    def play(self) -> None:
        """The recording begins."""
        self._playing = True

    def inputs(self) -> list[InputInfo]:
        """What is plugged in."""
        return [one for one in (CHOSEN, OTHER) if one.name in self._plugged]

    def look_again(self) -> None:
        """The list is always as things are."""

    def sign_of_change(self) -> str | None:
        """The names of what is plugged in."""
        return " ".join(sorted(self._plugged))

    def open(self, name: str | None, take: Callable[[memoryview, bool], None]) -> "_RecordedInput":
        """Listen. Raises: InputError."""
        with self._turn:
            for one in self.inputs():
                if name in (None, one.name):
                    self._open = _RecordedInput(one, take)
                    return self._open
        raise InputError("there is no such microphone")

    def _run(self) -> None:
        due = time.monotonic()
        step = _BLOCK_BYTES / BYTES_PER_SAMPLE / SAMPLE_RATE / self._speed
        while self._at < len(self._pcm):
            due = max(due + step, time.monotonic() - 1.0)
            time.sleep(max(0.0, due - time.monotonic()))
            with self._turn:
                self._see_to_plugs()
                heard_by = self._open
                if self._playing and heard_by is not None and heard_by.alive:
                    block = self._pcm[self._at : self._at + _BLOCK_BYTES]
                    heard_by.take(memoryview(block), False)  # noqa: FBT003 - as the audio thread calls it
                    self._at += len(block)

    def _see_to_plugs(self) -> None:
        now = time.monotonic()
        if self._back_at is not None and now >= self._back_at:
            self._plugged.add(CHOSEN.name)
            self._back_at = None
        if self._unplug is not None and self._playing and self._unplug.exists():
            self._back_at = now + float(self._unplug.read_text(encoding="ascii") or 1)
            self._unplug.unlink()
            self._plugged.discard(CHOSEN.name)
            if self._open is not None and self._open.info is CHOSEN:
                self._open.alive = False


class _RecordedInput:
    def __init__(self, info: InputInfo, take: Callable[[memoryview, bool], None]) -> None:
        self.info = info
        self.take = take
        self.alive = True

    def close(self) -> None:
        self.alive = False
