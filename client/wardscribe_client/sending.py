"""From the spool to the server: what was captured and done by hand, in order, over as many sessions as it takes.

Knows no device. Nothing is handed to the link before it is on stable storage.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wardscribe_client.credentials import Credentials
from wardscribe_client.dictation_events import Connection, DictationEvent, LinkState, Restarted, Spooled
from wardscribe_client.link import Link, LinkSettings, carried
from wardscribe_client.sleep_watch import SleepWatch
from wardscribe_client.spool_story import Mark
from wardscribe_client.spooled_dictation import SpooledDictation
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_protocol.messages import ServerAck, ServerMessage
from wardscribe_protocol.record import Record
from wardscribe_protocol.timeline import SAMPLE_RATE, samples_from_ms

_CHUNK_SAMPLES = SAMPLE_RATE
_BATCH_SAMPLES = samples_from_ms(80)  # synced and sent together while sound is coming in
_WENT_WELL_S = 60.0
_TOLD_EVERY_SAMPLES = SAMPLE_RATE // 2
# The server's session is over through no fault of the dictation: all of it is here, so another session gets it.
_BEGINS_ANEW = (
    ErrorCode.UNKNOWN_SESSION,
    ErrorCode.BAD_TOKEN,
    ErrorCode.LEASE_EXPIRED,
    ErrorCode.AUDIO_LOST,
    ErrorCode.INTERNAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccess:
    """Which server, and what it is shown."""

    url: str
    credentials: Credentials = field(default_factory=Credentials)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings:
    """How patient it is. `reconnect_s`: how long a server may be gone before that is a failure."""

    reconnect_s: float = float("inf")
    offline_after_s: float = 15.0
    max_restarts: int = 2
    link: LinkSettings = field(default_factory=lambda: LinkSettings(waits_at_first=True))


class Sending:
    """Runs until the record is here; `wake` says that the spool has more."""

    def __init__(
        self,
        spooled: SpooledDictation,
        *,
        server: ServerAccess,
        on_event: Callable[[DictationEvent], None],
        settings: SendingSettings,
    ) -> None:
        self._spooled = spooled
        self._server = server
        self._on_event = on_event
        self._settings = settings
        self._link: Link | None = None
        self._more = asyncio.Event()
        self._connection = Connection.RECONNECTING
        self._lost_at = time.time()
        self._offline: asyncio.TimerHandle | None = None
        self._trouble: str | None = None
        self._told_samples = 0
        self.recording = False  # while sound is coming in, a little more of it is waited for

    def wake(self) -> None:
        """There is more in the spool, or its end was marked."""
        self._more.set()
        if self._told_samples and self._spooled.captured_samples >= self._told_samples + _TOLD_EVERY_SAMPLES:
            self._tell_spooled()

    async def run(self) -> Record:
        """Send everything up to its end; the record.

        Raises: WardscribeError when the server turns the dictation down, or the spool takes no more.
        """
        watching = asyncio.create_task(self._watch_sleep())
        restarts = 0
        try:
            while True:
                began = time.monotonic()
                link = self._link = self._new_link()
                self._lost(None)
                try:
                    return await carried(link, self._feed(link))
                except RefusedError as error:
                    # One that went well for a while was given up for another reason than this dictation.
                    went_well = error.code is not ErrorCode.INTERNAL and time.monotonic() - began > _WENT_WELL_S
                    restarts = 1 if went_well else restarts + 1
                    if error.code not in _BEGINS_ANEW or restarts > self._settings.max_restarts:
                        raise
                    self._spooled.mark(Mark.RESTARTED)
                    self._on_event(Restarted(error.code))
        finally:
            watching.cancel()
            if self._offline is not None:
                self._offline.cancel()
                self._offline = None
            self._link = None

    def _new_link(self) -> Link:
        state, server = self._spooled.story.state, self._server
        if state is None:
            return Link(
                self._spooled.start,
                url=server.url,
                reconnect_s=self._settings.reconnect_s,
                credentials=server.credentials,
                on_message=self._take,
                on_link=self._lost_or_back,
                keep=self._spooled.keep,
                settings=self._settings.link,
            )
        return Link.resumed(
            state,
            captured_samples=self._spooled.captured_samples,
            url=server.url,
            reconnect_s=self._settings.reconnect_s,
            credentials=server.credentials,
            on_message=self._take,
            on_link=self._lost_or_back,
            keep=self._spooled.keep,
            settings=self._settings.link,
        )

    async def _feed(self, link: Link) -> None:
        spooled, state = self._spooled, self._spooled.story.state
        at = state.safe_samples if state is not None else 0
        given = spooled.controls_given
        while True:
            self._more.clear()
            control = spooled.controls[given] if given < len(spooled.controls) else None
            until = min(at + _CHUNK_SAMPLES, spooled.captured_samples)
            if control is not None:
                until = min(until, max(at, control.at_sample))
            elif self.recording and until - at < _BATCH_SAMPLES:
                await self._more.wait()
                continue
            if until > spooled.synced_samples or control is not None:
                await asyncio.to_thread(spooled.sync)
            if until > at:
                await link.send_audio(spooled.audio(at, until))
                at, begun = until, at
                if not begun:
                    self._tell_spooled()
            elif control is not None:
                await link.give(control.control)
                given += 1
            elif Mark.STOPPED in spooled.story.marks:
                link.stop()
                return
            else:
                await self._more.wait()

    async def _watch_sleep(self) -> None:
        watch = SleepWatch(monotonic_s=time.monotonic(), wall_s=time.time())
        while True:
            await asyncio.sleep(watch.every_s)
            if watch.slept(monotonic_s=time.monotonic(), wall_s=time.time()) and self._link is not None:
                self._link.reconnect_now()

    # What is told

    def _take(self, message: ServerMessage) -> None:
        if self._spooled.told(message):
            self._on_event(message)
        if isinstance(message, ServerAck):
            self._tell_spooled()

    def _tell_spooled(self) -> None:
        captured = self._told_samples = self._spooled.captured_samples
        if self._link is None:
            return
        session = self._link.session
        sent = session.captured_samples - session.unsent_samples
        self._on_event(
            Spooled(
                captured_samples=captured,
                unsent_samples=max(0, captured - sent),
                unsafe_samples=max(0, captured - session.safe_samples),
            )
        )

    def _lost_or_back(self, trouble: str | None) -> None:
        if trouble is not None:
            self._lost(trouble)
            return
        self._connection = Connection.CONNECTED
        if self._offline is not None:
            self._offline.cancel()
            self._offline = None
        self._on_event(LinkState(state=Connection.CONNECTED, since=time.time()))

    def _lost(self, trouble: str | None) -> None:
        self._trouble = trouble
        if self._connection is not Connection.OFFLINE and self._offline is None:
            self._lost_at, self._connection = time.time(), Connection.RECONNECTING
            later = asyncio.get_running_loop().call_later
            self._offline = later(self._settings.offline_after_s, self._gone_offline)
        self._tell_link()

    def _gone_offline(self) -> None:
        self._offline, self._connection = None, Connection.OFFLINE
        self._tell_link()

    def _tell_link(self) -> None:
        self._on_event(LinkState(state=self._connection, since=self._lost_at, reason=self._trouble))
