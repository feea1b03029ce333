"""The bytes of a journal: a head, then frames, each sealed and bound to its number. Files are opened elsewhere.

    head    magic, length of the tenant's id, the tenant's id
    frame   length of the body (u32), kind (u8), body
    key     a random key, sealed under the tenant's; all frames up to the next key are sealed with it
    entry   AES-256-GCM with the frame's number as nonce: changed, moved or missing frames do not open

A writer begins with a key of its own, so that a number is never used twice under one key, also when a journal goes on
after its torn end was cut off.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wardscribe_server.access.principal import TenantId
from wardscribe_server.vault.cipher import KEY_BYTES, NONCE_BYTES, Cipher, SealBrokenError

_MAGIC = b"WSJ1"
_HEAD = struct.Struct(">4sH")
_FRAME = struct.Struct(">IB")
_KEY, _ENTRY = 0, 1
_MAX_BODY_BYTES = 64 * 1024 * 1024  # more than the record of the longest dictation; a torn length is not believed


class NotAJournalError(Exception):
    """The file does not begin as a journal does."""


def encode_head(tenant: TenantId) -> bytes:
    """How a journal of this tenant begins."""
    name = tenant.encode()
    return _HEAD.pack(_MAGIC, len(name)) + name


def read_head(file: BinaryIO) -> TenantId:
    """Whose journal it is; the file stands at its first frame then.

    Raises: NotAJournalError.
    """
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise NotAJournalError
    magic, length = _HEAD.unpack(head)
    name = file.read(length)
    if magic != _MAGIC or len(name) < length:
        raise NotAJournalError
    try:
        return TenantId(name.decode())
    except UnicodeDecodeError:
        raise NotAJournalError from None


class FrameSealer:
    """Makes frames from `number` on."""

    def __init__(self, cipher: Cipher, *, journal: str, number: int = 0) -> None:
        key = os.urandom(KEY_BYTES)
        self._journal = journal.encode()
        self._aead = AESGCM(key)
        self._number = number
        body = cipher.seal(key, bound_to=_place(self._journal, number))
        self._start = _FRAME.pack(len(body), _KEY) + body
        self._number += 1

    def frame(self, plaintext: bytes) -> bytes:
        """The next frame; the first one brings the key along."""
        place = _place(self._journal, self._number)
        body = self._aead.encrypt(self._number.to_bytes(NONCE_BYTES, "big"), plaintext, place)
        start, self._start = self._start, b""
        self._number += 1
        return start + _FRAME.pack(len(body), _ENTRY) + body


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that opened, and where the file stands after it."""

    plaintext: bytes
    end: int
    next_number: int


def read_frames(file: BinaryIO, cipher: Cipher, *, journal: str) -> Iterator[Frame]:
    """Every whole frame from where the file stands, up to its end or to the first one that does not open.

    The file must be a journal, read up to its first frame.
    """
    name = journal.encode()
    aead: AESGCM | None = None
    number = 0
    end = file.tell()
    while (body := _body(file)) is not None:
        kind, sealed, length = body
        place = _place(name, number)
        end, number = end + length, number + 1
        try:
            if kind == _KEY:
                aead = AESGCM(cipher.unseal(sealed, bound_to=place))
                continue
            if kind != _ENTRY or aead is None:
                return
            plaintext = aead.decrypt((number - 1).to_bytes(NONCE_BYTES, "big"), sealed, place)
        except (InvalidTag, SealBrokenError, ValueError):
            return
        yield Frame(plaintext, end, number)


def sealed_keys(file: BinaryIO) -> Iterator[bytes]:
    """The keys of a journal that was read up to its first frame, sealed as they are; no cipher is needed."""
    while (head := file.read(_FRAME.size)) and len(head) == _FRAME.size:
        length, kind = _FRAME.unpack(head)
        if kind == _KEY and length <= _MAX_BODY_BYTES:
            yield file.read(length)
        else:
            file.seek(length, os.SEEK_CUR)


def _body(file: BinaryIO) -> tuple[int, bytes, int] | None:
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    length, kind = _FRAME.unpack(head)
    if length > _MAX_BODY_BYTES:
        return None
    sealed = file.read(length)
    return (kind, sealed, len(head) + length) if len(sealed) == length else None


def _place(journal: bytes, number: int) -> bytes:
    return b"journal:" + journal + b":" + str(number).encode()
