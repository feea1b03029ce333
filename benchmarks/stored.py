"""What a server has kept of a session, read from its data folder with its own keys."""

from pathlib import Path

from wardscribe_server.assembly import build_vault
from wardscribe_server.config import ServerSettings
from wardscribe_server.journal.journal import PastJournal


def sessions(data: Path) -> list[str]:
    """The sessions of a data folder."""
    return sorted(path.parent.name for path in data.glob("sessions/*/journal"))


def journal(data: Path, session: str) -> PastJournal:
    """The journal of one session.

    Raises: OSError, NotAJournalError.
    """
    return PastJournal(data / "sessions" / session, build_vault(ServerSettings(data=data)).cipher)
