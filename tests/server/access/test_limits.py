from hypothesis import given
from hypothesis import strategies as st

from wardscribe_server.access.limits import LockOut, LockOutSettings, Rate, address_key, is_loopback


def test_a_rate_gives_what_was_not_used_back_evenly() -> None:
    rate = Rate(6)
    assert [rate.take("a", now=0) for _ in range(6)] == [0] * 6
    assert rate.take("a", now=0) == 10
    assert rate.take("a", now=5) == 5
    assert rate.take("a", now=10) == 0
    assert rate.take("a", now=10) == 10
    assert rate.take("b", now=10) == 0, "another key has its own"


@given(st.lists(st.floats(0, 600), max_size=60))
def test_no_pattern_of_requests_gets_more_than_the_rate_allows(moments: list[float]) -> None:
    rate = Rate(6)
    given_at = [now for now in sorted(moments) if rate.take("a", now=now) == 0]
    for index, first in enumerate(given_at):
        within = [now for now in given_at[index:] if now < first + 60]
        assert len(within) <= 12, "a minute's worth at once, and what came back in that minute"


def test_a_clock_that_goes_back_gives_nothing() -> None:
    rate = Rate(1)
    assert rate.take("a", now=100) == 0
    assert rate.take("a", now=0) == 60


def test_a_table_is_bounded_and_forgets_what_was_touched_longest_ago() -> None:
    rate = Rate(1, places=2)
    for key in ("a", "b", "a", "c"):
        rate.take(key, now=0)
    assert len(rate) == 2
    assert rate.take("a", now=0) > 0, "touched lately"
    assert rate.take("b", now=0) == 0, "forgotten"


def test_failures_lock_for_a_time_that_doubles() -> None:
    lock = LockOut(LockOutSettings(after=3, first_s=5, longest_s=40, forgotten_s=900))
    assert [lock.failed("a", now=0) for _ in range(2)] == [False, False]
    assert lock.wait_s("a", now=0) == 0
    waits, now = [], 0.0
    for _ in range(5):
        assert lock.failed("a", now=now)
        waits.append(lock.wait_s("a", now=now))
        now += waits[-1]
        assert lock.wait_s("a", now=now) == 0
    assert waits == [5, 10, 20, 40, 40]
    assert lock.wait_s("b", now=0) == 0


def test_failures_are_forgotten_after_a_quiet_time() -> None:
    lock = LockOut(LockOutSettings(after=2, forgotten_s=100))
    lock.failed("a", now=0)
    assert not lock.failed("a", now=101)
    assert lock.failed("a", now=102)


def test_the_table_of_failures_is_bounded() -> None:
    lock = LockOut(places=100)
    for number in range(1000):
        lock.failed(str(number), now=0)
    assert len(lock) == 100


def test_one_subscriber_is_one_key() -> None:
    assert address_key("192.0.2.7") == "192.0.2.7"
    assert address_key("2001:db8:1:2:aaaa::1") == address_key("2001:db8:1:2::2") != address_key("2001:db8:1:3::2")
    assert address_key("::ffff:192.0.2.7") == "192.0.2.7"
    assert address_key(None) == address_key("not an address") == "-"


def test_only_this_machine_is_loopback() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.8.0.1", "::1", "localhost"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.example", ""))
