import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.errors import ErrorCode, FullError, RemoteProtocolError
from wardscribe_protocol.messages import Finalized, Lag, Tail
from wardscribe_protocol.outbox import Inbox, Outbox


def message(sample: int = 0) -> Finalized:
    return Finalized(up_to_sample=sample)


def seqs(texts: list[str]) -> list[int]:
    return [json.loads(text).get("seq", 0) for text in texts]


def test_durable_messages_are_numbered_from_one_and_sent_once_a_connection() -> None:
    outbox = Outbox(capacity=8)
    assert not outbox.has_unsent
    assert [outbox.put(message()), outbox.put(message())] == [1, 2]
    assert outbox.has_unsent
    assert seqs(outbox.take()) == [1, 2]
    assert outbox.take() == []
    assert outbox.last_seq == 2


def test_what_was_not_acknowledged_is_sent_again_on_the_next_connection() -> None:
    outbox = Outbox(capacity=8)
    for _ in range(3):
        outbox.put(message())
    first = outbox.take()
    outbox.acknowledge(1)
    outbox.rewind()
    assert outbox.take() == first[1:]
    outbox.rewind()
    outbox.acknowledge(3)
    assert not outbox.has_unsent
    assert outbox.take() == []


def test_a_full_outbox_takes_nothing_and_drops_nothing() -> None:
    outbox = Outbox(capacity=2, high_water=1)
    assert not outbox.congested
    outbox.put(message(1))
    assert outbox.congested
    assert outbox.room == 1
    outbox.put(message(2))
    with pytest.raises(FullError):
        outbox.put(message(3))
    assert outbox.room == 0
    assert len(outbox) == 2
    assert seqs(outbox.take()) == [1, 2]
    outbox.acknowledge(1)
    assert outbox.put(message(3)) == 3


def test_the_last_message_of_a_session_always_finds_a_place() -> None:
    outbox = Outbox(capacity=1)
    outbox.put(message())
    assert outbox.put(message(), last=True) == 2
    assert outbox.room == 0
    assert outbox.congested


def test_only_the_latest_of_a_kind_waits_and_it_keeps_its_place_among_the_durable() -> None:
    outbox = Outbox(capacity=8)
    outbox.show("tail", Tail(text="old"))
    outbox.show("lag", Lag(seconds=1))
    outbox.put(message())
    outbox.show("tail", Tail(text="new"))
    assert [json.loads(text)["type"] for text in outbox.take()] == ["lag", "finalized", "tail"]
    assert not outbox.has_unsent


def test_what_was_only_for_the_old_connection_is_not_sent_on_the_new_one() -> None:
    outbox = Outbox(capacity=8)
    outbox.show("tail", Tail(text="old"))
    outbox.rewind()
    assert outbox.take() == []


@pytest.mark.parametrize("sent", [0, 2])
def test_what_was_never_sent_cannot_be_acknowledged(sent: int) -> None:
    outbox = Outbox(capacity=8)
    for _ in range(sent):
        outbox.put(message())
    outbox.take()
    outbox.put(message())
    with pytest.raises(RemoteProtocolError) as caught:
        outbox.acknowledge(sent + 1)
    assert caught.value.code is ErrorCode.BAD_SEQ


def test_an_acknowledgement_that_comes_late_changes_nothing() -> None:
    outbox = Outbox(capacity=8)
    outbox.put(message())
    outbox.put(message())
    outbox.take()
    outbox.acknowledge(2)
    outbox.acknowledge(1)
    assert len(outbox) == 0
    assert outbox.take() == []


def test_numbering_goes_on_where_it_was() -> None:
    outbox = Outbox(capacity=8, last_seq=7)
    assert outbox.put(message()) == 8
    assert seqs(outbox.take()) == [8]


@given(st.lists(st.integers(-1, 6)))
def test_an_inbox_takes_each_number_once_and_in_order(arriving: list[int]) -> None:
    inbox = Inbox()
    taken = []
    for seq in arriving:
        if 1 <= seq <= inbox.last_seq + 1:
            if inbox.accept(seq):
                taken.append(seq)
        else:
            with pytest.raises(RemoteProtocolError) as caught:
                inbox.accept(seq)
            assert caught.value.code is ErrorCode.BAD_SEQ
    assert taken == list(range(1, inbox.last_seq + 1))
