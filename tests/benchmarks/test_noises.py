import numpy as np
import pytest
from noises import NOISES, minutes

from wardscribe_protocol.timeline import SAMPLE_RATE


def level_db(pcm):
    sound = np.frombuffer(pcm, dtype="<i2") / 32768
    return 20 * np.log10(np.sqrt((sound**2).mean()) + 1e-12)


@pytest.fixture(scope="module")
def voices():
    """Something with the rhythm of speech."""
    at_s = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    return [np.sin(2 * np.pi * 300 * at_s) * (np.sin(2 * np.pi * 4 * at_s) > 0)]


@pytest.mark.parametrize(
    ("name", "low_db", "high_db"),
    [("silence", -90, -70), ("hum", -41, -35), ("keyboard", -62, -30), ("ward", -42, -30)],
)
def test_a_noise_is_as_loud_as_such_a_room(voices, name, low_db, high_db):
    (minute,) = minutes(name, count=1, voices=voices)
    assert len(minute) == 2 * 60 * SAMPLE_RATE
    assert low_db < level_db(minute) < high_db


def test_half_the_silence_is_digital_silence(voices):
    (minute,) = minutes("silence", count=1, voices=voices)
    assert not any(minute[: 30 * SAMPLE_RATE])
    assert any(minute[-30 * SAMPLE_RATE :])


def test_noises_have_the_length_that_was_asked_for_and_go_on_differently():
    parts = list(minutes("hum", count=2.5, voices=[]))
    assert [len(part) // 2 / SAMPLE_RATE for part in parts] == [60, 60, 30]
    assert parts[0] != parts[1]


@pytest.mark.parametrize("name", list(NOISES))
def test_the_same_seed_makes_the_same_noise(voices, name):
    one, again = (next(minutes(name, count=0.5, voices=voices, seed=seed)) for seed in (3, 3))
    assert one == again
    assert name == "silence" or next(minutes(name, count=0.5, voices=voices, seed=4)) != one


def test_nobody_talks_in_a_ward_without_voices(voices):
    assert level_db(next(minutes("ward", count=1, voices=[]))) < level_db(next(minutes("ward", count=1, voices=voices)))
