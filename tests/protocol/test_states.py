from collections.abc import Mapping
from enum import StrEnum

import pytest

from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.states import (
    CLIENT_LINK,
    CLIENT_PHASE,
    SERVER_LINK,
    SERVER_PHASE,
    ClientLink,
    ClientLinkEvent,
    ClientPhase,
    ClientPhaseEvent,
    Machine,
    ServerLink,
    ServerLinkEvent,
    ServerPhase,
    ServerPhaseEvent,
)

TABLES = [
    (SERVER_LINK, ServerLink, ServerLinkEvent, ServerLink.NEW, {ServerLink.ENDED}),
    (SERVER_PHASE, ServerPhase, ServerPhaseEvent, ServerPhase.DICTATING, {ServerPhase.DRAINED, ServerPhase.ABANDONED}),
    (CLIENT_LINK, ClientLink, ClientLinkEvent, ClientLink.OFFLINE, {ClientLink.OFFLINE}),
    (CLIENT_PHASE, ClientPhase, ClientPhaseEvent, ClientPhase.DICTATING, {ClientPhase.CLOSED, ClientPhase.FAILED}),
]


@pytest.mark.parametrize(("table", "states", "events", "initial", "ends"), TABLES)
def test_every_pair_moves_as_the_table_says_or_is_an_error(
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum],
    states: type[StrEnum],
    events: type[StrEnum],
    initial: StrEnum,
    ends: set[StrEnum],
) -> None:
    for state in states:
        for event in events:
            machine = Machine(table, state)
            assert machine.allows(event) == ((state, event) in table)
            if machine.allows(event):
                assert machine.apply(event) is machine.state is table[state, event]
            else:
                with pytest.raises(LocalProtocolError) as caught:
                    machine.apply(event)
                assert caught.value.code is ErrorCode.UNEXPECTED_MESSAGE
                assert machine.state is state


@pytest.mark.parametrize(("table", "states", "events", "initial", "ends"), TABLES)
def test_every_state_can_be_reached_and_left_for_an_end(
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum],
    states: type[StrEnum],
    events: type[StrEnum],
    initial: StrEnum,
    ends: set[StrEnum],
) -> None:
    def reachable(start: StrEnum) -> set[StrEnum]:
        seen, new = {start}, {start}
        while new:
            new = {to for (state, _), to in table.items() if state in new} - seen
            seen |= new
        return seen

    assert reachable(initial) == set(states)
    assert all(reachable(state) & ends for state in states)


def test_the_fault_is_the_peers_when_it_sent_the_event() -> None:
    with pytest.raises(RemoteProtocolError):
        Machine(SERVER_PHASE, ServerPhase.DRAINED).apply(ServerPhaseEvent.STOP, fault=RemoteProtocolError)
