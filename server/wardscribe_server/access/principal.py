"""Who is asking: a tenant, a person in it, and their roles. Values only; what a role allows is elsewhere."""

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


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who was let in. `user` is an opaque name that the hospital chose; it may stand in the audit log."""

    tenant: TenantId
    user: UserId
    roles: frozenset[Role]


LOCAL_TENANT = TenantId("local")
# Whoever sits at this machine, when the server listens on loopback only and asks for no token.
LOCAL = Principal(LOCAL_TENANT, UserId("local"), frozenset(Role))
