"""What the server does with control messages before anybody acts on them: each counts once, and only so many a time.

Knows numbers and weights, not what a message asks for.
"""

from wardscribe_protocol.allowance import Allowance
from wardscribe_protocol.errors import ErrorCode, RemoteProtocolError
from wardscribe_protocol.outbox import KeptInbox
from wardscribe_protocol.settings import ServerSessionSettings

_HEAVY_CHARACTERS = 4096


class ControlIntake:
    """The numbered messages of one client. `pending_bytes` weighs those that nobody has collected yet."""

    def __init__(self, settings: ServerSessionSettings, *, last_seq: int, now: float) -> None:
        self.pending_bytes = 0
        self._inbox = KeptInbox(last_seq=last_seq)
        self._allowance = Allowance(burst=settings.control_burst, per_s=settings.control_per_s, now=now)

    @property
    def kept_seq(self) -> int:
        """The client may forget its messages up to this one."""
        return self._inbox.kept_seq

    def keep(self, up_to: int) -> bool:
        """The messages up to this one are on stable storage; whether that is news to the client."""
        return self._inbox.keep(up_to)

    def is_repeated(self, seq: int) -> bool:
        """Whether the message was taken before."""
        return 0 < seq <= self._inbox.last_seq

    def take(self, seq: int, *, weight: int, forbidden: bool, now: float) -> None:
        """Count a new message.

        Raises: RemoteProtocolError when it comes too soon, when one before it is missing, or when it is `forbidden`.
        """
        if not self._allowance.take(1 + weight / _HEAVY_CHARACTERS, now=now):
            raise RemoteProtocolError(ErrorCode.OVERLOADED)
        if seq:
            self._inbox.accept(seq)
        if forbidden:  # counted before it is refused: else the client would send it for ever
            self._inbox.refuse(seq)
            raise RemoteProtocolError(ErrorCode.FORBIDDEN)
        self.pending_bytes += weight
