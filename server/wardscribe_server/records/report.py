"""What is kept of a report, as values: the report, its versions, its changes, its dictation. No storage, no rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from pydantic import JsonValue

from wardscribe_protocol.messages import CommittedWord, Context
from wardscribe_protocol.record import Language, Record, ReportState
from wardscribe_server.access.principal import UserId

ReportId = NewType("ReportId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report without its contents. `revision` grows with every change; `version` is the newest version's number."""

    id: ReportId
    session: str | None
    template: str
    language: Language
    state: ReportState
    version: int
    revision: int
    author: UserId
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionHead:
    """A version without its contents. It is closed, and never changes again, when it has a hash."""

    number: int
    state: ReportState
    opened_at: datetime
    closed_at: datetime | None
    by: UserId
    sha256: str | None

    @property
    def is_closed(self) -> bool:
        """Whether it can no longer be changed."""
        return self.sha256 is not None


@dataclass(frozen=True, slots=True)
class Version:
    """A version with its record."""

    head: VersionHead
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictation:
    """What a report was made from. Never changes."""

    words: Sequence[CommittedWord] = ()
    audio_sha256: str | None = None
    edits: Sequence[Mapping[str, JsonValue]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that somebody did to a report. `pointer`, `before` and `after` where it was a value, else empty."""

    kind: str  # an Act, or `keep`
    version: int
    by: UserId
    at: datetime
    pointer: str | None = None
    before: JsonValue = None
    after: JsonValue = None
    reason: str | None = None
    number: int = 0  # given when kept: 1, 2, 3 … without gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reports to list; what is not named does not restrict."""

    state: ReportState | None = None
    template: str | None = None
    since: datetime | None = None  # changed at this time or later
    author: UserId | None = None
    session: str | None = None  # of this dictation; of a round over several patients each of its reports
    after: ReportId | None = None  # goes on behind this report of the page before
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Reports, newest first, and where the next page begins."""

    reports: tuple[Report, ...]
    next_after: ReportId | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A report with one of its versions, and what was known before the first word."""

    report: Report
    version: Version
    context: Context | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueEdit:
    """A value to set, or to take out when `value` is None."""

    path: str
    value: JsonValue = None


@dataclass(frozen=True, slots=True)
class SignedReport:
    """The newest signed version of a report, for the view over a patient's reports."""

    report: ReportId
    version: int
    dictated_at: datetime
    record: Record = field(repr=False)
