"""Why someone is not let in: one code of the protocol, a constant reason for the audit log, when to come back."""

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import NOBODY, Principal


class DeniedError(RefusedError):
    """Turned away at the door. `reason` is one of our own constants; it goes to the audit log, never to the peer."""

    def __init__(
        self,
        code: ErrorCode,
        reason: str,
        *,
        retry_after_s: float | None = None,
        claimed: Principal = NOBODY,
        entity: str = "",
    ) -> None:
        super().__init__(code)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.claimed = claimed
        self.entity = entity
