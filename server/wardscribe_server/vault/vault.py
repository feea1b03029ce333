"""The vault: a cipher for each tenant, and what may be done to its keys. Safe from any thread, and beside a second
process (the server and `wardscribe keys`): `keys.json` is changed under a lock and read anew when it has changed.

A cipher is a snapshot: ask for it where it is used rather than keeping it, so that a rotated key takes effect.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from wardscribe_server.access.principal import TenantId
from wardscribe_server.vault.cipher import KEY_BYTES, Cipher, KeyId
from wardscribe_server.vault.keys import KeyRefusedError, MasterKey, derived, load_master_key, parse_key_source
from wardscribe_server.vault.tenant_keys import (
    KEYS_FILE,
    DataKey,
    TenantKeys,
    fingerprint_in,
    read_keys,
    write_keys,
)

_log = logging.getLogger(__name__)

_LOCK_FILE = "keys.lock"
_MADE = b"keys were made here\n"

_Stamp = tuple[int, int, int]


class KeyUse(Protocol):
    """A store that seals: can say what still needs a key."""

    def sealed_under(self, tenant: TenantId, key_id: KeyId) -> int:
        """How many things only this key opens."""
        ...


class KeyInUseError(KeyRefusedError):
    """A key that something stored still needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """One data key as it may be shown."""

    tenant: TenantId
    key_id: KeyId
    made: datetime | None
    current: bool
    forgotten: datetime | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class Vault:
    """All tenants' keys of one data folder.

    Raises: KeyRefusedError when the master key is not the one that the folder's keys are wrapped under.
    """

    def __init__(self, folder: Path, master: MasterKey, *, now: Callable[[], datetime] = _now) -> None:
        self._path = folder / KEYS_FILE
        self._master = master
        self._now = now
        self._lock = threading.RLock()
        self._tenants: dict[TenantId, TenantKeys] = {}
        self._ciphers: dict[TenantId, Cipher] = {}
        self._stamp: _Stamp | None = None
        self._refused: _Stamp | None = None  # a state of the file that did not open: not read again and again
        self._complaint = ""
        self._read()

    def cipher(self, tenant: TenantId) -> Cipher:
        """The tenant's cipher; a tenant that is new is given keys.

        Raises: KeyRefusedError when keys cannot be made.
        """
        with self._lock:
            self._renew()
            cipher = self._ciphers.get(tenant)
            if cipher is None:
                keys = self._keys(tenant)
                secrets = {key_id: key.secret for key_id, key in keys.data.items()}
                cipher = Cipher(secrets, current=keys.current, index_key=derived(keys.root, "index"))
                self._ciphers[tenant] = cipher
            return cipher

    def mac_key(self, tenant: TenantId, purpose: str) -> bytes:
        """A key of 32 bytes for authenticating what is not secret; the same for ever, whatever is rotated."""
        with self._lock:
            self._renew()
            return derived(self._keys(tenant).root, f"mac {purpose}")

    def rotate(self, tenant: TenantId) -> KeyId:
        """From now on a new data key seals; what older keys sealed still opens."""
        with self._changing():
            keys = self._tenants.get(tenant)
            if keys is None:
                raise KeyRefusedError(f"tenant {tenant!r} has no keys yet")
            key_id = keys.next_id
            data = {**keys.data, key_id: self._new_data_key()}
            self._write({**self._tenants, tenant: replace(keys, current=key_id, data=data)})
            return key_id

    def check_forgettable(
        self, tenant: TenantId, key_id: KeyId, *, stores: tuple[KeyUse, ...], even_in_use: bool = False
    ) -> None:
        """Whether `forget` would destroy the key. `stores` are asked whether they need it.

        Raises: KeyInUseError; KeyRefusedError when there is no such key.
        """
        keys = self._tenants.get(tenant)
        if keys is None or key_id not in keys.data:
            raise KeyRefusedError(f"tenant {tenant!r} has no key {key_id}")
        if key_id == keys.current:
            raise KeyInUseError(f"key {key_id} of tenant {tenant!r} is the one that seals now; rotate first")
        needed = sum(store.sealed_under(tenant, key_id) for store in stores)
        if needed and not even_in_use:
            raise KeyInUseError(f"key {key_id} of tenant {tenant!r} still opens {needed} stored things")

    def forget(self, tenant: TenantId, key_id: KeyId, *, stores: tuple[KeyUse, ...], even_in_use: bool = False) -> None:
        """Destroy a data key: what it sealed can never be read again.

        Raises: KeyInUseError; KeyRefusedError when there is no such key.
        """
        with self._changing():
            self.check_forgettable(tenant, key_id, stores=stores, even_in_use=even_in_use)
            keys = self._tenants[tenant]
            data = {other: key for other, key in keys.data.items() if other != key_id}
            forgotten = {**keys.forgotten, key_id: self._now()}
            self._write({**self._tenants, tenant: replace(keys, data=data, forgotten=forgotten)})

    def rewrap(self, master: MasterKey) -> None:
        """Wrap every key under another master key; nothing that was sealed changes.

        Raises: KeyRefusedError when the file cannot be written; then the old master key stays in force.
        """
        with self._changing():
            before, self._master = self._master, master
            try:
                self._write(self._tenants)
            except KeyRefusedError:
                self._master = before
                raise

    @property
    def tenants(self) -> tuple[TenantId, ...]:
        """Tenants that have keys."""
        with self._lock:
            self._renew()
            return tuple(self._tenants)

    @property
    def states(self) -> tuple[KeyState, ...]:
        """Every data key, without its secret."""
        with self._lock:
            self._renew()
            states = []
            for tenant, keys in self._tenants.items():
                for key_id, key in keys.data.items():
                    current = key_id == keys.current
                    states.append(KeyState(tenant=tenant, key_id=key_id, made=key.made, current=current))
                for key_id, when in keys.forgotten.items():
                    states.append(KeyState(tenant=tenant, key_id=key_id, made=None, current=False, forgotten=when))
            return tuple(states)

    @property
    def master_fingerprint(self) -> str:
        """By which the master key in force is recognised."""
        return self._master.fingerprint

    def _keys(self, tenant: TenantId) -> TenantKeys:
        keys = self._tenants.get(tenant)
        if keys is None:
            with self._changing():  # another process may have made them meanwhile
                keys = self._tenants.get(tenant)
                if keys is None:
                    first = KeyId(1)
                    root = os.urandom(KEY_BYTES)
                    keys = TenantKeys(root=root, current=first, data={first: self._new_data_key()})
                    self._write({**self._tenants, tenant: keys})
        return keys

    def _new_data_key(self) -> DataKey:
        return DataKey(secret=os.urandom(KEY_BYTES), made=self._now())

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The newest keys, and nobody else changes them until this is over."""
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = os.open(self._path.with_name(_LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise KeyRefusedError(f"{self._path}: keys cannot be changed ({error.strerror})") from None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._read()
                yield
                os.pwrite(lock, _MADE, 0)
            finally:
                os.close(lock)

    def _renew(self) -> None:
        """Take in what another process changed. A file that does not open leaves the keys that are known in force."""
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp or (stamp is not None and stamp == self._refused):
                return
            self._refused = stamp
            self._read()
        except KeyRefusedError as error:
            if error.message != self._complaint:
                self._complaint = error.message
                _log.error("keys were changed and cannot be read anew: %s", error.message)

    def _read(self) -> None:
        stamp = _stamp(self._path)
        if stamp is None and not self._tenants:
            return
        try:
            tenants = read_keys(self._path, self._master)
        except FileNotFoundError:
            raise KeyRefusedError(f"{self._path}: the keys are gone; put the file back from your backup") from None
        self._tenants, self._stamp, self._complaint = tenants, stamp, ""
        self._ciphers.clear()

    def _write(self, tenants: Mapping[TenantId, TenantKeys]) -> None:
        try:
            write_keys(self._path, self._master, tenants)
        except OSError as error:
            raise KeyRefusedError(f"{self._path}: keys cannot be written ({error.strerror})") from None
        self._tenants, self._stamp = dict(tenants), _stamp(self._path)
        self._ciphers.clear()


def open_vault(data: Path, *, key_source: str, master_key: SecretStr | None = None) -> Vault:
    """The vault of a data folder. At its first start a master key is made; never again once there are keys.

    Raises: KeyRefusedError.
    """
    first = _stamp(data / KEYS_FILE) is None
    lock = _stamp(data / _LOCK_FILE)
    if first and lock is not None and lock[2]:
        # New keys would open nothing of what is here, and hide that the old ones are needed.
        raise KeyRefusedError(f"{data / KEYS_FILE}: the keys are gone; put the file back from your backup")
    source = parse_key_source(key_source)
    if first:
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)  # before anything else makes it for all to look into
        except OSError as error:
            raise KeyRefusedError(
                f"data folder {data} cannot be written: {error.strerror}; choose another with --data"
            ) from None
    try:
        master = load_master_key(source, from_environment=master_key, make=first)
    except KeyRefusedError as error:
        if first:
            raise
        wanted = fingerprint_in(data / KEYS_FILE)
        raise KeyRefusedError(f"{error.message} (the data folder needs master key {wanted or 'unknown'})") from None
    return Vault(data, master)


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KeyRefusedError(f"{path}: cannot be looked at ({error.strerror})") from None
    return status.st_mtime_ns, status.st_ino, status.st_size
