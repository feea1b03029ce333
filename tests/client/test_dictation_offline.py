"""Dictations whose server is away, comes back, turns them down or has forgotten them; machines that slept."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.client.physician import NOWHERE, PCM, QUICK, START, Physician, at, audio_of, run, server_in
from tests.client.sound import FakeMicrophone, block
from tests.server.serving import Serving
from wardscribe_client import sending
from wardscribe_client.capture import Capture
from wardscribe_client.credentials import Credentials
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import (
    Captured,
    Connection,
    Failed,
    LinkState,
    Restarted,
)
from wardscribe_client.file_device import FileDevice
from wardscribe_client.link import Link, LinkSettings
from wardscribe_client.sending import SendingSettings, ServerAccess
from wardscribe_client.sleep_watch import SleepWatch
from wardscribe_client.spool import Spool, Standing
from wardscribe_client.spool_story import Mark
from wardscribe_client.upload import NotUploaded, Uploaded, UploadEvent, Uploading, UploadQueue
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError, ServerUnreachableError
from wardscribe_protocol.messages import (
    ClientControl,
    Commit,
    FieldUpdate,
    Final,
    Finalize,
)
from wardscribe_protocol.record import Record
from wardscribe_protocol.session import ClientSessionSettings


def test_without_a_server_a_note_is_taken_and_each_is_sent_later_as_its_own(running: Serving, spool: Spool) -> None:
    told: list[UploadEvent] = []

    async def round_and_back() -> None:
        for number in (1, 2):
            async with Physician(spool, None).dictating(FileDevice(PCM[: 40_000 * number], speed=None)) as dictation:
                dictation.record()
                await dictation.recorded()
                dictation.stop()
        assert [item.standing for item in spool.unsent()] == [Standing.UNSENT] * 2
        queue = UploadQueue(spool, server=at(running), on_event=told.append, settings=QUICK)
        assert await queue.send_all() == 2

    run(round_and_back())
    done = [event for event in told if isinstance(event, Uploaded)]
    assert [len(audio_of(running, event.session)) for event in done] == [40_000, 80_000]
    assert [event.left for event in told if isinstance(event, Uploading)] == [1, 0]
    assert done[0].session != done[1].session
    assert spool.unsent() == []


def test_the_queue_goes_on_after_one_that_is_turned_down_and_leaves_open_ones_alone(
    running: Serving, spool: Spool
) -> None:
    told: list[UploadEvent] = []

    async def dictate() -> None:
        for start in (START.model_copy(update={"template": "no_such"}), START):
            async with Physician(spool, None).dictating(FileDevice(PCM, speed=None), start=start) as dictation:
                dictation.record()
                await dictation.recorded()
                dictation.stop()
        killed = spool.create(START)
        killed.add_audio(PCM)
        spool.close(killed)
        in_use = spool.create(START)
        queue = UploadQueue(spool, server=at(running), on_event=told.append, settings=QUICK)
        assert await queue.send_all() == 1
        assert await queue.send_all() == 0
        both = UploadQueue(spool, server=at(running), on_event=told.append, settings=QUICK, open_too=True)
        assert await both.send_all() == 1
        spool.close(in_use)

    run(dictate())
    refused = [event.error.code for event in told if isinstance(event, NotUploaded)]
    assert refused == [ErrorCode.UNKNOWN_TEMPLATE] * 2


def test_a_dictation_goes_on_in_the_next_process_where_it_stopped(running: Serving, spool: Spool) -> None:
    half = len(PCM) // 2 // 3200 * 3200

    async def dictate() -> None:
        first = Physician(spool, at(running))
        async with first.dictating(FileDevice(PCM[:half], speed=None)) as dictation:
            dictation.record()
            await dictation.recorded()
            dictation.edit_field("/fields/heart_size", "enlarged")
            await first.until(FieldUpdate)
            session = dictation.session
        (item,) = spool.unsent()
        assert (item.standing, item.session) == (Standing.OPEN, session)
        second = Physician(spool, at(running))
        device = FileDevice(PCM, speed=None, skip_samples=half // 2)
        async with second.dictating(device, resume=item.id) as dictation:
            assert dictation.captured_samples == half // 2
            told = [event for event in second.events if isinstance(event, Commit | Final | FieldUpdate)]
            assert told == [event for event in first.events if isinstance(event, Commit | Final | FieldUpdate)]
            record = await dictation.played()
            assert dictation.session == session
        assert record.fields["heart_size"] == "enlarged"
        assert audio_of(running, session) == PCM
        seqs = [event.seq for event in second.events if isinstance(event, Commit | Final | FieldUpdate)]
        assert seqs == sorted(set(seqs)), "nothing is told twice"
        kept = spool.open(dictation.id)
        assert kept.controls_given == len(kept.controls) > 0, "nothing that was done by hand is done twice"
        spool.close(kept)

    run(dictate())


def test_the_record_of_a_dictation_that_is_over_is_there_without_a_server(running: Serving, spool: Spool) -> None:
    async def dictate() -> None:
        async with Physician(spool, at(running)).dictating(FileDevice(PCM, speed=None)) as dictation:
            record = await dictation.played()
        async with Dictation.resume(dictation.id, spool=spool, server=NOWHERE) as again:
            assert await again.finish() == record

    run(dictate())


def test_where_the_server_has_given_the_session_up_another_gets_all_of_it(
    running: Serving, spool: Spool, tmp_path: Path
) -> None:
    async def dictate() -> None:
        somebody = Physician(spool, None)
        with server_in(tmp_path / "first") as first:
            somebody.server = at(first)
            async with somebody.dictating(FileDevice(PCM[:80_000], speed=None)) as dictation:
                dictation.record()
                await dictation.recorded()
                dictation.edit_field("/fields/heart_size", "enlarged")
                await somebody.until(FieldUpdate)
        somebody.server, somebody.events[:] = at(running), []
        device = FileDevice(PCM, speed=None, skip_samples=40_000)
        async with somebody.dictating(device, resume=dictation.id) as dictation:
            record = await dictation.played()
            session = dictation.session
        assert [event.code for event in somebody.of(Restarted)] == [ErrorCode.UNKNOWN_SESSION]
        assert audio_of(running, session) == PCM
        assert record.fields["heart_size"] == "enlarged", "what was done by hand is done again"

    run(dictate())


def test_a_server_that_is_not_there_costs_nothing_but_time(running: Serving, spool: Spool) -> None:
    async def dictate() -> None:
        somebody = Physician(spool, NOWHERE)
        async with somebody.dictating(FileDevice(PCM, speed=None)) as dictation:
            dictation.record()
            await dictation.recorded()
            dictation.edit_field("/fields/heart_size", "enlarged")
            offline = await somebody.until(LinkState, lambda event: event.state is Connection.OFFLINE)
            assert "no dictation server answers" in (offline.reason or "")
            assert dictation.captured_samples == len(PCM) // 2
        assert [item.standing for item in spool.unsent()] == [Standing.OPEN]
        async with Dictation.resume(dictation.id, spool=spool, server=at(running), settings=QUICK) as later:
            record = await later.finish()
            session = later.session
        assert record.fields["heart_size"] == "enlarged"
        assert audio_of(running, session) == PCM

    run(dictate())


def test_what_is_turned_down_is_said_and_kept_and_can_be_tried_again(running: Serving, spool: Spool) -> None:
    async def dictate() -> None:
        wrong = ServerAccess(url=running.url, credentials=Credentials.of("wrong"))
        somebody = Physician(spool, wrong)
        start = START.model_copy(update={"template": "no_such"})
        microphone = FakeMicrophone()
        async with somebody.dictating(microphone, start=start) as dictation:
            dictation.record()
            failed = await somebody.until(Failed)
            assert (failed.error.code, failed.capturing) == (ErrorCode.UNKNOWN_TEMPLATE, True)
            microphone.hear(block(1))
            await somebody.until(Captured, lambda event: event.samples == 320)
            with pytest.raises(RefusedError):
                await dictation.finish()
            dictation.retry(at(running))
            with pytest.raises(RefusedError):
                await dictation.result()
        assert spool.audio(dictation.id, 0, 1000) == block(1)

    run(dictate())


def test_what_was_done_by_hand_offline_is_given_at_its_place_in_the_sound(
    running: Serving, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int | None]] = []
    give = Link.give

    async def watched(link: Link, control: ClientControl) -> None:
        given.append((link.session.captured_samples, getattr(control, "at_sample", None)))
        await give(link, control)

    monkeypatch.setattr(Link, "give", watched)
    kept = spool.create(START)
    for number in range(3):
        kept.add_audio(block(number, 20_000))
        kept.add_control(Finalize(at_sample=kept.captured_samples))
    kept.mark(Mark.STOPPED)
    spool.close(kept)

    async def send() -> None:
        async with Dictation.resume(kept.id, spool=spool, server=at(running), settings=QUICK) as dictation:
            await dictation.finish()

    run(send())
    assert given == [(20_000, 20_000), (40_000, 40_000), (60_000, 60_000)]


def test_when_nobody_waits_for_a_server_its_absence_is_an_error(spool: Spool) -> None:
    async def dictate() -> Record:
        settings = SendingSettings(reconnect_s=0.1, link=LinkSettings())
        async with (
            Capture(FileDevice(PCM)) as capture,
            Dictation.begin(START, spool=spool, server=NOWHERE, capture=capture, settings=settings) as dictation,
        ):
            return await dictation.played()

    with pytest.raises(ServerUnreachableError):
        asyncio.run(dictate())


def test_the_next_dictation_begins_while_the_one_before_waits_for_its_record(spool: Spool) -> None:
    async def dictate() -> None:
        somebody, microphone = Physician(spool, None), FakeMicrophone()
        async with Capture(microphone) as capture:

            def begun() -> Dictation:
                return Dictation.begin(START, spool=spool, server=None, capture=capture, on_event=somebody.take)

            first, second = begun(), begun()
            await first.open()
            first.record()
            microphone.hear(block(1))
            await somebody.until(Captured, lambda event: event.samples == 320)
            first.stop()
            assert first.recording, "the tail"
            await second.open()
            assert (first.recording, second.recording) == (False, False)
            second.record()
            first.pause()
            await first.leave()
            assert second.recording, "what becomes of the first is nothing to the second"
            somebody.events.clear()
            microphone.hear(block(2))
            await somebody.until(Captured, lambda event: event.samples == 320)
            with pytest.raises(InputError, match="has ended"):
                first.record()
            await second.leave()
        assert [spool.audio(one.id, 0, 1000) for one in (first, second)] == [block(1), block(2)]
        assert {item.standing for item in spool.unsent()} == {Standing.UNSENT, Standing.OPEN}

    run(dictate())


def test_sleep_is_noticed_while_a_dictation_runs(
    running: Serving, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SleepWatch, "every_s", 0.01)
    later = [0.0]
    monkeypatch.setattr(sending.time, "time", lambda real=time.time: real() + later[0])

    async def dictate() -> None:
        somebody = Physician(spool, at(running))
        async with somebody.dictating(FakeMicrophone()):
            await somebody.until(LinkState, lambda event: event.state is Connection.CONNECTED)
            somebody.events.clear()
            later[0] = 3600.0
            await somebody.until(LinkState, lambda event: event.state is Connection.RECONNECTING)
            await somebody.until(LinkState, lambda event: event.state is Connection.CONNECTED)

    run(dictate())


def test_however_long_the_server_is_away_memory_does_not_grow_and_all_of_it_arrives(
    running: Serving, spool: Spool
) -> None:
    small = ClientSessionSettings(backlog_samples=16_000)

    async def dictate() -> None:
        settings = SendingSettings(link=LinkSettings(waits_at_first=True, session=small))
        async with (
            Capture(FileDevice(PCM, speed=None)) as capture,
            Dictation.begin(START, spool=spool, server=NOWHERE, capture=capture, settings=settings) as dictation,
        ):
            dictation.record()
            await dictation.recorded()
            dictation.stop()
            assert dictation._sending is not None
            link = dictation._sending._link
            assert link is not None
            while link.session.captured_samples < 16_000:
                await asyncio.sleep(0)
            assert (link.session.captured_samples, dictation.captured_samples) == (16_000, len(PCM) // 2)
        settings = SendingSettings(link=LinkSettings(session=small))
        async with Dictation.resume(dictation.id, spool=spool, server=at(running), settings=settings) as later:
            await later.finish()
            session = later.session
        assert audio_of(running, session) == PCM

    run(dictate())


def test_a_machine_that_slept_connects_again_at_once(running: Serving, spool: Spool) -> None:
    async def dictate() -> None:
        somebody = Physician(spool, at(running))
        async with somebody.dictating(FileDevice(PCM, speed=None)) as dictation:
            await somebody.until(LinkState, lambda event: event.state is Connection.CONNECTED)
            somebody.events.clear()
            assert dictation._sending is not None
            link = dictation._sending._link
            assert link is not None
            link.reconnect_now()
            await somebody.until(LinkState, lambda event: event.state is Connection.CONNECTED)
            states = [event.state for event in somebody.of(LinkState)]
            assert states == [Connection.RECONNECTING, Connection.CONNECTED]
            await dictation.played()
            session = dictation.session
        assert audio_of(running, session) == PCM

    run(dictate())
