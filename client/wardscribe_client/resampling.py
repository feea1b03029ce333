"""Any device's rate and channels to 16 kHz mono, as a stream: no click between blocks, nothing lost at the end."""

import numpy as np
import soxr

from wardscribe_protocol.timeline import SAMPLE_RATE


class Resampler:
    """For one stream of s16le frames, channels interleaved."""

    def __init__(self, *, rate: int, channels: int) -> None:
        self._channels = channels
        self._stream = (
            soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="int16", quality="HQ") if rate != SAMPLE_RATE else None
        )

    def take(self, pcm: bytes) -> bytes:
        """What these frames become; a few milliseconds of it come with the next."""
        return self._converted(pcm, last=False)

    def rest(self) -> bytes:
        """What is still held, when the stream is over."""
        return self._converted(b"", last=True)

    def _converted(self, pcm: bytes, *, last: bool) -> bytes:
        samples = np.frombuffer(pcm, dtype="<i2")
        if self._channels > 1:
            # The mean: a headset may speak on one channel only, and two that agree must not clip.
            samples = samples.reshape(-1, self._channels).mean(axis=1).astype(np.int16)
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples, last=last)
        return samples.astype("<i2").tobytes()
