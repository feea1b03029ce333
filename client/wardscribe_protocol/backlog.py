"""Captured audio that the server has not called safe. Bounded; knows neither credit nor states.

Overflow policy: `append` beyond `room` is refused (`FullError`), never dropped; the capture layer spools meanwhile.
"""

from wardscribe_protocol.errors import ErrorCode, FullError, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, MAX_SAMPLE


class Backlog:
    """Samples `[safe, end)` of a session, of which `[safe, cursor)` were sent on this connection.

    After a crash a spool hands over again what it has from `first` on, and `captured` is how far it reaches. The server
    may be further than what was handed over so far: then `safe` and `cursor` are, and `end` follows.
    """

    def __init__(self, *, capacity_samples: int, first: int = 0, captured: int = 0) -> None:
        self._capacity = capacity_samples
        self._pcm = bytearray()
        self._end = first
        self._captured = max(first, captured)
        self._safe = first
        self._cursor = first

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
        return self._end

    @property
    def room(self) -> int:
        """Samples that can be appended."""
        return min(self._capacity - (self._end - self._safe), MAX_SAMPLE - self._end)

    @property
    def unsent(self) -> int:
        """Samples that were not sent on this connection."""
        return max(0, self._end - self._cursor)

    def append(self, pcm: bytes) -> None:
        """Adds whole samples at the end.

        Raises: FullError when they do not all fit, LocalProtocolError (`bad_frame`) for half a sample; nothing is
        taken in either case.
        """
        if len(pcm) % BYTES_PER_SAMPLE:
            raise LocalProtocolError(ErrorCode.BAD_FRAME)
        if len(pcm) // BYTES_PER_SAMPLE > self.room:
            raise FullError
        known = max(0, self._safe - self._end) * BYTES_PER_SAMPLE
        self._pcm += pcm[known:]
        self._end += len(pcm) // BYTES_PER_SAMPLE

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
        self._check_captured(position)
        self._cursor = position

    def release(self, up_to: int) -> None:
        """Forgets audio before `up_to`; a lower position than before changes nothing.

        Raises: RemoteProtocolError (`bad_sample_offset`) when `up_to` was never sent.
        """
        self._check_captured(up_to)
        if up_to > self._safe:
            del self._pcm[: (up_to - self._safe) * BYTES_PER_SAMPLE]
            self._safe = up_to
            self._cursor = max(self._cursor, up_to)

    def _check_captured(self, position: int) -> None:
        if position > max(self._end, self._captured):
            raise RemoteProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
