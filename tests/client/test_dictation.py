"""A dictation from the device to the record, against a real server with scripted engines."""

import asyncio
from pathlib import Path

import pytest

from tests.client.physician import PCM, SENTENCE, START, Physician, at, audio_of, run
from tests.client.sound import FakeMicrophone, block
from tests.server.serving import Serving
from wardscribe_client.actions import Action, Asked, perform
from wardscribe_client.dictation_events import (
    Captured,
    Connection,
    Failed,
    LinkState,
    RecordingChanged,
    Spooled,
)
from wardscribe_client.file_device import FileDevice
from wardscribe_client.link import Link
from wardscribe_client.spool import Spool, SpoolSettings, Standing
from wardscribe_client.spool_key import SpoolKey
from wardscribe_protocol.errors import FullError, InputError
from wardscribe_protocol.messages import (
    Closed,
    Command,
    Commit,
    Configure,
    Final,
    Finalized,
)
from wardscribe_protocol.record import Language


def test_a_recording_becomes_a_record_and_every_sample_is_counted(running: Serving, spool: Spool) -> None:
    async def dictate() -> None:
        somebody = Physician(spool, at(running))
        async with somebody.dictating(FileDevice(PCM, speed=None)) as dictation:
            record = await dictation.played()
            session = dictation.session
        assert SENTENCE in record.transcript.text
        assert audio_of(running, session) == PCM
        assert all(somebody.of(kind) for kind in (Commit, Final, Closed, Captured, Spooled))
        assert somebody.of(LinkState)[-1].state is Connection.CONNECTED
        assert [event.recording for event in somebody.of(RecordingChanged)] == [True, False]

    run(dictate())
    (item,) = spool.items()
    assert item.standing is Standing.RECORDED
    assert spool.audio(item.id, 0, 10_000_000) == PCM


def test_sound_is_on_stable_storage_before_it_is_sent(
    running: Serving, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[int] = []
    send = Link.send_audio

    async def watched(link: Link, pcm: bytes) -> None:
        (opened,) = spool._open.values()
        late.append(link.session.captured_samples + len(pcm) // 2 - opened.synced_samples)
        await send(link, pcm)

    monkeypatch.setattr(Link, "send_audio", watched)

    async def dictate() -> None:
        async with Physician(spool, at(running)).dictating(FileDevice(PCM, speed=None)) as dictation:
            await dictation.played()

    run(dictate())
    assert late
    assert max(late) <= 0


def test_press_to_talk_keeps_what_was_said_as_the_key_went_down_and_gets_its_final_text(
    running: Serving, spool: Spool
) -> None:
    async def dictate() -> None:
        somebody, microphone = Physician(spool, at(running)), FakeMicrophone()
        async with somebody.dictating(microphone) as dictation:
            microphone.hear(PCM[:3200])
            await somebody.until(Captured)
            assert dictation.captured_samples == 0
            assert perform(Asked(Action.HOLD_TO_RECORD, True), dictation)
            assert dictation.captured_samples == 1600
            microphone.hear(PCM[3200:57_600])
            await somebody.until(Captured, lambda event: event.samples == 28_800)
            assert perform(Asked(Action.HOLD_TO_RECORD, False), dictation)
            microphone.hear(bytes(20_000))
            await dictation.recorded()
            assert dictation.captured_samples == 28_800 + 4000, "the tail, and no more"
            await somebody.until(Finalized)
            assert not perform(Asked(Action.PLAY, True), dictation)
            perform(Asked(Action.FINISH, True), dictation)
            await dictation.result()
            with pytest.raises(InputError, match="has ended"):
                dictation.record()
            with pytest.raises(InputError, match="has ended"):
                dictation.finalize()

    run(dictate())


def test_one_key_begins_and_pauses(spool: Spool) -> None:
    async def dictate() -> None:
        somebody, microphone = Physician(spool, None), FakeMicrophone()
        async with somebody.dictating(microphone) as dictation:
            perform(Asked(Action.TOGGLE_RECORDING, True), dictation)
            assert dictation.recording
            perform(Asked(Action.TOGGLE_RECORDING, False), dictation)
            perform(Asked(Action.TOGGLE_RECORDING, True), dictation)
            microphone.hear(bytes(20_000))
            await dictation.recorded()
            assert not dictation.recording

    run(dictate())


def test_what_is_done_by_hand_is_kept_where_it_was_done(spool: Spool) -> None:
    async def dictate() -> None:
        microphone = FakeMicrophone()
        async with Physician(spool, None).dictating(microphone) as dictation:
            dictation.configure(language=Language.ZH)
            dictation.record()
            microphone.hear(block(1))
            while not dictation.captured_samples:
                await asyncio.sleep(0)
            for action in (Action.NEXT_FIELD, Action.SCRATCH):
                perform(Asked(action, True), dictation)
            dictation.confirm_field("/fields/heart_size")
        kept = spool.open(dictation.id)
        controls = [(placed.at_sample, placed.control) for placed in kept.controls]
        assert isinstance(controls[0][1], Configure)
        names = [(position, control.name) for position, control in controls[1:4] if isinstance(control, Command)]
        assert names == [(320, "next_field"), (320, "scratch"), (320, "confirm_field")]

    run(dictate())


def test_a_full_disk_ends_the_recording_with_a_reason_and_loses_nothing_heard(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dictate() -> None:
        somebody, microphone = Physician(spool, None), FakeMicrophone()
        async with somebody.dictating(microphone) as dictation:
            dictation.record()
            full = True

            def write(kind: object, content: bytes, **given: object) -> None:
                if full:
                    raise FullError("the disk takes no more of this dictation; make room on it")
                put(kind, content, **given)

            (opened,) = spool._open.values()
            put = opened._put
            monkeypatch.setattr(opened, "_put", write)
            microphone.hear(block(1))
            failed = await somebody.until(Failed)
            assert isinstance(failed.error, FullError)
            assert not failed.capturing
            while dictation.recording:
                await asyncio.sleep(0)
            full = False
            dictation.record()
            assert dictation.captured_samples == 320, "what was heard last was not thrown away"

    run(dictate())


def test_a_spool_without_room_refuses_to_begin_and_to_go_on(tmp_path: Path) -> None:
    free = [10**12]
    spool = Spool(tmp_path, key=SpoolKey.random(), settings=SpoolSettings(), free_bytes=lambda _: free[0])

    async def dictate() -> None:
        async with Physician(spool, None).dictating(FakeMicrophone()) as dictation:
            free[0] = 1000
            with pytest.raises(FullError, match="make room"):
                dictation.record()
            assert not dictation.recording
        with pytest.raises(FullError, match="make room"):
            spool.create(START)

    run(dictate())
