"""The microphone as blocks of 16 kHz samples. The audio callback only copies and counts.

PortAudio is needed here and nowhere else, so it is imported here and only when a microphone is opened.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import SAMPLE_RATE

if TYPE_CHECKING:
    import sounddevice

_BLOCK_SAMPLES = SAMPLE_RATE // 20
_QUEUE_BLOCKS = 20 * 60  # one minute of blocks between the callback and whoever sends them


class Microphone:
    """The default input device, or the one named."""

    def __init__(self, device: str | None = None) -> None:
        self._device = device
        self._blocks: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE_BLOCKS + 1)  # None: the device is gone
        self.overflows = 0  # blocks that the device or the queue lost; shown, never silent

    async def blocks(self) -> AsyncGenerator[bytes]:
        """Blocks of 50 ms of s16le samples, until the caller stops asking.

        Raises: InputError saying what to install or to plug in.
        """
        loop = asyncio.get_running_loop()

        def hand_over(pcm: bytes, lost: bool) -> None:  # noqa: FBT001 - called by position from the audio thread
            loop.call_soon_threadsafe(self._take, pcm, lost)

        def gone() -> None:
            loop.call_soon_threadsafe(self._blocks.put_nowait, None)

        with _open(self._device, hand_over, gone):
            while (block := await self._blocks.get()) is not None:
                yield block
        raise InputError("the microphone is gone; what was said before is kept")

    def _take(self, pcm: bytes, lost: bool) -> None:  # noqa: FBT001 - called by position from the audio thread
        self.overflows += lost
        if self._blocks.qsize() < _QUEUE_BLOCKS:
            self._blocks.put_nowait(pcm)
        else:
            self.overflows += 1


@contextmanager
def _open(device: str | None, take: Callable[[bytes, bool], None], gone: Callable[[], None]) -> Iterator[None]:
    try:
        import sounddevice
    except ModuleNotFoundError as error:
        raise InputError("the microphone needs: pip install 'wardscribe[desktop]'") from error
    except OSError as error:
        raise InputError("the microphone needs PortAudio: install libportaudio2 (apt install libportaudio2)") from error

    def callback(
        pcm: "sounddevice._ArrayLike", _frames: int, _time: object, status: "sounddevice.CallbackFlags"
    ) -> None:
        take(bytes(pcm), bool(status.input_overflow))

    try:
        stream = sounddevice.RawInputStream(
            samplerate=SAMPLE_RATE,
            blocksize=_BLOCK_SAMPLES,
            channels=1,
            dtype="int16",
            device=device,
            callback=callback,
            finished_callback=gone,
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise InputError("no microphone can be opened; plug one in or choose another with --input") from error
    try:
        yield
    finally:
        stream.close()
