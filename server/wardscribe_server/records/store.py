"""Sessions on disk: a folder each, with the audio as it came and the record when it is done.

Audio is synced before it is called safe. A record appears under its name only when it is whole. Session ids are made
by the server; names, templates and contents never become part of a path.
"""

import json
import os
import shutil
from pathlib import Path

from pydantic import JsonValue

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.record import Record
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE

_PRIVATE_DIR, _PRIVATE_FILE = 0o700, 0o600


class Store:
    """The data folder.

    Raises: InputError when the folder cannot be used.
    """

    def __init__(self, root: Path, *, min_free_bytes: int = 0) -> None:
        self._sessions = root / "sessions"
        self._min_free_bytes = min_free_bytes
        try:
            self._sessions.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_DIR)
            probe = self._sessions / f".probe-{os.getpid()}"
            probe.touch(mode=_PRIVATE_FILE)
            probe.unlink()
        except OSError as error:
            raise InputError(
                f"data folder {root} cannot be written: {error.strerror}; choose another with --data"
            ) from error

    def has_room(self) -> bool:
        """Whether there is enough free space to accept more audio."""
        return shutil.disk_usage(self._sessions).free > self._min_free_bytes

    def open(self, session: str) -> "SessionFiles":
        """Files for a new session.

        Raises: RefusedError (`storage_full`).
        """
        try:
            if not self.has_room():
                raise RefusedError(ErrorCode.STORAGE_FULL)
            return SessionFiles(self._sessions / session)
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error


class SessionFiles:
    """One session's folder. Not safe for use from two threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=_PRIVATE_DIR)
        self._folder = folder
        try:
            self._audio = os.open(folder / "audio.s16le", os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        except OSError:
            folder.rmdir()
            raise
        self._bytes = 0

    @property
    def record_path(self) -> Path:
        """Where the record is, or will be."""
        return self._folder / "record.json"

    @property
    def samples(self) -> int:
        """Samples written; safe after the next `sync`."""
        return self._bytes // BYTES_PER_SAMPLE

    def describe(self, about: dict[str, JsonValue]) -> None:
        """Keep what is needed to make the record from the audio again.

        Raises: RefusedError (`storage_full`).
        """
        self._write(self._folder / "session.json", json.dumps(about))

    def append(self, pcm: bytes) -> None:
        """Add audio; all of it or, when the disk is full, none of it.

        Raises: RefusedError (`storage_full`).
        """
        try:
            view = memoryview(pcm)
            while view:
                view = view[os.write(self._audio, view) :]
        except OSError as error:
            os.ftruncate(self._audio, self._bytes)
            os.lseek(self._audio, self._bytes, os.SEEK_SET)
            raise RefusedError(ErrorCode.STORAGE_FULL) from error
        self._bytes += len(pcm)

    def sync(self) -> int:
        """Put everything appended on stable storage; the number of samples that are safe now.

        Raises: RefusedError (`storage_full`).
        """
        samples = self.samples
        try:
            os.fsync(self._audio)  # not fdatasync, which macOS lacks
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error
        return samples

    def finish(self, record: Record) -> None:
        """Write the record, whole or not at all.

        Raises: RefusedError (`storage_full`).
        """
        self._write(self.record_path, record.to_json())

    def close(self) -> None:
        """Let go of the audio file."""
        if self._audio >= 0:
            os.close(self._audio)
            self._audio = -1

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text + "\n")
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Raises: OSError; then nothing is left behind.
    """
    content = text.encode()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
