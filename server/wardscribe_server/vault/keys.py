"""The master key: where it is kept, how it is read, made, and refused.

It wraps the tenants' keys and does nothing else. It never stands in a log, an error or the data folder.
"""

import base64
import binascii
import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from wardscribe_protocol.errors import InputError
from wardscribe_server.vault.cipher import KEY_BYTES

_log = logging.getLogger(__name__)

_KEYRING_SERVICE = "wardscribe"
_PRIVATE_DIR, _PRIVATE_FILE = 0o700, 0o600
_MAX_FILE_BYTES = 4096  # a key is 44 characters: anything longer is another file
_HOW_TO_MAKE = "make one with `head -c 32 /dev/urandom | base64`"


class KeyRefusedError(InputError):
    """A key that is not there, not readable, not private, or not the right one; `message` says what to do."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """`file:PATH`."""

    path: Path


@dataclass(frozen=True, slots=True)
class KeyInEnvironment:
    """`env`: the setting `master_key`, which the configuration reads from WARDSCRIBE_MASTER_KEY."""


@dataclass(frozen=True, slots=True)
class KeyInKeyring:
    """`keyring:NAME`: the desktop's keyring, service `wardscribe`."""

    name: str


KeySource = KeyFile | KeyInEnvironment | KeyInKeyring


def parse_key_source(text: str) -> KeySource:
    """Where the master key is, as the setting `key_source` says it.

    Raises: KeyRefusedError.
    """
    kind, _, rest = text.partition(":")
    match kind, rest:
        case "file", path if path:
            return KeyFile(Path(path).expanduser())
        case "env", "":
            return KeyInEnvironment()
        case "keyring", name if name:
            return KeyInKeyring(name)
    raise KeyRefusedError(
        # What stands there is not shown: it may be the key itself, put in the wrong setting.
        "setting key_source (WARDSCRIBE_KEY_SOURCE): must be file:PATH, env or keyring:NAME"
    )


class MasterKey:
    """256 secret bits, from which a key for each purpose is derived (HKDF-SHA256, RFC 5869)."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("a master key has 32 bytes")
        self._secret = secret

    @classmethod
    def random(cls) -> "MasterKey":
        """A new one."""
        return cls(os.urandom(KEY_BYTES))

    def derive(self, purpose: str) -> bytes:
        """The key for one purpose; it tells nothing of the master key or of another purpose's."""
        return derived(self._secret, f"master {purpose}")

    @property
    def fingerprint(self) -> str:
        """By which a key is recognised; may be shown and stored."""
        return self.derive("fingerprint")[:8].hex()

    def text(self) -> str:
        """Base64, for the key's own file or keyring only."""
        return base64.b64encode(self._secret).decode()


def derived(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose out of another key."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"wardscribe {purpose}".encode()).derive(secret)


def load_master_key(source: KeySource, *, from_environment: SecretStr | None = None, make: bool = False) -> MasterKey:
    """The master key. `make`: a file or keyring entry that is not there yet is made, and said once in the log.

    Raises: KeyRefusedError.
    """
    match source:
        case KeyFile(path):
            return _from_file(path, make=make)
        case KeyInEnvironment():
            if from_environment is None:
                raise KeyRefusedError(f"key_source is env, but WARDSCRIBE_MASTER_KEY is not set; {_HOW_TO_MAKE}")
            return _decoded(from_environment.get_secret_value(), "WARDSCRIBE_MASTER_KEY")
        case KeyInKeyring(name):
            return _from_keyring(name, make=make)
        case _:
            assert_never(source)


def _decoded(text: str, where: str) -> MasterKey:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeyRefusedError(f"{where}: not a master key (32 bytes in base64 on one line); {_HOW_TO_MAKE}")
    return MasterKey(secret)


def _from_file(path: Path, *, make: bool) -> MasterKey:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if make:
            return _made_in_file(path)
        raise KeyRefusedError(
            f"{path}: the master key is not there; put it back from your backup, or name its place in key_source"
        ) from None
    except OSError as error:
        raise KeyRefusedError(f"{path}: the master key cannot be read ({error.strerror})") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyRefusedError(f"{path}: not a file; key_source names the file with the master key")
        if status.st_mode & 0o077:
            raise KeyRefusedError(f"{path}: others can read the master key; run `chmod 600 {path}`")
        if status.st_uid not in (os.geteuid(), 0):
            raise KeyRefusedError(f"{path}: the master key belongs to another user; run `chown` on it")
        content = os.read(descriptor, _MAX_FILE_BYTES)
    finally:
        os.close(descriptor)
    return _decoded(content.decode("ascii", errors="replace"), str(path))


def _made_in_file(path: Path) -> MasterKey:
    """A new key under its name, whole or not at all; of two processes that start together one makes it."""
    key = MasterKey.random()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_DIR)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(key.text() + "\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(partial)  # unlike a rename it never replaces a key
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError:
        return _from_file(path, make=False)
    except OSError as error:
        raise KeyRefusedError(f"{path}: a master key cannot be made there ({error.strerror})") from None
    _log.warning(
        "made a new master key in %s: back it up now, apart from the data; without it nothing stored here can be read",
        path,
    )
    return key


def _from_keyring(name: str, *, make: bool) -> MasterKey:
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        raise KeyRefusedError(
            "key_source is keyring, which is not installed: pip install 'wardscribe[keyring]'"
        ) from None
    where = f"keyring entry {name!r} of {_KEYRING_SERVICE}"
    try:
        found = keyring.get_password(_KEYRING_SERVICE, name)
        if found is not None:
            return _decoded(found, where)
        if not make:
            raise KeyRefusedError(f"{where}: the master key is not there; put it back from your backup")
        key = MasterKey.random()
        keyring.set_password(_KEYRING_SERVICE, name, key.text())
    except keyring.errors.KeyringError as error:
        raise KeyRefusedError(f"{where}: the keyring cannot be used ({type(error).__name__})") from None
    _log.warning(
        "made a new master key in %s: back it up now, apart from the data; without it nothing stored here can be read",
        where,
    )
    return key


def sync_folder(folder: Path) -> None:
    """Put a folder's names on stable storage, so that a file made or renamed in it survives a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
