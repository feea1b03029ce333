"""Which finished sessions are due, by rule and date. Pure: no files, no clock.

A session goes only when its report is kept elsewhere: what is stored nowhere else is never deleted by a rule.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, assert_never

from wardscribe_server.access.principal import TenantId


class Standing(StrEnum):
    """What the store of reports has of a session."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSession:
    """A session that will not be gone on with, and its folder, of which nothing else is known here."""

    session: str
    tenant: TenantId
    ended: datetime
    folder: Path


class SessionArchive(Protocol):
    """Who knows which sessions are over."""

    def finished(self) -> Iterable[FinishedSession]:
        """All that are over and still here."""
        ...


class ReportStates(Protocol):
    """Who knows what became of a session's report."""

    def state_of(self, tenant: TenantId, session: str) -> Standing:
        """Whether the report is kept apart from the session, and signed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """Days after the end of a session; 0 keeps for ever."""

    audio_days: int = 0  # of a report that is signed
    unsigned_days: int = 0  # of a draft that nobody signed

    def days_for(self, state: Standing) -> tuple[str, int]:
        """The rule's name, and its days."""
        match state:
            case Standing.SIGNED:
                return "keep_audio_days", self.audio_days
            case Standing.UNSIGNED:
                return "keep_unsigned_days", self.unsigned_days
            case Standing.ABSENT:
                return "no report", 0
            case _:
                assert_never(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A session that a rule says is to go."""

    session: FinishedSession
    rule: str
    days: int


def due(
    sessions: Iterable[FinishedSession], reports: ReportStates, rules: RetentionRules, *, now: datetime
) -> Iterator[Due]:
    """Sessions whose time is over, in the order in which they are given."""
    if not rules.audio_days and not rules.unsigned_days:
        return
    for session in sessions:
        rule, days = rules.days_for(reports.state_of(session.tenant, session.session))
        if days > 0 and session.ended + timedelta(days=days) <= now:
            yield Due(session=session, rule=rule, days=days)
