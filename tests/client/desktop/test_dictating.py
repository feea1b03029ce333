"""The thread behind the window, with a real server and scripted engines: one dictation after the other, none lost."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.serving import Serving, serving
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client.desktop.dictating import DictationThread
from wardscribe_client.dictation_events import DictationEvent, Failed, RecordingChanged
from wardscribe_client.file_device import FileDevice
from wardscribe_client.input_device import Heard
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool, Standing
from wardscribe_client.spool_key import SpoolKey
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.messages import Closed, FieldUpdate, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)
PCM = speech()
_WITHIN_S = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    engine = ScriptedRecogniser(SCRIPT * 99)
    with serving(
        tmp_path_factory.mktemp("server"), recogniser=engine, detector=LoudnessDetector(), min_free_mb=0
    ) as running:
        yield running


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", key=SpoolKey.random())


class Told:
    """Events from the other thread, waited for."""

    def __init__(self) -> None:
        self.events: list[DictationEvent] = []
        self._news = threading.Condition()

    def take(self, event: DictationEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def until(self, holds: Callable[[DictationEvent], bool]) -> DictationEvent:
        with self._news:
            assert self._news.wait_for(lambda: any(map(holds, self.events)), _WITHIN_S)
            return next(filter(holds, self.events))

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)


def is_a(kind: type) -> Callable[[DictationEvent], bool]:
    return lambda event: isinstance(event, kind)


def paused(event: DictationEvent) -> bool:
    return isinstance(event, RecordingChanged) and not event.recording


@pytest.fixture
def begun(spool: Spool) -> Iterator[Callable[..., DictationThread]]:
    threads: list[DictationThread] = []

    def begin(url: str, device: object, idle: Told | None = None) -> DictationThread:
        made = DictationThread(
            spool=spool, server=lambda: ServerAccess(url=url), device=device, on_idle=(idle or Told()).take
        )
        threads.append(made)
        made.start()
        return made

    yield begin
    for thread in threads:
        thread.close()


def test_what_is_said_comes_back_as_a_record(server: Serving, spool: Spool, begun) -> None:
    thread, told = begun(server.url, FileDevice(PCM, speed=None)), Told()
    thread.begin(START, told.take)
    told.until(paused)
    thread.edit_field("/fields/heart_size", "normal")
    thread.confirm_field("/fields/heart_size")
    told.until(lambda event: isinstance(event, FieldUpdate) and event.path == "/fields/heart_size")
    thread.finish()
    closed = told.until(is_a(Closed))
    assert closed.total_samples == len(PCM) // BYTES_PER_SAMPLE
    assert closed.record.fields["heart_size"] == "normal"


def test_the_next_one_does_not_wait_for_the_record_of_the_one_before(server: Serving, spool: Spool, begun) -> None:
    thread, first, second = begun(server.url, FileDevice(PCM, speed=None)), Told(), Told()
    thread.begin(START, first.take)
    first.until(paused)
    thread.finish()
    thread.use_device(FileDevice(PCM, speed=None))
    thread.begin(START, second.take)
    second.until(paused)
    thread.finish()
    second.until(is_a(Closed))
    wanted = [Standing.RECORDED, Standing.IN_USE]
    deadline = threading.Event()
    for _ in range(_WITHIN_S * 20):
        if [item.standing for item in spool.items()] == wanted:
            break
        deadline.wait(0.05)
    assert [item.standing for item in spool.items()] == wanted
    assert sum(isinstance(event, Closed) for event in second.events) == 1, "and hears nothing of the first"


def test_another_microphone_goes_on_with_the_same_dictation(server: Serving, spool: Spool, begun) -> None:
    thread, told = begun(server.url, FileDevice(PCM, speed=None)), Told()
    thread.begin(START, told.take)
    told.until(paused)
    thread.use_device(FileDevice(PCM, speed=None))
    told.events.clear()
    thread.record()
    told.until(paused)
    thread.finish()
    closed = told.until(is_a(Closed))
    assert closed.total_samples == 2 * len(PCM) // BYTES_PER_SAMPLE
    assert len(spool.items()) == 1


def test_a_value_plays_exactly_what_was_captured(server: Serving, spool: Spool, begun) -> None:
    thread, told = begun(server.url, FileDevice(PCM, speed=None)), Told()
    thread.begin(START, told.take)
    told.until(paused)
    heard: list[list[bytes]] = []
    there = threading.Event()
    thread.audio([(100, 400), (900, 1000)], lambda sound: (heard.append(sound), there.set()))
    assert there.wait(_WITHIN_S)
    samples = SAMPLE_RATE // 1000 * BYTES_PER_SAMPLE
    assert heard == [[PCM[100 * samples : 400 * samples], PCM[900 * samples : 1000 * samples]]]


def test_without_a_server_everything_is_kept_and_taken_up_later(server: Serving, spool: Spool, begun) -> None:
    thread, told = begun("ws://127.0.0.1:9/v1/dictation", FileDevice(PCM, speed=None)), Told()
    thread.begin(START, told.take)
    told.until(paused)
    thread.close()
    (item,) = spool.items()
    assert item.standing is Standing.OPEN
    assert item.seconds == len(PCM) / BYTES_PER_SAMPLE / SAMPLE_RATE
    again, later = begun(server.url, FileDevice(b"", speed=None)), Told()
    again.take_up(item.id, later.take)
    again.finish()
    assert later.until(is_a(Closed)).total_samples == len(PCM) // BYTES_PER_SAMPLE


class NoMicrophone:
    live, paced, ended, name = True, True, False, "none"

    def open(self) -> None:
        raise InputError("no microphone can be opened; plug one in")

    def read(self, *, recording: bool) -> Heard:
        return Heard()

    def close(self) -> None:
        pass


def test_a_microphone_that_is_not_there_is_said_and_the_next_one_works(server: Serving, begun) -> None:
    idle = Told()
    thread = begun(server.url, NoMicrophone(), idle)
    failed = idle.until(is_a(Failed))
    assert failed.error.message.startswith("no microphone")
    told = Told()
    thread.use_device(FileDevice(PCM, speed=None))
    thread.begin(START, told.take)
    told.until(paused)
    assert not told.has(Failed)
