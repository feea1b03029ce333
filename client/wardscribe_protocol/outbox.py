"""Messages on their way: numbered and kept until acknowledged, or only the latest of a kind. No states, no sockets.

Overflow policy: a durable message that finds the outbox full is not taken (`FullError`) and never dropped; from
`high_water` on the outbox calls itself congested, and its owner gives no more credit. An ephemeral message replaces
the waiting one of its kind, so there are never more of them than kinds. What waits is bounded by weight too: at
`capacity_bytes` there is no room, at half of it the outbox is congested.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import ErrorCode, FullError, RemoteProtocolError
from wardscribe_protocol.wire import MAX_SERVER_MESSAGE_BYTES, Numbered, WireModel


@dataclass(frozen=True, slots=True)
class _Waiting:
    order: int
    seq: int
    text: str


class Outbox:
    """What one end has yet to send, or to see acknowledged; it outlives connections."""

    def __init__(
        self,
        *,
        capacity: int,
        high_water: int | None = None,
        capacity_bytes: int = MAX_SERVER_MESSAGE_BYTES,
        last_seq: int = 0,
    ) -> None:
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._waiting_bytes = 0
        self._high_water = capacity if high_water is None else high_water
        self._last_seq = last_seq
        self._last_sent = last_seq
        self._highest_sent = last_seq
        self._durable: deque[_Waiting] = deque()
        self._latest: dict[str, _Waiting] = {}
        self._order = 0

    def __len__(self) -> int:
        """Durable messages not acknowledged."""
        return len(self._durable)

    @property
    def last_seq(self) -> int:
        """Number of the newest durable message; 0 when there was none."""
        return self._last_seq

    @property
    def acknowledged_seq(self) -> int:
        """The peer has the durable messages up to this one."""
        return self._durable[0].seq - 1 if self._durable else self._last_seq

    @property
    def room(self) -> int:
        """Durable messages that can still be put; the last of them may go beyond `capacity_bytes`."""
        return max(0, self._capacity - len(self._durable)) if self._waiting_bytes < self._capacity_bytes else 0

    @property
    def congested(self) -> bool:
        """Whether the peer acknowledges too slowly for more to be produced."""
        return len(self._durable) >= self._high_water or 2 * self._waiting_bytes >= self._capacity_bytes

    @property
    def has_unsent(self) -> bool:
        """Whether `take` would give something."""
        return bool(self._latest) or self._last_sent < self._last_seq

    @property
    def unacknowledged(self) -> tuple[str, ...]:
        """The durable messages that are kept, oldest first, as they are sent."""
        return tuple(item.text for item in self._durable)

    def put(self, message: Numbered, *, last: bool = False) -> int:
        """Queues a durable message and returns its number. The `last` of a session always finds a place.

        Raises: FullError; LocalProtocolError (`message_too_large`).
        """
        if not self.room and not last:
            raise FullError
        seq = self._last_seq + 1
        text = encode_message(message.model_copy(update={"seq": seq}))
        self._durable.append(_Waiting(self._next_order(), seq, text))
        self._waiting_bytes += len(text)
        self._last_seq = seq
        return seq

    def restore(self, messages: Iterable[Numbered]) -> None:
        """Puts what was queued before a restart, however much it is; the peer may have received any of it."""
        for message in messages:
            self.put(message, last=True)
        self._highest_sent = self._last_seq

    def show(self, kind: str, message: WireModel) -> None:
        """Queues an ephemeral message in place of the waiting one of its kind.

        Raises: LocalProtocolError (`message_too_large`).
        """
        self._latest[kind] = _Waiting(self._next_order(), 0, encode_message(message))

    def acknowledge(self, seq: int) -> None:
        """Forgets the durable messages up to `seq`; a lower number than before changes nothing.

        Raises: RemoteProtocolError (`bad_seq`) when `seq` was never sent.
        """
        if seq > self._highest_sent:
            raise RemoteProtocolError(ErrorCode.BAD_SEQ)
        while self._durable and self._durable[0].seq <= seq:
            self._waiting_bytes -= len(self._durable.popleft().text)
        self._last_sent = max(self._last_sent, seq)

    def rewind(self) -> None:
        """A new connection: all that is not acknowledged is to be sent again, what was only for the old one is not."""
        self._last_sent = self.acknowledged_seq
        self._latest.clear()

    def take(self) -> list[str]:
        """What was not sent on this connection, in the order in which it was queued."""
        waiting = [item for item in self._durable if item.seq > self._last_sent]
        waiting += self._latest.values()
        self._latest.clear()
        self._last_sent = self._last_seq
        self._highest_sent = self._last_seq
        return [item.text for item in sorted(waiting, key=lambda item: item.order)]

    def _next_order(self) -> int:
        self._order += 1
        return self._order


class Inbox:
    """The mirror of an outbox: takes each durable message once, in order."""

    def __init__(self, *, last_seq: int = 0) -> None:
        self._last_seq = last_seq

    @property
    def last_seq(self) -> int:
        """Number of the last message taken; 0 when there was none."""
        return self._last_seq

    def accept(self, seq: int) -> bool:
        """Whether the message numbered `seq` is new.

        Raises: RemoteProtocolError (`bad_seq`) when one before it is missing, or it has no number.
        """
        if not 1 <= seq <= self._last_seq + 1:
            raise RemoteProtocolError(ErrorCode.BAD_SEQ)
        new = seq > self._last_seq
        self._last_seq = max(self._last_seq, seq)
        return new


class KeptInbox(Inbox):
    """An inbox whose messages are acknowledged once they are on stable storage."""

    def __init__(self, *, last_seq: int = 0) -> None:
        super().__init__(last_seq=last_seq)
        self._kept_seq = last_seq
        self._refused: set[int] = set()

    @property
    def kept_seq(self) -> int:
        """The peer may forget its messages up to this one."""
        return self._kept_seq

    def keep(self, up_to: int) -> bool:
        """The messages up to this one are on stable storage; whether that is news to the peer."""
        before = self._kept_seq
        self._kept_seq = max(before, up_to)
        while self._kept_seq + 1 in self._refused:
            self._kept_seq += 1
        self._refused = {seq for seq in self._refused if seq > self._kept_seq}
        return self._kept_seq > before

    def refuse(self, seq: int) -> None:
        """The message was turned down: its number counts, and of it there is nothing to keep."""
        self._refused.add(seq)
        self.keep(self._kept_seq)
