"""What a server answers about reports, as values: `docs/http-api.md` says what each means. Knows no HTTP.

Keys that a newer server adds are ignored.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import CommittedWord, Context
from wardscribe_protocol.record import Check, Language, Record, ReportState
from wardscribe_protocol.wire import FromServer


class Act(StrEnum):
    """What can be done to a report."""

    READ = "read"
    HISTORY = "history"
    EDIT = "edit"
    CONFIRM = "confirm"
    GIVE_WET_READ = "give_wet_read"
    RELEASE = "release"
    SUBMIT = "submit"
    RECALL = "recall"
    REJECT = "reject"
    REOPEN = "reopen"
    SIGN = "sign"
    ADDEND = "addend"
    CORRECT = "correct"


SIGNED = frozenset({ReportState.FINAL, ReportState.ADDENDED, ReportState.CORRECTED})


class About(FromServer):
    """Who you are to a server, and what it offers."""

    user: str
    tenant: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    languages: tuple[str, ...]
    formats: tuple[str, ...]


class Report(FromServer):
    """A report without its contents."""

    id: str
    session: str | None = None
    template: str
    language: Language
    state: ReportState
    version: int
    revision: int
    author: str
    created_at: datetime
    changed_at: datetime


class VersionHead(FromServer):
    """A version without its contents; closed for good when it has a hash."""

    number: int
    state: ReportState
    opened_at: datetime
    closed_at: datetime | None = None
    by: str
    sha256: str | None = None


class Version(FromServer):
    """A version with its record."""

    head: VersionHead
    record: Record = Field(repr=False)


class Opened(FromServer):
    """A report with one of its versions, and what was known before the first word."""

    report: Report
    version: Version
    context: Context | None = Field(default=None, repr=False)


class Page(FromServer):
    """Reports, newest first, and where the next page begins."""

    reports: tuple[Report, ...]
    next_after: str | None = None


class ActStanding(FromServer):
    """An act, and why it would be refused."""

    act: str
    refusal: ErrorCode | None = None


class Standing(FromServer):
    """What you may do to a report now, and what is in the way of signing."""

    revision: int
    acts: tuple[ActStanding, ...]
    unconfirmed: tuple[str, ...] = ()
    blocking: tuple[Check, ...] = ()

    def refusal(self, act: Act) -> ErrorCode | None:
        """Why an act would be refused; an act that the server does not know is forbidden."""
        return next((each.refusal for each in self.acts if each.act == act.value), ErrorCode.FORBIDDEN)


class ValueChange(FromServer):
    """What differs at one place; None stands for no value."""

    pointer: str
    before: JsonValue = Field(default=None, repr=False)
    after: JsonValue = Field(default=None, repr=False)


class Change(FromServer):
    """One thing that somebody did to a report."""

    kind: str
    version: int
    by: str
    at: datetime
    pointer: str | None = None
    before: JsonValue = Field(default=None, repr=False)
    after: JsonValue = Field(default=None, repr=False)
    reason: str | None = Field(default=None, repr=False)
    number: int = 0


class DictationPast(FromServer):
    """What a report was made from."""

    words: tuple[CommittedWord, ...] = Field(default=(), repr=False)
    audio_sha256: str | None = None
    edits: tuple[Mapping[str, JsonValue], ...] = Field(default=(), repr=False)


class ValueEdit(FromServer):
    """A value to set, or to take out when `value` is None."""

    path: str
    value: JsonValue = Field(default=None, repr=False)
