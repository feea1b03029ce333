"""Bytes sealed with AES-256-GCM under one tenant's keys, and the blind index by which sealed things are found.

A sealed text is bound to its place (`bound_to`): moved to another row, file or tenant it does not open.
"""

import hashlib
import hmac
import os
import struct
from collections.abc import Mapping
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KeyId = NewType("KeyId", int)

KEY_BYTES = 32
NONCE_BYTES = 12
_MAGIC = b"WSE1"
_HEAD = struct.Struct(f">4sI{NONCE_BYTES}s")


class SealBrokenError(Exception):
    """Sealed bytes that were changed, moved, cut, or sealed under a key that is not here."""


class Cipher:
    """One tenant's keys: the newest seals, all of them open."""

    def __init__(self, keys: Mapping[KeyId, bytes], *, current: KeyId, index_key: bytes) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current
        self._index_key = index_key

    def seal(self, plaintext: bytes, *, bound_to: bytes) -> bytes:
        """`plaintext` encrypted; opens only with the same `bound_to`."""
        head = _HEAD.pack(_MAGIC, self._current, os.urandom(NONCE_BYTES))
        return head + self._keys[self._current].encrypt(head[-NONCE_BYTES:], plaintext, head + bound_to)

    def unseal(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """What was sealed.

        Raises: SealBrokenError.
        """
        if len(sealed) < _HEAD.size:
            raise SealBrokenError
        head = sealed[: _HEAD.size]
        magic, key_id, nonce = _HEAD.unpack(head)
        key = self._keys.get(KeyId(key_id))
        if magic != _MAGIC or key is None:
            raise SealBrokenError
        try:
            return key.decrypt(nonce, sealed[_HEAD.size :], head + bound_to)
        except InvalidTag:
            raise SealBrokenError from None

    @staticmethod
    def key_of(sealed: bytes) -> KeyId | None:
        """Which key sealed this; None when it is no sealed text."""
        if len(sealed) < _HEAD.size:
            return None
        magic, key_id, _ = _HEAD.unpack(sealed[: _HEAD.size])
        return KeyId(key_id) if magic == _MAGIC else None

    @staticmethod
    def mark(key_id: KeyId) -> bytes:
        """What every text sealed under a key begins with."""
        return _HEAD.pack(_MAGIC, key_id, b"")[:-NONCE_BYTES]

    @property
    def current(self) -> KeyId:
        """The key that seals now."""
        return self._current

    def index(self, text: str) -> str:
        """A keyed digest by which an encrypted name or number can be found again, and nothing learned."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()
