"""Between the audio thread and everyone else: the callback copies and counts, and does nothing more.

One writer, one reader, no lock: each moves its own end only. Full, the newest sound is not taken, and counted.
"""

_WHOLE_FRAMES = 2 * 840  # a multiple of a frame of 1 to 8 channels, so that a full ring never cuts one in two


class Ring:
    """So many bytes of sound at most, allocated once."""

    def __init__(self, *, capacity_bytes: int) -> None:
        self._size = max(1, capacity_bytes // _WHOLE_FRAMES) * _WHOLE_FRAMES
        self._bytes = bytearray(self._size)
        self._written = 0  # ever; the writer's
        self._read = 0  # ever; the reader's
        self.lost_bytes = 0  # ever; the writer's

    @property
    def capacity_bytes(self) -> int:
        """How much fits."""
        return self._size

    def put(self, pcm: memoryview | bytes) -> None:
        """Copy a block in: the audio thread's part."""
        taken = min(len(pcm), self._size - (self._written - self._read))
        at = self._written % self._size
        first = min(taken, self._size - at)
        self._bytes[at : at + first] = pcm[:first]
        self._bytes[: taken - first] = pcm[first:taken]
        self.lost_bytes += len(pcm) - taken
        self._written += taken

    def take(self) -> bytes:
        """Everything that came in."""
        length = self._written - self._read
        at = self._read % self._size
        first = min(length, self._size - at)
        pcm = bytes(self._bytes[at : at + first]) + bytes(self._bytes[: length - first])
        self._read += length
        return pcm
