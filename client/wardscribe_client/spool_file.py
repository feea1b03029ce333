"""The file system as the spool needs it: reads and writes at a place, one process at a time, folders that last."""

import os
import sys
import threading
from pathlib import Path
from typing import Self


class PlacedFile:
    """A file that is read and written at places, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._turn = threading.Lock()

    def read(self, at: int, length: int) -> bytes:
        """As many bytes as there are, `length` at most."""
        parts = []
        with self._turn:
            os.lseek(self._descriptor, at, os.SEEK_SET)
            while length and (part := os.read(self._descriptor, length)):
                parts.append(part)
                length -= len(part)
        return b"".join(parts)

    def write(self, at: int, content: bytes) -> None:
        """All of it. Raises: OSError."""
        view = memoryview(content)
        with self._turn:
            os.lseek(self._descriptor, at, os.SEEK_SET)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def cut(self, at: int) -> None:
        """Let the file end here."""
        with self._turn:
            os.ftruncate(self._descriptor, at)


class FileLock:
    """A lock that ends with the process that holds it, however that ends. Held from `taken` to `release`."""

    def __init__(self, descriptor: int) -> None:
        """Use `taken`."""
        self._descriptor = descriptor

    @classmethod
    def taken(cls, path: Path) -> Self | None:
        """The lock, or None while somebody else holds it. Raises: OSError."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        """Somebody else may have it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def sync_folder(folder: Path) -> None:
    """So that a file made in it survives a power loss; where folders cannot be synced, the file system sees to it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
