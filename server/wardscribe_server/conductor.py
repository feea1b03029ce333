"""One task a session: moves events from the session to the flow, the flow's requests to the engines, and the updates
back to the session. It owns the order in which things happen; it knows no template and no socket.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import assert_never

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import (
    CheckUpdate,
    Commit,
    CommittedWord,
    Correction,
    ErrorReport,
    FieldState,
    FieldUpdate,
    Lag,
    ServerDurable,
    ServerEphemeral,
)
from wardscribe_protocol.messages import Final as FinalMessage
from wardscribe_protocol.messages import Finalized as FinalizedMessage
from wardscribe_protocol.messages import Tail as TailMessage
from wardscribe_protocol.record import Language, Source
from wardscribe_protocol.server_session import ServerSession
from wardscribe_protocol.session_events import (
    Abandoned,
    AudioReceived,
    CommandGiven,
    Configured,
    Drained,
    FieldEdited,
    FinalizeRequested,
    Resumed,
    SessionEvent,
    Started,
    StopRequested,
)
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.engines.base import Effort, Hypothesis, SpeechDetector, Window, samples_from_pcm16
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.metrics import Metrics
from wardscribe_server.pipeline.compose import BadPointer, UnknownCommand
from wardscribe_server.pipeline.events import (
    Audio,
    CheckChanged,
    CommandIgnored,
    Committed,
    Decode,
    DetectSpeech,
    Dropped,
    Edit,
    FieldChanged,
    Finalize,
    Finalized,
    Finished,
    FlowInput,
    FlowOutput,
    Instruct,
    Paced,
    Speech,
    Stop,
    Tail,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.pace import Pace
from wardscribe_server.records.store import SessionFiles
from wardscribe_server.transcribe import decoded

_log = logging.getLogger(__name__)

_SYNC_SAMPLES = SAMPLE_RATE // 2  # audio written between two syncs
_LAG_STEP_S = 1.0  # how much the lag changes before it is said again
_FULL_DISK_RETRY_S = 2.0
_DECODE_ATTEMPTS = 2
_SALVAGED = {ErrorCode.LEASE_EXPIRED, ErrorCode.SERVER_STOPPING}
_ONE_LANGUAGE = "The language cannot change during a dictation; start another session."


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all sessions share."""

    pool: EnginePool
    detector: SpeechDetector
    metrics: Metrics


class Conductor:
    """Runs one dictation from its start to its record."""

    def __init__(
        self,
        session: ServerSession,
        flow: Flow,
        *,
        language: Language,
        files: SessionFiles,
        workshop: Workshop,
        on_output: Callable[[], None],
    ) -> None:
        self._session = session
        self._flow = flow
        self._language = language
        self._files = files
        self._workshop = workshop
        self._speech = workshop.detector.stream()
        self._on_output = on_output
        self._wake = asyncio.Event()
        self._answers: deque[FlowInput] = deque()
        self._decodes: set[asyncio.Task[None]] = set()
        self._tail_job: Future[Hypothesis] | None = None  # in the pool's queue, or running
        self._pace = Pace()
        self._said_lag_s = 0.0
        self._unsynced = 0
        self._failure: Exception | None = None
        self._stopping = False
        self._done = False

    def wake(self) -> None:
        """The session has new events or more room."""
        self._wake.set()

    async def run(self, *, now: Callable[[], float]) -> None:
        """Work until the session is over. What goes wrong ends this session and no other."""
        try:
            while not self._done:
                if not (self._answers or self._session.pending_events or self._failure):
                    await self._wake.wait()
                self._wake.clear()
                await self._step(now)
        except RefusedError as error:
            _log.warning("session ended: %s", error.code.value)
            self._session.fail(error.code)
        except Exception as error:  # noqa: BLE001 - the session boundary; the traceback could hold spoken content
            _log.error("session failed: %s", type(error).__name__)
            self._session.fail(ErrorCode.INTERNAL)
        finally:
            for task in self._decodes:
                task.cancel()
            await self._keep()
            self._on_output()

    async def _step(self, now: Callable[[], float]) -> None:
        if self._failure is not None:
            raise self._failure
        while self._answers:
            await self._feed(self._answers.popleft(), now)
        for event in _merged(self._session.events_received()):
            await self._take(event, now)
            while self._answers:
                await self._feed(self._answers.popleft(), now)
        self._renew_tail()
        self._session.audio_consumed(min(self._flow.consumed_samples, self._session.received_samples))
        self._say_lag()
        self._on_output()

    async def _take(self, event: SessionEvent, now: Callable[[], float]) -> None:
        match event:
            case AudioReceived(_, pcm):
                await self._store(pcm)
                self._workshop.metrics.audio(len(pcm))
                await self._feed(Audio(pcm), now)
            case FieldEdited(path, value, _):
                try:
                    await self._feed(Edit(path, value), now)
                except BadPointer:
                    self._session.send(ErrorReport.of(ErrorCode.BAD_FIELD))
            case FinalizeRequested():
                await self._sync()
                await self._feed(Finalize(), now)
            case StopRequested():
                await self._sync()
                self._stopping = True
                await self._feed(Stop(), now)
            case CommandGiven(name, args, _):
                argument = next((str(value) for value in args.values()), "")
                try:
                    await self._feed(Instruct(name, argument), now)
                except UnknownCommand:
                    self._session.send(ErrorReport.of(ErrorCode.UNKNOWN_COMMAND))
            case Configured(language, _) if language not in (None, self._language):
                self._session.send(ErrorReport.of(ErrorCode.UNEXPECTED_MESSAGE, _ONE_LANGUAGE))
            case Abandoned(code, _) if code in _SALVAGED and not self._stopping:
                # Nobody came back for it; what was said still becomes a record on disk.
                await self._feed(Stop(), now)
            case Abandoned() | Drained():
                self._done = True
            case Started() | Resumed() | Configured():
                pass
            case _:
                assert_never(event)

    async def _feed(self, event: FlowInput, now: Callable[[], float]) -> None:
        """Give the flow one input and act on what follows. Composing a record is work for a thread."""
        if isinstance(event, Audio | Speech | Dropped | Paced):
            outputs = list(self._flow.handle(event))
        else:
            outputs = await asyncio.to_thread(lambda: list(self._flow.handle(event)))
        for output in outputs:
            await self._act(output, now)

    async def _act(self, output: FlowOutput, now: Callable[[], float]) -> None:
        match output:
            case DetectSpeech(pcm):
                samples = samples_from_pcm16(pcm)
                self._answers.append(Speech(await asyncio.to_thread(self._speech.push, samples)))
            case Decode():
                self._request(output, now())
            case Finished(record, log, records):
                await self._on_disk(lambda: self._files.finish(record, edits=log.lines()))
                self._workshop.metrics.record(record.template)
                if self._session.is_over:
                    self._done = True
                else:
                    self._session.close(record, records=records, now=now())
            case _:
                message = _message(output, received=self._session.received_samples)
                while self._session.room == 0 and not self._session.is_over:
                    await self._wake.wait()
                    self._wake.clear()
                self._session.send(message)

    def _request(self, request: Decode, now_s: float) -> None:
        if request.effort is Effort.FINAL and self._tail_job is not None:
            self._tail_job.cancel()  # the final hears it all
        # The session whose words have been waiting longest is due first.
        due = now_s - (self._flow.samples - self._flow.uncommitted_from) / SAMPLE_RATE
        task = asyncio.create_task(self._decode(request, due))
        self._decodes.add(task)
        task.add_done_callback(self._decodes.discard)

    async def _decode(self, request: Decode, due: float) -> None:
        window = Window(samples_from_pcm16(request.pcm), self._language, request.effort)
        started = asyncio.get_running_loop().time()
        try:
            for attempt in range(1, _DECODE_ATTEMPTS + 1):
                try:
                    with self._workshop.metrics.decoding(request.effort.name.lower(), len(window.samples)):
                        job = self._workshop.pool.submit(window, due=due)
                        if request.effort is Effort.TAIL:
                            self._tail_job = job
                        hypothesis = await asyncio.wrap_future(job)
                    break
                except RuntimeError as error:
                    # CTranslate2 says everything with RuntimeError; out of memory may pass, so the second try counts.
                    _log.warning("decode failed: %s, attempt %d", type(error).__name__, attempt)
                    if attempt == _DECODE_ATTEMPTS:
                        raise
            self._answers.append(decoded(request, hypothesis))
            if request.effort is Effort.TAIL:
                step_samples = self._pace.after(asyncio.get_running_loop().time() - started)
                if step_samples != self._flow.step_samples:
                    self._answers.append(Paced(step_samples))
        except asyncio.CancelledError:
            self._answers.append(Dropped(request))
        except Exception as error:  # noqa: BLE001 - the job boundary: `_step` ends the session with it
            self._failure = error
        self._wake.set()

    def _renew_tail(self) -> None:
        """A tail that still waits for a worker makes room for one that hears more; a running one is left alone."""
        if self._tail_job is not None and self._flow.stale_samples >= self._flow.step_samples:
            self._tail_job.cancel()

    async def _store(self, pcm: bytes) -> None:
        await self._on_disk(lambda: self._files.append(pcm))
        self._unsynced += len(pcm) // 2
        if self._unsynced >= _SYNC_SAMPLES:
            await self._sync()

    async def _sync(self) -> None:
        await self._on_disk(self._files.sync)
        self._session.audio_safe(self._files.samples)
        self._unsynced = 0

    async def _on_disk(self, write: Callable[[], object]) -> None:
        """Write; while the disk is full say so and try again. The client keeps what is not safe, and gets no credit.

        Raises: RefusedError (`storage_full`) when the session ends before there is room.
        """
        said = False
        while True:
            try:
                await asyncio.to_thread(write)
                return
            except RefusedError as error:
                if self._session.is_over:
                    raise
                if not said:
                    self._session.send(ErrorReport.of(error.code))
                    self._on_output()
                    said = True
                await asyncio.sleep(_FULL_DISK_RETRY_S)

    async def _keep(self) -> None:
        """Leave the disk in order, whatever happened."""
        try:
            await asyncio.to_thread(self._files.sync)
        except RefusedError:
            _log.error("audio could not be synced at the end of a session")
        self._files.close()

    def _say_lag(self) -> None:
        lag_s = self._flow.undecoded_samples / SAMPLE_RATE
        if abs(lag_s - self._said_lag_s) >= _LAG_STEP_S or (lag_s == 0) != (self._said_lag_s == 0):
            self._said_lag_s = lag_s
            self._session.send(Lag(seconds=round(lag_s, 1)))


def _merged(events: Iterable[SessionEvent]) -> Iterable[SessionEvent]:
    """Neighbouring audio as one event, so that a burst costs one write and one pass of the detector."""
    held: list[AudioReceived] = []
    for event in events:
        if isinstance(event, AudioReceived) and sum(len(item.pcm) for item in held) < 2 * SAMPLE_RATE * 2:
            held.append(event)
            continue
        if held:
            yield AudioReceived(held[0].first_sample, b"".join(item.pcm for item in held))
            held = []
        if isinstance(event, AudioReceived):
            held.append(event)
        else:
            yield event
    if held:
        yield AudioReceived(held[0].first_sample, b"".join(item.pcm for item in held))


def _message(
    output: Tail | Committed | Final | FieldChanged | CheckChanged | CommandIgnored | Finalized, *, received: int
) -> ServerDurable | ServerEphemeral:
    """An update of the flow as the message that tells the client."""
    match output:
        case Tail(text):
            return TailMessage(text=text)
        case Committed(words):
            return Commit(
                words=tuple(
                    CommittedWord(
                        id=word.id,
                        text=word.text,
                        start_ms=word.span.ms()[0] if word.span else 0,
                        end_ms=word.span.ms()[1] if word.span else 0,
                        confidence=word.confidence,
                    )
                    for word in words
                )
            )
        case Final(segment, text, corrections):
            made = tuple(
                Correction(heard=item.heard, written=item.written, why=item.why, score=item.score)
                for item in corrections
            )
            return FinalMessage(segment=segment, text=text, corrections=made)
        case FieldChanged(pointer, value, evidence):
            state = FieldState.PROPOSED
            if value is None:
                state = FieldState.WITHDRAWN
            elif evidence is not None and evidence.source is Source.EDITED:
                state = FieldState.EDITED
            return FieldUpdate(path=pointer, value=value, evidence=evidence, state=state)
        case CheckChanged(check, settled):
            return CheckUpdate(
                code=check.code, severity=check.severity, path=check.path, message=check.message, settled=settled
            )
        case CommandIgnored():
            return ErrorReport.of(ErrorCode.UNKNOWN_COMMAND)
        case Finalized():
            return FinalizedMessage(up_to_sample=received)
        case _:
            assert_never(output)
