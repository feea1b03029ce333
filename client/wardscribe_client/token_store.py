"""Access tokens at rest: in the system's keyring where there is one, else in a file that only its owner may read.

A token is kept by the address of its server, and given back for that address alone.
"""

import json
from pathlib import Path
from typing import Final, Protocol

from pydantic import SecretStr, TypeAdapter, ValidationError

from wardscribe_client.address import ServerAddress
from wardscribe_client.owner_only import read_owner_only, write_owner_only
from wardscribe_protocol.errors import ErrorCode, InputError

TOKENS_FILE: Final = "tokens.json"
_SERVICE: Final = "wardscribe"
_KEPT: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


class Keyring(Protocol):
    """The part of the `keyring` library that is used."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """The secret, None where there is none."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep a secret."""

    def delete_password(self, service_name: str, username: str) -> None:
        """Forget a secret."""


class TokenStore:
    """Tokens of one user. `keyring` None: the file."""

    def __init__(self, folder: Path, *, keyring: Keyring | None) -> None:
        self._path = folder / TOKENS_FILE
        self._keyring = keyring

    @property
    def place(self) -> str:
        """Where tokens are, for a person."""
        return "keyring" if self._keyring is not None else str(self._path)

    def token(self, server: ServerAddress) -> SecretStr | None:
        """The token for a server.

        Raises: InputError when what is kept cannot be read.
        """
        if self._keyring is not None:
            found = self._keyring.get_password(_SERVICE, server.http)
            if found is not None:
                return SecretStr(found)
        kept = self._file().get(server.http)  # also with a keyring: it may have come later
        return None if kept is None else SecretStr(kept)

    def keep(self, server: ServerAddress, token: SecretStr) -> None:
        """Keep a token instead of the one before.

        Raises: InputError when it cannot be kept, or is none.
        """
        secret = access_token(token.get_secret_value()).get_secret_value()
        if self._keyring is not None:
            self._keyring.set_password(_SERVICE, server.http, secret)
            self._forget_in_file(server)
        else:
            self._write(self._file() | {server.http: secret})

    def forget(self, server: ServerAddress) -> None:
        """The token of a server is not wanted any more.

        Raises: InputError when it cannot be taken out.
        """
        if self._keyring is not None and self._keyring.get_password(_SERVICE, server.http) is not None:
            self._keyring.delete_password(_SERVICE, server.http)
        self._forget_in_file(server)

    def _forget_in_file(self, server: ServerAddress) -> None:
        kept = self._file()
        if kept.pop(server.http, None) is not None:
            self._write(kept)

    def _file(self) -> dict[str, str]:
        text = read_owner_only(self._path)
        if text is None:
            return {}
        try:
            return _KEPT.validate_json(text)
        except ValidationError:
            raise InputError(f"{self._path}: not a list of access tokens; delete it and pair again") from None

    def _write(self, kept: dict[str, str]) -> None:
        write_owner_only(self._path, json.dumps(kept, indent=1) + "\n")


def access_token(typed: str) -> SecretStr:
    """A token as somebody pasted it.

    Raises: InputError when it cannot be one.
    """
    secret = typed.strip()
    if not secret or not secret.isprintable() or not secret.isascii() or " " in secret:
        raise InputError(
            "this is no access token; copy it whole, without spaces or line breaks", code=ErrorCode.BAD_TOKEN
        )
    return SecretStr(secret)


def system_keyring() -> Keyring | None:
    """The keyring of the desktop; None where none is installed or none answers."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    backend = keyring.get_keyring()
    if backend.priority < 1:  # the library's own word for: not to be relied on
        return None
    try:
        backend.get_password(_SERVICE, "probe")
    except KeyringError:
        return None
    return backend
