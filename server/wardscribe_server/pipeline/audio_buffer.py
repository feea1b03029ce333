"""The audio of a session that is still needed."""

from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, Span


class AudioBuffer:
    """Samples `[start, end)` of the session, s16le."""

    def __init__(self) -> None:
        self.start = 0
        self._pcm = bytearray()

    @property
    def end(self) -> int:
        """Sample after the last one."""
        return self.start + len(self._pcm) // BYTES_PER_SAMPLE

    def append(self, pcm: bytes) -> None:
        """Take the next samples."""
        self._pcm += pcm

    def read(self, span: Span) -> bytes:
        """The samples of `span`, which must not be forgotten."""
        first = (span.start - self.start) * BYTES_PER_SAMPLE
        return bytes(self._pcm[first : first + len(span) * BYTES_PER_SAMPLE])

    def forget(self, before: int) -> None:
        """Let go of everything before this sample."""
        count = max(0, min(before, self.end) - self.start)
        del self._pcm[: count * BYTES_PER_SAMPLE]
        self.start += count
