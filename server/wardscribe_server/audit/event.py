"""What the audit log is told. Ids only: no name of a patient, nothing said, no value of a field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from wardscribe_server.access.principal import TenantId, UserId


class AuditAction(StrEnum):
    """FHIR AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class AuditOutcome(StrEnum):
    """FHIR AuditEvent.outcome."""

    SUCCESS = "0"
    DENIED = "4"
    FAILED = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One access or change. `kind` is a constant such as `record.sign`; `entity` an id that this server made."""

    action: AuditAction
    kind: str
    outcome: AuditOutcome
    tenant: TenantId
    user: UserId
    entity: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


class AuditSink(Protocol):
    """Where events go. The writer gives them their time, their number and their place in the chain."""

    def write(self, event: AuditEvent) -> None:
        """Keep `event` for good before returning."""
        ...
