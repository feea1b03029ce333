"""The audit log as it is written: one chain a tenant, on stable storage before `write` returns.

Whoever comes while a sync is running waits for the next one together with all others that came: many writers cost few
syncs. Other processes (the command beside the server) take turns through a lock file.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import TenantId
from wardscribe_server.audit.anchor import HEAD_FILE, Anchor, write_anchor
from wardscribe_server.audit.entry import MAC_PURPOSE, write_entry
from wardscribe_server.audit.event import AuditEvent
from wardscribe_server.audit.files import LOCK_FILE, file_name, tenant_folder
from wardscribe_server.audit.recovery import recovered
from wardscribe_server.vault.keys import KeyRefusedError, sync_folder
from wardscribe_server.vault.vault import Vault

_log = logging.getLogger(__name__)

_MAX_FILE_BYTES = 64_000_000


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Waiting:
    event: AuditEvent
    done: bool = False
    failure: RefusedError | None = None


@dataclass(slots=True)
class _Queue:
    """Those who wait for one tenant's log, and whether somebody is writing for all of them."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False


class AuditLog:
    """An `AuditSink` in a data folder. Blocks for a sync: not for the event loop."""

    def __init__(
        self,
        data: Path,
        vault: Vault,
        *,
        now: Callable[[], datetime] = _now,
        max_file_bytes: int = _MAX_FILE_BYTES,
    ) -> None:
        self._data = data
        self._vault = vault
        self._now = now
        self._max_file_bytes = max_file_bytes
        self._lock = threading.Lock()
        self._queues: dict[TenantId, _Queue] = {}
        self._chains: dict[TenantId, Chain] = {}

    def write(self, event: AuditEvent) -> None:
        """Keep `event` for good before returning.

        Raises: RefusedError (`storage_full`) when it could not be kept: then what it tells of must not happen.
        """
        with self._lock:
            queue = self._queues.setdefault(event.tenant, _Queue())
        mine = _Waiting(event)
        with queue.changed:
            queue.waiting.append(mine)
            while queue.busy and not mine.done:
                queue.changed.wait()
            if mine.done:
                if mine.failure is not None:
                    raise mine.failure
                return
            queue.busy = True
            batch, queue.waiting = queue.waiting, []
        failure: RefusedError | None = RefusedError(ErrorCode.INTERNAL)
        try:
            failure = self._keep(event.tenant, [item.event for item in batch])
        finally:
            with queue.changed:
                queue.busy = False
                for item in batch:
                    item.done, item.failure = True, failure
                queue.changed.notify_all()
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Let go of the files; who writes all the same opens them again."""
        with self._lock:
            for chain in self._chains.values():
                chain.close()

    def _keep(self, tenant: TenantId, events: list[AuditEvent]) -> RefusedError | None:
        try:
            with self._lock:
                chain = self._chains.get(tenant)
                if chain is None:
                    chain = Chain(
                        tenant_folder(self._data, tenant),
                        tenant,
                        key=self._vault.mac_key(tenant, MAC_PURPOSE),
                        max_file_bytes=self._max_file_bytes,
                    )
                    self._chains[tenant] = chain
            chain.append(events, self._now())
        except OSError as error:
            _log.error("the audit log cannot be written: %s", error.strerror)
            return RefusedError(ErrorCode.STORAGE_FULL)
        except KeyRefusedError as error:
            _log.error("the audit log cannot be written: %s", error.message)
            return RefusedError(ErrorCode.INTERNAL)
        return None


class Chain:
    """One tenant's log, open for writing from its first entry on until it is closed, and again after that."""

    def __init__(self, folder: Path, tenant: TenantId, *, key: bytes, max_file_bytes: int = _MAX_FILE_BYTES) -> None:
        self._folder = folder
        self._tenant = tenant
        self._key = key
        self._max_file_bytes = max_file_bytes
        self._anchor: Anchor | None = None  # None: the disk must be asked
        self._seen = b""
        self._file = self._lock = self._head = -1
        # So that nobody closes a file while a thread writes to it: its number may be another file's by then.
        self._turn = threading.Lock()

    def append(self, events: list[AuditEvent], now: datetime) -> None:
        """Write events as one group: one sync of the log, one of its head.

        Raises: OSError; then their writers must be told that nothing was kept (one may be found there all the same).
        """
        with self._turn:
            self._reach()
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                head = os.pread(self._head, 4096, 0)
                if self._anchor is None or head != self._seen:  # the first write, or another process wrote
                    self._forget_file()
                    self._anchor, about = recovered(self._folder, self._tenant, key=self._key)
                    events = [*about, *events]
                self._commit(events, now, self._anchor)
            except OSError:
                self._anchor = None
                raise
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files."""
        with self._turn:
            self._forget_file()
            for descriptor in (self._head, self._lock):
                if descriptor >= 0:
                    os.close(descriptor)
            self._head = self._lock = -1
            self._anchor = None

    def _reach(self) -> None:
        if self._head >= 0:
            return
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.parent)
        if self._lock < 0:
            self._lock = _open(self._folder / LOCK_FILE)
        self._head = _open(self._folder / HEAD_FILE)

    def _commit(self, events: list[AuditEvent], now: datetime, anchor: Anchor) -> None:
        lines, number, mac = [], anchor.number, anchor.mac
        for event in events:
            number += 1
            line, mac = write_entry(event, number=number, previous=mac, recorded=now, key=self._key)
            lines.append(line)
        name, start = self._place(anchor, now)
        content = b"".join(lines)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, start)
            raise
        after = Anchor(number=number, mac=mac, file=name, end_bytes=start + len(content), turn=anchor.turn + 1)
        write_anchor(self._head, after, key=self._key)
        self._anchor, self._seen = after, os.pread(self._head, 4096, 0)

    def _place(self, anchor: Anchor, now: datetime) -> tuple[str, int]:
        """The file to write to, open, and where it ends now."""
        day = now.astimezone(UTC).date()
        if anchor.file.startswith(day.isoformat()) and anchor.end_bytes < self._max_file_bytes:
            if self._file < 0:
                self._file = _open(self._folder / anchor.file, os.O_APPEND)
            return anchor.file, anchor.end_bytes
        self._forget_file()
        name = file_name(day, anchor.number + 1)
        self._file = _open(self._folder / name, os.O_APPEND | os.O_EXCL)
        sync_folder(self._folder)
        return name, 0

    def _forget_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _open(path: Path, flags: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
