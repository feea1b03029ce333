"""The reconnect loop against a real server through a line that keeps breaking."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client.link import Link, LinkSettings, carried, dictate, dictation_url
from wardscribe_client.pauses import Pauses
from wardscribe_client.playback import play
from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError, ServerUnreachableError
from wardscribe_protocol.messages import Busy, Commit, GoAway, ServerMessage, Start
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)
QUICK = LinkSettings(ask_every_s=0.05, answer_within_s=0.5)


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


class NoPauses(Pauses):
    """Comes back at once, and says that it does."""

    def __init__(self, on_loss: Callable[[], None]) -> None:
        super().__init__(give_up_s=60)
        self._on_loss = on_loss

    def after_loss(self, now: float) -> float | None:
        self._on_loss()
        return 0.0 if super().after_loss(now) is not None else None


def test_a_server_that_is_gone_for_a_while_is_waited_for(running: Serving) -> None:
    async def run() -> Record:
        async with breaking_line(running.url, seed=1, cuts=1) as (url, made):
            proxied = Link(START, url=url, reconnect_s=60)
            refused: list[str] = []

            def lost() -> None:
                refused.append(proxied._url)
                # Port 9 refuses: nobody listens there; from the fourth loss on the server is back.
                proxied._url = "ws://127.0.0.1:9/v1/dictation" if len(refused) < 4 else url

            proxied._pauses = NoPauses(lost)
            record = await play(proxied, blocks(speech()), speed=50)
            assert (len(refused), len(made)) == (4, 2)
            return record

    assert asyncio.run(run()).transcript.raw == " ".join(SCRIPT)


@asynccontextmanager
async def stalling_line(url: str, *, after_bytes: int) -> AsyncIterator[tuple[str, list[int]]]:
    """A proxy whose first connection stays up and carries nothing any more after so many bytes to the server."""
    host, port = url.removeprefix("ws://").split("/")[0].split(":")
    made: list[int] = []
    never = asyncio.Event()  # held here, or what waits for it would be garbage

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.append(0)
        number, stalled = len(made) - 1, asyncio.Event()
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, counts: bool) -> None:
            while not stalled.is_set() and (data := await source.read(1000)):
                made[number] += len(data) if counts else 0
                if number == 0 and made[0] > after_bytes:
                    stalled.set()
                    break
                sink.write(data)
                await sink.drain()
            if stalled.is_set():
                await never.wait()

        pumps = [
            asyncio.create_task(pump(reader, upstream_writer, counts=True)),
            asyncio.create_task(pump(upstream_reader, writer, counts=False)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for side in (writer, upstream_writer):
                side.transport.abort()

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/v1/dictation", made
    finally:
        proxy.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_a_connection_on_which_nothing_comes_back_is_replaced(running: Serving) -> None:
    pcm = speech()

    async def run() -> Record:
        async with stalling_line(running.url, after_bytes=30_000) as (url, made):
            link = Link(START, url=url, reconnect_s=60, settings=QUICK)
            record = await play(link, blocks(pcm), speed=50)
            assert len(made) == 2
            return record

    record = asyncio.run(run())
    assert record.transcript.raw == " ".join(SCRIPT)
    assert stored_audio(running.sessions()[0]) == pcm


def test_a_server_without_a_place_is_asked_again_and_then_named_as_the_reason(tmp_path: Path) -> None:
    with serving(
        tmp_path, recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0, max_sessions=1
    ) as server:

        async def run() -> Record:
            first = Link(START, url=server.url, reconnect_s=60)
            carrying = asyncio.create_task(first.run())
            await first.send_audio(speech())
            while not first.session.safe_samples:
                await asyncio.sleep(0.01)
            second = Link(START, url=server.url, reconnect_s=0.3)
            losses: list[int] = []
            with pytest.raises(RefusedError) as refused:
                await second.run()
            assert refused.value.code is ErrorCode.TOO_MANY_SESSIONS
            third = Link(START, url=server.url, reconnect_s=60)

            def lost() -> None:
                losses.append(1)
                first.stop()

            third._pauses = NoPauses(lost)
            third.stop()
            record = await third.run()
            assert losses
            await carrying
            return record

        assert asyncio.run(run()).transcript.raw == ""


def test_the_server_says_when_to_come_back_and_is_heard(running: Serving) -> None:
    link = Link(START, url=running.url, reconnect_s=60)
    link._take(Busy(retry_after_s=7.0), starting=True)
    link._take(GoAway(reason="restart"), starting=False)
    pause_s = link._pauses.after_loss(0.0)
    assert pause_s is not None
    assert pause_s >= 7.0


def test_another_process_goes_on_with_a_dictation_from_what_was_kept(running: Serving) -> None:
    pcm = speech()
    kept: list[ResumeState] = []
    heard: list[ServerMessage] = []
    when_kept: list[int] = []  # words of the messages that had been heard when a state was kept

    def keep(state: ResumeState) -> None:
        kept.append(ResumeState.model_validate_json(state.model_dump_json()))
        when_kept.append(len(heard))

    async def until_killed() -> None:
        link = Link(START, url=running.url, reconnect_s=60, on_message=heard.append, keep=keep)
        killed = asyncio.Event()

        async def feed() -> None:
            link.edit_field("/fields/heart_size", "normal")
            await link.send_audio(pcm[:80_000])
            while not any(isinstance(message, Commit) for message in heard):
                await asyncio.sleep(0.01)
            killed.set()
            await asyncio.Event().wait()

        running_link = asyncio.create_task(carried(link, feed()))
        await killed.wait()
        running_link.cancel()
        await asyncio.gather(running_link, return_exceptions=True)

    async def next_process() -> Record:
        state = kept[-1]
        link = Link.resumed(
            state, captured_samples=40_000, url=running.url, reconnect_s=60, on_message=heard.append, keep=keep
        )
        return await play(link, blocks(pcm[state.safe_samples * 2 :]), speed=50)

    asyncio.run(until_killed())
    del heard[when_kept[-1] :]
    record = asyncio.run(next_process())
    assert record.transcript.raw == " ".join(SCRIPT)
    assert record.fields["heart_size"] == "normal"
    assert stored_audio(running.sessions()[0]) == pcm
    words = [word.id for message in heard if isinstance(message, Commit) for word in message.words]
    assert words == list(range(len(words)))
    attempts = [state.attempts for state in kept]
    assert attempts == sorted(attempts)
    assert attempts[-1] == 2
    assert kept[-1].stopped


def test_a_recording_is_sent_as_fast_as_the_server_takes_it(running: Serving) -> None:
    record = asyncio.run(dictate(blocks(speech()), start=START, url=running.url, reconnect_s=5))
    assert record.transcript.raw == " ".join(SCRIPT)


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(ServerUnreachableError, match="no dictation server answers"):
        asyncio.run(dictate(blocks(speech()), start=START, url="ws://127.0.0.1:9/v1/dictation", reconnect_s=5))


def test_who_captures_meanwhile_may_wait_for_the_first_server_too(running: Serving) -> None:
    async def run() -> Record:
        link = Link(
            START, url="ws://127.0.0.1:9/v1/dictation", reconnect_s=60, settings=LinkSettings(waits_at_first=True)
        )

        def lost() -> None:
            link._url = running.url

        link._pauses = NoPauses(lost)
        return await play(link, blocks(speech()), speed=50)

    assert asyncio.run(run()).transcript.raw == " ".join(SCRIPT)


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
