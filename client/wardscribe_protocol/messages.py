"""The text frames of both directions, each a tagged union on `type`. Knows nothing of states or of encoding.

Durable messages derive from `Numbered`; every other server message is ephemeral: only the latest of its kind counts
and it may be lost with a connection.
"""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from wardscribe_protocol.errors import ERRORS, ErrorCode
from wardscribe_protocol.record import Evidence, Language, Record, Severity
from wardscribe_protocol.wire import (
    MAX_EDITED_STEPS,
    MAX_POINTER_CHARACTERS,
    FromClient,
    FromServer,
    Milliseconds,
    Name,
    Numbered,
    PlainValue,
    Pointer,
    Ratio,
    Samples,
    Seconds,
    Secret,
    Seq,
    SeqOrNone,
    SessionName,
    ShortText,
    longest_pointer,
)


class FieldState(StrEnum):
    """How far a field's value can be trusted."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"


class PatientContext(FromClient):
    """Who the dictation is about, as the calling system knows it."""

    name: ShortText | None = None
    age_years: Annotated[float, Field(ge=0, le=150)] | None = None
    sex: Literal["male", "female"] | None = None
    mrn: ShortText | None = None


class OrderContext(FromClient):
    """What was ordered; the checks compare it with what is dictated."""

    accession: ShortText | None = None
    procedure: ShortText | None = None
    laterality: Literal["left", "right", "bilateral", "midline"] | None = None
    reason: ShortText | None = None


class Context(FromClient):
    """What is known before the first word."""

    patient: PatientContext | None = None
    order: OrderContext | None = None
    glossary: Annotated[tuple[ShortText, ...], Field(max_length=64)] = Field(
        default=(), description="Terms to expect, names included"
    )


class Resume(FromClient):
    """Which session to go on with, and the last durable server message that the client has."""

    session: SessionName
    token: Secret = Field(repr=False)
    last_seq: SeqOrNone = Field(description="0 when none was received")
    attempt: Seq | None = Field(
        default=None,
        description="Counts the client's connections, so that one overtaken on the way cannot displace a newer one",
    )


class Start(FromClient):
    """First message of every connection: begins a session, or resumes one."""

    type: Literal["start"] = "start"
    template: Name
    language: Language
    token: Secret | None = Field(default=None, repr=False, description="Access token, where the server asks for one")
    context: Context | None = None
    user: Name | None = Field(default=None, description="Whose macros, commands and writing options apply")
    resume: Resume | None = Field(
        default=None, description="Resumes; template, language and context stay what they were"
    )


class Configure(FromClient, Numbered):
    """Changes what may change during a dictation; absent keys stay."""

    type: Literal["configure"] = "configure"
    language: Language | None = None
    context: Context | None = None


class _AtPosition(FromClient, Numbered):
    at_sample: Samples | None = Field(default=None, description="Samples that the client had captured at that moment")


class Command(_AtPosition):
    """An editing or navigation command given by key or button rather than by voice."""

    type: Literal["command"] = "command"
    name: Name
    args: Annotated[dict[Name, PlainValue], Field(max_length=16)] = Field(default_factory=dict)


class FieldEdit(_AtPosition):
    """A person set a field, or removed it when `value` is absent."""

    type: Literal["field_edit"] = "field_edit"
    path: Pointer
    value: PlainValue | None = None

    @model_validator(mode="after")
    def _every_value_has_a_pointer(self) -> Self:
        if len(self.path) + longest_pointer(self.value) > MAX_POINTER_CHARACTERS:
            raise ValueError("a value inside has a longer pointer than a message can hold")
        if self.path.count("/") > MAX_EDITED_STEPS:
            raise ValueError("the path has too many steps")
        return self


class Finalize(_AtPosition):
    """Asks for final text of everything up to here, without waiting for a pause."""

    type: Literal["finalize"] = "finalize"


class Stop(FromClient):
    """No more audio will come; the session ends when the server has exactly `total_samples`."""

    type: Literal["stop"] = "stop"
    total_samples: Samples


class ClientAck(FromClient):
    """All durable server messages up to `seq` were received."""

    type: Literal["ack"] = "ack"
    seq: Seq


ClientControl = Configure | Command | FieldEdit | Finalize
ClientMessage = Annotated[
    Start | Configure | Command | FieldEdit | Finalize | Stop | ClientAck, Field(discriminator="type")
]


class Ready(FromServer):
    """First answer of every connection: the session is attached; send audio from `next_sample`."""

    type: Literal["ready"] = "ready"
    session: SessionName
    token: Secret = Field(repr=False)
    credit_samples: Samples = Field(description="Audio may be sent up to this position of the session")
    next_sample: Samples = 0
    safe_samples: Samples = 0
    client_seq: SeqOrNone = Field(
        default=0, description="Numbered client messages up to this one are on stable storage"
    )
    resumed: bool = False


class ServerAck(FromServer):
    """How far the audio has come; positions count from the session's start and never shrink within a session."""

    type: Literal["ack"] = "ack"
    safe_samples: Samples = Field(description="On stable storage: the client may forget audio before this")
    next_sample: Samples = Field(description="First sample that the server does not have")
    credit_samples: Samples = Field(description="Audio may be sent up to this position of the session")
    client_seq: SeqOrNone = Field(
        default=0, description="Numbered client messages up to this one are on stable storage"
    )


class Tail(FromServer):
    """Preview of what is not committed yet; replaces the previous tail."""

    type: Literal["tail"] = "tail"
    text: str


WordNumber = Annotated[int, Field(ge=0)]


class CommittedWord(FromServer):
    """A word that will not change; its id is cited by everything later."""

    id: WordNumber
    text: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    confidence: Ratio


class Commit(FromServer, Numbered):
    """Words appended to the transcript."""

    type: Literal["commit"] = "commit"
    words: tuple[CommittedWord, ...]


class Correction(FromServer):
    """What was replaced in the recogniser's words, and why."""

    heard: str
    written: str
    why: str
    score: float


class Final(FromServer, Numbered):
    """Written form of one segment."""

    type: Literal["final"] = "final"
    segment: Annotated[int, Field(ge=0)]
    text: str
    corrections: tuple[Correction, ...] = ()
    words: tuple[WordNumber, WordNumber] | None = Field(
        default=None, description="Ids of the committed words that it writes, half-open"
    )


class FieldUpdate(FromServer, Numbered):
    """A field got a value, or lost it (`withdrawn`, without `value`)."""

    type: Literal["field"] = "field"
    path: Pointer
    value: PlainValue | None = None
    evidence: Evidence | None = None
    state: FieldState

    @model_validator(mode="after")
    def _withdrawn_has_no_value(self) -> Self:
        if (self.value is None) != (self.state is FieldState.WITHDRAWN):
            raise ValueError("exactly the withdrawn field has no value")
        return self


class CheckUpdate(FromServer, Numbered):
    """A pre-sign check found something, or what it found is settled."""

    type: Literal["check"] = "check"
    code: str
    severity: Severity
    path: Pointer
    message: str
    against: Pointer | None = Field(default=None, description="What speaks against it, where there is one")
    settled: bool = False


class Finalized(FromServer, Numbered):
    """Everything before `up_to_sample` has its final text: the answer to `finalize`."""

    type: Literal["finalized"] = "finalized"
    up_to_sample: Samples


class Lag(FromServer):
    """The text is this far behind the audio; 0 when it has caught up."""

    type: Literal["lag"] = "lag"
    seconds: Seconds


class Busy(FromServer):
    """The server cannot serve now; try again after this time."""

    type: Literal["busy"] = "busy"
    retry_after_s: Seconds


class GoAway(FromServer):
    """The server will close this connection; the session can be resumed."""

    type: Literal["goaway"] = "goaway"
    reason: str
    retry_after_s: Seconds | None = None


class ErrorReport(FromServer):
    """Something was turned down; what is over is the code's scope."""

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    next_sample: Samples | None = Field(default=None, description="With `bad_sample_offset`: send again from here")

    @classmethod
    def of(cls, code: ErrorCode, message: str | None = None, *, next_sample: int | None = None) -> Self:
        """The report of a code, in the code's own words unless others are given; never with contents."""
        return cls(code=code, message=ERRORS[code].meaning if message is None else message, next_sample=next_sample)


class Closed(FromServer, Numbered):
    """The dictation is complete: every sample counted, the record made. Always the last durable message."""

    type: Literal["closed"] = "closed"
    total_samples: Samples
    record: Record
    record_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the record's JSON as UTF-8")]
    records: tuple[Record, ...] | None = Field(
        default=None,
        description="Of a round over several patients: one each, as first visited; `record` is the current one",
    )

    @model_validator(mode="after")
    def _hash_fits(self) -> Self:
        if self.record_sha256 != record_sha256(self.record):
            raise ValueError("record_sha256 does not fit the record")
        return self

    @classmethod
    def of(cls, record: Record, *, total_samples: int, records: tuple[Record, ...] = ()) -> Self:
        """The closing message of a record, hashed; `records` are named where there is more than one."""
        several = records if len(records) > 1 else None
        return cls(total_samples=total_samples, record=record, record_sha256=record_sha256(record), records=several)


ServerDurable = Commit | Final | FieldUpdate | CheckUpdate | Finalized
ServerEphemeral = Tail | Lag | Busy | GoAway | ErrorReport
ServerMessage = Annotated[
    Ready
    | ServerAck
    | Tail
    | Commit
    | Final
    | FieldUpdate
    | CheckUpdate
    | Finalized
    | Lag
    | Busy
    | GoAway
    | ErrorReport
    | Closed,
    Field(discriminator="type"),
]


def record_sha256(record: Record) -> str:
    """Hex digest of `record.to_json()`."""
    return sha256(record.to_json().encode()).hexdigest()
