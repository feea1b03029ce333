"""What a log's writer finds at its start, after a clean stop, a crash, or a change by another hand.

What lies beyond the head was never promised to anybody: genuine entries there stay, a torn rest is cut. What lies
before it is never touched: when it is damaged the chain goes on behind the gap, in a new file, so that the gap stays
to be found.
"""

import os
from dataclasses import replace
from pathlib import Path

from wardscribe_server.access.principal import TenantId, UserId
from wardscribe_server.audit.anchor import HEAD_FILE, Anchor, AnchorBrokenError, read_anchor_file
from wardscribe_server.audit.entry import EntryError, read_entry
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome
from wardscribe_server.audit.files import LogFile, lines_of, log_files
from wardscribe_server.vault.keys import sync_folder

SERVER = UserId("server")
REPAIRED, DAMAGED = "audit.repaired", "audit.damaged"


def recovered(folder: Path, tenant: TenantId, *, key: bytes) -> tuple[Anchor, list[AuditEvent]]:
    """Where the chain goes on, and what must be said about how it was found.

    Raises: OSError.
    """
    files = log_files(folder)
    head = folder / HEAD_FILE
    try:
        found = read_anchor_file(head, key=key)
    except AnchorBrokenError:
        found = None
        os.truncate(head, 0)
        if not files:
            return Anchor(), [_event(tenant, DAMAGED, what="head")]
    if found is None:
        if not any(file.path.stat().st_size for file in files):
            for file in files:
                file.path.unlink()
            return Anchor(), []
        return _behind_all(files, key=key), [_event(tenant, DAMAGED, what="head")]
    anchor, whole = found
    about = [] if whole else [_event(tenant, REPAIRED, what="head")]
    here = next((file for file in files if file.path.name == anchor.file), None)
    if here is None or not _ends_as_said(here.path, anchor, key=key):
        return _after(anchor, folder), [*about, _event(tenant, DAMAGED, what="end", file=anchor.file)]
    after, removed = _beyond([file for file in files if file >= here], anchor, key=key)
    if removed:
        about.append(_event(tenant, REPAIRED, what="end", file=after.file, removed_bytes=str(removed)))
    return after, about


def _ends_as_said(path: Path, anchor: Anchor, *, key: bytes) -> bool:
    last = b""
    for line in lines_of(path, end=anchor.end_bytes):
        last = line
    try:
        return path.stat().st_size >= anchor.end_bytes and read_entry(last[:-1], key=key).mac == anchor.mac
    except EntryError:
        return False


def _beyond(files: list[LogFile], anchor: Anchor, *, key: bytes) -> tuple[Anchor, int]:
    """The genuine entries beyond the head, kept; the rest cut away. How many bytes that was."""
    removed = 0
    for file in files:
        start = anchor.end_bytes if file.path.name == anchor.file else 0
        end = start
        for line in lines_of(file.path, start=start):
            try:
                entry = read_entry(line[:-1], key=key)
            except EntryError:
                break
            if not line.endswith(b"\n") or (entry.number, entry.previous) != (anchor.number + 1, anchor.mac):
                break
            end += len(line)
            anchor = replace(anchor, number=entry.number, mac=entry.mac, file=file.path.name, end_bytes=end)
        removed += _cut(file.path, end)
    return anchor, removed


def _cut(path: Path, end: int) -> int:
    """Cut a file; nothing left means no file. Bytes that were cut."""
    surplus = path.stat().st_size - end
    if end == 0:
        path.unlink()
        sync_folder(path.parent)
    elif surplus:
        with path.open("r+b") as file:
            file.truncate(end)
            os.fsync(file.fileno())
    return surplus


def _behind_all(files: list[LogFile], *, key: bytes) -> Anchor:
    """Without a head: behind the last genuine entry that there is."""
    for file in reversed(files):
        last = None
        for line in lines_of(file.path):
            try:
                last = read_entry(line.removesuffix(b"\n"), key=key)
            except EntryError:
                continue
        if last is not None:
            return _after(Anchor(number=last.number, mac=last.mac), file.path.parent)
    return _after(Anchor(), files[0].path.parent)


def _after(anchor: Anchor, folder: Path) -> Anchor:
    """The chain goes on in a new file; one that has its name already is put aside, not lost."""
    for file in log_files(folder):
        if file.first_number > anchor.number:
            file.path.rename(file.path.with_name(f"{file.path.name}.damaged"))
    return replace(anchor, file="", end_bytes=0)


def _event(tenant: TenantId, kind: str, **detail: str) -> AuditEvent:
    return AuditEvent(
        action=AuditAction.UPDATE,
        kind=kind,
        outcome=AuditOutcome.SUCCESS if kind == REPAIRED else AuditOutcome.FAILED,
        tenant=tenant,
        user=SERVER,
        detail=detail,
    )
