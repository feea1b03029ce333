"""The sealed head of one tenant's audit log: how many entries there are and the MAC of the last. Kept beside the log so
that an end that was cut off is missed.

Two slots are written in turn, each synced before the other is touched: whatever a power failure tears, one is whole.
"""

import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from wardscribe_server.audit.entry import GENESIS, Mac, canonical, chain_mac

HEAD_FILE = "head"
_SLOT_BYTES = 512


class AnchorBrokenError(Exception):
    """A head that was changed, torn or cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Everything up to here is on stable storage. `end_bytes` is where the entry ends in `file`."""

    number: int = 0
    mac: Mac = GENESIS
    file: str = ""
    end_bytes: int = 0
    turn: int = -1  # nothing was written yet


class _Slot(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True)

    number: int
    mac: str
    file: str
    end_bytes: int
    turn: int
    seal: str


def slot_bytes(anchor: Anchor, *, key: bytes) -> bytes:
    """One slot: a JSON line, padded."""
    fields: dict[str, JsonValue] = {
        "number": anchor.number,
        "mac": anchor.mac,
        "file": anchor.file,
        "end_bytes": anchor.end_bytes,
        "turn": anchor.turn,
    }
    line = canonical(fields | {"seal": chain_mac(key, b"head" + canonical(fields))})
    return line.ljust(_SLOT_BYTES - 1) + b"\n"


def write_anchor(descriptor: int, anchor: Anchor, *, key: bytes) -> None:
    """Put the head on stable storage.

    Raises: OSError; then the head before it still stands.
    """
    os.pwrite(descriptor, slot_bytes(anchor, key=key), anchor.turn % 2 * _SLOT_BYTES)
    os.fsync(descriptor)


def read_anchor(content: bytes, *, key: bytes) -> tuple[Anchor, bool]:
    """The newest head, and whether every byte of the file is as it was written.

    Raises: AnchorBrokenError when no slot is whole.
    """
    slots = [_read_slot(content[start : start + _SLOT_BYTES], key=key) for start in (0, _SLOT_BYTES)]
    whole = [slot for slot in slots if slot is not None]
    if not whole:
        raise AnchorBrokenError
    newest = max(whole, key=lambda slot: slot.turn)
    only_one_yet = newest.turn == 0 and len(content) == _SLOT_BYTES
    two = (
        len(whole) == 2
        and len(content) == 2 * _SLOT_BYTES
        and all(
            slot is not None and slot.turn % 2 == place and newest.turn - slot.turn <= 1
            for place, slot in enumerate(slots)
        )
    )
    return newest, only_one_yet or two


def read_anchor_file(path: Path, *, key: bytes) -> tuple[Anchor, bool] | None:
    """What `read_anchor` says of a file; None when there is none or nothing in it.

    Raises: AnchorBrokenError.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return read_anchor(content, key=key) if content else None


def _read_slot(content: bytes, *, key: bytes) -> Anchor | None:
    try:
        slot = _Slot.model_validate_json(content)
    except ValidationError:
        return None
    fields = slot.model_dump(exclude={"seal"})
    anchor = Anchor(**fields | {"mac": Mac(slot.mac)})
    return anchor if hmac.compare_digest(content, slot_bytes(anchor, key=key)) else None
