"""What stands in a journal: the inputs of a flow in the order in which it took them, and what the client was told.

The same inputs make the same session again. Values and their bytes; files and keys are elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from wardscribe_protocol.messages import CheckUpdate, Commit, Context, FieldUpdate, Finalized
from wardscribe_protocol.messages import Final as FinalMessage
from wardscribe_protocol.record import Record
from wardscribe_protocol.session_events import CommandGiven, Configured, FieldEdited, FinalizeRequested
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.pipeline.events import Asked, Audio, Decoded, Dropped, Paced, Speech
from wardscribe_server.pipeline.flow import FlowSettings
from wardscribe_server.pipeline.heard import HeardWord

_AUDIO: Final = b"\x01"
_JSON: Final = b"\x02"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """First entry: everything that the session was begun with."""

    session: str
    token: str = field(repr=False)
    user: str  # of the tenant that the journal's head names
    roles: tuple[str, ...]
    start: Mapping[str, JsonValue] = field(repr=False)  # the start message, without tokens
    settings: FlowSettings
    at: str  # ISO 8601, for people
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A server took the session over from one that is gone."""

    at: str
    kind: Literal["reopened"] = "reopened"


@dataclass(frozen=True, slots=True)
class SpeechJudged:
    """The flow's `Speech`."""

    probabilities: tuple[float, ...]
    kind: Literal["speech"] = "speech"


@dataclass(frozen=True, slots=True)
class EngineHeard:
    """An engine's answer to a decode that the flow asked for."""

    asked: Asked
    text: str = field(repr=False)
    words: tuple[HeardWord, ...] = field(repr=False)
    alternatives: tuple[Alternative, ...] = field(default=(), repr=False)
    kind: Literal["heard"] = "heard"


@dataclass(frozen=True, slots=True)
class TailMissed:
    """A tail that was not carried out."""

    asked: Asked
    kind: Literal["missed"] = "missed"


@dataclass(frozen=True, slots=True)
class PaceChanged:
    """The flow's `Paced`."""

    step_samples: int
    kind: Literal["paced"] = "paced"


CONFIRM_FIELD: Final = "confirm_field"  # the command by which a person takes over what the machine proposed

Control = FieldEdited | CommandGiven | FinalizeRequested | Configured


@dataclass(frozen=True, slots=True)
class ControlTaken:
    """What a person did by hand; `seq` is the client's number of the message, 0 for none."""

    seq: int
    path: str | None = None
    value: JsonValue = field(default=None, repr=False)
    name: str | None = None
    args: Mapping[str, JsonValue] | None = field(default=None, repr=False)
    context: Context | None = field(default=None, repr=False)
    what: Literal["edit", "command", "finalize", "configure"] = "finalize"
    kind: Literal["control"] = "control"


@dataclass(frozen=True, slots=True)
class Stopped:
    """No more audio will come: the client said so, or nobody came back."""

    by_client: bool
    kind: Literal["stopped"] = "stopped"


@dataclass(frozen=True, slots=True)
class Told:
    """A durable message for the client. The first one has number 1; they have no gaps."""

    message: Annotated[Commit | FinalMessage | FieldUpdate | CheckUpdate | Finalized, Field(discriminator="type")] = (
        field(repr=False)
    )
    kind: Literal["told"] = "told"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The client has the messages up to this number."""

    seq: int
    kind: Literal["acknowledged"] = "acknowledged"


@dataclass(frozen=True, slots=True)
class OfPatient:
    """What one patient of a ward round got: a record, the edits that led to its text, and the ids of its words."""

    record: Record = field(repr=False)
    edits: tuple[Mapping[str, JsonValue], ...] = field(repr=False)
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """The record of the dictation, and the log of the edits that led to its text.

    Of a round over several patients, `patients` has one each, as first visited, and `record` is the current one's.
    """

    record: Record = field(repr=False)
    edits: tuple[Mapping[str, JsonValue], ...] = field(repr=False)
    patients: tuple[OfPatient, ...] = field(default=(), repr=False)
    kind: Literal["made"] = "made"

    @property
    def records(self) -> tuple[Record, ...]:
        """Of a round over several patients, one each; else empty."""
        return tuple(patient.record for patient in self.patients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Last entry: the session will not be gone on with. `why` is a constant."""

    why: str
    at: str
    kind: Literal["over"] = "over"


JsonEntry = (
    Opened
    | Reopened
    | SpeechJudged
    | EngineHeard
    | TailMissed
    | PaceChanged
    | ControlTaken
    | Stopped
    | Told
    | Acknowledged
    | Made
    | Over
)
Entry = Audio | JsonEntry

_ENTRIES: TypeAdapter[JsonEntry] = TypeAdapter(Annotated[JsonEntry, Field(discriminator="kind")])


class BadEntryError(Exception):
    """A frame opened and holds nothing that this version knows."""


def encode_entry(entry: Entry) -> bytes:
    """An entry's bytes, to be sealed."""
    if isinstance(entry, Audio):
        return _AUDIO + entry.pcm
    return _JSON + _ENTRIES.dump_json(entry, by_alias=True, exclude_none=True)


def decode_entry(data: bytes) -> Entry:
    """The entry of a frame.

    Raises: BadEntryError.
    """
    if data[:1] == _AUDIO:
        return Audio(data[1:])
    if data[:1] != _JSON:
        raise BadEntryError
    try:
        return _ENTRIES.validate_json(data[1:])
    except ValidationError:
        raise BadEntryError from None


def entry_of(event: Speech | Decoded | Dropped | Paced) -> JsonEntry:
    """The entry of a flow's input that no person gave."""
    match event:
        case Speech(probabilities):
            return SpeechJudged(tuple(probabilities))
        case Decoded(request, text, words, alternatives):
            return EngineHeard(request.asked, text, words, alternatives)
        case Dropped(request):
            return TailMissed(request.asked)
        case Paced(step_samples):
            return PaceChanged(step_samples)


def control_entry(event: Control) -> ControlTaken:
    """The entry of what a person did."""
    match event:
        case FieldEdited(path, value, _, seq):
            return ControlTaken(seq, path=path, value=value, what="edit")
        case CommandGiven(name, args, _, seq):
            return ControlTaken(seq, name=name, args=args, what="command")
        case FinalizeRequested(_, seq):
            return ControlTaken(seq)
        case Configured(_, context, seq):
            return ControlTaken(seq, context=context, what="configure")
