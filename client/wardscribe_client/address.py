"""A server's address as a person types it, and what is derived from it. Knows no connection."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from wardscribe_protocol.errors import InputError

DEFAULT_PORT: Final = 8760
_DICTATION: Final = "/v1/dictation"
_SECURE: Final = {"wss": True, "https": True, "ws": False, "http": False}
_EXAMPLE: Final = f"such as https://dictation.hospital.example:{DEFAULT_PORT}"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is: all that is kept, and all that tokens are kept by."""

    host: str
    port: int
    secure: bool

    @property
    def http(self) -> str:
        """For reports: `https://HOST:PORT`. One server has one of these, however its address was typed."""
        return f"http{'s' * self.secure}://{self._place}"

    @property
    def dictation(self) -> str:
        """For dictations: `wss://HOST:PORT/v1/dictation`."""
        return f"ws{'s' * self.secure}://{self._place}{_DICTATION}"

    @property
    def is_here(self) -> bool:
        """Whether it is this machine."""
        return is_loopback(self.host)

    @property
    def _place(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def server_address(typed: str) -> ServerAddress:
    """The address that somebody typed: with or without scheme, port and path. Another machine is asked with TLS unless
    the scheme says otherwise.

    Raises: InputError.
    """
    text = typed.strip()
    if not text:
        raise InputError(f"the server's address is missing; type it, {_EXAMPLE}")
    scheme, mark, _ = text.partition("://")
    if mark and scheme.lower() not in _SECURE:
        raise InputError(f"{scheme}:// is no address of a dictation server; begin it with https://, {_EXAMPLE}")
    try:
        parts = urlsplit(text if mark else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InputError(f"the server's address cannot be read; type it {_EXAMPLE}") from None
    if not host or any(sign.isspace() for sign in parts.netloc) or "@" in parts.netloc:
        raise InputError(f"the server's address cannot be read; type it {_EXAMPLE}")
    secure = _SECURE[scheme.lower()] if mark else not is_loopback(host)
    return ServerAddress(host, port or DEFAULT_PORT, secure)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
