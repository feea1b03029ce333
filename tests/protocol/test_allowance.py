from wardscribe_protocol.allowance import Allowance


def test_a_burst_is_given_at_once_and_more_only_as_time_goes_by() -> None:
    allowance = Allowance(burst=3, per_s=2, now=0)
    assert [allowance.take(1, now=0) for _ in range(4)] == [True, True, True, False]
    assert not allowance.take(1, now=0.4)
    assert allowance.take(1, now=0.5)
    assert not allowance.take(1, now=0.5)


def test_no_more_than_a_burst_is_saved_up() -> None:
    allowance = Allowance(burst=3, per_s=2, now=0)
    assert [allowance.take(1, now=1_000) for _ in range(4)] == [True, True, True, False]


def test_what_is_heavier_than_a_burst_costs_a_whole_one() -> None:
    allowance = Allowance(burst=3, per_s=1, now=0)
    assert allowance.take(100, now=0)
    assert not allowance.take(100, now=2)
    assert allowance.take(100, now=3)


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    allowance = Allowance(burst=1, per_s=1, now=10)
    assert allowance.take(1, now=10)
    assert not allowance.take(1, now=5)
    assert allowance.take(1, now=11)
