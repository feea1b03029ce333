import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.credit import CreditWindow
from wardscribe_protocol.errors import LocalProtocolError
from wardscribe_protocol.timeline import MAX_SAMPLE


@given(st.lists(st.integers(0, MAX_SAMPLE)))
def test_credit_never_shrinks_whatever_order_the_grants_arrive_in(limits: list[int]) -> None:
    window = CreditWindow()
    for limit in limits:
        before = window.limit
        assert window.grant(limit) == (limit > before)
        assert window.limit == max(before, limit)


def test_credit_is_a_position_not_an_amount() -> None:
    window = CreditWindow(1_000)
    assert window.room(400) == 600
    assert window.room(1_200) == 0
    assert window.allows(1_000)
    assert not window.allows(1_001)


@pytest.mark.parametrize("limit", [-1, MAX_SAMPLE + 1])
def test_a_limit_that_is_no_position_is_a_bug_here(limit: int) -> None:
    with pytest.raises(LocalProtocolError):
        CreditWindow(limit)
