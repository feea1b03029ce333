"""Bearer tokens of the hospital's identity provider (OpenID Connect): is it theirs, is it for us, who is it?

Accepted are RS256 and ES256 and nothing else, with a key of the provider's own list (JWKS) that fits the algorithm: a
token can choose neither. The list is fetched by `KeyRing`; the token's claims become a principal by settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
from pydantic import ValidationError

from wardscribe_protocol.errors import ErrorCode
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.keyring import ALGORITHMS, KeyRing
from wardscribe_server.access.policy import scopes_of
from wardscribe_server.access.principal import LOCAL_TENANT, Principal, Role
from wardscribe_server.access.tokens import Grant

_MAX_TOKEN_CHARS = 12_288
_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not_yet_valid"),
    (jwt.InvalidAudienceError, "wrong_audience"),
    (jwt.InvalidIssuerError, "wrong_issuer"),
    (jwt.MissingRequiredClaimError, "claim_missing"),
    (jwt.InvalidSignatureError, "bad_signature"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """Whose tokens count, for whom they must be made, and what their claims mean here."""

    issuer: str
    audience: str
    jwks_url: str | None = None  # the provider's discovery document names it otherwise
    tenant: str = LOCAL_TENANT
    tenant_claim: str | None = None  # where given, each token says its tenant and `tenant` is not used
    user_claim: str = "sub"
    roles_claim: str = "roles"  # dots lead into objects: realm_access.roles
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})
    leeway_s: float = 60.0


def looks_like_jwt(token: str) -> bool:
    """Whether a bearer token is meant for here and not for the file of tokens."""
    return token.count(".") == 2


class OidcVerifier:
    """One identity provider."""

    def __init__(self, settings: OidcSettings, keys: KeyRing) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, token: str) -> Principal:
        """Whose token it is.

        Raises: DeniedError (`unauthorized`, or `login_unavailable` while the provider cannot be asked).
        """
        algorithm, key_id = _header(token)
        key = await self._keys.key(key_id, algorithm)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_s,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise _unauthorized(
                next((reason for kind, reason in _REASONS if isinstance(error, kind)), "malformed")
            ) from None
        return self._principal(claims)

    def _principal(self, claims: Mapping[str, object]) -> Principal:
        settings = self._settings
        tenant = _claim(claims, settings.tenant_claim) if settings.tenant_claim else settings.tenant
        named = _claim(claims, settings.roles_claim)
        names = named if isinstance(named, list) else [named]
        roles = frozenset(settings.roles[name] for name in names if isinstance(name, str) and name in settings.roles)
        try:
            grant = Grant.model_validate(
                {
                    "tenant": tenant,
                    "user": _claim(claims, settings.user_claim),
                    "roles": roles,
                    "scopes": scopes_of(roles),
                }
            )
        except ValidationError:
            raise _unauthorized("claim_missing") from None
        return grant.principal


def _header(token: str) -> tuple[str, str | None]:
    """The algorithm, one of ours, and the key id that a token names."""
    if len(token) > _MAX_TOKEN_CHARS:
        raise _unauthorized("malformed")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise _unauthorized("malformed") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header:
        raise _unauthorized("algorithm")
    return str(algorithm), key_id if isinstance(key_id, str) else None


def _claim(claims: Mapping[str, object], path: str) -> object:
    """A claim by name; a name with dots is looked up as it is first, then step by step."""
    if path in claims:
        return claims[path]
    value: object = claims
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _unauthorized(reason: str) -> DeniedError:
    return DeniedError(ErrorCode.UNAUTHORIZED, reason)
