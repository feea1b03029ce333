"""What a journal says of its session: the inputs for a replay, and what the session's ends must know."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, assert_never

from wardscribe_protocol.messages import (
    CheckUpdate,
    Commit,
    CommittedWord,
    FieldState,
    FieldUpdate,
    Finalized,
    ServerDurable,
)
from wardscribe_protocol.messages import Final as FinalMessage
from wardscribe_protocol.record import Check
from wardscribe_protocol.session import ServerPast
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_server.journal.entries import (
    CONFIRM_FIELD,
    Acknowledged,
    ControlTaken,
    EngineHeard,
    Entry,
    Made,
    Opened,
    Over,
    PaceChanged,
    Reopened,
    SpeechJudged,
    Stopped,
    TailMissed,
    Told,
)
from wardscribe_server.pipeline.events import Audio, Confirm, Edit, Finalize, Instruct, Know, Paced, Speech, Stop
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES
from wardscribe_server.pipeline.replay import Answered, Missed, PastInput
from wardscribe_server.pipeline.second_pass import HEARD_AGAIN
from wardscribe_server.pipeline.told import Told as ToldSoFar

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_RECENT_BYTES = 40 * SAMPLE_RATE * BYTES_PER_SAMPLE  # a detector that heard this much is where it was


@dataclass(slots=True)
class PastSession:
    """A journal, folded."""

    samples: int = 0
    client_seq: int = 0
    acknowledged_seq: int = 0
    messages: list[ServerDurable] = field(default_factory=list)  # told and not acknowledged
    told: ToldSoFar = field(default_factory=ToldSoFar)
    stopped: bool = False
    stopped_by_client: bool = False
    made: Made | None = None
    over: bool = False
    words: list[CommittedWord] = field(default_factory=list)
    audio_hash: "HASH" = field(default_factory=sha256)
    reopened: int = 0  # times in a row without any progress
    _recent: bytearray = field(default_factory=bytearray)

    def take(self, entry: Entry) -> PastInput | None:
        """Fold one entry; what it was to the flow, if anything."""
        match entry:
            case Audio(pcm):
                self.samples += len(pcm) // BYTES_PER_SAMPLE
                self.audio_hash.update(pcm)
                self._recent += pcm
                if len(self._recent) > 4 * _RECENT_BYTES:  # seldom: cutting costs as much as what is kept
                    del self._recent[: -2 * _RECENT_BYTES]
                self.reopened = 0
                return entry
            case SpeechJudged(probabilities):
                return Speech(probabilities)
            case EngineHeard(asked, text, words, alternatives):
                self.reopened = 0
                return Answered(asked, text, words, alternatives)
            case TailMissed(asked):
                return Missed(asked)
            case PaceChanged(step_samples):
                return Paced(step_samples)
            case ControlTaken():
                return self._control(entry)
            case Stopped(by_client):
                self.stopped, self.stopped_by_client = True, by_client
                return Stop()
            case Told(message):
                self.messages.append(message)
                if isinstance(message, Commit):
                    self.words += message.words
                fold(self.told, message)
            case Acknowledged(seq):
                del self.messages[: max(0, seq - self.acknowledged_seq)]
                self.acknowledged_seq = max(self.acknowledged_seq, seq)
            case Made():
                self.made = entry
            case Over():
                self.over = True
            case Reopened():
                self.reopened += 1
            case Opened():
                pass
            case _:
                assert_never(entry)
        return None

    def heard_before(self, unjudged_bytes: int) -> bytes:
        """The latest audio that a speech detector has judged, from the border of a chunk on, s16le."""
        end = len(self._recent) - unjudged_bytes
        judged = self.samples * BYTES_PER_SAMPLE - unjudged_bytes
        step = CHUNK_SAMPLES * BYTES_PER_SAMPLE
        kept = min(end, _RECENT_BYTES)
        first = -(-(judged - kept) // step) * step  # of the session
        return bytes(self._recent[max(0, end - (judged - first)) : max(0, end)])

    def for_protocol(self) -> ServerPast:
        """What the session's end of the protocol goes on from."""
        return ServerPast(
            received_samples=self.samples,
            client_seq=self.client_seq,
            acknowledged_seq=self.acknowledged_seq,
            told=self.messages,
            stopped=self.stopped_by_client,
        )

    def _control(self, entry: ControlTaken) -> PastInput | None:
        self.client_seq = max(self.client_seq, entry.seq)
        match entry.what:
            case "edit":
                assert entry.path is not None
                return Edit(entry.path, entry.value)
            case "command" if entry.name == CONFIRM_FIELD:
                return Confirm(str((entry.args or {}).get("path", "")))
            case "command":
                assert entry.name is not None
                return Instruct(entry.name, next((str(value) for value in (entry.args or {}).values()), ""))
            case "finalize":
                return Finalize()
            case "configure":
                return None if entry.context is None else Know(entry.context)


def fold(told: ToldSoFar, message: ServerDurable) -> None:
    """Add a message to what the client knows."""
    match message:
        case Commit(words=words):
            told.words = max(told.words, *(word.id + 1 for word in words))
        case FinalMessage(segment=segment, text=text, corrections=corrections):
            told.finals[segment] = text
            heard_again = sum(correction.why == HEARD_AGAIN for correction in corrections)
            told.heard_again[segment] = told.heard_again.get(segment, 0) + heard_again
        case FieldUpdate(path=path, state=FieldState.WITHDRAWN):
            told.leaves.pop(path, None)
            told.evidence.pop(path, None)
        case FieldUpdate(path=path, value=value, evidence=evidence):
            told.leaves[path] = value
            if evidence is not None:
                told.evidence[path] = evidence
        case CheckUpdate(settled=settled):
            check = Check(
                code=message.code,
                severity=message.severity,
                path=message.path,
                message=message.message,
                against=message.against,
            )
            if settled and check in told.checks:
                told.checks.remove(check)
            elif not settled:
                told.checks.append(check)
        case Finalized():
            told.finalized += 1
        case _:
            assert_never(message)
