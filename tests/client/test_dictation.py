"""A dictation from the device to the record, against a real server with scripted engines."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.dictation_events import Captured, Connection, DictationEvent, LinkState, Spooled
from wardscribe_client.file_device import FileDevice
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool, Standing
from wardscribe_client.spool_key import SpoolKey
from wardscribe_protocol.messages import Closed, Commit, Final, Start
from wardscribe_protocol.record import Language, Record
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(
        tmp_path / "server", recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", key=SpoolKey.random())


def test_a_recording_becomes_a_record_and_every_sample_is_counted(running: Serving, spool: Spool) -> None:
    pcm = speech()
    events: list[DictationEvent] = []

    async def run() -> Record:
        async with (
            Capture(FileDevice(pcm, speed=None)) as capture,
            Dictation.begin(
                START, spool=spool, server=ServerAccess(url=running.url), capture=capture, on_event=events.append
            ) as dictation,
        ):
            dictation.record()
            await dictation.recorded()
            return await dictation.finish()

    record = asyncio.run(run())
    assert record.transcript.text == "PA chest radiograph. No pleural effusion. Heart size is normal."
    assert stored_audio(running.sessions()[0]) == pcm
    kinds = {type(event) for event in events}
    assert {Commit, Final, Closed, Captured, Spooled, LinkState} <= kinds
    assert [event.state for event in events if isinstance(event, LinkState)][-1] is Connection.CONNECTED
    (item,) = spool.items()
    assert item.standing is Standing.RECORDED
    assert spool.audio(item.id, 0, 10_000_000) == pcm
