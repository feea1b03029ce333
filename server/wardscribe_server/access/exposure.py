"""May this server listen there? Beyond this machine: encrypted and for people with tokens only, unless told twice."""

from wardscribe_protocol.errors import InputError
from wardscribe_server.access.limits import is_loopback


def check_exposure(host: str, *, encrypted: bool, asks: bool, allow_plain: bool, allow_anonymous: bool) -> None:
    """Raises: InputError when others could listen in, or come in without a token, and nobody said that they may."""
    if is_loopback(host):
        return
    missing = []
    if not encrypted and not allow_plain:
        missing.append("a certificate (--tls-cert, --tls-key; or --allow-plain)")
    if not asks and not allow_anonymous:
        missing.append("access tokens (`wardscribe tokens create` or OIDC; or --allow-anonymous)")
    if missing:
        raise InputError(f"{host} can be reached by others; listening there needs {' and '.join(missing)}")
