from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from wardscribe_client.recording import read_recording
from wardscribe_server.engines.base import CHUNK_SAMPLES, Samples, SpeechDetector, samples_from_pcm16
from wardscribe_server.engines.silero import SileroDetector
from wardscribe_server.pipeline.endpoint import EndpointSettings

pytestmark = pytest.mark.model

Sound = Callable[..., Samples]

THRESHOLD = EndpointSettings().threshold
NAMES = ("en-chest-xray", "zh-outpatient")


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SileroDetector()


@pytest.fixture(scope="module")
def spoken(dictations: Path) -> dict[str, Samples]:
    def read(name: str) -> Samples:
        blocks = read_recording(dictations / f"{name}.flac", max_minutes=2, warn=pytest.fail)
        return samples_from_pcm16(b"".join(blocks))

    return {name: read(name) for name in NAMES}


def pieces(samples: Samples, sizes: list[int]) -> Iterator[Samples]:
    position = 0
    while position < len(samples):
        for size in sizes:
            yield samples[position : position + size]
            position += size


@pytest.mark.parametrize("sizes", [[512], [1600], [1, 511, 3000, 0, 77], [313], [16_000]])
def test_blocks_of_any_size_give_what_the_whole_recording_gives(
    detector: SpeechDetector, spoken: dict[str, Samples], sizes: list[int]
) -> None:
    samples = spoken["en-chest-xray"][: 8 * 16_000 + 100]
    whole = detector.stream().push(samples)
    stream = detector.stream()
    streamed = [value for piece in pieces(samples, sizes) for value in stream.push(piece)]
    assert streamed == pytest.approx(whole, abs=1e-4)
    assert len(whole) == len(samples) // CHUNK_SAMPLES


def test_a_chunk_is_judged_as_soon_as_it_is_complete_and_not_before(detector: SpeechDetector) -> None:
    stream = detector.stream()
    silence = np.zeros(CHUNK_SAMPLES, dtype=np.float32)
    assert stream.push(silence[:0]) == []
    assert stream.push(silence[:-1]) == []
    assert len(stream.push(silence[:1])) == 1
    assert len(stream.push(np.concatenate([silence, silence, silence[:9]]))) == 2


def test_two_streams_do_not_hear_each_other(detector: SpeechDetector, spoken: dict[str, Samples]) -> None:
    alone = detector.stream().push(spoken["zh-outpatient"][:64_000])
    one, other = detector.stream(), detector.stream()
    together: list[float] = []
    for first in range(0, 64_000, 3200):
        together += one.push(spoken["zh-outpatient"][first : first + 3200])
        other.push(spoken["en-chest-xray"][first : first + 3200])
    assert together == pytest.approx(alone, abs=1e-4)


def test_streams_in_several_threads_give_what_they_give_alone(
    detector: SpeechDetector, spoken: dict[str, Samples]
) -> None:
    alone = [detector.stream().push(spoken[name]) for name in NAMES]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(lambda name: detector.stream().push(spoken[name]), NAMES))
    assert together == [pytest.approx(values, abs=1e-4) for values in alone]


@pytest.mark.parametrize("name", NAMES)
def test_speech_is_heard_as_speech_and_its_pauses_are_not(
    detector: SpeechDetector, spoken: dict[str, Samples], name: str
) -> None:
    samples = spoken[name]
    probabilities = np.array(detector.stream().push(samples))
    chunks = samples[: len(probabilities) * CHUNK_SAMPLES].reshape(-1, CHUNK_SAMPLES)
    loudness = np.sqrt(np.mean(np.square(chunks), axis=1))
    assert np.mean(probabilities > THRESHOLD) > 0.6
    assert np.mean(probabilities[loudness > np.median(loudness)] > THRESHOLD) > 0.95
    assert np.mean(probabilities < THRESHOLD) > 0.1


def test_quiet_speech_is_heard_too(detector: SpeechDetector, spoken: dict[str, Samples]) -> None:
    probabilities = np.array(detector.stream().push(spoken["en-chest-xray"] * np.float32(0.1)))
    assert np.mean(probabilities > THRESHOLD) > 0.5


def test_silence_is_no_speech(detector: SpeechDetector) -> None:
    assert max(detector.stream().push(np.zeros(160_000, dtype=np.float32))) < THRESHOLD


@pytest.mark.parametrize("hz", [50, 60, 100, 1000])
@pytest.mark.parametrize("level", [0.02, 0.3])
def test_hum_is_no_speech(detector: SpeechDetector, tone: Sound, hz: int, level: float) -> None:
    assert max(detector.stream().push(tone(10, hz=hz, level=level))) < THRESHOLD


@pytest.mark.parametrize("level", [0.001, 0.01, 0.1])
def test_white_noise_is_no_speech(detector: SpeechDetector, noise: Sound, level: float) -> None:
    assert max(detector.stream().push(noise(10, level=level))) < THRESHOLD


@pytest.mark.parametrize("seconds", [3, 25, 120])
@pytest.mark.parametrize("level", [0.0, 0.01])
def test_the_first_word_after_a_long_silence_is_heard_as_at_the_start_of_a_session(
    detector: SpeechDetector, spoken: dict[str, Samples], noise: Sound, seconds: int, level: float
) -> None:
    said = spoken["en-chest-xray"][: 4 * 16_000]
    room = noise(seconds + 4, level=1.0) * np.float32(level)
    said = said + room[-len(said) :]
    stream = detector.stream()
    before = stream.push(room[: -len(said)])
    after, fresh = np.array(stream.push(said)), np.array(detector.stream().push(said))
    assert max(before) < THRESHOLD
    assert abs(int(np.argmax(after > THRESHOLD)) - int(np.argmax(fresh > THRESHOLD))) <= 3
    assert np.sum(after > THRESHOLD) >= 0.95 * np.sum(fresh > THRESHOLD)


def test_blocks_of_any_size_forget_a_silence_at_the_same_chunk(
    detector: SpeechDetector, spoken: dict[str, Samples]
) -> None:
    silence = np.zeros(5 * 16_000, dtype=np.float32)
    samples = np.concatenate([spoken["zh-outpatient"][:48_000], silence, spoken["zh-outpatient"][:48_000]])
    stream = detector.stream()
    streamed = [value for piece in pieces(samples, [1600]) for value in stream.push(piece)]
    assert streamed == pytest.approx(detector.stream().push(samples), abs=1e-4)


def test_16_bit_samples_become_floats_below_one() -> None:
    samples = samples_from_pcm16(b"\x00\x00\xff\x7f\x00\x80")
    assert samples.dtype == np.float32
    assert samples.tolist() == [0.0, 32767 / 32768, -1.0]
