"""The record contract, version 1: what every way of using Wardscribe returns for one dictation.

The shapes of `fields` by template are in `fields`; this module owns what surrounds them.
"""

from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

SCHEMA: Final = "wardscribe.record/1"


class Language(StrEnum):
    """Language of a dictation."""

    EN = "en"
    ZH = "zh"


class Source(StrEnum):
    """Where a value comes from."""

    DICTATED = "dictated"
    MACRO = "macro"
    COMPUTED = "computed"
    EDITED = "edited"


class Severity(StrEnum):
    """How a check weighs: an error stops signing, a warning asks, info tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class ReportState(StrEnum):
    """Where a report stands in its life; what leads from one to the next is the server's to say."""

    WET_READ = "wet_read"
    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    PENDING_SIGNATURE = "pending_signature"
    FINAL = "final"
    ADDENDED = "addended"
    CORRECTED = "corrected"
    REJECTED = "rejected"


class RecordModel(BaseModel):
    """Base of the record's models: immutable, strict about keys, silent about contents in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class Evidence(RecordModel):
    """Why a value is in the record: the words, where they stand in `transcript.text`, and when they were said."""

    text: str
    chars: tuple[int, int] | None = Field(
        default=None, description="Half-open offsets into transcript.text; absent when a person edited the value"
    )
    audio_ms: tuple[int, int] | None = Field(default=None, description="Absent when the input was text")
    confidence: float = Field(ge=0, le=1)
    source: Source = Source.DICTATED
    computed_from: tuple[str, ...] | None = Field(
        default=None, alias="from", description="JSON pointers of the values that a computed value comes from"
    )
    confirmed: Literal[True] | None = Field(
        default=None, description="A person confirmed the value; the machine does not change it any more"
    )


class Check(RecordModel):
    """One finding of the pre-sign checks."""

    code: str
    severity: Severity
    path: str = Field(description="JSON pointer into the record; empty for the whole record")
    message: str
    against: str | None = Field(default=None, description="JSON pointer to what speaks against it, where there is one")


class Transcript(RecordModel):
    """What was heard and what the physician reads."""

    raw: str
    text: str


class Addendum(RecordModel):
    """What was added to a report after it was signed."""

    text: str
    by: str = Field(description="Opaque id of the person")
    at: str = Field(description="ISO 8601, UTC")


class Record(RecordModel):
    """One dictation as a structured record."""

    schema_: Literal["wardscribe.record/1"] = Field(default=SCHEMA, alias="schema")
    template: str
    language: Language
    state: ReportState = ReportState.DRAFT
    transcript: Transcript
    fields: dict[str, JsonValue]
    evidence: dict[str, Evidence]
    checks: tuple[Check, ...] = ()
    addenda: tuple[Addendum, ...] | None = Field(default=None, description="Absent where there are none")

    def to_json(self) -> str:
        """One line of JSON, absent values left out, keys in the contract's order."""
        return self.model_dump_json(by_alias=True, exclude_none=True)
