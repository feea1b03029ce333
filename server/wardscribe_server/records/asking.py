"""One call of the records' service, and what the audit log is told of it: success by the call, everything else here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import Principal
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome, AuditSink

_DENIALS = frozenset(
    {
        ErrorCode.FORBIDDEN,
        ErrorCode.UNKNOWN_RECORD,
        ErrorCode.WRONG_STATE,
        ErrorCode.CHECKS_FAILED,
        ErrorCode.UNCONFIRMED_VALUES,
    }
)


@dataclass(slots=True)
class Asked:
    """Who asks for what, and of which report."""

    sink: AuditSink
    principal: Principal
    kind: str
    action: AuditAction
    entity: str

    def done(self, **detail: str) -> None:
        """It succeeded. Told before the transaction ends, so that nothing happens untold."""
        self._tell(AuditOutcome.SUCCESS, detail)

    def refused(self, code: ErrorCode) -> None:
        """It was denied, or failed."""
        self._tell(AuditOutcome.DENIED if code in _DENIALS else AuditOutcome.FAILED, {"code": code.value})

    def _tell(self, outcome: AuditOutcome, detail: dict[str, str]) -> None:
        who = self.principal
        self.sink.write(
            AuditEvent(
                action=self.action,
                kind=self.kind,
                outcome=outcome,
                tenant=who.tenant,
                user=who.user,
                entity=self.entity,
                detail=detail,
            )
        )


@contextmanager
def asking(sink: AuditSink, principal: Principal, kind: str, action: AuditAction, entity: str = "") -> Iterator[Asked]:
    """A call; what does not succeed is told when it ends."""
    asked = Asked(sink, principal, kind, action, entity)
    try:
        yield asked
    except RefusedError as refusal:
        asked.refused(refusal.code)
        raise
    except BaseException:
        asked.refused(ErrorCode.INTERNAL)
        raise
