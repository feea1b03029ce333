"""What outlives a server: from here the server's end of a session goes on in another process. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_protocol.messages import ServerDurable


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPast:
    """What is known of a session whose server is gone, all of it on stable storage."""

    received_samples: int
    client_seq: int  # the client's numbered messages up to this one were kept
    acknowledged_seq: int  # the client has the durable messages up to this one
    told: Sequence[ServerDurable]  # the durable messages after it, in order
    stopped: bool  # no more audio will come, the record is to be made
