"""Which audio of a session is here: received, safe, consumed, credited, complete. Knows neither texts nor time."""

from wardscribe_protocol.audio import AudioFrame
from wardscribe_protocol.credit import CreditWindow
from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, MAX_SAMPLE


class AudioIntake:
    """Takes each sample once, in order, within the credit that it gives. It keeps positions, no audio."""

    def __init__(self, *, window_samples: int, received_samples: int = 0) -> None:
        """`received_samples` are here and safe from the start."""
        self._window = window_samples
        self._credit = CreditWindow(received_samples + window_samples)
        self._next = self._safe = self._consumed = received_samples
        self._total: int | None = None
        self._rewinding = False  # a gap was reported; what follows it on this connection is not reported again

    @property
    def next_sample(self) -> int:
        """First sample that is not here."""
        return self._next

    @property
    def safe_samples(self) -> int:
        """Audio before this is on stable storage."""
        return self._safe

    @property
    def credit_samples(self) -> int:
        """Audio may be sent up to this position."""
        return self._credit.limit

    @property
    def complete(self) -> bool:
        """Whether the client's total is known and all here."""
        return self._next == self._total

    def take(self, frame: AudioFrame) -> bytes:
        """The samples of `frame` that are new; empty for a repetition and for what follows a reported gap.

        Raises: RemoteProtocolError (`bad_frame`, `bad_sample_offset`, `total_mismatch`, `credit_exceeded`); then
        nothing was taken.
        """
        if frame.stream != 0:
            raise RemoteProtocolError(ErrorCode.BAD_FRAME)
        end = frame.span.end
        if end <= self._next:
            return b""
        if frame.first_sample > self._next:
            if self._rewinding:
                return b""
            self._rewinding = True
            raise RemoteProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
        if self._total is not None and end > self._total:
            raise RemoteProtocolError(ErrorCode.TOTAL_MISMATCH)
        if not self._credit.allows(end):
            raise RemoteProtocolError(ErrorCode.CREDIT_EXCEEDED)
        pcm = frame.pcm[(self._next - frame.first_sample) * BYTES_PER_SAMPLE :]
        self._next = end
        self._rewinding = False
        return pcm

    def stop(self, total_samples: int) -> None:
        """The client says how much audio there is; saying it again changes nothing.

        Raises: RemoteProtocolError (`total_mismatch`) when more is here, or another total was said before.
        """
        if total_samples < self._next or self._total not in (None, total_samples):
            raise RemoteProtocolError(ErrorCode.TOTAL_MISMATCH)
        self._total = total_samples

    def mark_safe(self, up_to: int) -> bool:
        """Audio before `up_to` is on stable storage; whether that is news. Raises: LocalProtocolError."""
        news = self._received(up_to) > self._safe
        self._safe = max(self._safe, up_to)
        return news

    def mark_consumed(self, up_to: int) -> None:
        """Audio before `up_to` was handled and makes room for as much again. Raises: LocalProtocolError."""
        self._consumed = max(self._consumed, self._received(up_to))

    def grant(self) -> bool:
        """Gives credit for one window beyond what was consumed; whether that is news."""
        return self._credit.grant(min(self._consumed + self._window, MAX_SAMPLE))

    def new_connection(self) -> None:
        """The client sends from `next_sample`; a gap is news again."""
        self._rewinding = False

    def _received(self, up_to: int) -> int:
        if not 0 <= up_to <= self._next:
            raise LocalProtocolError(ErrorCode.BAD_SAMPLE_OFFSET)
        return up_to
