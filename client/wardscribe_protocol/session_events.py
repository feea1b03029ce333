"""What a server session tells the conductor. Values only; `seq` is the client's number of the message, 0 for none."""

from dataclasses import dataclass
from typing import assert_never

from pydantic import JsonValue

from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import ClientControl, Command, Configure, Context, FieldEdit, Finalize
from wardscribe_protocol.record import Language


@dataclass(frozen=True, slots=True)
class Started:
    """First attachment: what is going to be dictated."""

    template: str
    language: Language
    context: Context | None


@dataclass(frozen=True, slots=True)
class Resumed:
    """A client is attached again."""


@dataclass(frozen=True, slots=True)
class AudioReceived:
    """The next samples: each sample of the session comes exactly once, in order. s16le."""

    first_sample: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Configured:
    """What changes from here on; None stays as it was."""

    language: Language | None
    context: Context | None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """A command by key or button; `at_sample` is where the client was, if it said so."""

    name: str
    args: dict[str, JsonValue]
    at_sample: int | None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class FieldEdited:
    """A person set the field at `path`, or removed it (`value` None)."""

    path: str
    value: JsonValue
    at_sample: int | None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class FinalizeRequested:
    """Final text is wanted for everything up to `at_sample` (None: all that was received)."""

    at_sample: int | None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The dictation is over and all its `total_samples` have been received: finish, then `close` the session."""

    total_samples: int


@dataclass(frozen=True, slots=True)
class Drained:
    """The session is over and its record made; without `acknowledged` nobody came to fetch it."""

    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The session is over without a record: what was received up to `received_samples` is all there will be."""

    code: ErrorCode
    received_samples: int


SessionEvent = (
    Started
    | Resumed
    | AudioReceived
    | Configured
    | CommandGiven
    | FieldEdited
    | FinalizeRequested
    | StopRequested
    | Drained
    | Abandoned
)


def control_event(message: ClientControl) -> SessionEvent:
    """The event of a control message."""
    match message:
        case Configure():
            return Configured(message.language, message.context, message.seq)
        case Command():
            return CommandGiven(message.name, dict(message.args), message.at_sample, message.seq)
        case FieldEdit():
            return FieldEdited(message.path, message.value, message.at_sample, message.seq)
        case Finalize():
            return FinalizeRequested(message.at_sample, message.seq)
        case _:
            assert_never(message)
