"""Both ends of a session, under one name. The gateway holds a `ServerSession`, the link a `ClientSession`."""

from wardscribe_protocol.client_session import ClientSession
from wardscribe_protocol.server_past import ServerPast
from wardscribe_protocol.server_session import AttachmentId, ServerSession
from wardscribe_protocol.session_events import SessionEvent
from wardscribe_protocol.settings import ClientSessionSettings, ServerSessionSettings

__all__ = [
    "AttachmentId",
    "ClientSession",
    "ClientSessionSettings",
    "ServerPast",
    "ServerSession",
    "ServerSessionSettings",
    "SessionEvent",
]
