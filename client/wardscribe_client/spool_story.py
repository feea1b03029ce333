"""What the entries of a spooled dictation say, folded from the first to the last. Knows no file."""

import json
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter

from wardscribe_client.spool_entries import EntryKind
from wardscribe_protocol.codec import decode_server_message
from wardscribe_protocol.messages import ClientControl, Closed, Start
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.wire import Numbered, WireModel

_CONTROL: TypeAdapter[ClientControl] = TypeAdapter(ClientControl)


class Mark(StrEnum):
    """A step in a dictation's life."""

    STOPPED = "stopped"  # no more will be said
    RESTARTED = "restarted"  # the server's session is over; another gets everything
    SIGNED = "signed"
    DISCARDED = "discarded"  # a person said that it is not wanted


@dataclass(frozen=True, slots=True)
class PlacedControl:
    """A message of ours, and how much had been captured when it was given."""

    at_sample: int
    control: ClientControl


@dataclass(slots=True)
class Story:
    """What the entries say, read from the first to the last."""

    start: Start | None = None
    begun_at: str = ""
    captured_samples: int = 0
    controls: list[PlacedControl] = field(default_factory=list)
    state: ResumeState | None = None
    last_told: int = 0
    closed: bool = False
    marks: dict[Mark, str] = field(default_factory=dict)
    damaged_samples: int = 0

    def take(self, kind: EntryKind, content: bytes) -> None:
        """Fold one entry in, the sound excepted. Raises: ValueError."""
        match kind:
            case EntryKind.BEGUN:
                begun = json.loads(content)
                self.start, self.begun_at = Start.model_validate(begun["start"]), begun["at"]
            case EntryKind.CONTROL:
                self.controls.append(PlacedControl(self.captured_samples, _CONTROL.validate_json(content)))
            case EntryKind.STATE:
                self.state = ResumeState.model_validate_json(content)
            case EntryKind.TOLD:
                message = decode_server_message(content.decode())
                if isinstance(message, Numbered):
                    self.last_told = message.seq
                self.closed = isinstance(message, Closed)
            case EntryKind.MARK:
                marked = json.loads(content)
                self.marks[Mark(marked["mark"])] = marked["at"]
                if marked["mark"] == Mark.RESTARTED:
                    self.state, self.last_told, self.closed = None, 0, False
            case EntryKind.AUDIO | EntryKind.GLANCE:
                pass


class Glance(WireModel):
    """A dictation in short, kept beside it when it is closed; good for as long as the file has that size."""

    size_bytes: int
    begun_at: str
    start: Start
    samples: int
    damaged_samples: int
    session: str | None
    closed: bool
    marks: dict[Mark, str]
