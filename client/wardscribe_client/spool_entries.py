"""What a spooled dictation is made of, as bytes: a head, then sealed entries one after the other. Knows no file.

Each entry is AES-256-GCM under the dictation's own key, bound to its place, with a random nonce: what was torn off and
written again at the same place never meets the same nonce. Only kind, length and number of samples are in the clear,
so that a dictation can be looked through without opening its sound.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wardscribe_client.spool_key import KEY_BYTES, SpoolKey

_MAGIC = b"WSSP0001"
_SALT_BYTES = 16
HEAD_BYTES = len(_MAGIC) + _SALT_BYTES
_NONCE_BYTES = 12
_MARK = b"WE"
_ENTRY = struct.Struct("<2sBxIII")  # mark, kind, number, samples, sealed bytes
ENTRY_BYTES = _ENTRY.size
_SEAL_BYTES = _NONCE_BYTES + 16
_MAX_SEALED_BYTES = 32 * 1024 * 1024  # a record may be 16 MiB


class EntryKind(IntEnum):
    """What an entry holds."""

    BEGUN = 1
    AUDIO = 2  # s16le
    CONTROL = 3  # a message of ours, at this place of the sound
    STATE = 4  # what the link needs to go on
    TOLD = 5  # a durable message of the server
    MARK = 6  # a step in the dictation's life
    GLANCE = 7  # the dictation in short; in a file of its own


class BrokenEntryError(Exception):
    """Bytes that are no entry, not of this key, or not at this place."""


@dataclass(frozen=True, slots=True)
class EntryHead:
    """An entry without its content. `at`: offset of the entry in the file."""

    at: int
    kind: EntryKind
    number: int
    samples: int
    sealed_bytes: int

    @property
    def end(self) -> int:
        """Offset behind the entry."""
        return self.at + ENTRY_BYTES + self.sealed_bytes


def new_head() -> bytes:
    """What a new dictation's file begins with."""
    return _MAGIC + os.urandom(_SALT_BYTES)


def is_head(head: bytes) -> bool:
    """Whether a file begins as a dictation's does."""
    return len(head) == HEAD_BYTES and head.startswith(_MAGIC)


def head_at(raw: bytes, at: int, number: int) -> EntryHead | None:
    """The entry that begins with these bytes, if one with this number does."""
    if len(raw) < ENTRY_BYTES:
        return None
    mark, kind, found, samples, sealed_bytes = _ENTRY.unpack(raw[:ENTRY_BYTES])
    known = mark == _MARK and found == number and _SEAL_BYTES <= sealed_bytes <= _MAX_SEALED_BYTES
    if not known or kind not in EntryKind.__members__.values():
        return None
    return EntryHead(at, EntryKind(kind), number, samples, sealed_bytes)


class EntrySealer:
    """Seals and opens the entries of one dictation."""

    def __init__(self, key: SpoolKey, head: bytes) -> None:
        secret = HKDF(SHA256(), KEY_BYTES, salt=head[len(_MAGIC) :], info=b"wardscribe spool dictation")
        self._cipher = AESGCM(secret.derive(key.secret))

    def seal(self, kind: EntryKind, content: bytes, *, number: int, samples: int = 0) -> bytes:
        """An entry, whole."""
        head = _ENTRY.pack(_MARK, kind, number, samples, len(content) + _SEAL_BYTES)
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._cipher.encrypt(nonce, content, head)

    def open(self, raw: bytes) -> bytes:
        """What is in a whole entry.

        Raises: BrokenEntryError.
        """
        head, nonce = raw[:ENTRY_BYTES], raw[ENTRY_BYTES : ENTRY_BYTES + _NONCE_BYTES]
        try:
            return self._cipher.decrypt(nonce, raw[ENTRY_BYTES + _NONCE_BYTES :], head)
        except InvalidTag:
            raise BrokenEntryError from None


def entry_heads(read: Callable[[int, int], bytes], *, size: int) -> Iterator[EntryHead]:
    """The entries of a file up to the first place where there is none; opens none of them."""
    at, number = HEAD_BYTES, 0
    while (head := head_at(read(at, ENTRY_BYTES), at, number)) is not None and head.end <= size:
        yield head
        at, number = head.end, number + 1
