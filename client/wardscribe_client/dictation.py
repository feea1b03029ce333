"""One dictation from the key press to the record: device -> spool -> server -> events.

Sound is on disk, encrypted, before it is sent. Whatever breaks meanwhile (network, server, this machine's sleep, this
process), what was captured is kept and goes on to the same session; where the server has given that up, to a new one.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from pydantic import JsonValue

from wardscribe_client.capture import Capture, Listener
from wardscribe_client.dictation_events import Captured, DictationEvent, Failed, RecordingChanged
from wardscribe_client.level import Level
from wardscribe_client.sending import Sending, SendingSettings, ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_client.spool_story import Mark
from wardscribe_client.spooled_dictation import SpooledDictation
from wardscribe_protocol.errors import FullError, InputError, WardscribeError
from wardscribe_protocol.messages import ClientControl, Closed, Command, Configure, Context, FieldEdit, Finalize, Start
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import SAMPLE_RATE

_CHECKED_EVERY_SAMPLES = 30 * SAMPLE_RATE  # whether the disk has room for more


class Dictation:
    """Made by `begin` or `resume`; used as `async with`, and left with everything kept if it is not finished."""

    def __init__(
        self,
        spooled: SpooledDictation,
        *,
        spool: Spool,
        server: ServerAccess | None,
        capture: Capture | None = None,
        on_event: Callable[[DictationEvent], None] = lambda _: None,
        settings: SendingSettings | None = None,
        finalize_on_pause: bool = True,
    ) -> None:
        """`server` None: a note is taken, and sent later by the upload queue. `capture` None: nothing new is said, only
        what was kept is sent. `finalize_on_pause`: final text when the
        key is let go, without waiting for silence.
        """
        self._spooled = spooled
        self._spool = spool
        self._server = server
        self._capture = capture
        self._on_event = on_event
        self._settings = settings or SendingSettings()
        self._finalize_on_pause = finalize_on_pause
        self._listener: Listener | None = None
        self._sending: Sending | None = None
        self._serving: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._record: Record | None = None
        self._failure: WardscribeError | None = None
        self._unkept = bytearray()
        self._checked_samples = 0

    @classmethod
    def begin(
        cls,
        start: Start,
        *,
        spool: Spool,
        server: ServerAccess | None,
        capture: Capture,
        on_event: Callable[[DictationEvent], None] = lambda _: None,
        settings: SendingSettings | None = None,
    ) -> Self:
        """A new dictation, kept from now on.

        Raises: FullError when the spool has no room for it.
        """
        return cls(
            spool.create(start), spool=spool, server=server, capture=capture, on_event=on_event, settings=settings
        )

    @classmethod
    def resume(
        cls,
        dictation_id: str,
        *,
        spool: Spool,
        server: ServerAccess | None,
        capture: Capture | None = None,
        on_event: Callable[[DictationEvent], None] = lambda _: None,
        settings: SendingSettings | None = None,
    ) -> Self:
        """One that an earlier process left; everything that was told before is told again first.

        Raises: InputError when it is not there, or open in another window.
        """
        spooled = spool.open(dictation_id)
        return cls(spooled, spool=spool, server=server, capture=capture, on_event=on_event, settings=settings)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    # What it is

    @property
    def id(self) -> str:
        """By which the spool knows it."""
        return self._spooled.id

    @property
    def session(self) -> str | None:
        """The server's name for it, and its report's; None while no server has heard of it."""
        state = self._spooled.story.state
        return state.session if state is not None else None

    @property
    def recording(self) -> bool:
        """Whether sound is kept now."""
        return self._attached and self._capture is not None and self._capture.recording

    @property
    def captured_samples(self) -> int:
        """All of its sound, earlier processes included."""
        return self._spooled.captured_samples

    @property
    def stopped(self) -> bool:
        """Whether its end was asked for."""
        return self._stopping or Mark.STOPPED in self._spooled.story.marks

    # Its life

    async def open(self) -> None:
        """Listen and connect. A server that is not there is waited for; a microphone that is not there is not.

        Raises: InputError when no device can be opened.
        """
        for message in self._spooled.messages():
            self._on_event(message)
            if isinstance(message, Closed):
                self._record = message.record
        if self._capture is not None and not self.stopped:
            await self._capture.open()
            self._listener = Listener(
                take=self._take,
                level=self._heard,
                changed=self._on_event,
                failed=self._capture_failed,
                stopped=self._recording_stopped,
            )
            self._capture.attach(self._listener)
        self.retry()

    async def leave(self) -> None:
        """Go away. What is not finished stays in the spool, for `resume` or the upload queue."""
        if self._capture is not None and self._listener is not None:
            self._capture.detach(self._listener)
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        try:
            await asyncio.to_thread(self._spooled.sync)
        finally:
            self._spool.close(self._spooled)

    def retry(self, server: ServerAccess | None = None) -> None:
        """Connect again after `Failed`, perhaps with another token. While it is being tried this changes nothing."""
        self._server = server or self._server
        if self._record is None and self._server is not None and (self._serving is None or self._serving.done()):
            self._failure = None
            self._sending = Sending(
                self._spooled, server=self._server, on_event=self._on_event, settings=self._settings
            )
            self._sending.recording = self.recording
            self._serving = asyncio.create_task(self._serve(self._sending))

    # The key

    def record(self) -> None:
        """Keep sound from now on, and what was heard a moment ago.

        Raises: InputError when it is over, FullError when there is no room.
        """
        if self._capture is None or self.stopped or not self._attached:
            raise InputError("this dictation has ended; begin another")
        self._spool.check_room(bytes_wanted=len(self._unkept))
        if self._unkept:
            self._spooled.add_audio(bytes(self._unkept))
            self._unkept.clear()
        if not self._capture.recording:
            self._idle.clear()
            self._on_event(RecordingChanged(recording=True, at_sample=self.captured_samples))
        self._capture.start()
        self._recording_is(self._capture.recording)

    def pause(self) -> None:
        """Keep no more sound, once the end of the last word was heard."""
        if self._capture is not None and self._attached:
            self._capture.stop()

    def toggle(self) -> None:
        """One key for both."""
        if self.recording:
            self.pause()
        else:
            self.record()

    press, release = record, pause  # press-to-talk: the key that is held

    async def recorded(self) -> None:
        """Wait until no sound is kept any more: the tail is over, or the file was played."""
        idle = asyncio.create_task(self._idle.wait())
        try:
            await asyncio.wait(
                {idle, *(self._capture.tasks if self._capture is not None else ())}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            idle.cancel()
        if self._capture is not None:
            self._capture.check()

    # What is done by hand

    def finalize(self) -> None:
        """Ask for final text of everything up to here."""
        self._give(Finalize(at_sample=self.captured_samples))

    def command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        """What saying the command here would do."""
        self._give(Command(name=name, args=args or {}, at_sample=self.captured_samples))

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it with None."""
        self._give(FieldEdit(path=path, value=value, at_sample=self.captured_samples))

    def confirm_field(self, path: str) -> None:
        """Confirm what the machine proposed at and below a JSON pointer."""
        self.command("confirm_field", {"path": path})

    def configure(self, *, language: Language | None = None, context: Context | None = None) -> None:
        """Change what may change during a dictation."""
        self._give(Configure(language=language, context=context))

    # Its end

    def stop(self) -> None:
        """No more will be said. Everything is sent, now or when a server is there. Again changes nothing."""
        if Mark.STOPPED in self._spooled.story.marks:
            return
        self._stopping = True
        if self.recording:
            assert self._capture is not None, "somebody records"
            self._capture.stop()
        if not self.recording:
            self._end()

    async def finish(self) -> Record:
        """Stop, and wait for the record. To leave instead while the server is away is no harm.

        Raises: WardscribeError as in `Failed`.
        """
        self.stop()
        return await self.result()

    async def played(self) -> Record:
        """Record until the recording that stands for a microphone is over, then finish.

        Raises: WardscribeError as in `Failed`, as soon as the server turns the dictation down.
        """
        self.record()
        played, result = asyncio.create_task(self.recorded()), asyncio.create_task(self.result())
        try:
            await asyncio.wait({played, result}, return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                self.stop()
            return await result
        finally:
            played.cancel()
            result.cancel()
            await asyncio.gather(played, result, return_exceptions=True)

    async def result(self) -> Record:
        """Wait for the record. Raises: WardscribeError as in `Failed`."""
        if self._record is None and self._serving is not None:
            await asyncio.wait([self._serving])
            if not self._serving.cancelled():
                self._serving.result()  # what is no failure of the dictation is a fault of this program
        if self._record is None:
            raise self._failure or InputError("the dictation was left before its record was here")
        return self._record

    # Inside

    async def _serve(self, sending: Sending) -> None:
        try:
            self._record = await sending.run()
        except WardscribeError as error:
            self._failure = error
            self._on_event(Failed(error, capturing=self.recording))

    def _give(self, control: ClientControl) -> None:
        if self.stopped:
            raise InputError("this dictation has ended; edit its report")
        self._spooled.add_control(control)
        self._wake()

    def _wake(self) -> None:
        if self._sending is not None:
            self._sending.wake()

    def _take(self, pcm: bytes) -> None:
        if self._unkept:
            self._unkept += pcm  # the last blocks before the recording ends, kept as soon as there is room
            return
        try:
            if self.captured_samples >= self._checked_samples + _CHECKED_EVERY_SAMPLES:
                self._spool.check_room()
                self._checked_samples = self.captured_samples
            self._spooled.add_audio(pcm)
        except FullError as error:
            self._unkept += pcm
            self._on_event(Failed(error, capturing=False))
            assert self._capture is not None, "somebody captured it"
            asyncio.get_running_loop().call_soon(self._end_recording)
            return
        self._wake()

    def _end_recording(self) -> None:
        if self._capture is not None and self._attached:
            self._capture.stop(at_once=True)

    @property
    def _attached(self) -> bool:
        """Whether the device is this dictation's; the next one takes it while this one waits for its record."""
        return self._capture is not None and self._capture.listens_for(self._listener)

    def _heard(self, level: Level) -> None:
        assert self._capture is not None, "somebody heard it"
        self._on_event(
            Captured(
                samples=self.captured_samples,
                recording=self._capture.recording,
                level_dbfs=level.level_dbfs,
                peak_dbfs=level.peak_dbfs,
                clipping=level.clipping,
                too_quiet=level.too_quiet,
                overflow=self._capture.overflow_samples,
            )
        )

    def _capture_failed(self, error: WardscribeError) -> None:
        self._on_event(Failed(error, capturing=False))

    def _recording_is(self, recording: bool) -> None:  # noqa: FBT001 - the one thing that changed
        if self._sending is not None:
            self._sending.recording = recording
        self._wake()

    def _recording_stopped(self) -> None:
        self._recording_is(False)  # noqa: FBT003
        self._on_event(RecordingChanged(recording=False, at_sample=self.captured_samples))
        self._idle.set()
        if self._stopping:
            self._end()
        elif self._finalize_on_pause and self.captured_samples:
            with suppress(FullError):  # it only asks for what comes by itself a little later
                self._give(Finalize(at_sample=self.captured_samples))

    def _end(self) -> None:
        self._spooled.mark(Mark.STOPPED)
        self._wake()
