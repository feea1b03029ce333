"""The folder of all sessions of a data folder: one folder each, named by the session's id, with its journal.

Owns who may write there (one server), how much room there must be before audio is taken, and which sessions are over.
Session ids are made by the server; names, templates and contents never become part of a path.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE
from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.entries import Opened
from wardscribe_server.journal.journal import JOURNAL, Ciphers, Journal, PastJournal
from wardscribe_server.whole_files import write_whole

OVER = "over.json"  # beside a journal that will not be gone on with: when it ended, and why
_PRIVATE_DIR, _PRIVATE_FILE = 0o700, 0o600
_ENTRIES_SHARE = 1.5  # a journal's bytes for each byte of audio, at most: answers and messages are in it too


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """How much of the disk the sessions may use."""

    min_free_bytes: int = 0  # of the file system
    max_bytes: int = 0  # of all sessions together; 0: no bound but the disk
    window_samples: int = 0  # audio that a session may send before it is asked about again


class SessionsFolder:
    """The sessions of one server.

    Raises: InputError when the folder cannot be used, or another server uses it.
    """

    def __init__(self, data: Path, ciphers: Ciphers, room: RoomSettings | None = None) -> None:
        self._root = data / "sessions"
        self._ciphers = ciphers
        self._room = room or RoomSettings()
        self._open = 0
        self._used = 0
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_DIR)
            self._lock = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        except OSError as error:
            raise InputError(
                f"data folder {data} cannot be written: {error.strerror}; choose another with --data"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise InputError(
                f"data folder {data} is in use by another server; stop it, or choose another with --data"
            ) from None
        self.measure()

    def close(self) -> None:
        """Let another server use the folder."""
        os.close(self._lock)

    def measure(self) -> None:
        """Look how much the sessions take: what was deleted makes room."""
        self._used = sum(path.stat().st_size for path in self._root.glob(f"*/{JOURNAL}*"))

    def has_room(self) -> bool:
        """Whether audio may be taken for every open session, up to the credit that each has been given."""
        return self._has_room(self._open)

    def create(self, opened: Opened, tenant: TenantId) -> Journal:
        """The journal of a new session.

        Raises: RefusedError (`storage_full`) while there is no room for one more beside those that are open.
        """
        if not self._has_room(self._open + 1):
            raise RefusedError(ErrorCode.STORAGE_FULL)
        journal = Journal.create(
            self._root / opened.session,
            cipher=self._ciphers(tenant),
            tenant=tenant,
            opened=opened,
            has_room=self._may_write,
        )
        self._open += 1
        return journal

    def unfinished(self) -> Iterator[Path]:
        """Folders of sessions that a server left open, the oldest first."""
        folders = [path for path in self._root.iterdir() if (path / JOURNAL).exists() and not (path / OVER).exists()]
        yield from sorted(folders, key=lambda path: (path / JOURNAL).stat().st_mtime_ns)

    def past(self, folder: Path) -> PastJournal:
        """The journal of a session that was left.

        Raises: NotAJournalError, OSError, KeyError.
        """
        return PastJournal(folder, self._ciphers)

    def reopen(self, past: PastJournal, *, samples: int) -> Journal:
        """Go on with a journal that was read to its end.

        Raises: OSError.
        """
        journal = Journal.reopen(past, samples=samples, has_room=self._may_write)
        self._open += 1
        return journal

    def over(self, session: str, *, why: str) -> None:
        """A session will not be gone on with; its journal stays until the retention rules take it.

        Raises: OSError.
        """
        said = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "why": why})
        write_whole(self._root / session / OVER, said + "\n")

    def released(self) -> None:
        """A journal was closed: its session takes no more audio here."""
        self._open -= 1

    def _has_room(self, sessions: int) -> bool:
        """Room for what `sessions` may send on the credit they have, so that none of it must be turned away."""
        promised = int(sessions * self._room.window_samples * BYTES_PER_SAMPLE * _ENTRIES_SHARE)
        free = shutil.disk_usage(self._root).free - self._room.min_free_bytes
        if self._room.max_bytes:
            free = min(free, self._room.max_bytes - self._used)
        return free > promised

    def _may_write(self) -> bool:
        """What a session was given credit for may use what was kept free for it."""
        return shutil.disk_usage(self._root).free > self._room.min_free_bytes
