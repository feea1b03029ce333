"""The reconnect loop against a real server through a line that keeps breaking."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client.link import Link, carried, dictate, dictation_url
from wardscribe_client.playback import play
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError, ServerUnreachableError
from wardscribe_protocol.messages import Commit, ServerMessage, Start
from wardscribe_protocol.record import Language, Record
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0) as server:
        yield server


def blocks(pcm: bytes) -> Iterator[bytes]:
    return iter([pcm[offset : offset + 3200] for offset in range(0, len(pcm), 3200)])


@asynccontextmanager
async def breaking_line(url: str, *, seed: int, cuts: int) -> AsyncIterator[tuple[str, list[int]]]:
    """A proxy that cuts each of the first `cuts` connections after a random number of bytes, in mid-message."""
    chance = random.Random(seed)
    host, port = url.removeprefix("ws://").split("/")[0].split(":")
    made: list[int] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int]) -> None:
        while budget[0] > 0 and (data := await reader.read(1000)):
            writer.write(data[: budget[0]])
            budget[0] -= len(data)
            await writer.drain()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        budget = [chance.randint(2_000, 60_000) if len(made) < cuts else 10**9]
        made.append(budget[0])
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        pumps = [
            asyncio.create_task(pump(reader, upstream_writer, budget)),
            asyncio.create_task(pump(upstream_reader, writer, budget)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for side in (writer, upstream_writer):
            side.transport.abort()

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with proxy:
        yield f"ws://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/v1/dictation", made


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_breaks_in_mid_message_loses_and_repeats_nothing(running: Serving, seed: int) -> None:
    pcm = speech()
    heard: list[ServerMessage] = []

    async def run() -> tuple[Record, int]:
        async with breaking_line(running.url, seed=seed, cuts=4) as (url, made):
            link = Link(START, url=url, reconnect_s=30, on_message=heard.append)
            record = await play(link, blocks(pcm), speed=50)
            return record, len(made)

    record, connections = asyncio.run(run())
    assert connections > 1, "the line did break"
    assert record.transcript.raw == " ".join(SCRIPT)
    assert stored_audio(running.sessions()[0]) == pcm
    words = [word.id for message in heard if isinstance(message, Commit) for word in message.words]
    assert words == list(range(len(words)))


def test_a_recording_is_sent_as_fast_as_the_server_takes_it(running: Serving) -> None:
    record = asyncio.run(dictate(blocks(speech()), start=START, url=running.url, reconnect_s=5))
    assert record.transcript.raw == " ".join(SCRIPT)


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(ServerUnreachableError, match="no dictation server answers"):
        asyncio.run(dictate(blocks(speech()), start=START, url="ws://127.0.0.1:9/v1/dictation", reconnect_s=5))


def test_a_server_that_stays_away_is_given_up_after_the_time_allowed(running: Serving) -> None:
    async def run() -> None:
        link = Link(START, url=running.url, reconnect_s=0.5)

        async def feed() -> None:
            await link.send_audio(speech(utterances=1))
            while not link.session.safe_samples:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(running.stop)
            await asyncio.Event().wait()

        await carried(link, feed())

    with pytest.raises((ServerUnreachableError, RefusedError)) as gone:
        asyncio.run(run())
    assert gone.value.code in (ErrorCode.SERVER_UNREACHABLE, ErrorCode.SERVER_STOPPING, ErrorCode.UNKNOWN_SESSION)


def test_a_refusal_is_raised_with_the_servers_own_words(running: Serving) -> None:
    start = Start(template="no_such_template", language=Language.EN)
    with pytest.raises(RefusedError, match="no_such_template") as refused:
        asyncio.run(dictate(blocks(speech()), start=start, url=running.url, reconnect_s=5))
    assert refused.value.code is ErrorCode.UNKNOWN_TEMPLATE


def test_what_feeds_the_link_may_fail_and_ends_it(running: Serving) -> None:
    def broken() -> Iterator[bytes]:
        yield speech(utterances=1)
        raise InputError("the file ended badly")

    with pytest.raises(InputError, match="ended badly"):
        asyncio.run(dictate(broken(), start=START, url=running.url, reconnect_s=5))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ws://h:1/v1/dictation", "ws://h:1/v1/dictation"),
        ("ws://h:1", "ws://h:1/v1/dictation"),
        ("http://h:1/", "ws://h:1/v1/dictation"),
        ("https://h/wardscribe/v1/dictation", "wss://h/wardscribe/v1/dictation"),
    ],
)
def test_a_server_address_is_understood_in_the_usual_forms(given: str, meant: str) -> None:
    assert dictation_url(given) == meant


@pytest.mark.parametrize("given", ["", "h:1", "ftp://h", "ws://"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="is not a server address"):
        dictation_url(given)
