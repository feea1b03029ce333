"""Sound to the loudspeaker: exactly the stretches asked for, one after the other. PortAudio is imported when needed."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_CHUNK_SAMPLES: Final = SAMPLE_RATE // 20
_GAP: Final = bytes(SAMPLE_RATE // 8 * BYTES_PER_SAMPLE)  # between two stretches, so that they are heard as two


class Player(Protocol):
    """Where sound goes."""

    def play(self, pcm: bytes) -> None:
        """Play s16le samples at 16 kHz, instead of what is playing. Raises: InputError."""

    def stop(self) -> None:
        """Play no more."""


class LoudSpeaker:
    """The system's default output, opened for each playing."""

    def __init__(self, failed: Callable[[InputError], None] = lambda _: None) -> None:
        self._failed = failed
        self._playing: threading.Thread | None = None
        self._stopped = threading.Event()

    def play(self, pcm: bytes) -> None:
        """Play s16le samples at 16 kHz, instead of what is playing."""
        self.stop()
        self._stopped = threading.Event()
        self._playing = threading.Thread(target=self._play, args=(pcm, self._stopped), name="playing", daemon=True)
        self._playing.start()

    def stop(self) -> None:
        """Play no more."""
        self._stopped.set()

    def _play(self, pcm: bytes, stopped: threading.Event) -> None:
        try:
            import sounddevice
        except (ModuleNotFoundError, OSError):
            self._failed(InputError("no loudspeaker can be used: PortAudio is not there"))
            return
        try:
            with sounddevice.RawOutputStream(samplerate=SAMPLE_RATE, channels=1, dtype="int16") as stream:
                step = _CHUNK_SAMPLES * BYTES_PER_SAMPLE
                for at in range(0, len(pcm), step):
                    if stopped.is_set():
                        return
                    stream.write(pcm[at : at + step])
        except (sounddevice.PortAudioError, ValueError):
            self._failed(InputError("no loudspeaker can be opened"))


def in_a_row(stretches: Sequence[bytes]) -> bytes:
    """Stretches of sound as one, with a short silence between."""
    return _GAP.join(stretches)
