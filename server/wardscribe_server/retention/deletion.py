"""Deletes what is due, and proves it in the audit log. Whatever breaks off half way is finished by the next run.

    note      `retention/ID.json`: what is about to go, by which rule, its digest; synced
    move      the session's folder to `retention/ID`, in one step: nobody sees half a session
    remove    the folder
    proof     the event `retention.deleted`; only when it is kept is the note removed

A crash between proof and the removal of the note proves the same deletion twice; never not at all.
"""

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wardscribe_protocol.errors import InputError
from wardscribe_server.access.principal import TenantId, UserId
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome, AuditSink
from wardscribe_server.retention.rules import Due
from wardscribe_server.vault.keys import sync_folder
from wardscribe_server.whole_files import write_whole

_log = logging.getLogger(__name__)

RETENTION_FOLDER = "retention"
_BLOCK_BYTES = 1 << 20
_SERVER = UserId("server")


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    session: str
    tenant: str
    rule: str
    days: int
    ended: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What one run did."""

    sessions: int
    size_bytes: int
    failed: int = 0  # sessions that could not be read or moved; the next run tries again


class Deletion:
    """The deleting end of one data folder.

    Raises: InputError when the folder cannot be written.
    """

    def __init__(self, data: Path, audit: AuditSink, *, user: UserId = _SERVER) -> None:
        self._sessions = data / "sessions"
        self._expired = data / RETENTION_FOLDER
        self._audit = audit
        self._user = user

    def run(self, due: Iterator[Due]) -> Deleted:
        """Finish what an earlier run left, then delete what is due.

        Raises: InputError; RefusedError when a proof could not be kept (the next run will).
        """
        with self._alone():
            for note in sorted(self._expired.glob("*.json")):
                self._finish(note)
            sessions = size = failed = 0
            for each in due:
                try:
                    size += self._delete(each)
                    sessions += 1
                except OSError as error:  # one bad folder must not keep all others for ever
                    _log.error("a session that is due could not be deleted: %s", error.strerror)
                    failed += 1
        return Deleted(sessions=sessions, size_bytes=size, failed=failed)

    def _delete(self, due: Due) -> int:
        session = due.session
        if session.folder.is_symlink() or session.folder.parent != self._sessions:
            raise InputError(f"{session.folder}: not a session's folder; nothing was deleted")
        sha256, size = digest(session.folder)
        note = _Note(
            session=session.session,
            tenant=session.tenant,
            rule=due.rule,
            days=due.days,
            ended=session.ended.isoformat(timespec="seconds"),
            sha256=sha256,
            size_bytes=size,
        )
        path = self._expired / f"{session.folder.name}.json"
        write_whole(path, note.model_dump_json() + "\n")
        sync_folder(self._expired)
        session.folder.rename(self._expired / session.folder.name)
        sync_folder(self._sessions)
        sync_folder(self._expired)
        self._finish(path)
        return size

    def _finish(self, path: Path) -> None:
        try:
            note = _Note.model_validate_json(path.read_bytes())
        except ValidationError:
            raise InputError(f"{path}: not a note of a deletion; look at it and remove it") from None
        if (self._sessions / path.stem).exists():  # the run broke off before anything was taken away
            path.unlink()
            return
        moved = self._expired / path.stem
        if moved.exists():
            shutil.rmtree(moved)
            sync_folder(self._expired)
        self._audit.write(
            AuditEvent(
                action=AuditAction.DELETE,
                kind="retention.deleted",
                outcome=AuditOutcome.SUCCESS,
                tenant=TenantId(note.tenant),
                user=self._user,
                entity=note.session,
                detail={
                    "rule": note.rule,
                    "days": str(note.days),
                    "ended": note.ended,
                    "sha256": note.sha256,
                    "bytes": str(note.size_bytes),
                },
            )
        )
        path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._expired.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._expired / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(f"{self._expired}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise InputError(f"{self._expired}: another retention run is going on; wait for it") from None
        finally:
            os.close(lock)


def digest(folder: Path) -> tuple[str, int]:
    """SHA-256 over names and contents of everything in a folder, and its size in bytes."""
    whole, size = hashlib.sha256(), 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        content = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                content.update(block)
                size += len(block)
        whole.update(f"{path.relative_to(folder).as_posix()}\0{content.hexdigest()}\n".encode())
    return whole.hexdigest(), size
