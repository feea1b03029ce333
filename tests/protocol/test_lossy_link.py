"""Random interleavings over the link of `lossy_world`: whatever happens, nothing is lost and nothing comes twice."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.protocol.lossy_world import BACKLOG, EPHEMERAL_KINDS, OUTBOX, PENDING, WINDOW, Wire, World
from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.messages import (
    Lag,
    Tail,
)
from wardscribe_protocol.record import Language
from wardscribe_protocol.states import ClientPhase, ServerPhase


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
