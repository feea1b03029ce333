"""One task a session: moves events from the session to the flow, the flow's requests to the engines, and the updates
back to the session. It owns the order in which things happen; it knows no template and no socket.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import assert_never

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import (
    Commit,
    CommittedWord,
    ErrorReport,
    Lag,
    ServerDurable,
    ServerEphemeral,
)
from wardscribe_protocol.record import Language, Record
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
from wardscribe_protocol.states import ServerPhase
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_protocol.wire import Numbered
from wardscribe_server.decoding import Decoding
from wardscribe_server.engines.base import samples_from_pcm16
from wardscribe_server.handing_over import dictated, made_of
from wardscribe_server.journal.entries import (
    CONFIRM_FIELD,
    Acknowledged,
    Control,
    Made,
    Over,
    Stopped,
    Told,
    control_entry,
    entry_of,
)
from wardscribe_server.journal.journal import Journal
from wardscribe_server.journal.rebuilding import Rebuilt
from wardscribe_server.pipeline.compose import UnknownCommand
from wardscribe_server.pipeline.events import (
    Audio,
    Confirm,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    Edit,
    Finalize,
    Finished,
    FlowInput,
    FlowOutput,
    Instruct,
    Know,
    Paced,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.pace import Haste
from wardscribe_server.pipeline.pointers import BadPointer
from wardscribe_server.records.report import Dictation
from wardscribe_server.telling import message_of
from wardscribe_server.workshop import Workshop

_log = logging.getLogger(__name__)

_SYNC_SAMPLES = SAMPLE_RATE // 2  # audio written between two syncs
_LAG_STEP_S = 1.0  # how much the lag changes before it is said again
_FULL_DISK_RETRY_S = 2.0
_PASSING = {ErrorCode.RECORDS_UNAVAILABLE, ErrorCode.STORAGE_FULL}
_ACKNOWLEDGED_STEP = 256  # messages that a client has, between two entries saying so
_ONE_LANGUAGE = "The language cannot change during a dictation; start another session."


class Conductor:
    """Runs one dictation from its start to its record."""

    def __init__(
        self,
        session: ServerSession,
        flow: Flow,
        *,
        language: Language,
        journal: Journal,
        workshop: Workshop,
        on_output: Callable[[], None],
        may_promise: Callable[[], bool],
        keep_report: Callable[[Record, Dictation, int | None], object],
    ) -> None:
        """`may_promise`: whether there is room on the disk for more audio than was given credit for.

        `keep_report` may be called again for a record that was kept; it raises RefusedError. Its last argument is the
        place of the patient in a round over several, None where there is one.
        """
        self._session = session
        self._flow = flow
        self._language = language
        self._journal = journal
        self._workshop = workshop
        self._speech = workshop.detector.stream()
        self._on_output = on_output
        self._may_promise = may_promise
        self._keep_report = keep_report
        self._words: list[CommittedWord] = []
        self._audio_hash = sha256()
        self._made: Made | None = None
        self._wake = asyncio.Event()
        self._answers: deque[FlowInput] = deque()
        self._outputs: list[FlowOutput] = []  # of a flow that was rebuilt
        self._decoding = Decoding(
            workshop,
            language,
            owner=session.session_id,
            answer=self._answered,
            fail=self._failed,
            step_samples=flow.step_samples,
        )
        self._haste = Haste()
        self._said_lag_s = 0.0
        self._unsynced = 0
        self._failure: Exception | None = None
        self._begun = False  # something was said or done
        self._stopping = False
        self._finished = False
        self._suspended = False
        self._done = False
        self._said_full = False
        self._journaled_ack = session.acknowledged_seq

    def wake(self) -> None:
        """The session has new events or more room."""
        self._wake.set()

    def suspend(self) -> None:
        """Stop here; the session stays open in its journal, for the next server to go on with."""
        self._suspended = True
        self._wake.set()

    def go_on(self, rebuilt: Rebuilt) -> None:
        """Take up a session from its journal, before `run` takes its first step."""
        past = rebuilt.past
        self._speech.push(samples_from_pcm16(rebuilt.heard))
        self._begun = bool(past.samples or past.client_seq)
        self._stopping = past.stopped
        self._outputs.extend(rebuilt.outputs)
        self._words, self._audio_hash = past.words, past.audio_hash
        self._made = past.made

    async def run(self, *, now: Callable[[], float]) -> str | None:
        """Work until the session is over, and say why it is; None when it is to be gone on with by another server.

        What goes wrong ends this session and no other.
        """
        why: str | None = None
        try:
            while not (self._done or self._suspended):
                if not self._has_work:
                    await self._wake.wait()
                self._wake.clear()
                await self._step(now)
            if self._done:
                why = "finished" if self._finished else "abandoned"
        except RefusedError as error:
            _log.warning("session ended: %s", error.code.value)
            self._session.fail(error.code)
        except Exception as error:  # noqa: BLE001 - the session boundary; the traceback could hold spoken content
            _log.error("session failed: %s", type(error).__name__)
            self._session.fail(ErrorCode.INTERNAL)
        finally:
            self._decoding.cancel()
            why = await self._keep(why)
            self._on_output()
        return why

    @property
    def _has_work(self) -> bool:
        unkept = self._made is not None and not self._finished
        return bool(self._answers or self._outputs or self._session.pending_events or self._failure or unkept)

    async def _step(self, now: Callable[[], float]) -> None:
        if self._failure is not None:
            raise self._failure
        if self._made is not None and not self._finished:
            await self._hand_over(self._made, now())
        outputs, self._outputs = self._outputs, []
        await self._act_on(outputs, now)
        while self._answers:
            await self._feed(self._answers.popleft(), now)
        for event in _merged(self._session.events_received()):
            await self._take(event, now)
            while self._answers:
                await self._feed(self._answers.popleft(), now)
        if self._flow.stale_samples >= self._flow.step_samples:
            self._decoding.drop_waiting_tail()
        self._give_credit()
        self._say_lag()
        self._on_output()

    async def _take(self, event: SessionEvent, now: Callable[[], float]) -> None:
        match event:
            case AudioReceived(_, pcm):
                self._begun = True
                audio = Audio(pcm)
                self._journal.add(audio)
                self._audio_hash.update(pcm)
                self._unsynced += len(pcm) // 2
                if self._unsynced >= _SYNC_SAMPLES:
                    await self._sync()
                self._workshop.metrics.audio(len(pcm))
                self._haste.received(len(pcm) // 2, now_s=now())
                await self._feed(audio, now)
            case FieldEdited() | CommandGiven() | FinalizeRequested() | Configured():
                await self._control(event, now)
            case StopRequested():
                await self._stop(now, by_client=True)
            case Abandoned(ErrorCode.LEASE_EXPIRED, _) if self._begun and not self._stopping:
                # Nobody came back for it; what was said still becomes a record on disk.
                await self._stop(now, by_client=False)
            case Abandoned() | Drained():
                self._done = self._finished or not self._stopping  # else when the record is made
            case Started() | Resumed():
                pass
            case _:
                assert_never(event)

    async def _control(self, event: Control, now: Callable[[], float]) -> None:
        """What a person did by hand: kept before it is done, and before the client may forget it."""
        self._begun = True
        self._journal.add(control_entry(event))
        await self._sync()
        self._session.control_safe(event.seq)
        match event:
            case FieldEdited(path, value):
                try:
                    await self._feed(Edit(path, value), now)
                except BadPointer:
                    self._session.send(ErrorReport.of(ErrorCode.BAD_FIELD))
            case CommandGiven(name, args) if name == CONFIRM_FIELD:
                try:
                    await self._feed(Confirm(str(args.get("path", ""))), now)
                except BadPointer:
                    self._session.send(ErrorReport.of(ErrorCode.BAD_FIELD))
            case CommandGiven(name, args):
                argument = next((str(value) for value in args.values()), "")
                try:
                    await self._feed(Instruct(name, argument), now)
                except UnknownCommand:
                    self._session.send(ErrorReport.of(ErrorCode.UNKNOWN_COMMAND))
            case FinalizeRequested():
                await self._feed(Finalize(), now)
            case Configured(language) if language not in (None, self._language):
                self._session.send(ErrorReport.of(ErrorCode.UNEXPECTED_MESSAGE, _ONE_LANGUAGE))
            case Configured(_, context) if context is not None:
                await self._feed(Know(context), now)
            case Configured():
                pass

    async def _stop(self, now: Callable[[], float], *, by_client: bool) -> None:
        self._journal.add(Stopped(by_client))
        await self._sync()
        self._stopping = True
        await self._feed(Stop(), now)

    async def _feed(self, event: FlowInput, now: Callable[[], float]) -> None:
        """Give the flow one input and act on what follows. Composing a record is work for a thread."""
        if isinstance(event, Speech | Decoded | Dropped | Paced):
            self._journal.add(entry_of(event))
        if isinstance(event, Audio | Speech | Dropped | Paced):
            outputs = list(self._flow.handle(event))
        elif isinstance(event, Edit | Instruct):
            async with self._workshop.turns.turn():
                outputs = await asyncio.to_thread(lambda: list(self._flow.handle(event)))
        else:
            outputs = await asyncio.to_thread(lambda: list(self._flow.handle(event)))
        await self._act_on(outputs, now)

    async def _act_on(self, outputs: Sequence[FlowOutput], now: Callable[[], float]) -> None:
        """What the client will be told durably is on disk before, together with what it follows from."""
        messages = {
            at: message_of(output, received=self._session.received_samples)
            for at, output in enumerate(outputs)
            if not isinstance(output, DetectSpeech | Decode | Finished)
        }
        durable = [message for message in messages.values() if isinstance(message, Numbered)]
        for message in durable:
            self._journal.add(Told(message))
            if isinstance(message, Commit):
                self._words += message.words
        if durable:
            await self._sync()
        for at, output in enumerate(outputs):
            match output:
                case DetectSpeech(pcm):
                    samples = samples_from_pcm16(pcm)
                    self._answers.append(Speech(await asyncio.to_thread(self._speech.push, samples)))
                case Decode():
                    # The session whose words have been waiting longest is due first.
                    waited = self._flow.samples - self._flow.uncommitted_from
                    ahead = self._haste.is_ahead(now_s=now())
                    self._decoding.request(output, due=now() - waited / SAMPLE_RATE, ahead=ahead)
                case Finished():
                    await self._finish(output, now())
                case _:
                    await self._say(messages[at])

    async def _say(self, message: ServerDurable | ServerEphemeral) -> None:
        while self._session.room == 0 and not (self._session.is_over or self._suspended):
            await self._wake.wait()
            self._wake.clear()
        if self._session.room or not isinstance(message, Numbered):
            self._session.send(message)

    async def _finish(self, end: Finished, now_s: float) -> None:
        self._made = made_of(end)
        self._journal.add(self._made)
        await self._sync()
        await self._hand_over(self._made, now_s)

    async def _hand_over(self, made: Made, now_s: float) -> None:
        """The record goes to the reports, then to the client; while reports cannot be kept, the client waits."""
        reports = list(dictated(made, self._words, audio_sha256=self._audio_hash.hexdigest()))
        for place, (record, dictation) in enumerate(reports):
            while not await self._kept(record, dictation, place if made.patients else None):
                if self._suspended:
                    return
                await asyncio.sleep(_FULL_DISK_RETRY_S)
        self._finished = True
        for record, _ in reports:
            self._workshop.metrics.record(record.template)
        if self._session.phase is ServerPhase.FINISHING:
            self._session.close(made.record, records=made.records, now=now_s)
        else:
            self._done = True  # no client waits for it

    async def _kept(self, record: Record, dictation: Dictation, place: int | None) -> bool:
        """Whether there is nothing more to try. What the reports turn down for good stays in the journal."""
        try:
            await asyncio.to_thread(self._keep_report, record, dictation, place)
        except RefusedError as error:
            _log.warning("a report could not be kept: %s", error.code.value)
            self._session.send(ErrorReport.of(error.code))
            self._on_output()
            return error.code not in _PASSING
        return True

    def _answered(self, answer: FlowInput) -> None:
        self._answers.append(answer)
        self._wake.set()

    def _failed(self, error: Exception) -> None:
        self._failure = error
        self._wake.set()

    async def _sync(self) -> None:
        """Put the journal on disk; while the disk is full say so and try again.

        The client keeps what is not safe, and gets no credit. Raises: RefusedError (`storage_full`) when the session
        ends before there is room.
        """
        said = False
        while True:
            try:
                safe = await asyncio.to_thread(self._journal.sync)
                break
            except RefusedError as error:
                if self._session.is_over or self._suspended:
                    raise
                if not said:
                    self._session.send(ErrorReport.of(error.code))
                    self._on_output()
                    said = True
                await asyncio.sleep(_FULL_DISK_RETRY_S)
        self._session.audio_safe(safe)
        self._unsynced = 0

    async def _keep(self, why: str | None) -> str | None:
        """Leave the disk in order, whatever happened; why the session is over, once the journal says so."""
        if why is not None:
            self._journal.add(Over(why=why, at=datetime.now(UTC).isoformat(timespec="seconds")))
        try:
            await asyncio.to_thread(self._journal.sync)
        except RefusedError:
            _log.error("a journal could not be synced at the end of a session")
            why = None  # the next server will find it open, and end it
        self._journal.close()
        return why

    def _give_credit(self) -> None:
        """More audio may come for what was taken; but none that could not be kept."""
        acknowledged = self._session.acknowledged_seq
        if acknowledged >= self._journaled_ack + _ACKNOWLEDGED_STEP:
            self._journal.add(Acknowledged(acknowledged))
            self._journaled_ack = acknowledged
        consumed = min(self._flow.consumed_samples, self._session.received_samples)
        if self._may_promise():
            self._session.audio_consumed(consumed)
            self._said_full = False
        elif not self._said_full:
            self._session.send(ErrorReport.of(ErrorCode.STORAGE_FULL))
            self._said_full = True

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
