"""The life of a report as a table: state x act -> who may, and where it leads. An absent key is the refusal.

Pure. Knows nothing of storage, of the record's contents or of who wrote it; only what `roles_on` says of a person.
After PowerScribe's states (wet read to addended) and China's rule that a superior signs what a subordinate wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import ReportState
from wardscribe_server.access.principal import Principal, Role, UserId


class Act(StrEnum):
    """What can be done to a report that is there."""

    READ = "read"
    HISTORY = "history"  # who did what when, without contents
    EDIT = "edit"
    CONFIRM = "confirm"
    GIVE_WET_READ = "give_wet_read"
    RELEASE = "release"  # as preliminary
    SUBMIT = "submit"  # for signature
    RECALL = "recall"
    REJECT = "reject"
    REOPEN = "reopen"
    SIGN = "sign"
    ADDEND = "addend"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed act: by whom, and the state afterwards."""

    to: ReportState
    roles: frozenset[Role]


WRITERS = frozenset({Role.DICTATING, Role.RESIDENT, Role.ATTENDING})
PHYSICIANS = frozenset({Role.RESIDENT, Role.ATTENDING})
SIGNERS = frozenset({Role.ATTENDING})
EVERYBODY = frozenset(Role)

_SIGNED = (ReportState.FINAL, ReportState.ADDENDED, ReportState.CORRECTED)
SIGNED = frozenset(_SIGNED)
# A version that reaches one of these is closed: hashed, and never written again.
CLOSED = SIGNED | {ReportState.WET_READ, ReportState.PRELIMINARY, ReportState.PENDING_SIGNATURE}
NEEDS_REASON = frozenset({Act.REJECT, Act.CORRECT})
_UNSIGNED = (ReportState.DRAFT, ReportState.WET_READ, ReportState.PRELIMINARY)

LIFE: Mapping[tuple[ReportState, Act], Step] = MappingProxyType(
    {(state, Act.READ): Step(state, WRITERS) for state in ReportState}
    | {(state, Act.HISTORY): Step(state, EVERYBODY) for state in ReportState}
    | {(state, act): Step(state, WRITERS) for state in _UNSIGNED for act in (Act.EDIT, Act.CONFIRM)}
    | {
        (ReportState.PENDING_SIGNATURE, Act.EDIT): Step(ReportState.PENDING_SIGNATURE, SIGNERS),
        (ReportState.PENDING_SIGNATURE, Act.CONFIRM): Step(ReportState.PENDING_SIGNATURE, SIGNERS),
        (ReportState.DRAFT, Act.GIVE_WET_READ): Step(ReportState.WET_READ, PHYSICIANS),
        (ReportState.DRAFT, Act.RELEASE): Step(ReportState.PRELIMINARY, PHYSICIANS),
        (ReportState.WET_READ, Act.RELEASE): Step(ReportState.PRELIMINARY, PHYSICIANS),
        (ReportState.DRAFT, Act.SUBMIT): Step(ReportState.PENDING_SIGNATURE, WRITERS),
        (ReportState.WET_READ, Act.SUBMIT): Step(ReportState.PENDING_SIGNATURE, WRITERS),
        (ReportState.PRELIMINARY, Act.SUBMIT): Step(ReportState.PENDING_SIGNATURE, WRITERS),
        (ReportState.WET_READ, Act.RECALL): Step(ReportState.DRAFT, PHYSICIANS),
        (ReportState.PRELIMINARY, Act.RECALL): Step(ReportState.DRAFT, PHYSICIANS),
        (ReportState.PENDING_SIGNATURE, Act.RECALL): Step(ReportState.DRAFT, WRITERS),
        (ReportState.WET_READ, Act.REJECT): Step(ReportState.REJECTED, SIGNERS),
        (ReportState.PRELIMINARY, Act.REJECT): Step(ReportState.REJECTED, SIGNERS),
        (ReportState.PENDING_SIGNATURE, Act.REJECT): Step(ReportState.REJECTED, SIGNERS),
        (ReportState.REJECTED, Act.REOPEN): Step(ReportState.DRAFT, WRITERS),
        (ReportState.DRAFT, Act.SIGN): Step(ReportState.FINAL, SIGNERS),
        (ReportState.WET_READ, Act.SIGN): Step(ReportState.FINAL, SIGNERS),
        (ReportState.PRELIMINARY, Act.SIGN): Step(ReportState.FINAL, SIGNERS),
        (ReportState.PENDING_SIGNATURE, Act.SIGN): Step(ReportState.FINAL, SIGNERS),
    }
    | {(state, Act.ADDEND): Step(ReportState.ADDENDED, SIGNERS) for state in _SIGNED}
    | {(state, Act.CORRECT): Step(ReportState.CORRECTED, SIGNERS) for state in _SIGNED}
)


def roles_on(principal: Principal, author: UserId) -> frozenset[Role]:
    """What a person is to one report: whoever only dictates is so to reports of their own alone."""
    return principal.roles if principal.user == author else principal.roles - {Role.DICTATING}


def step(state: ReportState, act: Act, roles: frozenset[Role]) -> ReportState:
    """The state after `act`.

    Raises: RefusedError: `forbidden` when no role of these may do it in any state or in this one; `wrong_state` when
        nobody may in this one.
    """
    if not any(known is act and roles & allowed.roles for (_, known), allowed in LIFE.items()):
        raise RefusedError(ErrorCode.FORBIDDEN)
    found = LIFE.get((state, act))
    if found is None:
        raise RefusedError(ErrorCode.WRONG_STATE)
    if not roles & found.roles:
        raise RefusedError(ErrorCode.FORBIDDEN)
    return found.to


def may_write(principal: Principal) -> bool:
    """Whether this person may keep a report at all."""
    return bool(principal.roles & WRITERS)
