"""Connections of one session: released, resumed, overtaken, silent, on another server."""

from typing import Any

import pytest

from tests.protocol.desk import SETTINGS, Desk
from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RefusedError
from wardscribe_protocol.messages import (
    ErrorReport,
    Finalize,
    Finalized,
    GoAway,
    Ready,
    Start,
    Stop,
    Tail,
)
from wardscribe_protocol.record import Record
from wardscribe_protocol.server_past import ServerPast
from wardscribe_protocol.server_session import ServerSession
from wardscribe_protocol.session_events import (
    Abandoned,
    AudioReceived,
    Drained,
    FinalizeRequested,
    Resumed,
)
from wardscribe_protocol.states import ServerLink, ServerPhase
from wardscribe_protocol.wire import SessionId, SessionToken


def test_a_released_client_is_told_to_come_back_and_may(desk: Desk) -> None:
    desk.session.release(retry_after_s=2, now=0)
    assert desk.sent() == [GoAway(reason="server_stopping", retry_after_s=2), ErrorReport.of(ErrorCode.SERVER_STOPPING)]
    assert not desk.session.is_open(desk.attachment)
    assert desk.session.close_reason(desk.attachment) is ErrorCode.SERVER_STOPPING
    desk.session.release(retry_after_s=2, now=0)
    assert desk.sent() == []
    desk.attach(last_seq=0)
    assert [message.type for message in desk.sent()] == ["ready"]


def restored(*, stopped: bool = False) -> ServerSession:
    past = ServerPast(
        received_samples=500,
        client_seq=3,
        acknowledged_seq=1,
        told=[Finalized(up_to_sample=number) for number in range(2, 9)],
        stopped=stopped,
    )
    return ServerSession(SessionId("s1"), SessionToken("secret"), now=0.0, settings=SETTINGS, past=past)


def test_a_session_goes_on_on_another_server(desk: Desk) -> None:
    desk.session = restored()
    assert (desk.session.last_seq, desk.session.acknowledged_seq, desk.session.room) == (8, 1, 0)
    desk.attach(last_seq=6)
    ready, *told = desk.sent()
    assert ready == Ready(
        session="s1",
        token="secret",
        credit_samples=1_500,
        next_sample=500,
        safe_samples=500,
        client_seq=3,
        resumed=True,
    )
    assert told == [Finalized(seq=7, up_to_sample=7), Finalized(seq=8, up_to_sample=8)]
    desk.audio(500, 10)
    desk.text(Finalize(seq=3))
    desk.text(Finalize(seq=4))
    assert desk.session.events_received() == [
        Resumed(),
        AudioReceived(500, b"\1\0" * 10),
        FinalizeRequested(None, 4),
    ]


def test_a_session_that_was_stopped_waits_for_its_record_on_another_server(desk: Desk, record: Record) -> None:
    desk.session = restored(stopped=True)
    assert desk.session.phase is ServerPhase.FINISHING
    assert desk.session.next_timeout() is None
    desk.session.close(record, now=1)
    desk.attach(last_seq=8)
    assert [message.type for message in desk.sent()] == ["ready", "closed"]


def test_a_session_that_nobody_comes_back_for_ends_with_its_lease_on_another_server() -> None:
    session = restored()
    session.on_timeout(SETTINGS.lease_s)
    assert session.events_received() == [Abandoned(ErrorCode.LEASE_EXPIRED, 500)]


def test_a_record_can_only_be_given_when_all_audio_is_here(desk: Desk, record: Record) -> None:
    with pytest.raises(LocalProtocolError):
        desk.session.close(record, now=0)


def test_a_resumed_client_gets_what_it_lacks_and_learns_where_to_go_on(desk: Desk) -> None:
    desk.audio(0, 10)
    desk.session.audio_safe(5)
    desk.text(Finalize(seq=1))
    desk.session.control_safe(1)
    desk.session.send(Finalized(up_to_sample=1))
    desk.session.send(Finalized(up_to_sample=2))
    desk.sent()
    desk.session.send(Tail(text="only for the old connection"))
    desk.session.detach(desk.attachment, now=3)
    desk.session.events_received()
    desk.attach(last_seq=1)
    assert desk.session.events_received() == [Resumed()]
    assert desk.sent() == [
        Ready(
            session="s1",
            token="secret",
            credit_samples=1_000,
            next_sample=10,
            safe_samples=5,
            client_seq=1,
            resumed=True,
        ),
        Finalized(seq=2, up_to_sample=2),
    ]


def test_the_newest_attachment_wins_and_the_old_one_is_told(desk: Desk) -> None:
    old = desk.attachment
    desk.attach(last_seq=0)
    assert not desk.session.is_open(old)
    assert desk.session.is_open(desk.attachment)
    assert desk.session.close_reason(old) is ErrorCode.SESSION_TAKEN_OVER
    assert desk.session.has_data_to_send(old)
    assert desk.sent(old) == [ErrorReport.of(ErrorCode.SESSION_TAKEN_OVER)]
    desk.session.events_received()
    frame = encode_frame(AudioFrame(0, b"\1\0"))
    desk.session.receive_audio(frame, attachment=old, now=0)
    desk.session.receive_text(encode_message(Stop(total_samples=0)), attachment=old, now=0)
    desk.session.detach(old, now=0)
    assert desk.session.events_received() == []
    assert desk.session.is_open(desk.attachment)


def test_an_attempt_that_was_overtaken_on_the_way_displaces_nobody(desk: Desk) -> None:
    desk.attach(last_seq=0, attempt=3)
    for late in (2, 3):
        with pytest.raises(RefusedError) as caught:
            desk.attach(last_seq=0, attempt=late)
        assert caught.value.code is ErrorCode.SESSION_TAKEN_OVER
    assert desk.session.is_open(desk.attachment)
    desk.attach(last_seq=0)
    desk.attach(last_seq=0, attempt=4)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"session": "s2"}, ErrorCode.UNKNOWN_SESSION),
        ({"token": "Secret"}, ErrorCode.BAD_TOKEN),
        ({"token": "秘"}, ErrorCode.BAD_TOKEN),
        ({"last_seq": 1}, ErrorCode.UNKNOWN_SESSION),
    ],
)
def test_a_resume_that_does_not_fit_is_refused(desk: Desk, wrong: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(RefusedError) as caught:
        desk.attach(**{"last_seq": 0, **wrong})
    assert caught.value.code is code
    assert desk.session.is_open(desk.attachment)


def test_a_second_connection_that_does_not_resume_is_the_gateways_mistake(desk: Desk) -> None:
    with pytest.raises(LocalProtocolError):
        desk.attach()


def test_too_many_faults_end_the_connection(desk: Desk) -> None:
    for _ in range(3):
        desk.session.receive_text("x", attachment=desk.attachment, now=0)
        assert desk.codes() == [ErrorCode.BAD_MESSAGE]
    desk.session.receive_text("x", attachment=desk.attachment, now=0)
    assert desk.codes() == [ErrorCode.TOO_MANY_ERRORS]
    assert not desk.session.is_open(desk.attachment)


def test_a_silent_client_is_let_go_and_the_session_kept_for_its_lease(desk: Desk) -> None:
    assert desk.session.next_timeout() == 30
    desk.now = 10
    desk.audio(0, 1)
    desk.session.events_received()
    assert desk.session.next_timeout() == 40
    desk.session.on_timeout(39.9)
    assert desk.session.is_open(desk.attachment)
    desk.session.on_timeout(40)
    assert desk.codes() == [ErrorCode.IDLE_TIMEOUT]
    assert desk.session.link is ServerLink.DETACHED
    assert desk.session.next_timeout() == 100
    desk.session.on_timeout(100)
    assert desk.session.events_received() == [Abandoned(ErrorCode.LEASE_EXPIRED, 1)]
    assert desk.session.is_over
    desk.session.on_timeout(1e9)
    assert desk.session.events_received() == []


def test_the_lease_begins_when_the_connection_is_lost(desk: Desk) -> None:
    desk.session.detach(desk.attachment, now=7)
    assert desk.session.next_timeout() == 67


def test_a_session_nobody_ever_attached_to_ends_too(start: Start) -> None:
    session = Desk(start).session
    session.on_timeout(60)
    assert session.events_received() == [Abandoned(ErrorCode.LEASE_EXPIRED, 0)]


def test_nothing_times_out_while_the_record_is_being_made(desk: Desk, record: Record) -> None:
    desk.finish()
    assert desk.session.next_timeout() is None
    desk.session.detach(desk.attachment, now=1)
    assert desk.session.next_timeout() is None
    desk.session.on_timeout(1e9)
    desk.session.close(record, now=500)
    assert desk.session.next_timeout() == 560
    desk.session.events_received()
    desk.session.on_timeout(560)
    assert desk.session.events_received() == [Drained(acknowledged=False)]


def test_a_failed_session_says_so_and_is_over(desk: Desk) -> None:
    desk.audio(0, 10)
    desk.session.events_received()
    desk.session.send(Finalized(up_to_sample=10))
    desk.session.fail(ErrorCode.INTERNAL)
    desk.session.fail(ErrorCode.INTERNAL)
    assert desk.session.events_received() == [Abandoned(ErrorCode.INTERNAL, 10)]
    assert [message.type for message in desk.sent()] == ["finalized", "error"]
    assert desk.session.close_reason(desk.attachment) is ErrorCode.INTERNAL
    assert desk.session.is_over


def test_a_made_record_cannot_fail_any_more(desk: Desk, record: Record) -> None:
    desk.finish()
    desk.session.close(record, now=0)
    desk.session.fail(ErrorCode.INTERNAL)
    assert desk.session.phase is ServerPhase.CLOSING
