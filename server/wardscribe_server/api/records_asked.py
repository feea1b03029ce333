"""What the records' endpoints take: queries and bodies with their bounds. Shapes only."""

from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, Field, model_validator

from wardscribe_protocol.record import ReportState
from wardscribe_protocol.wire import Name, PlainValue, Pointer
from wardscribe_server.api.endpoint import Asked
from wardscribe_server.records.repository import MAX_PAGE

ID_PATTERN: Final = "[0-9a-f]{32}"

Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="of the report as it was read")]
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
ReportIdText = Annotated[str, Field(pattern=rf"^{ID_PATTERN}$")]
Number = Annotated[str, Field(min_length=1, max_length=128)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000)]


ReportFormat = Literal["json", "text"]
REPORT_FORMATS: Final[tuple[str, ...]] = get_args(ReportFormat)


class ListQuery(Asked):
    """Which reports."""

    state: ReportState | None = None
    template: Name | None = None
    session: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        default=None, description="that a dictation became; of a round, each of them"
    )
    since: AwareDatetime | None = Field(default=None, description="changed then or later; ISO 8601 with its zone")
    after: ReportIdText | None = Field(default=None, description="`next_after` of the page before")
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class ReadQuery(Asked):
    """Which version, in which form."""

    version: VersionNumber | None = Field(default=None, description="the newest unless given")
    format: ReportFormat = "json"


class CompareQuery(Asked):
    """Which versions."""

    old: VersionNumber
    new: VersionNumber


class EditBody(Asked):
    """One value: set, or taken out when `value` is absent."""

    path: Pointer
    value: PlainValue | None = None


class EditsBody(Asked):
    """Values to set or to take out, in order; all of them or none."""

    revision: Revision
    edits: Annotated[
        tuple[EditBody, ...],
        Field(min_length=1, max_length=200, description="without `value` what is at `path` is taken out"),
    ]


class ConfirmBody(Asked):
    """Values that a person says are right, each with everything below it."""

    revision: Revision
    paths: Annotated[tuple[Pointer, ...], Field(min_length=1, max_length=500)]


class MoveBody(Asked):
    """A step of the report's life; `reject` needs a reason."""

    revision: Revision
    act: Literal["give_wet_read", "release", "submit", "recall", "reject", "reopen"]
    reason: Reason | None = None


class SignBody(Asked):
    """A signature."""

    revision: Revision
    acknowledge_unconfirmed: bool = Field(default=False, description="sign although machine values are unconfirmed")


class AddendBody(Asked):
    """An addition to what is signed."""

    revision: Revision
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class CorrectBody(EditsBody):
    """A correction of what is signed."""

    reason: Reason


class PatientBody(Asked):
    """Whose reports: by record number, by order number, or both."""

    mrn: Number | None = None
    accession: Number | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "PatientBody":
        if self.mrn is None and self.accession is None:
            raise ValueError("a number is needed")
        return self


class TimelineBody(Asked):
    """Whose timeline."""

    mrn: Number
