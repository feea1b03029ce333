"""What is recorded around the press of a key, how loud it was, and recordings that stand for a microphone."""

import asyncio
from pathlib import Path

import pytest

from tests.client.hardware import Clock
from tests.client.sound import FakeMicrophone, block, tone
from wardscribe_client.capture import Capture, CaptureSettings, Listener
from wardscribe_client.dictation_events import DeviceChanged, DeviceChangeReason
from wardscribe_client.file_device import FileDevice
from wardscribe_client.input_device import Heard
from wardscribe_client.level import Level, LevelMeter
from wardscribe_client.preroll import PreRoll
from wardscribe_client.sleep_watch import SleepWatch
from wardscribe_protocol.errors import FullError, InputError


class Desk:
    """A capture whose device is asked when the test says so, and what came of it."""

    def __init__(self, *, tail_ms: int = 40, preroll_ms: int = 60) -> None:
        self.microphone, self.clock = FakeMicrophone(), Clock()
        settings = CaptureSettings(preroll_ms=preroll_ms, tail_ms=tail_ms)
        self.capture = Capture(self.microphone, settings=settings, clock=self.clock)
        self.kept = b""
        self.levels: list[Level] = []
        self.stops = 0
        self.changes: list[DeviceChanged] = []
        self.capture.attach(
            Listener(take=self.take, level=self.levels.append, changed=self.changes.append, stopped=self.stopped)
        )

    def take(self, pcm: bytes) -> None:
        self.kept += pcm

    def stopped(self) -> None:
        self.stops += 1

    def hear(self, *blocks: bytes, lost_samples: int = 0) -> None:
        self.microphone.hear(*blocks, lost_samples=lost_samples)
        self.capture.poll()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_was_said_while_the_key_went_down_is_kept(desk: Desk) -> None:
    for value in range(1, 7):
        desk.hear(block(value))
    desk.microphone.hear(block(7))  # not asked for yet when the key is pressed
    desk.capture.start()
    assert desk.kept == block(5) + block(6) + block(7), "60 ms, up to the press"
    desk.hear(block(8))
    assert desk.kept.endswith(block(8))


def test_the_end_of_the_last_word_is_kept_and_nothing_after_it(desk: Desk) -> None:
    desk.capture.start()
    desk.hear(block(1))
    desk.capture.stop()
    assert desk.capture.recording
    desk.hear(block(2), block(3), block(4))
    assert desk.kept == block(1) + block(2) + block(3)
    assert (desk.capture.recording, desk.stops) == (False, 1)
    desk.capture.start()
    assert desk.kept == block(1) + block(2) + block(3) + block(4), "what came after it begins the next stretch, once"


def test_a_key_that_goes_down_again_during_the_tail_goes_on_without_a_gap(desk: Desk) -> None:
    desk.capture.start()
    desk.hear(block(1))
    desk.capture.stop()
    desk.hear(block(2))
    desk.capture.start()
    for value in (3, 4, 5, 6):
        desk.hear(block(value))
    assert desk.kept == b"".join(map(block, range(1, 7)))
    assert desk.stops == 0


def test_a_tail_that_never_comes_is_not_waited_for(desk: Desk) -> None:
    desk.capture.start()
    desk.capture.stop()
    desk.clock.now += 0.3
    desk.capture.poll()
    assert desk.capture.recording
    desk.clock.now += 0.3
    desk.capture.poll()
    assert not desk.capture.recording


def test_one_dictation_does_not_begin_with_the_end_of_another(desk: Desk) -> None:
    desk.hear(block(1))
    desk.capture.attach(Listener(take=desk.take))
    desk.capture.start()
    assert desk.kept == b""


def test_what_was_lost_is_counted(desk: Desk) -> None:
    desk.hear(block(1), lost_samples=100)
    desk.hear(lost_samples=20)
    assert desk.capture.overflow_samples == 120


def test_a_device_is_opened_and_let_go_once() -> None:
    async def run() -> tuple[int, int]:
        desk = Desk()
        async with desk.capture:
            await desk.capture.open()
            opened = desk.microphone.opened
        return opened, desk.microphone.opened

    assert asyncio.run(run()) == (1, 0)


def test_a_device_that_cannot_be_opened_is_said() -> None:
    async def run() -> None:
        desk = Desk()
        desk.microphone.refuses = True
        await desk.capture.open()

    with pytest.raises(InputError, match="plug one in"):
        asyncio.run(run())


def test_who_keeps_it_may_fail_and_it_is_told() -> None:
    failures: list[Exception] = []

    def full(pcm: bytes) -> None:
        raise FullError("the disk is full")

    async def run() -> None:
        desk = Desk()
        failed = asyncio.Event()
        desk.capture.attach(
            Listener(take=full, failed=lambda error: (failures.append(error), failed.set()))  # type: ignore[arg-type, func-returns-value]
        )
        async with desk.capture:
            desk.capture.start()
            desk.microphone.hear(block(1))
            await failed.wait()
            assert not desk.capture.recording

    asyncio.run(run())
    assert [error.message for error in failures] == ["the disk is full"]


def test_the_preroll_holds_no_more_than_it_may() -> None:
    preroll = PreRoll(samples=5)
    for value in range(1, 4):
        preroll.put(block(value, 2))
    assert len(preroll) == 5
    assert preroll.take() == block(1, 1) + block(2, 2) + block(3, 2)
    preroll.put(block(9, 50))
    assert preroll.take() == block(9, 5)
    assert preroll.take() == b""
    nothing = PreRoll(samples=0)
    nothing.put(block(1))
    assert nothing.take() == b""


@pytest.mark.parametrize(("level", "dbfs"), [(1.0, -3.0), (0.5, -9.0), (0.01, -43.0)])
def test_loudness_is_in_decibels_of_full_scale(level: float, dbfs: float) -> None:
    assert LevelMeter().take(tone(0.5, level=level), recording=True).level_dbfs == pytest.approx(dbfs, abs=0.05)


def test_silence_has_a_level_too() -> None:
    meter = LevelMeter()
    assert meter.take(block(0), recording=True).level_dbfs == -96.0
    assert meter.take(b"", recording=True) == meter.level


def test_clipping_is_shown_long_enough_to_be_seen_and_one_click_is_none() -> None:
    meter = LevelMeter()
    assert not meter.take(block(32_767, 2) + block(0), recording=True).clipping
    assert meter.take(block(-32_768, 3) + block(0), recording=True).clipping
    assert meter.take(block(0, 8000), recording=True).clipping
    assert not meter.take(block(0, 8000), recording=True).clipping


def test_too_quiet_is_said_after_some_seconds_of_nothing_loud_and_only_while_recording() -> None:
    meter = LevelMeter()
    whisper, speech = tone(1, level=0.005), tone(0.1, level=0.2)
    assert [meter.take(whisper, recording=True).too_quiet for _ in range(4)] == [False, False, False, True]
    assert not meter.take(speech, recording=True).too_quiet
    assert not any(meter.take(whisper, recording=False).too_quiet for _ in range(9))


def played(device: FileDevice, clock: Clock, *steps: float) -> list[int]:
    lengths = []
    for step in steps:
        clock.now += step
        lengths.append(len(device.read(recording=True).pcm) // 2)
    return lengths


def test_a_recording_is_played_at_the_speed_of_speech_while_it_is_recorded() -> None:
    clock = Clock()
    device = FileDevice(tone(1), clock=clock)
    device.open()
    assert device.read(recording=False) == Heard()
    assert played(device, clock, 5.0, 0.125, 0.0625) == [0, 2000, 1000], "time before the key is pressed does not count"
    assert device.read(recording=False) == Heard()
    assert played(device, clock, 9.0, 0.125) == [0, 2000], "nor while it stands still"
    assert not device.ended
    assert played(device, clock, 60.0) == [16_000 - 5000]
    assert device.ended


def test_a_recording_is_played_faster_or_at_once_and_is_always_whole() -> None:
    clock = Clock()
    fast = FileDevice(tone(1), speed=4, clock=clock)
    fast.open()
    assert played(fast, clock, 0, 0.125) == [0, 8000]
    at_once = FileDevice(tone(2.5), speed=None)
    at_once.open()
    heard = b""
    while not at_once.ended:
        heard += at_once.read(recording=True).pcm
    assert heard == tone(2.5)
    rest = FileDevice(tone(1), speed=None, skip_samples=12_345)
    rest.open()
    assert rest.read(recording=True).pcm == tone(1)[24_690:]


def test_a_file_that_is_no_recording_is_said_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "note.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"note\.wav"):
        FileDevice(tmp_path / "note.wav").open()


def test_the_end_of_a_recording_ends_the_recording(dictations: Path) -> None:
    changes: list[DeviceChanged] = []

    async def run() -> int:
        kept: list[bytes] = []
        stopped = asyncio.Event()
        async with Capture(FileDevice(dictations / "en-chest-xray.flac", speed=None)) as capture:
            capture.attach(Listener(take=kept.append, changed=changes.append, stopped=stopped.set))
            capture.start()
            await stopped.wait()
            assert capture.ended
        return sum(map(len, kept)) // 2

    assert asyncio.run(run()) > 16_000 * 20
    assert [change.reason for change in changes] == [DeviceChangeReason.ENDED]


def test_sleep_is_noticed_whichever_clock_stood_still() -> None:
    watch = SleepWatch(monotonic_s=0, wall_s=1000)
    assert not watch.slept(monotonic_s=1, wall_s=1001)
    assert not watch.slept(monotonic_s=4, wall_s=1004), "a busy machine is late"
    assert watch.slept(monotonic_s=5, wall_s=4605), "the monotonic clock stood still"
    assert not watch.slept(monotonic_s=6, wall_s=4606)
    assert watch.slept(monotonic_s=3606, wall_s=8206), "both went on and nobody lived through it"
