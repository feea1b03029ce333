import pytest

from wardscribe_protocol.audio import AudioFrame, decode_frame
from wardscribe_protocol.client_session import ClientSession
from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import ErrorCode, FullError, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.messages import (
    Busy,
    ClientAck,
    ClientMessage,
    Closed,
    Command,
    Configure,
    Context,
    ErrorReport,
    FieldEdit,
    Finalize,
    Finalized,
    GoAway,
    Ready,
    Resume,
    ServerAck,
    ServerMessage,
    Start,
    Stop,
    Tail,
)
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.settings import ClientSessionSettings
from wardscribe_protocol.states import ClientLink, ClientPhase

SETTINGS = ClientSessionSettings(backlog_samples=1_000, outbox_capacity=2, frame_samples=100, burst_frames=3)
READY = Ready(session="s1", token="secret", credit_samples=500)


class Pocket:
    """A session and the wire: what a link has."""

    def __init__(self, start: Start) -> None:
        self.session = ClientSession(start, settings=SETTINGS)

    def receive(self, message: ServerMessage) -> ServerMessage | None:
        return self.session.receive_text(encode_message(message))

    def sent(self) -> list[ClientMessage | AudioFrame]:
        data = self.session.data_to_send()
        return [decode_client_message(item) if isinstance(item, str) else decode_frame(item) for item in data]

    def online(self, ready: Ready = READY) -> None:
        self.session.connected()
        self.sent()
        self.receive(ready)


@pytest.fixture
def pocket(start: Start) -> Pocket:
    pocket = Pocket(start)
    pocket.online()
    return pocket


def spans(sent: list[ClientMessage | AudioFrame]) -> list[tuple[int, int]]:
    return [(frame.span.start, frame.span.end) for frame in sent if isinstance(frame, AudioFrame)]


def raises(pocket: Pocket, message: ServerMessage) -> ErrorCode:
    with pytest.raises(RemoteProtocolError) as caught:
        pocket.receive(message)
    return caught.value.code


def test_nothing_is_sent_before_the_server_is_ready_but_start(start: Start) -> None:
    pocket = Pocket(start)
    pocket.session.send_audio(bytes(20))
    assert pocket.session.link is ClientLink.OFFLINE
    assert pocket.session.wants_connection
    assert not pocket.session.has_data_to_send
    assert pocket.sent() == []
    pocket.session.connected()
    assert pocket.session.has_data_to_send
    assert pocket.sent() == [start]
    assert not pocket.session.has_data_to_send
    assert pocket.sent() == []
    assert pocket.receive(READY) == READY
    assert pocket.session.has_data_to_send
    assert spans(pocket.sent()) == [(0, 10)]


def test_audio_goes_out_in_short_frames_and_never_beyond_the_credit(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 650))
    assert spans(pocket.sent()) == [(0, 100), (100, 200), (200, 300)]
    assert spans(pocket.sent()) == [(300, 400), (400, 500)]
    assert not pocket.session.has_data_to_send
    assert pocket.session.unsent_samples == 150
    pocket.receive(ServerAck(safe_samples=0, next_sample=500, credit_samples=520))
    assert spans(pocket.sent()) == [(500, 520)]
    pocket.receive(ServerAck(safe_samples=0, next_sample=500, credit_samples=510))
    assert spans(pocket.sent()) == []


def test_a_frame_is_never_longer_than_the_wire_allows(start: Start) -> None:
    settings = ClientSessionSettings(frame_samples=10**6)
    session = ClientSession(start, settings=settings)
    session.connected()
    session.data_to_send()
    session.receive_text(encode_message(READY.model_copy(update={"credit_samples": 10**6})))
    session.send_audio(bytes(2 * 20_000))
    frames = [decode_frame(item) for item in session.data_to_send() if isinstance(item, bytes)]
    assert [frame.samples for frame in frames] == [16_000, 4_000]


def test_a_full_backlog_refuses_audio_until_the_server_has_some_safe(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 1_000))
    assert pocket.session.can_accept == 0
    with pytest.raises(FullError):
        pocket.session.send_audio(bytes(2))
    pocket.sent()
    pocket.receive(ServerAck(safe_samples=200, next_sample=300, credit_samples=500))
    assert pocket.session.can_accept == 200
    assert pocket.session.safe_samples == 200
    assert pocket.session.captured_samples == 1_000


def test_controls_carry_where_the_client_was(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 50))
    pocket.session.send_command("undo")
    pocket.session.edit_field("/fields/heart_size", None)
    assert pocket.session.control_room == 0
    with pytest.raises(FullError):
        pocket.session.finalize()
    assert pocket.sent()[:2] == [
        Command(seq=1, name="undo", at_sample=50),
        FieldEdit(seq=2, path="/fields/heart_size", at_sample=50),
    ]
    pocket.receive(ServerAck(safe_samples=0, next_sample=0, credit_samples=500, client_seq=2))
    pocket.session.finalize()
    pocket.session.configure(language=Language.ZH, context=Context(glossary=("a",)))
    assert pocket.sent() == [
        Finalize(seq=3, at_sample=50),
        Configure(seq=4, language=Language.ZH, context=Context(glossary=("a",))),
    ]


def test_what_the_wire_cannot_hold_is_refused_before_it_is_queued(pocket: Pocket) -> None:
    with pytest.raises(ValueError):
        pocket.session.send_command("No Such Form")
    assert pocket.session.control_room == 2


def test_durable_messages_come_out_once_and_are_acknowledged(pocket: Pocket) -> None:
    first = Finalized(seq=1, up_to_sample=1)
    assert pocket.receive(first) == first
    assert pocket.receive(first) is None
    assert pocket.receive(Tail(text="t")) == Tail(text="t")
    pocket.receive(Finalized(seq=2, up_to_sample=2))
    assert pocket.session.has_data_to_send
    assert pocket.sent() == [ClientAck(seq=2)]
    assert raises(pocket, Finalized(seq=4, up_to_sample=4)) is ErrorCode.BAD_SEQ
    assert pocket.session.phase is ClientPhase.DICTATING


def test_a_new_connection_resumes_from_where_the_server_is(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 300))
    pocket.session.send_command("undo")
    pocket.session.send_command("redo")
    pocket.receive(Finalized(seq=1, up_to_sample=1))
    pocket.sent()
    pocket.session.disconnected()
    assert pocket.sent() == []
    pocket.session.connected()
    resume = Resume(session="s1", token="secret", last_seq=1, attempt=2)
    assert pocket.sent() == [Start(template="chest_xray", language=Language.EN, resume=resume)]
    ready = READY.model_copy(update={"next_sample": 120, "safe_samples": 100, "client_seq": 1, "credit_samples": 250})
    pocket.receive(ready)
    sent = pocket.sent()
    assert sent[0] == Command(seq=2, name="redo", at_sample=300)
    assert spans(sent) == [(120, 220), (220, 250)]
    assert pocket.session.safe_samples == 100


def test_what_another_process_needs_is_known_once_the_server_has_named_the_session(start: Start) -> None:
    pocket = Pocket(start.model_copy(update={"token": "access", "context": Context(glossary=("a",))}))
    assert pocket.session.resume_state() is None
    pocket.online()
    pocket.session.send_audio(bytes(2 * 300))
    pocket.session.send_command("undo")
    pocket.session.send_command("redo")
    pocket.sent()
    pocket.receive(ServerAck(safe_samples=100, next_sample=200, credit_samples=500, client_seq=1))
    pocket.receive(Finalized(seq=1, up_to_sample=1))
    assert pocket.session.resume_state() == ResumeState(
        start=start,
        session="s1",
        token="secret",
        attempts=1,
        stopped=False,
        last_seq=1,
        safe_samples=100,
        client_seq=1,
        controls=(Command(seq=2, name="redo", at_sample=300),),
    )
    assert "secret" not in repr(pocket.session.resume_state())
    pocket.session.stop()
    state = pocket.session.resume_state()
    assert state is not None
    assert state.stopped


def next_process(start: Start, *, captured_samples: int) -> Pocket:
    """What goes on after the process whose state is asserted above."""
    state = ResumeState(
        start=start,
        session="s1",
        token="secret",
        attempts=4,
        stopped=False,
        last_seq=6,
        safe_samples=100,
        client_seq=1,
        controls=(Command(seq=2, name="redo", at_sample=300),),
    )
    pocket = Pocket(start)
    pocket.session = ClientSession.resumed(
        state, captured_samples=captured_samples, access_token="access", settings=SETTINGS
    )
    return pocket


def test_another_process_goes_on_where_the_state_says(start: Start) -> None:
    pocket = next_process(start, captured_samples=350)
    pocket.session.connected()
    resume = Resume(session="s1", token="secret", last_seq=6, attempt=5)
    assert pocket.sent() == [start.model_copy(update={"resume": resume, "token": "access"})]
    pocket.receive(READY.model_copy(update={"safe_samples": 200, "next_sample": 260, "client_seq": 1, "resumed": True}))
    assert pocket.sent() == [Command(seq=2, name="redo", at_sample=300)]
    assert pocket.session.captured_samples == 100
    pocket.session.send_audio(bytes(2 * 150) + b"\1\0" * 100)
    assert (pocket.session.captured_samples, pocket.session.safe_samples) == (350, 200)
    assert pocket.sent() == [AudioFrame(260, b"\1\0" * 90)]
    pocket.session.stop()
    assert pocket.sent() == [Stop(total_samples=350)]
    assert pocket.receive(Finalized(seq=6, up_to_sample=1)) is None
    assert pocket.receive(Finalized(seq=7, up_to_sample=1)) is not None


def test_the_server_may_have_acknowledged_what_an_earlier_process_sent(start: Start) -> None:
    pocket = next_process(start, captured_samples=350)
    pocket.online(READY.model_copy(update={"safe_samples": 200, "next_sample": 260, "client_seq": 2}))
    assert pocket.sent() == []
    pocket.session.finalize()
    assert pocket.sent() == [Finalize(seq=3, at_sample=100)]


def test_a_server_with_more_audio_than_was_ever_captured_is_not_believed(start: Start) -> None:
    pocket = next_process(start, captured_samples=350)
    pocket.session.connected()
    pocket.sent()
    assert raises(pocket, READY.model_copy(update={"next_sample": 351})) is ErrorCode.BAD_SAMPLE_OFFSET


def test_a_gap_sends_the_client_back(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 100))
    pocket.sent()
    pocket.receive(ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET, next_sample=40))
    assert spans(pocket.sent()) == [(40, 100)]
    pocket.receive(ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET))
    assert pocket.sent() == []


def test_stop_is_said_once_a_connection_after_the_last_sample(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 520))
    pocket.session.stop()
    pocket.session.stop()
    assert pocket.session.can_accept == pocket.session.control_room == 0
    for act in (lambda: pocket.session.send_audio(b"\0\0"), pocket.session.finalize):
        with pytest.raises(LocalProtocolError):
            act()
    while pocket.session.has_data_to_send:
        assert not any(isinstance(item, Stop) for item in pocket.sent())
    pocket.receive(ServerAck(safe_samples=0, next_sample=500, credit_samples=600))
    assert pocket.sent()[-1] == Stop(total_samples=520)
    assert pocket.sent() == []
    pocket.session.disconnected()
    pocket.online(READY.model_copy(update={"next_sample": 520}))
    assert pocket.sent() == [Stop(total_samples=520)]


def test_the_record_ends_the_session_once_its_acknowledgement_is_on_its_way(pocket: Pocket, record: Record) -> None:
    pocket.session.stop()
    pocket.sent()
    closed = Closed.of(record, total_samples=0).model_copy(update={"seq": 1})
    assert pocket.receive(closed) == closed
    assert pocket.session.phase is ClientPhase.CLOSED
    assert pocket.session.wants_connection
    assert pocket.receive(Tail(text="late")) is None
    assert pocket.sent() == [ClientAck(seq=1)]
    assert not pocket.session.wants_connection
    pocket.session.stop()


def test_a_record_that_could_not_be_acknowledged_is_on_the_next_connection(pocket: Pocket, record: Record) -> None:
    pocket.session.stop()
    pocket.sent()
    pocket.receive(Closed.of(record, total_samples=0).model_copy(update={"seq": 1}))
    pocket.session.disconnected()
    assert pocket.session.wants_connection
    pocket.session.connected()
    assert pocket.sent() == [
        Start(
            template="chest_xray",
            language=Language.EN,
            resume=Resume(session="s1", token="secret", last_seq=1, attempt=2),
        )
    ]
    assert not pocket.session.wants_connection
    pocket.receive(READY)
    pocket.session.disconnected()
    assert pocket.session.phase is ClientPhase.CLOSED


def test_a_record_of_other_audio_is_refused(pocket: Pocket, record: Record) -> None:
    pocket.session.stop()
    assert raises(pocket, Closed.of(record, total_samples=7).model_copy(update={"seq": 1})) is ErrorCode.TOTAL_MISMATCH
    assert (pocket.session.phase, pocket.session.failure) == (ClientPhase.FAILED, ErrorCode.TOTAL_MISMATCH)


def test_a_record_before_stop_breaks_the_protocol(pocket: Pocket, record: Record) -> None:
    assert raises(pocket, Closed.of(record, total_samples=0).model_copy(update={"seq": 1})) is (
        ErrorCode.UNEXPECTED_MESSAGE
    )


@pytest.mark.parametrize("code", [ErrorCode.INTERNAL, ErrorCode.SESSION_TAKEN_OVER, ErrorCode.TOTAL_MISMATCH])
def test_an_error_that_ends_the_session_leaves_nothing_to_try(pocket: Pocket, code: ErrorCode) -> None:
    pocket.session.send_audio(bytes(2))
    report = ErrorReport.of(code)
    assert pocket.receive(report) == report
    assert (pocket.session.phase, pocket.session.failure) == (ClientPhase.FAILED, code)
    assert not pocket.session.wants_connection
    assert not pocket.session.has_data_to_send
    assert pocket.sent() == []
    assert pocket.receive(Tail(text="late")) is None
    assert pocket.session.can_accept == 0
    with pytest.raises(LocalProtocolError):
        pocket.session.stop()


@pytest.mark.parametrize("message", [ErrorReport.of(ErrorCode.BAD_FIELD), GoAway(reason="restart")])
def test_other_bad_news_does_not_end_the_session(pocket: Pocket, message: ServerMessage) -> None:
    assert pocket.receive(message) == message
    assert pocket.session.wants_connection


@pytest.mark.parametrize(
    ("code", "again"),
    [(ErrorCode.UNKNOWN_TEMPLATE, False), (ErrorCode.BAD_MESSAGE, False), (ErrorCode.TOO_MANY_SESSIONS, True)],
)
def test_a_refused_start_is_tried_again_only_if_that_can_help(start: Start, code: ErrorCode, again: bool) -> None:
    pocket = Pocket(start)
    pocket.session.connected()
    pocket.sent()
    pocket.receive(ErrorReport.of(code))
    assert pocket.session.wants_connection == again


def test_a_server_that_lost_safe_audio_ends_the_session(pocket: Pocket) -> None:
    pocket.session.send_audio(bytes(2 * 100))
    pocket.sent()
    pocket.receive(ServerAck(safe_samples=80, next_sample=100, credit_samples=500))
    pocket.session.disconnected()
    pocket.session.connected()
    pocket.sent()
    assert raises(pocket, READY.model_copy(update={"next_sample": 60})) is ErrorCode.AUDIO_LOST
    assert pocket.session.failure is ErrorCode.AUDIO_LOST


def test_another_session_than_the_one_resumed_ends_it(pocket: Pocket) -> None:
    pocket.session.disconnected()
    pocket.session.connected()
    pocket.sent()
    assert raises(pocket, READY.model_copy(update={"session": "s2"})) is ErrorCode.UNKNOWN_SESSION
    assert pocket.session.phase is ClientPhase.FAILED


@pytest.mark.parametrize(
    "message",
    [Tail(text="t"), Finalized(seq=1, up_to_sample=1), ServerAck(safe_samples=0, next_sample=0, credit_samples=1)],
)
def test_nothing_but_ready_or_an_error_may_answer_start(start: Start, message: ServerMessage) -> None:
    pocket = Pocket(start)
    pocket.session.connected()
    pocket.sent()
    assert raises(pocket, message) is ErrorCode.UNEXPECTED_MESSAGE


@pytest.mark.parametrize("message", [Busy(retry_after_s=2.0), GoAway(reason="restart", retry_after_s=2.0)])
def test_a_server_may_say_when_to_come_back_instead_of_ready(start: Start, message: ServerMessage) -> None:
    pocket = Pocket(start)
    pocket.session.connected()
    pocket.sent()
    assert pocket.receive(message) == message
    pocket.receive(ErrorReport.of(ErrorCode.SERVER_STOPPING))
    assert pocket.session.wants_connection


def test_ready_comes_once_a_connection(pocket: Pocket) -> None:
    assert raises(pocket, READY) is ErrorCode.UNEXPECTED_MESSAGE


def test_a_server_that_talks_nonsense_raises_its_code(pocket: Pocket) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        pocket.session.receive_text("nonsense")
    assert caught.value.code is ErrorCode.BAD_MESSAGE
    assert pocket.session.wants_connection


def test_the_link_may_not_mix_up_its_connections(pocket: Pocket) -> None:
    with pytest.raises(LocalProtocolError):
        pocket.session.connected()
    pocket.session.disconnected()
    pocket.session.disconnected()
    with pytest.raises(LocalProtocolError):
        pocket.receive(READY)


def test_a_session_resumes_by_itself(start: Start) -> None:
    resume = Resume(session="s", token="t", last_seq=0)
    with pytest.raises(LocalProtocolError):
        ClientSession(start.model_copy(update={"resume": resume}))
