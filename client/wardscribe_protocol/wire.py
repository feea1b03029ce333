"""What every message is made of: base models, limits and the constrained types. Knows no message by name."""

import math
from typing import Annotated, NewType

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from wardscribe_protocol.timeline import MAX_SAMPLE

SUBPROTOCOL = "wardscribe.v1"
MAX_CLIENT_MESSAGE_BYTES = 256 * 1024
MAX_SERVER_MESSAGE_BYTES = 16 * 1024 * 1024
MAX_VALUE_DEPTH = 16
MAX_VALUE_ITEMS = 1024  # values and containers in one value
MAX_POINTER_CHARACTERS = 512
MAX_EDITED_STEPS = 32  # of an edit's path; a pointer to a value inside has up to `MAX_VALUE_DEPTH` more

SessionId = NewType("SessionId", str)
SessionToken = NewType("SessionToken", str)


def plain_value(value: JsonValue) -> JsonValue:
    """The value itself when a record can hold it: no null, no NaN, no integer that JSON readers round, and no more
    than `MAX_VALUE_ITEMS` in it, `MAX_VALUE_DEPTH` deep.

    Raises: ValueError.
    """
    _checked(value, MAX_VALUE_DEPTH)
    return value


def _checked(value: JsonValue, depth: int) -> int:
    """How many values and containers there are. Raises: ValueError."""
    if depth == 0:
        raise ValueError("value is nested too deeply")
    inside: list[JsonValue] = []
    match value:
        case None:
            raise ValueError("null is not used inside a value")
        case float() if not math.isfinite(value):
            raise ValueError("number is not finite")
        case int() if abs(value) > MAX_SAMPLE:
            raise ValueError("integer is too large")
        case list():
            inside = value
        case dict():
            inside = list(value.values())
    count = 1
    for item in inside:
        count += _checked(item, depth - 1)
        if count > MAX_VALUE_ITEMS:
            raise ValueError("value has too many parts")
    return count


def longest_pointer(value: JsonValue) -> int:
    """Characters of the longest JSON pointer to a value inside `value`; 0 when there is none."""
    match value:
        case dict():
            steps = ((key.replace("~", "~0").replace("/", "~1"), item) for key, item in value.items())
            return max((1 + len(step) + longest_pointer(item) for step, item in steps), default=0)
        case list():
            return max((1 + len(str(at)) + longest_pointer(item) for at, item in enumerate(value)), default=0)
        case _:
            return 0


Samples = Annotated[int, Field(ge=0, le=MAX_SAMPLE)]
Milliseconds = Annotated[int, Field(ge=0, le=MAX_SAMPLE)]
Seq = Annotated[int, Field(ge=1, le=MAX_SAMPLE)]
SeqOrNone = Annotated[int, Field(ge=0, le=MAX_SAMPLE)]  # 0: not numbered
Ratio = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
SessionName = Annotated[str, Field(min_length=1, max_length=128)]
Secret = Annotated[str, Field(min_length=1, max_length=12_288)]  # an OIDC token that lists many groups is long
ShortText = Annotated[str, Field(max_length=512)]
Pointer = Annotated[str, Field(max_length=MAX_POINTER_CHARACTERS, pattern=r"^(/([^/~]|~[01])*){0,48}$")]
PlainValue = Annotated[JsonValue, AfterValidator(plain_value)]


class WireModel(BaseModel):
    """Base of everything on the wire: immutable and silent about contents in errors."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class FromClient(WireModel):
    """What a client sends: unknown keys are an error, so that a misspelt option is noticed."""

    model_config = ConfigDict(extra="forbid")


class FromServer(WireModel):
    """What a server sends: unknown keys are ignored, so that keys can be added."""

    model_config = ConfigDict(extra="ignore")


class Numbered(WireModel):
    """A durable message: numbered by the sender's outbox from 1, kept there until acknowledged."""

    seq: SeqOrNone = Field(default=0, description="Given by the sender when queued: 1, 2, 3 … without gaps")
