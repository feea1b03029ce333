"""What a client shows a server, and by whom it has the server vouched for: a token in a header, never in an address."""

import ssl
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from wardscribe_client.address import is_loopback
from wardscribe_protocol.errors import InputError


class Credentials:
    """A token, or the file it is kept in, and the authorities that are believed.

    The file is read at every connection, so that a token that was renewed serves a dictation that goes on.
    """

    def __init__(
        self,
        *,
        token: SecretStr | None = None,
        token_file: Path | None = None,
        ca: Path | None = None,
        allow_plain: bool = False,
    ) -> None:
        self._token = token
        self._token_file = token_file
        self._ca = ca
        self._allow_plain = allow_plain

    @classmethod
    def of(cls, token: str | None) -> "Credentials":
        """A token as text; None where the server asks for none."""
        return cls(token=SecretStr(token) if token is not None else None)

    def headers(self, url: str) -> dict[str, str]:
        """Headers for a connection to `url`.

        Raises: InputError when the token cannot be read, or would be sent to another machine for all to see.
        """
        token = self._shown()
        if token is None:
            return {}
        self.allows(url)
        return {"Authorization": f"Bearer {token}"}

    def allows(self, url: str) -> None:
        """Whether an access token may travel to `url` or back.

        Raises: InputError when everybody on the way could read it.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("wss", "https") and not self._allow_plain and not is_loopback(parts.hostname or ""):
            secure = "https" if parts.scheme == "http" else "wss"
            raise InputError(f"the access token is not sent to {parts.hostname} unencrypted; use {secure}://")

    def without_token(self) -> Self:
        """The same authorities, and nothing shown."""
        return type(self)(ca=self._ca, allow_plain=self._allow_plain)

    def context(self, url: str) -> ssl.SSLContext | None:
        """How the server at `url` must prove itself; None where nothing is encrypted.

        Raises: InputError when the file of authorities cannot be used.
        """
        if urlsplit(url).scheme not in ("wss", "https"):
            return None
        try:
            context = ssl.create_default_context(cafile=None if self._ca is None else str(self._ca))
        except (OSError, ssl.SSLError) as error:
            raise InputError(f"{self._ca}: no certificates of authorities in PEM ({type(error).__name__})") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _shown(self) -> str | None:
        if self._token_file is None:
            return self._token.get_secret_value().strip() if self._token is not None else None
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self._token_file}: no access token can be read ({type(error).__name__})") from error
        if not token or not token.isprintable() or " " in token:
            raise InputError(f"{self._token_file}: must hold one access token and nothing else")
        return token
