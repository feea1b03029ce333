"""Both ends joined over a link that loses, cuts, delays and doubles, without a socket.

What holds whatever happens: the server hears exactly the client's samples, the client sees exactly the server's
durable messages, once and in order; every buffer stays in its bound; and when the link heals both ends reach the end.
"""

from collections import deque
from dataclasses import dataclass, field

from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import RefusedError
from wardscribe_protocol.messages import (
    Commit,
    CommittedWord,
    ErrorReport,
    Finalized,
    ServerDurable,
    Start,
)
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.session import (
    AttachmentId,
    ClientSession,
    ClientSessionSettings,
    ServerPast,
    ServerSession,
    ServerSessionSettings,
)
from wardscribe_protocol.session_events import (
    AudioReceived,
    CommandGiven,
    Configured,
    Drained,
    FieldEdited,
    FinalizeRequested,
    StopRequested,
)
from wardscribe_protocol.states import ClientPhase, ServerPhase
from wardscribe_protocol.wire import Numbered, SessionId, SessionToken

WINDOW = 3_000
BACKLOG = 5_000
OUTBOX = 8
HIGH_WATER = 4
PENDING = 24
EPHEMERAL_KINDS = 8

SERVER_SETTINGS = ServerSessionSettings(
    credit_window_samples=WINDOW,
    outbox_capacity=OUTBOX,
    outbox_high_water=HIGH_WATER,
    max_pending_events=PENDING,
    max_errors=5,
    lease_s=1e6,
    idle_s=50,
)
CLIENT_SETTINGS = ClientSessionSettings(
    backlog_samples=BACKLOG, outbox_capacity=OUTBOX, frame_samples=400, burst_frames=3
)
RECORD = Record(
    template="chest_xray",
    language=Language.EN,
    transcript=Transcript(raw="", text=""),
    fields={},
    evidence={},
)


@dataclass(eq=False)
class Wire:
    """One connection, with what is in flight on it."""

    up: deque[str | bytes] = field(default_factory=deque)
    down: deque[str] = field(default_factory=deque)
    served: tuple[ServerSession, AttachmentId] | None = None
    server_open: bool = True


@dataclass(frozen=True)
class Kept:
    """What would be there after a crash."""

    heard: bytes = b""
    controls: tuple[tuple[str, int | None], ...] = ()
    control_seq: int = 0
    to_say: tuple[ServerDurable, ...] = ()
    told: tuple[ServerDurable, ...] = ()
    stop_requested: int = 0
    closed: bool = False


@dataclass(eq=False)
class Dictation:
    """What the conductor of one session has seen and said."""

    session: ServerSession
    heard: bytearray = field(default_factory=bytearray)
    controls: list[tuple[str, int | None]] = field(default_factory=list)
    control_seq: int = 0
    to_say: deque[ServerDurable] = field(default_factory=deque)
    told: list[ServerDurable] = field(default_factory=list)
    stop_requested: int = 0
    closed: bool = False
    drained: list[Drained] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)

    @property
    def said(self) -> list[str]:
        return [without_seq(message) for message in self.told] + ["closed"] * self.closed

    def take_events(self) -> None:
        for event in self.session.events_received():
            seq = 0
            match event:
                case AudioReceived(first_sample, pcm):
                    assert first_sample * 2 == len(self.heard)
                    self.heard += pcm
                    word = CommittedWord(id=first_sample, text="w", start_ms=0, end_ms=1, confidence=1.0)
                    self.to_say.append(Commit(words=(word,)))
                case CommandGiven(name, _, at_sample, seq):
                    self.controls.append((name, at_sample))
                case FieldEdited(path, _, at_sample, seq):
                    self.controls.append((path, at_sample))
                case FinalizeRequested(at_sample, seq):
                    self.controls.append(("finalize", at_sample))
                    self.to_say.append(Finalized(up_to_sample=self.session.received_samples))
                case Configured(_, _, seq):
                    self.controls.append(("configure", None))
                case StopRequested(total_samples):
                    assert total_samples * 2 == len(self.heard)
                    self.stop_requested += 1
                case Drained():
                    self.drained.append(event)
            self.control_seq = max(self.control_seq, seq)

    def keep(self) -> None:
        self.kept = Kept(
            bytes(self.heard),
            tuple(self.controls),
            self.control_seq,
            tuple(self.to_say),
            tuple(self.told),
            self.stop_requested,
            self.closed,
        )
        self.session.audio_safe(len(self.heard) // 2)
        self.session.control_safe(self.control_seq)

    def speak(self) -> None:
        while self.to_say and self.session.room:
            message = self.to_say.popleft()
            self.told.append(message)
            self.keep()
            self.session.send(message)

    def close(self, now: float) -> None:
        if self.stop_requested and not self.to_say and self.session.phase is ServerPhase.FINISHING:
            self.closed = True
            self.keep()
            self.session.close(RECORD, now=now)

    def crash(self, now: float) -> None:
        """The server is gone and comes back with what was kept."""
        if self.session.is_over:
            return
        kept, acknowledged = self.kept, min(self.session.acknowledged_seq, len(self.kept.told))
        self.heard = bytearray(kept.heard)
        self.controls = list(kept.controls)
        self.control_seq = kept.control_seq
        self.to_say = deque(kept.to_say)
        self.told = list(kept.told)
        self.stop_requested = kept.stop_requested
        self.closed = False
        self.session = ServerSession(
            self.session.session_id,
            SessionToken(f"t-{self.session.session_id}"),
            now=now,
            settings=SERVER_SETTINGS,
            past=ServerPast(
                received_samples=len(kept.heard) // 2,
                client_seq=kept.control_seq,
                acknowledged_seq=acknowledged,
                told=kept.told[acknowledged:],
                stopped=bool(kept.stop_requested),
            ),
        )
        if kept.closed:
            self.close(now)


def without_seq(message: Numbered) -> str:
    return encode_message(message.model_copy(update={"seq": 0}))


class World:
    """A client, a registry of sessions, and the wires between them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.client = ClientSession(Start(template="chest_xray", language=Language.EN), settings=CLIENT_SETTINGS)
        self.dictations: dict[str, Dictation] = {}
        self.wires: list[Wire] = []
        self.current: Wire | None = None
        self.spoken = bytearray()
        self.controls: list[tuple[str, int | None]] = []
        self.seen: list[str] = []
        self.kept: ResumeState | None = None  # what the client's process has written down
        self.spool = bytearray()  # what a new process has yet to hand over again
        self.stopped = False

    # the client's side

    def spool_in(self) -> None:
        taken = self.client.can_accept * 2
        if self.spool and taken:
            self.client.send_audio(bytes(self.spool[:taken]))
            del self.spool[:taken]
        if self.stopped and not self.spool:
            self.client.stop()

    def stop(self) -> None:
        self.stopped = True
        self.spool_in()

    def keep(self) -> None:
        self.kept = self.client.resume_state()

    def crash(self, kept: ResumeState) -> None:
        """The client's process is gone with its memory; another goes on from what was written down."""
        if self.current is not None:
            self.client_loses(self.current)
        kept = ResumeState.model_validate_json(kept.model_dump_json())
        del self.seen[kept.last_seq :]  # what was shown and not noted will be shown again
        assert not kept.stopped or self.stopped
        self.client = ClientSession.resumed(kept, captured_samples=len(self.spoken) // 2, settings=CLIENT_SETTINGS)
        self.spool = self.spoken[kept.safe_samples * 2 :]

    def connect(self) -> None:
        assert self.current is None
        self.client.connected()
        self.current = Wire()
        self.wires.append(self.current)

    def client_writes(self) -> None:
        self.spool_in()
        if self.current is not None:
            self.keep()
            self.current.up.extend(self.client.data_to_send())

    def client_reads(self) -> None:
        wire = self.current
        if wire is None:
            return
        if wire.down:
            message = self.client.receive_text(wire.down.popleft())
            if isinstance(message, Numbered):
                closed = message.model_dump()["type"] == "closed"
                self.seen.append("closed" if closed else without_seq(message))
        elif not wire.server_open:
            self.client_loses(wire)

    def client_loses(self, wire: Wire) -> None:
        if self.current is wire:
            self.current = None
            self.client.disconnected()

    # the server's side

    def server_reads(self, wire: Wire) -> None:
        if not wire.up or not wire.server_open:
            wire.up.clear()
            return
        data = wire.up.popleft()
        if wire.served is None:
            assert isinstance(data, str)
            self._attach(wire, data)
        elif isinstance(data, str):
            wire.served[0].receive_text(data, attachment=wire.served[1], now=self.now)
        else:
            wire.served[0].receive_audio(data, attachment=wire.served[1], now=self.now)

    def _attach(self, wire: Wire, text: str) -> None:
        start = decode_client_message(text)
        assert isinstance(start, Start)
        if start.resume is None:
            name = f"s{len(self.dictations)}"
            made = ServerSession(SessionId(name), SessionToken(f"t-{name}"), now=self.now, settings=SERVER_SETTINGS)
            self.dictations[name] = Dictation(made)
        else:
            name = start.resume.session
        session = self.dictations[name].session
        try:
            wire.served = session, session.attach(start, now=self.now)
        except RefusedError as error:
            wire.down.append(encode_message(ErrorReport.of(error.code)))
            wire.server_open = False

    def server_writes(self, wire: Wire) -> None:
        if wire.served is None or not wire.server_open:
            return
        session, attachment = wire.served
        expected = session.has_data_to_send(attachment)
        texts = session.data_to_send(attachment)
        assert expected == bool(texts)
        wire.down.extend(texts)
        if not session.is_open(attachment):
            wire.server_open = False
            self.server_loses(wire)

    def server_loses(self, wire: Wire) -> None:
        wire.server_open = False
        if wire.served is not None:
            wire.served[0].detach(wire.served[1], now=self.now)

    def cut(self, wire: Wire) -> None:
        wire.up.clear()
        wire.down.clear()
        self.server_loses(wire)
        self.client_loses(wire)

    def settle_server(self) -> None:
        for dictation in self.dictations.values():
            dictation.take_events()
            if not dictation.session.is_over:
                dictation.keep()
                dictation.session.audio_consumed(dictation.session.received_samples)
                dictation.speak()
                dictation.close(self.now)

    def goes_well(self, *, old_wires: bool = True) -> None:
        """One round in which everybody does what is to be done."""
        if self.current is None and self.client.wants_connection:
            self.connect()
        self.client_writes()
        for wire in self.wires if old_wires else self.wires[-1:]:
            self.server_reads(wire)
            self.settle_server()
            self.server_writes(wire)
        self.client_reads()

    def heal(self) -> None:
        """A link that works: whatever state this is, both ends must come to the end."""
        self.stop()
        for _ in range(2_000):
            self.goes_well()
            if not self.client.wants_connection and self.current is None:
                break
        assert self.client.phase is ClientPhase.CLOSED
        self.now += 2e6
        for dictation in self.dictations.values():
            dictation.session.on_timeout(self.now)
            dictation.session.on_timeout(self.now + 2e6)
            dictation.take_events()
            assert dictation.session.is_over
