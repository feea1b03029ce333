"""Captured audio that the server has not called safe. Bounded; knows neither credit nor states.

Overflow policy: `append` beyond `room` is refused (`FullError`), never dropped; the capture layer spools meanwhile.
"""

from wardscribe_protocol.errors import ErrorCode, FullError, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, MAX_SAMPLE


class Backlog:
    """Samples `[safe, end)` of a session, of which `[safe, cursor)` were sent on this connection."""

    def __init__(self, *, capacity_samples: int) -> None:
        self._capacity = capacity_samples
        self._pcm = bytearray()
        self._safe = 0
        self._cursor = 0

    @property
    def safe(self) -> int:
        """First sample that is kept."""
        return self._safe

    @property
    def cursor(self) -> int:
        """Next sample to send."""
        return self._cursor

    @property
    def end(self) -> int:
        """Samples captured so far."""
        return self._safe + len(self._pcm) // BYTES_PER_SAMPLE

    @property
    def room(self) -> int:
        """Samples that can be appended."""
        return min(self._capacity - len(self._pcm) // BYTES_PER_SAMPLE, MAX_SAMPLE - self.end)

    def append(self, pcm: bytes) -> None:
        """Adds whole samples at the end.

        Raises: FullError when they do not all fit, LocalProtocolError (`bad_frame`) for half a sample; nothing is
        taken in either case.
        """
        if len(pcm) % BYTES_PER_SAMPLE:
            raise LocalProtocolError(ErrorCode.BAD_FRAME)
        if len(pcm) // BYTES_PER_SAMPLE > self.room:
            raise FullError
        self._pcm += pcm

    def take(self, max_samples: int) -> bytes:
        """The next samples to send, at most `max_samples`; empty when all were sent. They are kept."""
        start = (self._cursor - self._safe) * BYTES_PER_SAMPLE
        pcm = bytes(self._pcm[start : start + max_samples * BYTES_PER_SAMPLE])
        self._cursor += len(pcm) // BYTES_PER_SAMPLE
        return pcm

    def rewind(self, position: int) -> None:
        """Sends again from `position`.

        Raises: RemoteProtocolError: `audio_lost` when it was forgotten, `bad_sample_offset` when never captured.
        """
        if position < self._safe:
            raise RemoteProtocolError(ErrorCode.AUDIO_LOST)
        if position > self.end:
            raise RemoteProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
        self._cursor = position

    def release(self, up_to: int) -> None:
        """Forgets audio before `up_to`; a lower position than before changes nothing.

        Raises: RemoteProtocolError (`bad_sample_offset`) when `up_to` was never sent.
        """
        if up_to > self.end:
            raise RemoteProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
        if up_to > self._safe:
            del self._pcm[: (up_to - self._safe) * BYTES_PER_SAMPLE]
            self._safe = up_to
            self._cursor = max(self._cursor, up_to)
