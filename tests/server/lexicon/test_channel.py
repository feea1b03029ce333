"""What it costs that one syllable was said and another one heard."""

import pytest

from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.language_model import LanguageModel


@pytest.fixture(scope="module")
def channel() -> Channel:
    return Channel(sorted({base for base, _ in LanguageModel().sounds}))


def _cost(channel: Channel, *, said: str, heard: str) -> float:
    return float(channel.costs([(heard, 1.0)])[channel.number[said]])


@pytest.mark.parametrize(
    ("said", "near", "far"),
    [("zhang", "zang", "ma"), ("shen", "sheng", "pu"), ("nian", "lian", "ge"), ("ying", "yin", "wo")],
)
def test_the_same_sound_is_cheap_a_near_one_dearer_and_a_far_one_dearest(
    channel: Channel, said: str, near: str, far: str
) -> None:
    same = _cost(channel, said=said, heard=said)
    assert same < 1
    assert same < _cost(channel, said=said, heard=near) < _cost(channel, said=said, heard=far)


def test_two_readings_of_what_was_heard_share_the_cost(channel: Channel) -> None:
    both = channel.costs([("zhong", 0.5), ("chong", 0.5)])
    for said in ("zhong", "chong"):
        assert both[channel.number[said]] < _cost(channel, said=said, heard="ma")


def test_a_syllable_that_is_none_costs_as_much_as_any(channel: Channel) -> None:
    costs = channel.costs([("xyz", 1.0)])
    assert costs.min() == costs.max() > 15
