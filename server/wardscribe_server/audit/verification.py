"""Whether an audit log is whole: every entry genuine, in its place, and none missing, also at the end.

Reads only. Finds the first fault of a tenant's log; what lies behind a fault proves nothing.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wardscribe_server.access.principal import TenantId
from wardscribe_server.audit.anchor import HEAD_FILE, Anchor, AnchorBrokenError, read_anchor_file
from wardscribe_server.audit.entry import GENESIS, Entry, EntryError, Mac, read_entry
from wardscribe_server.audit.files import LOCK_FILE, LogFile, lines_of, log_files, tenant_folder
from wardscribe_server.audit.recovery import DAMAGED, REPAIRED


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong. `line` is 0 when it is the file as a whole."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one tenant's log. `entries` were genuine, in order and without a gap."""

    tenant: TenantId
    entries: int
    last: Mac
    fault: Fault | None
    repairs: Mapping[str, int] = field(default_factory=dict)


class _FaultFound(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def verify(data: Path, tenant: TenantId, *, key: bytes, noted: Anchor | None = None) -> Verdict:
    """Read a tenant's log from its first byte to its last. `noted`: a number and its MAC that were written down
    elsewhere; with it even a log that was put back to an older state as a whole is found.
    """
    folder = tenant_folder(data, tenant)
    with _still(folder):
        files = [(file, file.path.stat().st_size) for file in log_files(folder)]
        try:
            head = read_anchor_file(folder / HEAD_FILE, key=key)
            broken_head = head is not None and not head[1]
        except AnchorBrokenError:
            head, broken_head = None, True
    last, count, repairs = GENESIS, 0, {REPAIRED: 0, DAMAGED: 0}
    at_head, at_noted = GENESIS, None
    try:
        for entry in _entries(files, key=key, tenant=tenant):
            last, count = entry.mac, entry.number
            if entry.kind in repairs:
                repairs[entry.kind] += 1
            if head is not None and count == head[0].number:
                at_head = last
            if noted is not None and count == noted.number:
                at_noted = last
        _check_head(folder, head[0] if head else None, broken=broken_head, count=count, at_head=at_head)
        if noted is not None and at_noted != noted.mac:
            raise _FaultFound(Fault(str(folder), 0, f"entry {noted.number} is not the one that was noted"))
    except _FaultFound as found:
        return Verdict(tenant, count, last, found.fault, repairs)
    return Verdict(tenant, count, last, None, repairs)


def entries(data: Path, tenant: TenantId, *, key: bytes, wanted: Callable[[Entry], bool]) -> Iterator[Entry]:
    """Genuine entries that are wanted, in order; lines that are none are left out, `verify` names them."""
    for file in log_files(tenant_folder(data, tenant)):
        for line in lines_of(file.path):
            try:
                entry = read_entry(line.removesuffix(b"\n"), key=key)
            except EntryError:
                continue
            if wanted(entry):
                yield entry


def _entries(files: Iterable[tuple[LogFile, int]], *, key: bytes, tenant: TenantId) -> Iterator[Entry]:
    number, previous = 0, GENESIS
    for file, size in files:
        if file.first_number != number + 1:
            raise _FaultFound(Fault(str(file.path), 0, _misplaced(file.first_number, number + 1)))
        for line_number, line in enumerate(lines_of(file.path, end=size), start=1):

            def fault(what: str, at: int = line_number, path: Path = file.path) -> _FaultFound:
                return _FaultFound(Fault(str(path), at, what))

            if not line.endswith(b"\n"):
                raise fault("is unfinished: torn by a crash (the next start cuts it and says so) or changed")
            try:
                entry = read_entry(line[:-1], key=key)
            except EntryError:
                raise fault("was changed, or not written by this server") from None
            if entry.number != number + 1:
                raise fault(_misplaced(entry.number, number + 1))
            if entry.previous != previous or entry.tenant != tenant:
                raise fault("does not follow the entry before it")
            number, previous = entry.number, entry.mac
            yield entry


def _misplaced(found: int, expected: int) -> str:
    if found > expected:
        gone = f"entry {expected} is" if found == expected + 1 else f"entries {expected} to {found - 1} are"
        return f"holds entry {found}: {gone} missing before it"
    return f"holds entry {found} where entry {expected} belongs: put in or out of order"


def _check_head(folder: Path, head: Anchor | None, *, broken: bool, count: int, at_head: Mac) -> None:
    def fault(what: str) -> _FaultFound:
        return _FaultFound(Fault(str(folder / HEAD_FILE), 0, what))

    if broken:
        raise fault("was changed, or torn by a crash (the next start mends it and says so)")
    if head is None:
        if count:
            raise fault(f"is missing: whether entries after {count} were cut off cannot be said")
        return
    if head.number > count:
        gone = "entry" if head.number == count + 1 else "entries"
        raise fault(f"says {head.number} entries, but the log ends after {count}: the end was cut off ({gone} missing)")
    if head.mac != at_head:
        raise fault("belongs to another log")


@contextmanager
def _still(folder: Path) -> Iterator[None]:
    """No writer in between, where there is one at all."""
    try:
        lock = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)
