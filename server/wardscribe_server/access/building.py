"""Everything about access, made from settings: the door, the bounds of the listener, the certificate."""

import time
from collections.abc import Callable

from wardscribe_protocol.errors import InputError
from wardscribe_server.access.certificates import Certificates
from wardscribe_server.access.door import Door, DoorSettings
from wardscribe_server.access.exposure import check_exposure
from wardscribe_server.access.keyring import KeyRing
from wardscribe_server.access.oidc import OidcSettings, OidcVerifier
from wardscribe_server.access.origins import Origins
from wardscribe_server.access.principal import Role
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.audit.event import AuditSink
from wardscribe_server.config import AccessSettings


def build_door(
    settings: AccessSettings, *, tokens: TokenFile, audit: AuditSink, now: Callable[[], float] = time.monotonic
) -> Door:
    """The door of one server.

    Raises: InputError when a setting cannot be used.
    """
    return Door(
        tokens=tokens,
        verifier=_verifier(settings, now=now),
        origins=Origins(settings.origins),
        audit=audit,
        now=now,
        settings=DoorSettings(
            requests_a_minute=settings.max_requests,
            starts_a_minute=settings.max_starts,
            connections=settings.max_connections_per_user,
        ),
    )


def build_certificates(settings: AccessSettings, *, now: Callable[[], float] = time.monotonic) -> Certificates | None:
    """The certificate to show, where one is given.

    Raises: InputError.
    """
    if settings.tls_cert is None and settings.tls_key is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise InputError("encryption needs both --tls-cert and --tls-key")
    return Certificates(settings.tls_cert, settings.tls_key, now=now)


def check_listening(
    host: str, settings: AccessSettings, *, tokens: TokenFile, certificates: Certificates | None
) -> None:
    """Raises: InputError when this may not listen there."""
    check_exposure(
        host,
        encrypted=certificates is not None,
        asks=settings.oidc_issuer is not None or tokens.in_use,
        allow_plain=settings.allow_plain,
        allow_anonymous=settings.allow_anonymous,
    )


def _verifier(settings: AccessSettings, *, now: Callable[[], float]) -> OidcVerifier | None:
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_audience is None:
        raise InputError("setting oidc_audience (WARDSCRIBE_OIDC_AUDIENCE): needed beside oidc_issuer")
    chosen = OidcSettings(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        tenant=settings.oidc_tenant,
        tenant_claim=settings.oidc_tenant_claim,
        user_claim=settings.oidc_user_claim,
        roles_claim=settings.oidc_roles_claim,
        roles={name: Role(role) for name, role in settings.oidc_roles.items()} or {role.value: role for role in Role},
    )
    keys = KeyRing(settings.oidc_issuer, now=now, jwks_url=settings.oidc_jwks_url, ca=settings.oidc_ca)
    return OidcVerifier(chosen, keys)
