"""Sessions on disk: a folder each, with the audio as it came and the record when it is done.

Audio is synced before it is called safe. A record appears under its name only when it is whole. Session ids are made
by the server; names, templates and contents never become part of a path.
"""

import json
import os
import shutil
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.record import Record
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_PRIVATE_DIR, _PRIVATE_FILE = 0o700, 0o600
_UNKNOWN = 0xFFFFFFFF  # the length of a WAV file that is being recorded; any player reads it, also after a crash
_WAV_HEADER_BYTES = 44


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
            return SessionFiles(self._sessions / session, has_room=self.has_room)
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error


class SessionFiles:
    """One session's folder. Not safe for use from two threads at once."""

    def __init__(self, folder: Path, *, has_room: Callable[[], bool] = lambda: True) -> None:
        self._has_room = has_room
        folder.mkdir(mode=_PRIVATE_DIR)
        self._folder = folder
        try:
            self._audio = os.open(folder / "audio.wav", os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
            os.write(self._audio, _wav_header(_UNKNOWN))
        except OSError:
            (folder / "audio.wav").unlink(missing_ok=True)
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
        if not self._has_room():
            raise RefusedError(ErrorCode.STORAGE_FULL)
        try:
            view = memoryview(pcm)
            while view:
                view = view[os.write(self._audio, view) :]
        except OSError as error:
            os.ftruncate(self._audio, _WAV_HEADER_BYTES + self._bytes)
            os.lseek(self._audio, 0, os.SEEK_END)
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

    def finish(self, record: Record, *, edits: Sequence[Mapping[str, object]] = ()) -> None:
        """Write the record, whole or not at all, and before it the log of edits that led to its text.

        Raises: RefusedError (`storage_full`).
        """
        lines = [json.dumps(edit, ensure_ascii=False) for edit in edits]
        if lines:
            self._write(self._folder / "edits.jsonl", "\n".join(lines))
        self._write(self.record_path, record.to_json())

    def close(self) -> None:
        """Write the audio's length into its head and let go of the file."""
        if self._audio >= 0:
            if self._bytes < _UNKNOWN - _WAV_HEADER_BYTES:
                os.lseek(self._audio, 0, os.SEEK_SET)
                os.write(self._audio, _wav_header(self._bytes))
            os.close(self._audio)
            self._audio = -1

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text + "\n")
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error


def _wav_header(data_bytes: int) -> bytes:
    riff_bytes = data_bytes if data_bytes == _UNKNOWN else data_bytes + _WAV_HEADER_BYTES - 8
    layout = (16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * BYTES_PER_SAMPLE, BYTES_PER_SAMPLE, 8 * BYTES_PER_SAMPLE)
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", riff_bytes, b"WAVE", b"fmt ", *layout, b"data", data_bytes)


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
