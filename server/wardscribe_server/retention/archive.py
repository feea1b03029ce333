"""Finished sessions as they lie in a data folder: those with the note that says when they ended."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.frames import NotAJournalError, read_head
from wardscribe_server.journal.journal import JOURNAL
from wardscribe_server.journal.sessions import OVER
from wardscribe_server.retention.rules import FinishedSession


class _Over(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    at: datetime


class SessionFolders:
    """A `SessionArchive`. A folder without the note is of a session that is open, or may be gone on with."""

    def __init__(self, data: Path) -> None:
        self._root = data / "sessions"

    def finished(self) -> Iterator[FinishedSession]:
        """All that are over, the oldest first. What cannot be read is left alone."""
        found = []
        if self._root.is_dir():
            for folder in self._root.iterdir():
                over = folder / OVER
                tenant = _tenant(folder / JOURNAL)
                if tenant is None or folder.is_symlink() or not over.is_file():
                    continue
                try:
                    ended = _Over.model_validate_json(over.read_bytes()).at
                except (OSError, ValidationError):
                    continue
                ended = ended if ended.tzinfo else ended.replace(tzinfo=UTC)
                found.append(FinishedSession(session=folder.name, tenant=tenant, ended=ended, folder=folder))
        yield from sorted(found, key=lambda session: (session.ended, session.session))


def _tenant(journal: Path) -> TenantId | None:
    try:
        with journal.open("rb") as file:
            return read_head(file)
    except (OSError, NotAJournalError):
        return None
