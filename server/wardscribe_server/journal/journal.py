"""One session's journal as a file that only grows.

Entries are added in memory, in order, and are safe after the next `sync`. What is not synced is kept here too: a disk
that was full, or that failed to sync, loses nothing of it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE
from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.entries import Entry, Opened, decode_entry, encode_entry
from wardscribe_server.journal.frames import FrameSealer, NotAJournalError, encode_head, read_frames, read_head
from wardscribe_server.pipeline.events import Audio
from wardscribe_server.vault.cipher import Cipher

JOURNAL, CUT = "journal", "journal.cut"
_PRIVATE_DIR, _PRIVATE_FILE = 0o700, 0o600

Ciphers = Callable[[TenantId], Cipher]


class Journal:
    """The writing end. Not safe for use from two threads at once, but `add` may run while another thread writes."""

    def __init__(
        self, file: int, sealer: FrameSealer, *, size: int, samples: int, has_room: Callable[[], bool]
    ) -> None:
        self._file = file
        self._sealer = sealer
        self._has_room = has_room
        self._unsynced = bytearray()
        self._written = 0  # of the unsynced bytes
        self._synced_size = size
        self.samples = samples  # added; safe after the next `sync`

    @classmethod
    def create(
        cls, folder: Path, *, cipher: Cipher, tenant: TenantId, opened: Opened, has_room: Callable[[], bool]
    ) -> "Journal":
        """The journal of a new session, safe with its first entry.

        Raises: RefusedError (`storage_full`); then nothing is left behind.
        """
        try:
            folder.mkdir(mode=_PRIVATE_DIR)
            file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        except OSError as error:
            raise RefusedError(ErrorCode.STORAGE_FULL) from error
        journal = cls(file, FrameSealer(cipher, journal=opened.session), size=0, samples=0, has_room=has_room)
        journal._unsynced += encode_head(tenant)
        journal.add(opened)
        try:
            journal.sync()
            _sync_folder(folder)
            _sync_folder(folder.parent)
        except (RefusedError, OSError) as error:
            journal.close()
            (folder / JOURNAL).unlink()
            folder.rmdir()
            raise RefusedError(ErrorCode.STORAGE_FULL) from error
        return journal

    @classmethod
    def reopen(cls, past: "PastJournal", *, samples: int, has_room: Callable[[], bool]) -> "Journal":
        """The journal of a session that goes on; what does not open at its end is cut off and put aside.

        `past` must have been read to its end. Raises: OSError.
        """
        path = past.folder / JOURNAL
        with path.open("rb") as file:
            file.seek(past.end)
            torn = file.read()
        if torn:
            _keep_aside(past.folder / CUT, torn)
        descriptor = os.open(path, os.O_WRONLY)
        os.ftruncate(descriptor, past.end)
        os.lseek(descriptor, 0, os.SEEK_END)
        sealer = FrameSealer(past.cipher, journal=past.folder.name, number=past.next_number)
        return cls(descriptor, sealer, size=past.end, samples=samples, has_room=has_room)

    def add(self, entry: Entry) -> None:
        """Put an entry at the end. It stands in memory until the next `sync`."""
        self._unsynced += self._sealer.frame(encode_entry(entry))
        if isinstance(entry, Audio):
            self.samples += len(entry.pcm) // BYTES_PER_SAMPLE

    def sync(self) -> int:
        """Put everything added before the call on stable storage; the number of samples that are safe now.

        Raises: RefusedError (`storage_full`); everything is kept, and a later call tries all of it again.
        """
        samples, upto = self.samples, len(self._unsynced)
        if self._written < upto and not self._has_room():
            raise RefusedError(ErrorCode.STORAGE_FULL)
        try:
            while self._written < upto:
                self._written += os.write(self._file, bytes(self._unsynced[self._written : upto]))
            os.fsync(self._file)  # not fdatasync, which macOS lacks
        except OSError as error:
            # After a failed sync nobody knows which pages are on disk: all of them are written again.
            self._written = 0
            os.ftruncate(self._file, self._synced_size)
            os.lseek(self._file, 0, os.SEEK_END)
            raise RefusedError(ErrorCode.STORAGE_FULL) from error
        self._synced_size += upto
        del self._unsynced[:upto]
        self._written = 0
        return samples

    def close(self) -> None:
        """Let go of the file. What was not synced is lost."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class PastJournal:
    """The reading end.

    Raises: NotAJournalError, OSError; KeyError of `ciphers` for a tenant without keys.
    """

    def __init__(self, folder: Path, ciphers: Ciphers) -> None:
        self.folder = folder
        with (folder / JOURNAL).open("rb") as file:
            self.tenant = read_head(file)
            self.end = file.tell()
        self.cipher = ciphers(self.tenant)
        self._start = self.end
        self.next_number = 0

    def entries(self) -> Iterator[Entry]:
        """Every entry that opens, in order; `end` and `next_number` say how far that is.

        Raises: BadEntryError for an entry of a later version.
        """
        self.end, self.next_number = self._start, 0
        with (self.folder / JOURNAL).open("rb") as file:
            file.seek(self._start)
            for frame in read_frames(file, self.cipher, journal=self.folder.name):
                self.end, self.next_number = frame.end, frame.next_number
                yield decode_entry(frame.plaintext)

    def opened(self) -> Opened:
        """The first entry.

        Raises: NotAJournalError when there is none.
        """
        first = next(iter(self.entries()), None)
        if not isinstance(first, Opened):
            raise NotAJournalError
        return first

    def audio(self) -> Iterator[bytes]:
        """The session's audio, s16le, in pieces."""
        return (entry.pcm for entry in self.entries() if isinstance(entry, Audio))


def _keep_aside(path: Path, torn: bytes) -> None:
    """What was cut off may be looked at later; it is sealed as it was."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE_FILE), "wb") as file:
        file.write(torn)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
