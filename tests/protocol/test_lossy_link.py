"""Both ends joined over a link that loses, cuts, delays and doubles, without a socket.

What holds whatever happens: the server hears exactly the client's samples, the client sees exactly the server's
durable messages, once and in order; every buffer stays in its bound; and when the link heals both ends reach the end.
"""

from collections import deque
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import RefusedError
from wardscribe_protocol.messages import (
    Commit,
    CommittedWord,
    ErrorReport,
    Finalized,
    Lag,
    ServerDurable,
    Start,
    Tail,
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


class LossyLink(RuleBasedStateMachine):
    """Random interleavings of both ends, the link's accidents and a slow conductor."""

    @initialize()
    def begin(self) -> None:
        self.world = World()

    def wire(self, pick: int) -> Wire | None:
        wires = self.world.wires[-3:]
        return wires[pick % len(wires)] if wires else None

    # the physician

    @precondition(lambda self: self.world.client.can_accept and not self.world.spool and not self.world.stopped)
    @rule(pcm=st.integers(1, 1200).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
    def speaks(self, pcm: bytes) -> None:
        pcm = pcm * 2
        pcm = pcm[: self.world.client.can_accept * 2]
        self.world.client.send_audio(pcm)
        self.world.spoken += pcm

    @precondition(lambda self: not self.world.stopped and self.world.client.control_room)
    @rule(kind=st.sampled_from(["command", "edit", "finalize", "configure"]))
    def controls(self, kind: str) -> None:
        client, at_sample = self.world.client, self.world.client.captured_samples
        match kind:
            case "command":
                client.send_command("undo")
                self.world.controls.append(("undo", at_sample))
            case "edit":
                client.edit_field("/fields/heart_size", "normal")
                self.world.controls.append(("/fields/heart_size", at_sample))
            case "finalize":
                client.finalize()
                self.world.controls.append(("finalize", at_sample))
            case _:
                client.configure(language=Language.ZH)
                self.world.controls.append(("configure", None))
        self.world.keep()

    @rule()
    def stops(self) -> None:
        self.world.stop()

    @precondition(
        lambda self: (
            self.world.kept is not None and self.world.client.phase in (ClientPhase.DICTATING, ClientPhase.STOPPING)
        )
    )
    @rule()
    def the_clients_process_is_killed(self) -> None:
        assert self.world.kept is not None
        self.world.crash(self.world.kept)

    # the link

    @precondition(lambda self: self.world.current is None and self.world.client.wants_connection)
    @rule()
    def connects(self) -> None:
        self.world.connect()

    @rule(writes=st.booleans(), up=st.integers(0, 6), down=st.integers(0, 6))
    def flows(self, writes: bool, up: int, down: int) -> None:
        if writes:
            self.world.client_writes()
        for _ in range(up):
            for wire in self.world.wires[-1:]:
                self.world.server_reads(wire)
                self.world.server_writes(wire)
        for _ in range(down):
            self.world.client_reads()

    @rule(rounds=st.integers(1, 12))
    def works_for_a_while(self, rounds: int) -> None:
        for _ in range(rounds):
            self.world.goes_well(old_wires=False)

    @precondition(lambda self: self.world.client.wants_connection)
    @rule()
    def the_client_tries_twice(self) -> None:
        if self.world.current is None:
            self.world.connect()
        self.world.client_writes()
        if self.world.current is not None:
            self.world.client_loses(self.world.current)
        self.world.connect()

    @rule(pick=st.integers(0, 2), n=st.integers(1, 4))
    def an_old_connection_delivers_late(self, pick: int, n: int) -> None:
        if wire := self.wire(pick):
            for _ in range(n):
                self.world.server_reads(wire)
            self.world.server_writes(wire)

    @rule(pick=st.integers(0, 2))
    def is_cut(self, pick: int) -> None:
        if wire := self.wire(pick):
            self.world.cut(wire)

    @rule()
    def only_the_client_notices(self) -> None:
        if self.world.current is not None:
            self.world.client_loses(self.world.current)

    @rule(pick=st.integers(0, 2))
    def only_the_server_notices(self, pick: int) -> None:
        if wire := self.wire(pick):
            self.world.server_loses(wire)

    @rule(frame=st.binary(max_size=40), text=st.text(max_size=20), skip=st.integers(1, 500), what=st.integers(0, 2))
    def something_wrong_is_sent(self, frame: bytes, text: str, skip: int, what: int) -> None:
        wire = self.world.current
        if wire is not None and wire.served is not None:
            ahead = encode_frame(AudioFrame(wire.served[0].received_samples + skip, b"\0\0"))
            choices: tuple[str | bytes, ...] = (frame[:15], text, ahead)
            wire.up.append(choices[what])

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.world.now += seconds
        for dictation in self.world.dictations.values():
            dictation.session.on_timeout(self.world.now)

    @rule(up=st.integers(0, 6), down=st.integers(0, 6))
    def the_server_crashes(self, up: int, down: int) -> None:
        world = self.world
        self.flows(True, up, down)  # what was received and answered in its last moment
        for wire in world.wires:
            wire.up.clear()
            world.server_loses(wire)
        for dictation in world.dictations.values():
            dictation.crash(world.now)

    # the conductor

    @rule(what=st.sampled_from(["events", "safe", "consumed", "speak", "close", "preview"]))
    def conducts(self, what: str) -> None:
        for dictation in self.world.dictations.values():
            session = dictation.session
            done = len(dictation.heard) // 2
            match what:
                case "events":
                    dictation.take_events()
                case "safe":
                    dictation.keep()
                case "consumed":
                    session.audio_consumed(done)
                case "speak":
                    dictation.speak()
                case "close":
                    dictation.close(self.world.now)
                case _:
                    session.send(Tail(text="preview"))
                    session.send(Lag(seconds=1.0))

    # what holds

    @invariant()
    def buffers_stay_in_their_bounds(self) -> None:
        client = self.world.client
        assert client.captured_samples - client.safe_samples <= BACKLOG
        assert len(client._outbox) <= OUTBOX
        for dictation in self.world.dictations.values():
            session = dictation.session
            assert session.pending_events <= PENDING + 2  # StopRequested and the end come with the last taken frame
            assert len(session._outbox) <= OUTBOX + 1
            assert len(session._outbox._latest) <= EPHEMERAL_KINDS
            assert session.received_samples - session._intake._consumed <= WINDOW

    @invariant()
    def nothing_is_safe_that_was_not_heard(self) -> None:
        client = self.world.client
        if client.safe_samples:
            heard = max(self.world.dictations.values(), key=lambda dictation: len(dictation.heard)).heard
            assert client.safe_samples * 2 <= len(heard)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        world.heal()
        told = [dictation for dictation in world.dictations.values() if dictation.session.phase is ServerPhase.DRAINED]
        assert len(told) == 1
        assert bytes(told[0].heard) == bytes(world.spoken)
        assert told[0].controls == world.controls
        assert told[0].said == world.seen
        assert told[0].stop_requested == 1
        assert len(told[0].drained) == 1
        others = [dictation for dictation in world.dictations.values() if dictation is not told[0]]
        assert all(not other.heard and not other.told for other in others)


TestLossyLink = LossyLink.TestCase
TestLossyLink.settings = settings(
    max_examples=300,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
