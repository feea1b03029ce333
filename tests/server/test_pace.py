"""How often a session asks for words."""

from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.pipeline.pace import Pace


def test_a_quick_engine_is_asked_twice_a_second() -> None:
    pace = Pace()
    assert [pace.after(0.05) for _ in range(5)] == [SAMPLE_RATE // 2] * 5


def test_a_slow_engine_is_asked_less_and_less_often_but_at_least_every_three_seconds() -> None:
    pace = Pace()
    steps = [pace.after(1.2) for _ in range(8)]
    assert steps == sorted(steps)
    assert 1.5 * SAMPLE_RATE <= steps[-1] <= 1.8 * SAMPLE_RATE
    assert [pace.after(60.0) for _ in range(8)][-1] == 3 * SAMPLE_RATE


def test_when_the_rush_is_over_the_pace_comes_back() -> None:
    pace = Pace()
    for _ in range(5):
        pace.after(4.0)
    assert [pace.after(0.1) for _ in range(10)][-1] == SAMPLE_RATE // 2
