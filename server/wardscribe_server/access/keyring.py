"""The identity provider's public keys (JWKS): fetched when needed, kept while fresh, asked for again with restraint.

A key id that is not known is worth one fetch, because providers rotate keys; but whoever sends made-up ids must not
make us ask the provider for each. While the provider is away, keys that are not too old go on counting.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.limits import is_loopback

_log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256")
_CURVE = "secp256r1"  # ES256, RFC 7518 section 3.4
_MIN_RSA_BITS = 2048  # RFC 7518 section 3.3
_FRESH_S = 3600.0  # then the list is fetched again
_GOOD_S = 24 * 3600.0  # while the provider is away, keys count so long
_PAUSE_S = 30.0  # between two fetches, whatever is asked for
_WITHIN_S = 5.0
_MAX_BYTES = 256 * 1024
_MAX_KEYS = 64
_DISCOVERY = "/.well-known/openid-configuration"

PublicKey = RSAPublicKey | EllipticCurvePublicKey


class _UnusableError(Exception):
    """What the provider answered is not what it should be."""


class KeyRing:
    """The keys of one provider.

    Raises: InputError for an address that is neither https nor on this machine, or a file of authorities that is none.
    """

    def __init__(self, issuer: str, *, now: Callable[[], float], jwks_url: str | None = None, ca: Path | None = None):
        for address in filter(None, (issuer, jwks_url)):
            if not _trusted_way(address):
                raise InputError(f"{address!r}: an identity provider must be asked over https")
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._now = now
        self._context = _context(ca)
        self._keys: list[tuple[str | None, str, PublicKey]] = []
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str | None, algorithm: str) -> PublicKey:
        """The key that a token names, fit for its algorithm.

        Raises: DeniedError (`unauthorized`; `login_unavailable` while no keys could be fetched).
        """
        found = self._find(key_id, algorithm)
        if found is None or self._now() - self._fetched_at > _FRESH_S:
            await self._fetch()
            found = self._find(key_id, algorithm)
        if self._now() - self._fetched_at > _GOOD_S:
            raise DeniedError(ErrorCode.LOGIN_UNAVAILABLE, "provider_away", retry_after_s=_PAUSE_S)
        if found is None:
            raise DeniedError(ErrorCode.UNAUTHORIZED, "unknown_key")
        return found

    def _find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """A token without a key id is good only where there is no choice."""
        fit = [key for named, kind, key in self._keys if kind == algorithm and key_id in (None, named)]
        return fit[0] if len(fit) == 1 else None

    async def _fetch(self) -> None:
        asked_at = self._now()
        async with self._fetching:
            if self._tried_at >= asked_at or self._now() - self._tried_at < _PAUSE_S:
                return  # another did it meanwhile, or it was done a moment ago
            self._tried_at = self._now()
            try:
                async with asyncio.timeout(_WITHIN_S):
                    self._keys = await self._keys_of_provider()
                self._fetched_at = self._now()
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _UnusableError) as error:
                _log.warning("the identity provider's keys could not be fetched: %s", type(error).__name__)

    async def _keys_of_provider(self) -> list[tuple[str | None, str, PublicKey]]:
        async with httpx.AsyncClient(verify=self._context, trust_env=False, timeout=_WITHIN_S) as client:
            url = self._jwks_url or await self._discover(client)
            listed = (await _json(client, url)).get("keys")
        if not isinstance(listed, list):
            raise _UnusableError
        keys = [key for one in listed[:_MAX_KEYS] if isinstance(one, dict) and (key := _key(one)) is not None]
        if not keys:
            raise _UnusableError
        return keys

    async def _discover(self, client: httpx.AsyncClient) -> str:
        found = await _json(client, self._issuer.rstrip("/") + _DISCOVERY)
        url = found.get("jwks_uri")
        if found.get("issuer") != self._issuer or not isinstance(url, str) or not _trusted_way(url):
            raise _UnusableError
        return url


async def _json(client: httpx.AsyncClient, url: str) -> Mapping[str, object]:
    content = bytearray()
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > _MAX_BYTES:
                raise _UnusableError
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise _UnusableError from None
    if not isinstance(found, dict):
        raise _UnusableError
    return found


def _key(listed: Mapping[str, object]) -> tuple[str | None, str, PublicKey] | None:
    """A key of the list with the one algorithm that it is for; None for one that signs nothing of ours."""
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(listed.get("kty")))
    if algorithm is None or listed.get("use", "sig") != "sig" or listed.get("alg", algorithm) != algorithm:
        return None
    try:
        key = jwt.PyJWK(dict(listed), algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError):
        return None
    strong = (isinstance(key, RSAPublicKey) and key.key_size >= _MIN_RSA_BITS) or (
        isinstance(key, EllipticCurvePublicKey) and key.curve.name == _CURVE
    )
    key_id = listed.get("kid")
    return (key_id if isinstance(key_id, str) else None, algorithm, key) if strong else None


def _trusted_way(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"{ca}: no certificates of authorities in PEM ({type(error).__name__})") from error
