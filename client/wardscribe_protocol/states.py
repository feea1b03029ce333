"""The states of both session ends as tables, and the machine that walks them. An absent key is the error.

Each end has two independent machines: the *link* says whether a connection is there, the *phase* how far the dictation
has come. docs/protocol.md draws the tables (`scripts/protocol_diagram.py`).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, ProtocolError

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class ServerLink(StrEnum):
    """Whether a client is attached to the session."""

    NEW = "new"
    ATTACHED = "attached"
    DETACHED = "detached"
    ENDED = "ended"


class ServerLinkEvent(StrEnum):
    """What moves a `ServerLink`."""

    ATTACH = "attach"
    DETACH = "detach"
    END = "end"


class ServerPhase(StrEnum):
    """How far the dictation has come, as the server sees it."""

    DICTATING = "dictating"
    STOPPING = "stopping"  # stop was said, audio is still missing
    FINISHING = "finishing"  # all audio is here, the record is being made
    CLOSING = "closing"  # `closed` is on its way
    DRAINED = "drained"
    ABANDONED = "abandoned"


class ServerPhaseEvent(StrEnum):
    """What moves a `ServerPhase`."""

    AUDIO = "audio"
    CONTROL = "control"
    STOP = "stop"
    COMPLETE = "complete"
    CLOSE = "close"
    DRAIN = "drain"
    ABANDON = "abandon"


class ClientLink(StrEnum):
    """Whether the client has a connection, and whether the session is attached to it."""

    OFFLINE = "offline"
    STARTING = "starting"
    ONLINE = "online"


class ClientLinkEvent(StrEnum):
    """What moves a `ClientLink`."""

    CONNECTED = "connected"
    READY = "ready"
    DISCONNECTED = "disconnected"


class ClientPhase(StrEnum):
    """How far the dictation has come, as the client sees it."""

    DICTATING = "dictating"
    STOPPING = "stopping"
    CLOSED = "closed"
    FAILED = "failed"


class ClientPhaseEvent(StrEnum):
    """What moves a `ClientPhase`."""

    AUDIO = "audio"
    CONTROL = "control"
    STOP = "stop"
    CLOSED = "closed"
    FAIL = "fail"


SERVER_LINK: Mapping[tuple[ServerLink, ServerLinkEvent], ServerLink] = MappingProxyType(
    {
        (ServerLink.NEW, ServerLinkEvent.ATTACH): ServerLink.ATTACHED,
        (ServerLink.ATTACHED, ServerLinkEvent.ATTACH): ServerLink.ATTACHED,
        (ServerLink.DETACHED, ServerLinkEvent.ATTACH): ServerLink.ATTACHED,
        (ServerLink.ATTACHED, ServerLinkEvent.DETACH): ServerLink.DETACHED,
        (ServerLink.NEW, ServerLinkEvent.END): ServerLink.ENDED,
        (ServerLink.ATTACHED, ServerLinkEvent.END): ServerLink.ENDED,
        (ServerLink.DETACHED, ServerLinkEvent.END): ServerLink.ENDED,
    }
)

SERVER_PHASE: Mapping[tuple[ServerPhase, ServerPhaseEvent], ServerPhase] = MappingProxyType(
    {
        (ServerPhase.DICTATING, ServerPhaseEvent.AUDIO): ServerPhase.DICTATING,
        (ServerPhase.DICTATING, ServerPhaseEvent.CONTROL): ServerPhase.DICTATING,
        (ServerPhase.DICTATING, ServerPhaseEvent.STOP): ServerPhase.STOPPING,
        (ServerPhase.DICTATING, ServerPhaseEvent.ABANDON): ServerPhase.ABANDONED,
        (ServerPhase.STOPPING, ServerPhaseEvent.AUDIO): ServerPhase.STOPPING,
        (ServerPhase.STOPPING, ServerPhaseEvent.STOP): ServerPhase.STOPPING,
        (ServerPhase.STOPPING, ServerPhaseEvent.COMPLETE): ServerPhase.FINISHING,
        (ServerPhase.STOPPING, ServerPhaseEvent.ABANDON): ServerPhase.ABANDONED,
        (ServerPhase.FINISHING, ServerPhaseEvent.STOP): ServerPhase.FINISHING,
        (ServerPhase.FINISHING, ServerPhaseEvent.CLOSE): ServerPhase.CLOSING,
        (ServerPhase.FINISHING, ServerPhaseEvent.ABANDON): ServerPhase.ABANDONED,
        (ServerPhase.CLOSING, ServerPhaseEvent.STOP): ServerPhase.CLOSING,
        (ServerPhase.CLOSING, ServerPhaseEvent.DRAIN): ServerPhase.DRAINED,
    }
)

CLIENT_LINK: Mapping[tuple[ClientLink, ClientLinkEvent], ClientLink] = MappingProxyType(
    {
        (ClientLink.OFFLINE, ClientLinkEvent.CONNECTED): ClientLink.STARTING,
        (ClientLink.STARTING, ClientLinkEvent.READY): ClientLink.ONLINE,
        (ClientLink.STARTING, ClientLinkEvent.DISCONNECTED): ClientLink.OFFLINE,
        (ClientLink.ONLINE, ClientLinkEvent.DISCONNECTED): ClientLink.OFFLINE,
        (ClientLink.OFFLINE, ClientLinkEvent.DISCONNECTED): ClientLink.OFFLINE,
    }
)

CLIENT_PHASE: Mapping[tuple[ClientPhase, ClientPhaseEvent], ClientPhase] = MappingProxyType(
    {
        (ClientPhase.DICTATING, ClientPhaseEvent.AUDIO): ClientPhase.DICTATING,
        (ClientPhase.DICTATING, ClientPhaseEvent.CONTROL): ClientPhase.DICTATING,
        (ClientPhase.DICTATING, ClientPhaseEvent.STOP): ClientPhase.STOPPING,
        (ClientPhase.DICTATING, ClientPhaseEvent.FAIL): ClientPhase.FAILED,
        (ClientPhase.STOPPING, ClientPhaseEvent.STOP): ClientPhase.STOPPING,
        (ClientPhase.STOPPING, ClientPhaseEvent.CLOSED): ClientPhase.CLOSED,
        (ClientPhase.STOPPING, ClientPhaseEvent.FAIL): ClientPhase.FAILED,
        (ClientPhase.CLOSED, ClientPhaseEvent.STOP): ClientPhase.CLOSED,
    }
)


class Machine(Generic[S, E]):
    """A state and the table it moves by."""

    def __init__(self, table: Mapping[tuple[S, E], S], initial: S) -> None:
        self._table = table
        self._state = initial

    @property
    def state(self) -> S:
        """Where the machine stands."""
        return self._state

    def allows(self, event: E) -> bool:
        """Whether the table has a way for `event` here."""
        return (self._state, event) in self._table

    def apply(self, event: E, *, fault: type[ProtocolError] = LocalProtocolError) -> S:
        """Moves by `event` and returns the new state.

        Raises: `fault` (`unexpected_message`) when the table has no way for it.
        """
        state = self._table.get((self._state, event))
        if state is None:
            raise fault(ErrorCode.UNEXPECTED_MESSAGE)
        self._state = state
        return state
