"""What a power cut does to files: bytes that were never synced are gone, or are garbage."""

import random
from collections.abc import Mapping
from pathlib import Path

_JOURNALS = "sessions/*/journal"
_LONGEST_GARBAGE = 300


def tear(data: Path, synced: Mapping[int, int], chance: random.Random) -> int:
    """Treat every journal of a server that is gone as a power cut would; how many were changed.

    Bytes before the synced length of a file (by inode) are never touched.
    """
    return sum(_torn(path, synced.get(path.stat().st_ino, 0), chance) for path in sorted(data.glob(_JOURNALS)))


def _torn(path: Path, safe: int, chance: random.Random) -> bool:
    before = path.read_bytes()
    end = chance.randint(min(safe, len(before)), len(before))
    tail = b""
    match chance.choice(["lost", "garbage", "zeros", "repeated"]):
        case "garbage":
            tail = chance.randbytes(chance.randint(1, _LONGEST_GARBAGE))
        case "zeros":
            tail = bytes(chance.randint(1, _LONGEST_GARBAGE))
        case "repeated":  # half of what was written before, as an old page may hold it
            start = chance.randint(0, end)
            tail = before[start : start + chance.randint(0, _LONGEST_GARBAGE)]
        case _:
            pass
    after = before[:end] + tail
    if after == before:
        return False
    with path.open("r+b") as file:
        file.truncate(end)
        file.seek(end)
        file.write(tail)
    return True
