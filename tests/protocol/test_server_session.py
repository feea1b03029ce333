from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.protocol.desk import SETTINGS, Desk
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import ErrorCode, FullError, LocalProtocolError, RefusedError
from wardscribe_protocol.messages import (
    ClientAck,
    Closed,
    Command,
    Configure,
    Context,
    ErrorReport,
    FieldEdit,
    Finalize,
    Finalized,
    Ready,
    ServerAck,
    Start,
    Stop,
    Tail,
)
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.server_session import ServerSession
from wardscribe_protocol.session_events import (
    AudioReceived,
    CommandGiven,
    Configured,
    Drained,
    FieldEdited,
    FinalizeRequested,
    Started,
    StopRequested,
)
from wardscribe_protocol.states import ServerLink, ServerPhase
from wardscribe_protocol.wire import SessionId, SessionToken


def test_a_first_connection_starts_the_dictation_and_is_told_what_to_resume_with(start: Start) -> None:
    context = Context(glossary=("hilum",))
    desk = Desk(start.model_copy(update={"context": context}))
    assert desk.session.link is ServerLink.NEW
    desk.attach()
    assert desk.session.events_received() == [Started("chest_xray", Language.EN, context)]
    assert desk.session.has_data_to_send(desk.attachment)
    assert desk.sent() == [Ready(session="s1", token="secret", credit_samples=1_000)]
    assert not desk.session.has_data_to_send(desk.attachment)
    assert (desk.session.link, desk.session.phase) == (ServerLink.ATTACHED, ServerPhase.DICTATING)


def test_audio_comes_out_once_and_only_what_is_safe_may_be_forgotten(desk: Desk) -> None:
    desk.audio(0, 100)
    desk.audio(50, 100)
    desk.audio(0, 150)
    assert desk.session.events_received() == [
        AudioReceived(0, b"\1\0" * 100),
        AudioReceived(100, b"\1\0" * 50),
    ]
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=150, credit_samples=1_000)]
    desk.session.audio_safe(120)
    desk.session.audio_safe(80)
    assert desk.sent() == [ServerAck(safe_samples=120, next_sample=150, credit_samples=1_000)]
    assert desk.sent() == []


def test_a_gap_is_answered_with_where_to_go_on(desk: Desk) -> None:
    desk.audio(0, 10)
    desk.audio(20, 10)
    desk.audio(30, 10)
    assert desk.sent() == [
        ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET, next_sample=10),
        ServerAck(safe_samples=0, next_sample=10, credit_samples=1_000),
    ]
    desk.audio(10, 10)
    assert desk.session.received_samples == 20


def test_consumed_audio_makes_room_for_as_much_again(desk: Desk) -> None:
    desk.audio(0, 600)
    desk.session.audio_consumed(600)
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=600, credit_samples=1_600)]


def test_a_client_that_does_not_acknowledge_gets_no_credit_until_it_does(desk: Desk) -> None:
    desk.audio(0, 600)
    desk.session.send(Finalized(up_to_sample=1))
    assert not desk.session.congested
    desk.session.send(Finalized(up_to_sample=2))
    assert desk.session.congested
    desk.session.audio_consumed(600)
    assert [message.type for message in desk.sent()] == ["finalized", "finalized"]
    desk.text(ClientAck(seq=1))
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=600, credit_samples=1_600)]


def test_a_full_outbox_refuses_the_message_and_keeps_the_others(desk: Desk) -> None:
    for n in range(4):
        assert desk.session.room == 4 - n
        desk.session.send(Finalized(up_to_sample=n))
    with pytest.raises(FullError):
        desk.session.send(Finalized(up_to_sample=9))
    assert [message.type for message in desk.sent()] == ["finalized"] * 4


def test_audio_beyond_the_credit_ends_the_connection_but_not_the_session(desk: Desk) -> None:
    desk.audio(0, 1_001)
    assert not desk.session.is_open(desk.attachment)
    assert desk.session.has_data_to_send(desk.attachment)
    assert desk.session.close_reason(desk.attachment) is ErrorCode.CREDIT_EXCEEDED
    assert desk.codes() == [ErrorCode.CREDIT_EXCEEDED]
    assert not desk.session.has_data_to_send(desk.attachment)
    desk.audio(0, 10)
    desk.text(Stop(total_samples=0))
    assert desk.session.events_received() == []
    desk.attach(last_seq=0)
    assert desk.session.close_reason(desk.attachment) is None
    assert [message.type for message in desk.sent()] == ["ready"]


def test_controls_come_out_once_and_in_order(desk: Desk) -> None:
    desk.text(Command(seq=1, name="undo", args={"times": 2}, at_sample=5))
    desk.text(FieldEdit(seq=2, path="/fields/heart_size", value="normal"))
    desk.text(Command(seq=1, name="undo", args={"times": 2}, at_sample=5))
    desk.text(Finalize(at_sample=7))
    desk.text(Configure(seq=3, language=Language.ZH))
    assert desk.session.pending_events == 4
    assert desk.session.events_received() == [
        CommandGiven("undo", {"times": 2}, 5, 1),
        FieldEdited("/fields/heart_size", "normal", None, 2),
        FinalizeRequested(7),
        Configured(Language.ZH, None, 3),
    ]
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=0, credit_samples=1_000, client_seq=0)]


def test_a_refused_message_is_acknowledged_when_those_before_it_are_safe(desk: Desk) -> None:
    desk.text(Finalize(seq=1))
    desk.session.receive_text(
        encode_message(FieldEdit(seq=2, path="/fields/heart_size", value="normal")),
        attachment=desk.attachment,
        now=0,
        forbidden=frozenset({"field_edit"}),
    )
    assert [message.client_seq for message in desk.sent() if isinstance(message, ServerAck)] == [0]
    desk.session.control_safe(1)
    assert [message.client_seq for message in desk.sent() if isinstance(message, ServerAck)] == [2]


def test_a_control_is_acknowledged_once_it_is_safe(desk: Desk) -> None:
    desk.text(Finalize(seq=1))
    desk.text(Finalize(seq=2))
    desk.sent()
    desk.session.control_safe(1)
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=0, credit_samples=1_000, client_seq=1)]
    desk.session.control_safe(1)
    assert desk.sent() == []


def test_a_missing_control_ends_the_connection_so_that_it_is_sent_again(desk: Desk) -> None:
    desk.text(Finalize(seq=2))
    assert desk.codes() == [ErrorCode.BAD_SEQ]
    assert not desk.session.is_open(desk.attachment)
    assert desk.session.events_received() == []


@pytest.mark.parametrize(
    "act", [lambda desk: desk.audio(5, 1), lambda desk: desk.text(Finalize(seq=6))], ids=["audio", "control"]
)
def test_what_the_conductor_has_no_place_for_is_not_taken(desk: Desk, act: Callable[[Desk], None]) -> None:
    for n in range(5):
        desk.audio(n, 1)
    act(desk)
    assert desk.codes() == [ErrorCode.OVERLOADED]
    assert not desk.session.is_open(desk.attachment)
    assert len(desk.session.events_received()) == 5
    assert desk.session.received_samples == 5


def test_stop_waits_for_the_audio_that_is_missing(desk: Desk) -> None:
    desk.audio(0, 10)
    desk.session.events_received()
    desk.text(Stop(total_samples=15))
    assert desk.session.phase is ServerPhase.STOPPING
    assert desk.session.events_received() == []
    assert desk.sent() == [ServerAck(safe_samples=0, next_sample=10, credit_samples=1_000)]
    desk.text(Stop(total_samples=15))
    desk.audio(10, 5)
    assert desk.session.phase is ServerPhase.FINISHING
    desk.text(Stop(total_samples=15))
    assert desk.session.events_received() == [AudioReceived(10, b"\1\0" * 5), StopRequested(15)]


def test_a_dictation_without_a_sample_can_end_too(desk: Desk) -> None:
    desk.text(Stop(total_samples=0))
    assert desk.session.events_received() == [StopRequested(0)]


def test_a_wrong_total_is_turned_down_and_can_be_put_right(desk: Desk) -> None:
    desk.audio(0, 10)
    desk.text(Stop(total_samples=9))
    assert desk.codes() == [ErrorCode.TOTAL_MISMATCH]
    assert desk.session.phase is ServerPhase.DICTATING
    desk.text(Stop(total_samples=10))
    assert desk.session.phase is ServerPhase.FINISHING


def test_after_stop_there_are_no_new_controls_but_repeated_ones_are_known(desk: Desk) -> None:
    desk.text(Finalize(seq=1))
    desk.finish()
    desk.text(Finalize(seq=1))
    assert desk.codes() == []
    desk.text(Finalize(seq=2))
    assert desk.codes() == [ErrorCode.UNEXPECTED_MESSAGE]


def test_the_session_is_over_when_the_client_has_acknowledged_the_record(desk: Desk, record: Record) -> None:
    desk.finish()
    desk.session.events_received()
    desk.session.send(Finalized(up_to_sample=10))
    desk.session.close(record, now=1)
    with pytest.raises(LocalProtocolError):
        desk.session.send(Finalized(up_to_sample=10))
    closed = desk.sent()[1]
    assert closed == Closed.of(record, total_samples=10).model_copy(update={"seq": 2})
    desk.text(ClientAck(seq=1))
    desk.text(Stop(total_samples=10))
    assert not desk.session.is_over
    desk.text(ClientAck(seq=2))
    assert desk.session.is_over
    assert desk.session.phase is ServerPhase.DRAINED
    assert desk.session.events_received() == [Drained(acknowledged=True)]
    assert not desk.session.is_open(desk.attachment)
    assert desk.session.close_reason(desk.attachment) is None
    assert desk.session.next_timeout() is None
    desk.session.send(Tail(text="nobody is there"))
    with pytest.raises(RefusedError) as caught:
        desk.attach(last_seq=2)
    assert caught.value.code is ErrorCode.UNKNOWN_SESSION


def test_the_record_finds_a_place_in_a_full_outbox(desk: Desk, record: Record) -> None:
    desk.finish()
    while desk.session.room:
        desk.session.send(Finalized(up_to_sample=10))
    desk.session.close(record, now=1)
    assert [message.type for message in desk.sent()] == ["finalized"] * 4 + ["closed", "ack"]


def test_coming_back_with_the_last_number_acknowledges_the_record_too(desk: Desk, record: Record) -> None:
    desk.finish()
    desk.session.close(record, now=1)
    desk.sent()
    desk.session.detach(desk.attachment, now=2)
    desk.attach(last_seq=1)
    assert desk.session.is_over
    assert [message.type for message in desk.sent()] == ["ready"]


def test_a_message_that_the_token_does_not_allow_is_refused_once_and_its_number_counts(desk: Desk) -> None:
    edit = FieldEdit(seq=1, path="/fields/count", value=1)
    for _ in range(2):  # sent again, as a client does that lost the connection
        desk.session.receive_text(
            encode_message(edit), attachment=desk.attachment, now=0, forbidden=frozenset({"field_edit"})
        )
    said = desk.sent()
    assert [message.code for message in said if isinstance(message, ErrorReport)] == [ErrorCode.FORBIDDEN]
    assert [message.client_seq for message in said if isinstance(message, ServerAck)] == [1]
    assert desk.session.events_received() == []
    desk.text(Finalize(seq=2))
    assert desk.session.events_received() == [FinalizeRequested(None, 2)]


def test_controls_beyond_what_anybody_types_are_not_taken_and_the_client_resumes(desk: Desk) -> None:
    settings = replace(SETTINGS, control_burst=2, control_per_s=1)
    desk.session = ServerSession(SessionId("s1"), SessionToken("secret"), now=0.0, settings=settings)
    desk.attach()
    for seq in (1, 2, 3):
        desk.text(Finalize(seq=seq))
    assert desk.codes() == [ErrorCode.OVERLOADED]
    assert not desk.session.is_open(desk.attachment)
