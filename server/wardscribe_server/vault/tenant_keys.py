"""The file `keys.json`: every tenant's keys, wrapped under the master key. Owns its format and that it is never half
written; does not know what the keys are for.

Wrapped means AES-256-GCM bound to the tenant, the sort of key and its number, so that no key can be put in another's
place; `seal` covers the file as a whole, so that none can be taken out either.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, ValidationError

from wardscribe_server.access.principal import TenantId
from wardscribe_server.vault.cipher import KEY_BYTES, NONCE_BYTES, KeyId
from wardscribe_server.vault.keys import KeyRefusedError, MasterKey, sync_folder

KEYS_FILE = "keys.json"
_RESTORE = "put it back from your backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """A key that seals, and since when."""

    secret: bytes = field(repr=False)
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKeys:
    """One tenant's keys. `root` never changes: the keys of indexes and chains are derived from it."""

    root: bytes = field(repr=False)
    current: KeyId
    data: Mapping[KeyId, DataKey]
    forgotten: Mapping[KeyId, datetime] = field(default_factory=dict)

    @property
    def next_id(self) -> KeyId:
        """The number of the next data key; a forgotten key's number is never given again."""
        return KeyId(max((*self.data, *self.forgotten)) + 1)


class _Wrapped(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    wrapped: str
    made: datetime


class _Tenant(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    root: str
    current: int
    data: dict[int, _Wrapped]
    forgotten: dict[int, datetime]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal[1] = 1
    master: str
    tenants: dict[str, _Tenant]
    seal: str = ""


def read_keys(path: Path, master: MasterKey) -> dict[TenantId, TenantKeys]:
    """All tenants' keys.

    Raises: KeyRefusedError when the file is changed or broken, or sealed under another master key; FileNotFoundError.
    """
    try:
        content = _File.model_validate_json(path.read_bytes())
    except ValidationError:
        raise KeyRefusedError(f"{path}: not a file of keys; {_RESTORE}") from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyRefusedError(f"{path}: cannot be read ({error.strerror})") from None
    if content.master != master.fingerprint:
        raise KeyRefusedError(
            f"{path}: sealed under master key {content.master}, but key_source gives {master.fingerprint}; "
            "give the right one, nothing was changed"
        )
    if not hmac.compare_digest(content.seal, _seal(content, master)):
        raise KeyRefusedError(f"{path}: was changed by something other than Wardscribe; {_RESTORE}")
    wrap = _Wrap(master)
    try:
        return {TenantId(tenant): _opened(wrap, tenant, keys) for tenant, keys in content.tenants.items()}
    except (InvalidTag, binascii.Error, ValueError):
        raise KeyRefusedError(f"{path}: holds a key that does not open; {_RESTORE}") from None


def fingerprint_in(path: Path) -> str:
    """Which master key the file is sealed under, without that key; empty when there is no such file or it is broken."""
    try:
        return _File.model_validate_json(path.read_bytes()).master
    except (OSError, ValidationError):
        return ""


def write_keys(path: Path, master: MasterKey, tenants: Mapping[TenantId, TenantKeys]) -> None:
    """Replace the file, whole or not at all, on stable storage before this returns.

    Raises: OSError; then the old file is as it was.
    """
    wrap = _Wrap(master)
    content = _File(
        master=master.fingerprint,
        tenants={
            tenant: _Tenant(
                root=wrap.close(keys.root, tenant, "root"),
                current=keys.current,
                data={
                    key_id: _Wrapped(wrapped=wrap.close(key.secret, tenant, f"data {key_id}"), made=key.made)
                    for key_id, key in keys.data.items()
                },
                forgotten={int(key_id): when for key_id, when in keys.forgotten.items()},
            )
            for tenant, keys in tenants.items()
        },
    )
    sealed = content.model_copy(update={"seal": _seal(content, master)})
    partial = path.with_name(f".{path.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(sealed.model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _opened(wrap: "_Wrap", tenant: str, keys: _Tenant) -> TenantKeys:
    if keys.current not in keys.data:
        raise ValueError("the current key is not there")
    return TenantKeys(
        root=wrap.open(keys.root, tenant, "root"),
        current=KeyId(keys.current),
        data={
            KeyId(key_id): DataKey(secret=wrap.open(key.wrapped, tenant, f"data {key_id}"), made=key.made)
            for key_id, key in keys.data.items()
        },
        forgotten={KeyId(key_id): when for key_id, when in keys.forgotten.items()},
    )


def _seal(content: _File, master: MasterKey) -> str:
    plain = content.model_dump(mode="json", exclude={"seal"})
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(master.derive("keys file"), text.encode(), hashlib.sha256).hexdigest()


class _Wrap:
    """Keys under the master key."""

    def __init__(self, master: MasterKey) -> None:
        self._cipher = AESGCM(master.derive("wrap"))

    def close(self, secret: bytes, tenant: str, kind: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, _bound_to(tenant, kind))).decode()

    def open(self, wrapped: str, tenant: str, kind: str) -> bytes:
        sealed = base64.b64decode(wrapped, validate=True)
        secret = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(tenant, kind))
        if len(secret) != KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        return secret


def _bound_to(tenant: str, kind: str) -> bytes:
    return json.dumps(["wardscribe keys", 1, tenant, kind]).encode()
