"""Pauses between connections: the clock is an argument."""

from wardscribe_client.pauses import Pauses


def longest(_low: float, high: float) -> float:
    return high


def shortest(low: float, _high: float) -> float:
    return low


def test_pauses_grow_to_a_bound() -> None:
    pauses = Pauses(give_up_s=1000, spread=longest)
    assert [pauses.after_loss(0.0) for _ in range(7)] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_pause_is_drawn_from_half_of_it_upwards() -> None:
    pauses = Pauses(give_up_s=1000, spread=shortest)
    assert [pauses.after_loss(0.0) for _ in range(3)] == [0.125, 0.25, 0.5]


def test_clients_do_not_come_back_in_step() -> None:
    assert len({Pauses(give_up_s=1000).after_loss(0.0) for _ in range(20)}) > 1


def test_the_servers_word_counts_once_and_never_shortens_a_pause() -> None:
    pauses = Pauses(give_up_s=1000, spread=shortest)
    pauses.asked_for(10.0)
    assert pauses.after_loss(0.0) == 10.0
    assert pauses.after_loss(10.0) == 0.25
    pauses.asked_for(0.1)
    assert pauses.after_loss(11.0) == 0.5


def test_the_last_try_falls_at_the_end_of_the_time_allowed() -> None:
    pauses = Pauses(give_up_s=8.0, spread=longest)
    assert pauses.after_loss(100.0) == 0.25
    pauses.asked_for(60.0)
    assert pauses.after_loss(103.0) == 5.0
    assert pauses.after_loss(108.0) is None


def test_a_good_connection_starts_the_count_anew() -> None:
    for held_s, progress, again in [(0.5, True, 0.25), (6.0, False, 0.25), (0.5, False, 0.5)]:
        pauses = Pauses(give_up_s=8.0, spread=longest)
        assert pauses.after_loss(0.0) == 0.25
        pauses.held(for_s=held_s, progress=progress)
        assert pauses.after_loss(7.0) == again


def test_a_server_that_takes_and_drops_connections_is_given_up() -> None:
    pauses = Pauses(give_up_s=3.0)
    now, tries = 0.0, 0
    while (pause_s := pauses.after_loss(now)) is not None:
        now, tries = now + pause_s + 0.1, tries + 1
        pauses.held(for_s=0.1, progress=False)
    assert now >= 3.0
    assert tries > 3
