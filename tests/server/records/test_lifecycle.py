"""Who may do what to a report in which state: the whole table, written out by hand."""

import pytest

from tests.server.records.conftest import DICTATING, OTHER_DICTATING, RESIDENT
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.record import ReportState as S
from wardscribe_server.access.principal import Role
from wardscribe_server.records.lifecycle import CLOSED, LIFE, SIGNED, Act, roles_on, step

D, R, A, M = Role.DICTATING, Role.RESIDENT, Role.ATTENDING, Role.ADMINISTRATOR

# state, act -> where it leads and who may; everything that is not here is refused
EXPECTED: dict[tuple[S, Act], tuple[S, set[Role]]] = {
    (S.DRAFT, Act.EDIT): (S.DRAFT, {D, R, A}),
    (S.DRAFT, Act.CONFIRM): (S.DRAFT, {D, R, A}),
    (S.DRAFT, Act.GIVE_WET_READ): (S.WET_READ, {R, A}),
    (S.DRAFT, Act.RELEASE): (S.PRELIMINARY, {R, A}),
    (S.DRAFT, Act.SUBMIT): (S.PENDING_SIGNATURE, {D, R, A}),
    (S.DRAFT, Act.SIGN): (S.FINAL, {A}),
    (S.WET_READ, Act.EDIT): (S.WET_READ, {D, R, A}),
    (S.WET_READ, Act.CONFIRM): (S.WET_READ, {D, R, A}),
    (S.WET_READ, Act.RELEASE): (S.PRELIMINARY, {R, A}),
    (S.WET_READ, Act.SUBMIT): (S.PENDING_SIGNATURE, {D, R, A}),
    (S.WET_READ, Act.RECALL): (S.DRAFT, {R, A}),
    (S.WET_READ, Act.REJECT): (S.REJECTED, {A}),
    (S.WET_READ, Act.SIGN): (S.FINAL, {A}),
    (S.PRELIMINARY, Act.EDIT): (S.PRELIMINARY, {D, R, A}),
    (S.PRELIMINARY, Act.CONFIRM): (S.PRELIMINARY, {D, R, A}),
    (S.PRELIMINARY, Act.SUBMIT): (S.PENDING_SIGNATURE, {D, R, A}),
    (S.PRELIMINARY, Act.RECALL): (S.DRAFT, {R, A}),
    (S.PRELIMINARY, Act.REJECT): (S.REJECTED, {A}),
    (S.PRELIMINARY, Act.SIGN): (S.FINAL, {A}),
    (S.PENDING_SIGNATURE, Act.EDIT): (S.PENDING_SIGNATURE, {A}),
    (S.PENDING_SIGNATURE, Act.CONFIRM): (S.PENDING_SIGNATURE, {A}),
    (S.PENDING_SIGNATURE, Act.RECALL): (S.DRAFT, {D, R, A}),
    (S.PENDING_SIGNATURE, Act.REJECT): (S.REJECTED, {A}),
    (S.PENDING_SIGNATURE, Act.SIGN): (S.FINAL, {A}),
    (S.REJECTED, Act.REOPEN): (S.DRAFT, {D, R, A}),
    (S.FINAL, Act.ADDEND): (S.ADDENDED, {A}),
    (S.FINAL, Act.CORRECT): (S.CORRECTED, {A}),
    (S.ADDENDED, Act.ADDEND): (S.ADDENDED, {A}),
    (S.ADDENDED, Act.CORRECT): (S.CORRECTED, {A}),
    (S.CORRECTED, Act.ADDEND): (S.ADDENDED, {A}),
    (S.CORRECTED, Act.CORRECT): (S.CORRECTED, {A}),
} | {(state, act): (state, roles) for state in S for act, roles in ((Act.READ, {D, R, A}), (Act.HISTORY, {D, R, A, M}))}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("state", S)
def test_each_role_may_do_exactly_what_is_written_here(state: S, act: Act, role: Role) -> None:
    to, roles = EXPECTED.get((state, act), (None, set()))
    if role in roles:
        assert step(state, act, frozenset({role})) is to
        return
    with pytest.raises(RefusedError) as caught:
        step(state, act, frozenset({role}))
    somewhere = any(role in allowed for (_, known), (_, allowed) in EXPECTED.items() if known is act)
    nobody_here = (state, act) not in EXPECTED
    assert caught.value.code is (ErrorCode.WRONG_STATE if somewhere and nobody_here else ErrorCode.FORBIDDEN)


def test_no_way_leads_out_of_what_is_signed_and_none_changes_it_in_place() -> None:
    for (state, act), allowed in LIFE.items():
        if state in SIGNED and act not in (Act.READ, Act.HISTORY):
            assert act in (Act.ADDEND, Act.CORRECT)
            assert allowed.to in SIGNED
    assert SIGNED <= CLOSED


def test_only_an_attending_makes_a_report_final() -> None:
    for (state, _), allowed in LIFE.items():
        if allowed.to in SIGNED and state not in SIGNED:
            assert allowed.roles == {A}


def test_every_state_can_be_reached_from_a_draft_and_left_but_for_a_signature() -> None:
    reached = {S.DRAFT}
    while more := {allowed.to for (state, _), allowed in LIFE.items() if state in reached} - reached:
        reached |= more
    assert reached == set(S)


def test_whoever_only_dictates_is_so_to_their_own_reports_alone() -> None:
    assert roles_on(DICTATING, DICTATING.user) == {D}
    assert roles_on(OTHER_DICTATING, DICTATING.user) == frozenset()
    assert roles_on(RESIDENT, DICTATING.user) == {R}
