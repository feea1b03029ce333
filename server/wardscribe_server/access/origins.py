"""Which web pages may use this server. A browser tells the page's origin; other programs tell none, and need none.

A page must be of this host, or of the list. Where nobody is asked for a token, the host must also be named by its
address: a page of elsewhere can make its own name point here (DNS rebinding), but not an address.
"""

import ipaddress
from urllib.parse import urlsplit


class Origins:
    """The pages of one server."""

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)
        self._hosts = frozenset(urlsplit(origin).hostname for origin in self._allowed)

    def allows(self, *, origin: str | None, host: str | None) -> bool:
        """Whether a request with these headers comes from a page that may ask, or from no page."""
        if origin is None:
            return True
        try:
            return origin.lower() in self._allowed or (host is not None and urlsplit(origin).netloc == host)
        except ValueError:
            return False

    @property
    def listed(self) -> tuple[str, ...]:
        """The pages of elsewhere that may ask."""
        return tuple(sorted(self._allowed))

    def names_us(self, host: str | None) -> bool:
        """Whether `Host` can only mean this machine: an address, `localhost`, or the host of a page of the list."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name == "localhost" or name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
