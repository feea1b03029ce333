"""The key of the spool: in the desktop's keyring where there is one, else in a file that only its owner can read.

It never stands in a log or an error. Losing it loses what was not sent yet, nothing else.
"""

import base64
import binascii
import logging
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wardscribe_protocol.errors import InputError

_log = logging.getLogger(__name__)

KEY_BYTES = 32
_SERVICE = "wardscribe"
_FILE = "spool.key"
_MAX_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SpoolKey:
    """256 secret bits, from which each dictation's own key is derived."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError("a spool key has 32 bytes")

    @classmethod
    def random(cls) -> "SpoolKey":
        """A new one."""
        return cls(os.urandom(KEY_BYTES))


class Keyring(Protocol):
    """The desktop's store of secrets, as the library `keyring` offers it."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """What is kept under a name."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep something under a name."""


def desktop_keyring() -> Keyring | None:
    """The keyring of this desktop; None where there is none that keeps anything."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
        from keyring.backends.null import Keyring as NullKeyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return None
    try:
        found = keyring.get_keyring()
    except (KeyringError, RuntimeError):
        return None
    return None if isinstance(found, NoKeyring | NullKeyring) else found


def spool_key(folder: Path, *, keyring: Keyring | None = None) -> SpoolKey:
    """The key of the spool in `folder`; made when there is none.

    A file that is there is used, so that a keyring that appears later does not lock old dictations out.

    Raises: InputError when the key cannot be read or kept.
    """
    path = folder / _FILE
    if keyring is not None and not path.exists():
        found = _from_keyring(keyring, name=f"spool {folder}")
        if found is not None:
            return found
    return _from_file(path) if path.exists() else _made_in_file(path)


def _from_keyring(keyring: Keyring, *, name: str) -> SpoolKey | None:
    """None when the keyring does not answer: it is locked, or nobody runs it. A file serves then."""
    try:
        found = keyring.get_password(_SERVICE, name)
        if found is None:
            key = SpoolKey.random()
            keyring.set_password(_SERVICE, name, base64.b64encode(key.secret).decode())
            found = keyring.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - keyrings raise what their desktops raise; the file is as good
        _log.warning("the keyring cannot be used (%s); the spool's key is kept in a file", type(error).__name__)
        return None
    return _decoded(found, f"keyring entry of {_SERVICE}") if found is not None else None


def _from_file(path: Path) -> SpoolKey:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and (status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)):
                raise InputError(f"{path}: others can read the spool's key; run `chmod 600 {path}`")
            content = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise InputError(f"{path}: the spool's key cannot be read ({error.strerror})") from None
    return _decoded(content.decode("ascii", errors="replace"), str(path))


def _decoded(text: str, where: str) -> SpoolKey:
    try:
        return SpoolKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise InputError(
            f"{where}: not a key of the spool (32 bytes in base64); put it back from a backup, or move the spool away"
        ) from None


def _made_in_file(path: Path) -> SpoolKey:
    """A new key under its name, whole or not at all; of two processes that start together one makes it."""
    key = SpoolKey.random()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(key.secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(partial)  # unlike a rename it never replaces a key
        finally:
            partial.unlink(missing_ok=True)
    except FileExistsError:
        return _from_file(path)
    except OSError as error:
        raise InputError(f"{path}: the spool's key cannot be kept there ({error.strerror})") from None
    return key
