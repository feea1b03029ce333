"""What goes into a flow and what comes out of it: events of one dictation, requests to its driver, updates for whoever
watches. Values only; what follows from what is `flow`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Check, Evidence, Record
from wardscribe_protocol.timeline import Span
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.pipeline.compose import Part
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.heard import Effort, HeardWord
from wardscribe_server.pipeline.values import Word
from wardscribe_server.pipeline.writing.edits import EditLog

# What goes in


@dataclass(frozen=True, slots=True)
class Audio:
    """The next samples (s16le, 16 kHz mono); the driver has put them in order already."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Speech:
    """The answer to `DetectSpeech`: the probability of speech in each chunk of 512 samples now complete."""

    probabilities: Sequence[float]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The answer to `Decode`."""

    request: "Decode"
    text: str
    words: tuple[HeardWord, ...]
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """The driver did not carry out a tail: something more urgent came, or there is newer audio to hear."""

    request: "Decode"


@dataclass(frozen=True, slots=True)
class Edit:
    """A person set a field, or removed it (`value` None)."""

    pointer: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Confirm:
    """A person confirmed what the machine proposed at and below the pointer."""

    pointer: str


@dataclass(frozen=True, slots=True)
class Know:
    """What is known of patient and order has changed; the checks compare with it."""

    context: Context


@dataclass(frozen=True, slots=True)
class Instruct:
    """A person gave a command by key or button: the same as saying it between two pauses, here and now."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Finalize:
    """Close what is open and make everything said so far final."""


@dataclass(frozen=True, slots=True)
class Stop:
    """No more audio will come."""


@dataclass(frozen=True, slots=True)
class Paced:
    """From now on, ask for words after this much new audio: slower when the engine has many to serve."""

    step_samples: int


FlowInput = Audio | Speech | Decoded | Dropped | Edit | Confirm | Know | Instruct | Finalize | Stop | Paced


# What comes out: requests to the driver


@dataclass(frozen=True, slots=True)
class DetectSpeech:
    """Run the speech detector over these samples."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """Which decode: no two that wait for an answer are the same."""

    segment: int
    span: Span
    effort: Effort


@dataclass(frozen=True, slots=True)
class Decode:
    """Recognise these samples; `span` is where they lie in the session.

    A final may be asked for before it is certain that the segment ends there; then it is never asked for again. `terms`
    may be what was said there: then the text is wanted again, with them in view, and no words.
    """

    segment: int
    span: Span
    effort: Effort
    pcm: bytes = field(repr=False)
    terms: tuple[str, ...] = field(default=(), repr=False)

    @property
    def asked(self) -> Asked:
        """The request without its audio."""
        return Asked(self.segment, self.span, self.effort)


# What comes out: updates for whoever watches


@dataclass(frozen=True, slots=True)
class Tail:
    """Preview of what is not committed yet; replaces the previous one."""

    text: str


@dataclass(frozen=True, slots=True)
class Committed:
    """Words that will not change."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class FieldChanged:
    """A leaf of the record has a new value, or none any more."""

    pointer: str
    value: JsonValue  # None when withdrawn
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class CheckChanged:
    """A pre-sign check speaks up, or what it found is settled."""

    check: Check
    settled: bool


@dataclass(frozen=True, slots=True)
class CommandIgnored:
    """A command by key or button found nothing to act on (a phrase that is not in the text); nothing has changed."""


@dataclass(frozen=True, slots=True)
class Finalized:
    """Everything said before `Finalize` is final."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything said before `Stop` is in the record, or in those of `parts`; `log` is how the text came about."""

    record: Record
    log: EditLog
    parts: tuple[Part, ...] = ()  # of a ward round over several patients, one each; else empty

    @property
    def records(self) -> tuple[Record, ...]:
        """Of a ward round over several patients, one each; else empty."""
        return tuple(part.record for part in self.parts)


FlowOutput = (
    DetectSpeech
    | Decode
    | Tail
    | Committed
    | Final
    | FieldChanged
    | CheckChanged
    | CommandIgnored
    | Finalized
    | Finished
)
