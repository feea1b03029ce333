"""What one person may do to a report as it stands, and what is in the way of the rest. Pure.

Says beforehand what the service would answer, so that a client can show it; whatever is asked is still decided there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import Check, Severity
from wardscribe_server.access.policy import READ, SIGN, WRITE
from wardscribe_server.access.principal import Principal, Scope
from wardscribe_server.records.editing import unconfirmed
from wardscribe_server.records.lifecycle import Act, roles_on, step
from wardscribe_server.records.report import Opened

_SCOPES: Final[Mapping[Act, Scope]] = MappingProxyType(
    {Act.READ: READ.scope, Act.HISTORY: READ.scope} | dict.fromkeys((Act.SIGN, Act.ADDEND, Act.CORRECT), SIGN.scope)
)


@dataclass(frozen=True, slots=True)
class ActStanding:
    """An act, and why it would be refused: `forbidden` to this person, or `wrong_state` for everybody."""

    act: Act
    refusal: ErrorCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a report stands for one person. `unconfirmed` are the machine's values, `blocking` the checks at which
    signing fails.
    """

    revision: int
    acts: tuple[ActStanding, ...]
    unconfirmed: tuple[str, ...]
    blocking: tuple[Check, ...]


def standing(opened: Opened, principal: Principal) -> Standing:
    """Where the newest version of a report stands for this person."""
    record = opened.version.record
    return Standing(
        revision=opened.report.revision,
        acts=tuple(ActStanding(act, _refusal(opened, act, principal)) for act in Act),
        unconfirmed=unconfirmed(record),
        blocking=tuple(check for check in record.checks if check.severity is Severity.ERROR),
    )


def _refusal(opened: Opened, act: Act, principal: Principal) -> ErrorCode | None:
    if _SCOPES.get(act, WRITE.scope) not in principal.scopes:
        return ErrorCode.FORBIDDEN
    try:
        step(opened.report.state, act, roles_on(principal, opened.report.author))
    except RefusedError as refusal:
        return refusal.code
    return None
