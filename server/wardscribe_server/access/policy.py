"""One table: what every route and every message of a client needs. Without an entry nothing is served.

A scope says what the token is for, a role what the person is; both are needed. What a role may do to one report in one
state of its life is decided with the report (`records`), after this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, UnionType
from typing import get_args

from wardscribe_protocol.messages import (
    ClientAck,
    ClientMessage,
    Command,
    Configure,
    FieldEdit,
    Finalize,
    Start,
    Stop,
)
from wardscribe_protocol.wire import FromClient
from wardscribe_server.access.principal import Principal, Role, Scope

_CLINICAL = frozenset({Role.DICTATING, Role.RESIDENT, Role.ATTENDING})


@dataclass(frozen=True, slots=True)
class Need:
    """A scope, and any one of the roles; no roles means that the scope is enough, as for a machine."""

    scope: Scope
    roles: frozenset[Role] = frozenset()

    def allows(self, principal: Principal) -> bool:
        """Whether someone may."""
        return self.scope in principal.scopes and (not self.roles or bool(self.roles & principal.roles))


class Open:
    """Served to anybody, also without a token."""


class Known:
    """Served to whoever has come in, whatever their token is for: nothing of a patient."""

    def allows(self, _principal: Principal) -> bool:
        """Whether someone may: coming in was the question."""
        return True


OPEN = Open()
KNOWN = Known()
DICTATE = Need(Scope.DICTATE, _CLINICAL)
LIST = Need(Scope.READ, frozenset(Role))  # what there is, without contents: for administrators too
READ = Need(Scope.READ, _CLINICAL)
WRITE = Need(Scope.WRITE, _CLINICAL)
SIGN = Need(Scope.SIGN, frozenset({Role.ATTENDING}))

DICTATION_PATH = "/v1/dictation"
PAIR_PATH = "/v1/pair"
WEBSOCKET = "WEBSOCKET"

ROUTES: Mapping[tuple[str, str], Need | Known | Open] = MappingProxyType(
    {
        ("GET", "/healthz"): OPEN,
        ("GET", "/metrics"): Need(Scope.METRICS),
        ("POST", PAIR_PATH): OPEN,  # who has no token yet; the code is what counts
        (WEBSOCKET, DICTATION_PATH): DICTATE,
        ("GET", "/v1/about"): KNOWN,
        ("GET", "/v1/templates"): KNOWN,
        ("GET", "/v1/templates/{template}"): KNOWN,
        ("GET", "/v1/records"): LIST,
        ("GET", "/v1/records/{report}"): READ,
        ("GET", "/v1/records/{report}/comparison"): READ,
        ("GET", "/v1/records/{report}/standing"): READ,
        ("GET", "/v1/records/{report}/versions"): LIST,
        ("GET", "/v1/records/{report}/changes"): READ,
        ("GET", "/v1/records/{report}/dictation"): READ,
        ("PATCH", "/v1/records/{report}/fields"): WRITE,
        ("POST", "/v1/records/{report}/confirmations"): WRITE,
        ("POST", "/v1/records/{report}/transitions"): WRITE,
        ("POST", "/v1/records/{report}/signature"): SIGN,
        ("POST", "/v1/records/{report}/addenda"): SIGN,
        ("POST", "/v1/records/{report}/corrections"): SIGN,
        ("POST", "/v1/patients/records"): READ,  # a question with a body, because addresses are logged
        ("POST", "/v1/patients/timeline"): READ,
    }
)

MESSAGES: Mapping[type[FromClient], Need] = MappingProxyType(
    {
        Start: DICTATE,
        Configure: DICTATE,
        Command: DICTATE,
        FieldEdit: WRITE,  # a value set by hand and not by voice
        Finalize: DICTATE,
        Stop: DICTATE,
        ClientAck: DICTATE,
    }
)


# What a person who logs in with the hospital's own identity gets: there no token says what it is for.
SCOPES_OF_ROLES: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        Role.DICTATING: frozenset({Scope.DICTATE, Scope.READ, Scope.WRITE}),
        Role.RESIDENT: frozenset({Scope.DICTATE, Scope.READ, Scope.WRITE}),
        Role.ATTENDING: frozenset({Scope.DICTATE, Scope.READ, Scope.WRITE, Scope.SIGN}),
        Role.ADMINISTRATOR: frozenset({Scope.READ, Scope.ADMINISTER, Scope.METRICS}),
    }
)


class NoPolicyError(Exception):
    """A route that the table does not know: a mistake of ours, found when the server is built."""


def need_of(method: str, path: str) -> Need | Known | Open:
    """What a route needs.

    Raises: NoPolicyError.
    """
    try:
        return ROUTES[method, path]
    except KeyError:
        raise NoPolicyError(f"{method} {path} has no entry in access/policy.py") from None


def scopes_of(roles: frozenset[Role]) -> frozenset[Scope]:
    """All that these roles are for."""
    return frozenset().union(*(SCOPES_OF_ROLES[role] for role in roles))


def client_messages() -> tuple[type[FromClient], ...]:
    """Every message that a client can send."""
    union: UnionType = get_args(ClientMessage)[0]
    return get_args(union)


def forbidden_messages(principal: Principal) -> frozenset[str]:
    """Types of the messages that someone may not send."""
    return frozenset(
        str(message.model_fields["type"].default)
        for message in client_messages()
        if message not in MESSAGES or not MESSAGES[message].allows(principal)
    )
