"""Where the audit log's files are: a folder for each tenant, in it a file for each day (or less, when it grows large),
named after its day and its first entry's number.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wardscribe_server.access.principal import TenantId

AUDIT_FOLDER = "audit"
LOCK_FILE = "lock"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.(\d{12})\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class LogFile:
    """A file of the log, in the order of the log."""

    first_number: int
    path: Path


def tenant_folder(data: Path, tenant: TenantId) -> Path:
    """A tenant's folder. A name that is no plain word is never used as one."""
    name = tenant if _PLAIN.fullmatch(tenant) else "t-" + hashlib.sha256(tenant.encode()).hexdigest()[:24]
    return data / AUDIT_FOLDER / name


def file_name(day: date, first_number: int) -> str:
    """The name of the file that begins on `day` with entry `first_number`."""
    return f"{day.isoformat()}.{first_number:012d}.jsonl"


def log_files(folder: Path) -> list[LogFile]:
    """The files of one tenant's log, in order."""
    if not folder.is_dir():
        return []
    return sorted(
        LogFile(int(named[1]), path) for path in folder.iterdir() if (named := _NAME.fullmatch(path.name)) is not None
    )


def lines_of(path: Path, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The lines of a file from one byte to another, each with its line break; the last may lack it."""
    with path.open("rb") as file:
        file.seek(start)
        left = (end if end is not None else path.stat().st_size) - start
        while left > 0 and (line := file.readline(left)):
            left -= len(line)
            yield line
