"""Who is asking: a tenant, a person in it, their roles, and what their token is for. Values only; what they allow is in
`policy`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

TenantId = NewType("TenantId", str)
UserId = NewType("UserId", str)


class Role(StrEnum):
    """What a person is to a report."""

    DICTATING = "dictating"
    RESIDENT = "resident"
    ATTENDING = "attending"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a token is for. A role says what a person may do, a scope what they let this token do in their name."""

    DICTATE = "dictate"
    READ = "read"
    WRITE = "write"
    SIGN = "sign"
    ADMINISTER = "administer"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who was let in. `user` is an opaque name that the hospital chose; it may stand in the audit log."""

    tenant: TenantId
    user: UserId
    roles: frozenset[Role]
    scopes: frozenset[Scope] = frozenset()

    def is_same_person(self, other: "Principal") -> bool:
        """Whether both are one user of one tenant, whatever their tokens are for."""
        return (self.tenant, self.user) == (other.tenant, other.user)


LOCAL_TENANT = TenantId("local")
# Whoever sits at this machine, when the server listens on loopback only and asks for no token.
LOCAL = Principal(LOCAL_TENANT, UserId("local"), frozenset(Role), frozenset(Scope))
# Whom the audit log names when nobody was let in and no token says who it might have been.
NOBODY = Principal(LOCAL_TENANT, UserId("-"), frozenset())
