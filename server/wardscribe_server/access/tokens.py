"""API tokens and pairing codes as values: how they are made, what is stored of them, how one is recognised.

A token is `wst_ID_SECRET`, 256 random bits after the id. Only the SHA-256 of the whole is stored: it has too much
entropy to be guessed, so a slow hash would cost time at every request and gain nothing. A pairing code is typed by a
person and therefore short; what is stored of it is slow to try (scrypt), and it lives ten minutes and once.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, date, datetime
from typing import NewType

from pydantic import BaseModel, ConfigDict, Field

from wardscribe_server.access.principal import Principal, Role, Scope, TenantId, UserId

TokenId = NewType("TokenId", str)

DAY_S = 86_400
PAIRING_S = 600
_PREFIX, _SECRET_BYTES, _ID_BYTES = "wst", 32, 6
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is mistaken for another when read aloud or off a screen
_CODE_LENGTH = 8
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class Grant(BaseModel):
    """Who a token stands for and what it is for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    tenant: TenantId = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    user: UserId = Field(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    label: str = Field(default="", max_length=128)

    @property
    def principal(self) -> Principal:
        """Whom its bearer is let in as."""
        return Principal(self.tenant, self.user, self.roles, self.scopes)


class ApiToken(Grant):
    """What is kept of a token."""

    id: TokenId
    sha256: str
    made: date
    expires_at: float = Field(description="seconds since 1970")
    last_used: date | None = None
    revoked: date | None = None


class PairingCode(Grant):
    """What is kept of a code that a new device exchanges for a token."""

    scrypt: str
    expires_at: float
    token_days: int


def mint(grant: Grant, *, days: int, now: float) -> tuple[str, ApiToken]:
    """A new token: what its bearer keeps, and what is stored."""
    token_id = TokenId(secrets.token_hex(_ID_BYTES))
    secret = f"{_PREFIX}_{token_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    kept = ApiToken(**_fields(grant), id=token_id, sha256=digest(secret), made=day(now), expires_at=now + days * DAY_S)
    return secret, kept


def mint_code(grant: Grant, *, days: int, salt: bytes, now: float) -> tuple[str, PairingCode]:
    """A new pairing code: what the person types, and what is stored. `days` is how long its token will last."""
    code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    kept = PairingCode(
        **_fields(grant), scrypt=code_digest(code, salt=salt), expires_at=now + PAIRING_S, token_days=days
    )
    return f"{code[:4]}-{code[4:]}", kept


def token_id(secret: str) -> TokenId | None:
    """The id that a token claims; None when it is none of ours."""
    prefix, _, rest = secret.partition("_")
    claimed, _, random = rest.partition("_")
    return TokenId(claimed) if prefix == _PREFIX and claimed and random else None


def digest(secret: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def code_digest(code: str, *, salt: bytes) -> str:
    """What is stored of a pairing code, however it was typed. Takes some 50 ms on purpose."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.scrypt(typed.encode(), salt=salt, **_SCRYPT).hex()


def matches(kept: str, presented: str) -> bool:
    """Whether two digests are the same, in the same time whatever they are."""
    return hmac.compare_digest(kept.encode(), presented.encode())


def day(now: float) -> date:
    """The day of a moment, UTC."""
    return datetime.fromtimestamp(now, UTC).date()


def _fields(grant: Grant) -> dict[str, object]:
    return {name: getattr(grant, name) for name in Grant.model_fields}
