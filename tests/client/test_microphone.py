"""A microphone that is unplugged, comes back, overflows; with fake hardware and a clock of the test's own."""

import numpy as np
import pytest

from tests.client.hardware import Clock, FakeHardware, a_microphone
from wardscribe_client.dictation_events import DeviceChangeReason
from wardscribe_client.microphone import Microphone
from wardscribe_protocol.errors import InputError

BLOCK = b"\x01\x00" * 320
OWN, HEADSET = a_microphone("own"), a_microphone("headset")


class Bench:
    """A microphone that is listened to."""

    def __init__(self, *plugged, chosen: str | None = "headset", tells_changes: bool = True) -> None:
        self.clock = Clock()
        self.hardware = FakeHardware(list(plugged), tells_changes=tells_changes)
        self.microphone = Microphone(chosen, system=self.hardware, clock=self.clock)

    def begin(self) -> "Bench":
        self.microphone.begin()
        assert self.read() == (b"", 0, self.reason)
        return self

    def read(self, *, recording: bool = True):
        heard = self.microphone.read(recording=recording)
        self.change = heard.change
        self.reason = heard.change.reason if heard.change is not None else None
        return heard.pcm, heard.lost_samples, self.reason

    def passes(self, seconds: float, *, speaking: bool = True) -> None:
        for _ in range(round(seconds / 0.25)):
            self.clock.now += 0.25
            if speaking and self.hardware.streams:
                self.hardware.now.speak(BLOCK)
            self.microphone.tend()


@pytest.fixture
def bench() -> Bench:
    return Bench(OWN, HEADSET).begin()


def test_what_is_said_comes_in_order_and_once(bench: Bench) -> None:
    for value in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        bench.hardware.now.speak(value * 320)
    assert bench.read()[0] == b"\x01\x00" * 320 + b"\x02\x00" * 320 + b"\x03\x00" * 320
    assert bench.read()[0] == b""
    assert bench.microphone.name == "headset"


def test_the_callback_copies_because_the_device_uses_its_buffer_again(bench: Bench) -> None:
    buffer = bytearray(BLOCK)
    bench.hardware.now.speak(buffer)
    buffer[:] = b"\xff" * len(buffer)
    assert bench.read()[0] == BLOCK


def test_what_the_device_lost_is_counted_and_the_block_is_kept(bench: Bench) -> None:
    bench.hardware.now.speak(BLOCK, lost_some=True)
    assert bench.read()[:2] == (BLOCK, 320)
    bench.hardware.now.speak(BLOCK)
    assert bench.read()[:2] == (BLOCK, 0), "told once"


def test_a_reader_that_is_away_too_long_loses_the_newest_and_says_how_much(bench: Bench) -> None:
    for _ in range(4600):
        bench.hardware.now.speak(BLOCK)
    pcm, lost, _ = bench.read()
    assert len(pcm) // 2 + lost == 4600 * 320
    assert lost == 4600 * 320 - 1_439_760, "half a minute at 48 kHz, in whole frames"


def test_a_device_that_is_unplugged_is_replaced_by_the_default_and_taken_up_again(bench: Bench) -> None:
    bench.hardware.now.speak(BLOCK)
    bench.hardware.unplug("headset")
    bench.hardware.now.alive = False
    bench.passes(0.25, speaking=False)
    assert bench.read() == (BLOCK, 0, DeviceChangeReason.FELL_BACK), "what it heard before it went is kept"
    assert bench.microphone.name == "own"
    bench.passes(5)
    bench.hardware.plugged.append(HEADSET)
    bench.read(recording=True)
    bench.passes(5)
    assert bench.microphone.name == "own", "not while somebody speaks: going over costs a moment of sound"
    bench.read(recording=False)
    bench.passes(0.5)
    assert bench.read(recording=False)[2] is DeviceChangeReason.CAME_BACK
    assert bench.microphone.name == "headset"


def test_a_device_that_is_silently_gone_is_noticed_and_the_loss_is_told(bench: Bench) -> None:
    bench.passes(2)
    bench.read()
    bench.hardware.unplug("headset")
    bench.passes(2, speaking=False)
    _, _, reason = bench.read()
    assert reason is DeviceChangeReason.FELL_BACK
    assert bench.change is not None
    assert 1500 <= bench.change.lost_ms <= 2000


def test_with_no_microphone_left_it_is_said_once_and_looked_for(bench: Bench) -> None:
    for name in ("own", "headset"):
        bench.hardware.unplug(name)
    bench.hardware.now.alive = False
    bench.passes(2, speaking=False)
    reasons = [bench.read()[2] for _ in range(3)]
    assert reasons == [DeviceChangeReason.GONE, None, None]
    bench.hardware.plugged.append(HEADSET)
    bench.passes(0.25, speaking=False)
    assert bench.read()[2] is DeviceChangeReason.CAME_BACK
    bench.hardware.now.speak(BLOCK)
    assert bench.read()[0] == BLOCK


def test_where_nothing_tells_of_changes_the_chosen_device_is_looked_for_now_and_then() -> None:
    bench = Bench(OWN, tells_changes=False).begin()
    assert bench.reason is DeviceChangeReason.FELL_BACK
    bench.read(recording=False)
    bench.passes(9)
    assert bench.hardware.looks == 0
    bench.hardware.plugged.append(HEADSET)
    bench.passes(2)
    assert bench.hardware.looks == 1
    assert bench.read(recording=False)[2] is DeviceChangeReason.CAME_BACK


def test_another_can_be_chosen_while_it_listens(bench: Bench) -> None:
    assert [one.name for one in bench.microphone.inputs()] == ["own", "headset"]
    bench.hardware.now.speak(BLOCK)
    bench.microphone.choose("own")
    bench.passes(0.5, speaking=False)
    assert bench.read() == (BLOCK, 0, DeviceChangeReason.OPENED)
    assert bench.microphone.name == "own"
    bench.microphone.choose("no such")
    bench.passes(0.25, speaking=False)
    assert bench.read()[2] is DeviceChangeReason.FELL_BACK


def test_without_any_microphone_it_does_not_begin() -> None:
    with pytest.raises(InputError, match="plug one in"):
        Bench(chosen=None).microphone.begin()


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (48_000, 2), (8_000, 1), (96_000, 2)])
def test_any_rate_becomes_16_khz_mono(rate: int, channels: int) -> None:
    bench = Bench(a_microphone("odd", rate=rate, channels=channels), chosen="odd").begin()
    time = np.arange(rate) / rate
    tone = (8000 * np.sin(2 * np.pi * 440 * time)).astype("<i2")
    pcm = np.repeat(tone, channels).tobytes()
    step = rate // 50 * 2 * channels
    heard = b""
    for at in range(0, len(pcm), step):
        bench.hardware.now.speak(pcm[at : at + step])
        heard += bench.read()[0]
    bench.microphone.close()
    heard += bench.read()[0]
    samples = np.frombuffer(heard, dtype="<i2").astype(float)
    assert len(samples) == 16_000
    wanted = 8000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.max(np.abs(samples[400:-400] - wanted[400:-400])) < 80


def test_a_microphone_that_is_open_is_seen_to_and_let_go() -> None:
    bench = Bench(OWN, HEADSET)
    bench.microphone.open()
    bench.microphone.open()
    assert len(bench.hardware.streams) == 1
    bench.microphone.close()
    assert bench.hardware.now.closed
