"""A stream at the speed of speech, frame by frame, with the clock by which everything that comes back is timed."""

import asyncio
from collections.abc import AsyncIterator

from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE


class Playback:
    """Plays one stream once. The clock starts when `frames` is first asked."""

    def __init__(self, pcm: bytes, *, frame_samples: int) -> None:
        self._pcm = pcm
        self._frame_bytes = frame_samples * BYTES_PER_SAMPLE
        self._started = 0.0
        self.latest_frame_s = 0.0

    @property
    def now_s(self) -> float:
        """Seconds since the first sample was captured."""
        return asyncio.get_running_loop().time() - self._started

    async def frames(self) -> AsyncIterator[bytes]:
        """Each frame when its last sample would have been captured; what is late stays late and is noted."""
        self._started = asyncio.get_running_loop().time()
        for offset in range(0, len(self._pcm), self._frame_bytes):
            frame = self._pcm[offset : offset + self._frame_bytes]
            due_s = (offset + len(frame)) / BYTES_PER_SAMPLE / SAMPLE_RATE
            await asyncio.sleep(max(0.0, due_s - self.now_s))
            self.latest_frame_s = max(self.latest_frame_s, self.now_s - due_s)
            yield frame
