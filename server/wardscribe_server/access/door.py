"""Who comes in: a bearer token becomes a principal, or a denial. Owns the limits on trying; knows no route.

Where no token was ever made and no identity provider is set, whoever reaches the server is `LOCAL`; that a server
which others can reach is not left so is seen to in `exposure`. A token counts wherever it comes from; what is bounded
is how often a wrong one may be tried: the same wrong one (a device whose token is over harms only itself) and any
wrong ones from one address (somebody guesses).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.types import Scope

from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.limits import LockOut, LockOutSettings, Rate, address_key
from wardscribe_server.access.oidc import looks_like_jwt
from wardscribe_server.access.origins import Origins
from wardscribe_server.access.principal import LOCAL, NOBODY, Principal
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import ApiToken, TokenId, digest
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome, AuditSink

_log = logging.getLogger(__name__)

_SECRET_KEYS = frozenset(
    {"token", "access_token", "id_token", "api_key", "apikey", "auth", "authorization", "bearer", "jwt"}
)
_OVER = frozenset({"expired", "revoked"})  # the token was right once: nobody is guessing
_PAIR_A_MINUTE = 60  # from everywhere together: a code of 39 bits that lives ten minutes cannot be found


class Verifier(Protocol):
    """An identity provider's tokens."""

    async def verify(self, token: str) -> Principal:
        """Whose token it is. Raises: DeniedError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """Limits on those who ask."""

    requests_a_minute: int = 600  # of one person, and of one address before it is known who asks
    starts_a_minute: int = 30
    connections: int = 32  # of one person
    same_token: LockOutSettings = field(default_factory=LockOutSettings)
    any_token: LockOutSettings = field(default_factory=lambda: LockOutSettings(after=20))


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who is in, and the token of ours that let them in."""

    principal: Principal
    token: TokenId | None = None


class Door:
    """The one place that decides who is let in."""

    def __init__(
        self,
        *,
        tokens: TokenFile,
        verifier: Verifier | None,
        origins: Origins,
        audit: AuditSink,
        now: Callable[[], float],
        settings: DoorSettings | None = None,
    ) -> None:
        self._tokens = tokens
        self._verifier = verifier
        self._audit = audit
        self._now = now
        self._settings = settings or DoorSettings()
        self.origins = origins
        self._same = LockOut(self._settings.same_token)
        self._any = LockOut(self._settings.any_token)
        self._requests = Rate(self._settings.requests_a_minute)
        self._starts = Rate(self._settings.starts_a_minute)
        self._pairings = Rate(_PAIR_A_MINUTE)
        self._connections: Counter[str] = Counter()

    @property
    def asks(self) -> bool:
        """Whether a token is needed."""
        return self._verifier is not None or self._tokens.in_use

    async def enter(self, secret: str | None, *, address: str | None, host: str | None) -> Entry:
        """Who it is that shows this token.

        Raises: DeniedError (`unauthorized`, `locked_out`, `rate_limited`, `login_unavailable`; `forbidden` where a
        strange name was used for a server that asks for no token).
        """
        if not self.asks:
            if not self.origins.names_us(host):
                raise DeniedError(ErrorCode.FORBIDDEN, "foreign_host")
            return Entry(LOCAL)
        place = address_key(address)
        self._within(self._requests, f"address {place}")
        if secret is None:
            raise DeniedError(ErrorCode.UNAUTHORIZED, "no_token")
        same = f"{place} {digest(secret)}"
        self._not_locked(same, place)
        try:
            entry = await self._recognise(secret)
        except DeniedError as error:
            await self._denied(error, same=same, place=place)
            raise
        self._within(self._requests, _key(entry.principal))
        return entry

    async def pair(self, code: str, *, address: str | None) -> tuple[str, ApiToken]:
        """The token that a pairing code is exchanged for.

        Raises: DeniedError (`unauthorized`, `locked_out`, `rate_limited`).
        """
        place = address_key(address)
        self._within(self._requests, f"address {place}")
        self._not_locked(f"{place} pair", place)
        self._within(self._pairings, "pair")
        try:
            secret, token = await asyncio.to_thread(self._tokens.pair, code)
        except DeniedError as error:
            await self._denied(error, same=f"{place} pair", place=place)
            raise
        except InputError as error:
            _log.error("no token could be made: %s", error.message)
            raise DeniedError(ErrorCode.STORAGE_FULL, "unwritable", retry_after_s=60.0) from None
        await self.tell(AuditAction.CREATE, "token.pair", token.principal, entity=token.id, address=place)
        return secret, token

    def holds(self, entry: Entry) -> bool:
        """Whether someone who is in may stay: not once the token was revoked. That it expires ends no dictation."""
        if entry.principal is LOCAL:
            return not self.asks
        return entry.token is None or not self._tokens.is_revoked(entry.token)

    def may_start(self, entry: Entry) -> None:
        """Count one more session of somebody's.

        Raises: DeniedError (`rate_limited`).
        """
        if entry.principal is not LOCAL:
            self._within(self._starts, _key(entry.principal))

    @contextmanager
    def connected(self, entry: Entry) -> Iterator[None]:
        """One of somebody's connections, for as long as it lasts.

        Raises: DeniedError (`rate_limited`).
        """
        key = _key(entry.principal)
        if entry.principal is not LOCAL and self._connections[key] >= self._settings.connections:
            raise DeniedError(ErrorCode.RATE_LIMITED, "connections", retry_after_s=10.0)
        self._connections[key] += 1
        try:
            yield
        finally:
            self._connections[key] -= 1
            if not self._connections[key]:
                del self._connections[key]

    async def tell(
        self,
        action: AuditAction,
        kind: str,
        principal: Principal,
        *,
        outcome: AuditOutcome = AuditOutcome.SUCCESS,
        entity: str = "",
        **detail: str,
    ) -> None:
        """Tell the audit log, off the event loop: it writes to disk before it answers."""
        event = AuditEvent(
            action=action,
            kind=kind,
            outcome=outcome,
            tenant=principal.tenant,
            user=principal.user,
            entity=entity,
            detail=detail,
        )
        await asyncio.to_thread(self._audit.write, event)

    async def _recognise(self, secret: str) -> Entry:
        if self._verifier is not None and looks_like_jwt(secret):
            return Entry(await self._verifier.verify(secret))
        token = self._tokens.verify(secret)
        if self._tokens.needs_mark(token):
            try:
                await asyncio.to_thread(self._tokens.mark_used, token.id)
            except InputError as error:  # a full disk is no reason to keep anybody out
                _log.warning("the day of use could not be noted: %s", error.message)
        return Entry(token.principal, token.id)

    async def _denied(self, error: DeniedError, *, same: str, place: str) -> None:
        if error.code is not ErrorCode.UNAUTHORIZED:
            return
        locked = self._same.failed(same, now=self._now())
        if error.reason not in _OVER:
            locked |= self._any.failed(place, now=self._now())
        _log.warning("a login was denied: %s", error.reason)
        await self.tell(
            AuditAction.EXECUTE,
            "login",
            error.claimed,
            outcome=AuditOutcome.DENIED,
            entity=error.entity,
            reason=error.reason,
            address=place,
            locked=str(locked).lower(),
        )

    def _not_locked(self, same: str, place: str) -> None:
        now = self._now()
        wait_s = max(self._same.wait_s(same, now=now), self._any.wait_s(place, now=now))
        if wait_s:
            raise DeniedError(ErrorCode.LOCKED_OUT, "locked_out", retry_after_s=wait_s)

    def _within(self, rate: Rate, key: str) -> None:
        wait_s = rate.take(key, now=self._now())
        if wait_s:
            raise DeniedError(ErrorCode.RATE_LIMITED, "rate", retry_after_s=wait_s)


def bearer(headers: Mapping[str, str]) -> str | None:
    """The token of an `Authorization: Bearer` header; None without one.

    Raises: DeniedError (`unauthorized`) for a header of another kind.
    """
    given = headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise DeniedError(ErrorCode.UNAUTHORIZED, "no_bearer")
    return token.strip()


def refuse_token_in(scope: Scope) -> None:
    """Raises: DeniedError (`token_in_url`) when a request's query carries what may be a token: logs keep addresses."""
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name.lower() in _SECRET_KEYS or value.startswith("wst_"):
            raise DeniedError(ErrorCode.TOKEN_IN_URL, "token_in_url", claimed=NOBODY)


def _key(principal: Principal) -> str:
    return f"{principal.tenant} {principal.user}"
