"""All sessions of this process: who is here, who may come back, and when one is over.

Runs on the event loop only. Ids and tokens are made here; they say nothing about who is dictating.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.session import AttachmentId, ServerSession, ServerSessionSettings
from wardscribe_protocol.states import ServerPhase
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_protocol.wire import SessionId, SessionToken
from wardscribe_server.assembly import Readers
from wardscribe_server.conductor import Conductor, Workshop
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.records.store import Store

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_OUTBOX_MESSAGES = 16_384  # an hour of dictation for a client that never acknowledges, about 5 MB
_STOP_WITHIN_S = 30.0  # for making records of what was said; the audio is on disk in any case


@dataclass(slots=True)
class LiveSession:
    """A session, the task that conducts it, and the connections that wait for something to send."""

    session: ServerSession
    conductor: Conductor | None = None
    task: asyncio.Task[None] | None = None
    writers: set[asyncio.Event] = field(default_factory=set)

    def changed(self) -> None:
        """Something came in or went out: conductor and writers look again."""
        if self.conductor is not None:
            self.conductor.wake()
        self.flush()

    def flush(self) -> None:
        """There may be something to send."""
        for writer in self.writers:
            writer.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """Bounds over all sessions."""

    max_sessions: int
    lease_s: float
    idle_s: float
    busy_s: float
    flow: FlowSettings = field(default_factory=FlowSettings)
    window_samples: int = 120 * SAMPLE_RATE  # audio a session may have waiting; more than the longest segment


class Registry:
    """Session id to session."""

    def __init__(
        self,
        *,
        readers: Readers,
        store: Store,
        workshop: Workshop,
        settings: RegistrySettings,
        now: Callable[[], float],
    ) -> None:
        self._readers = readers
        self._store = store
        self._workshop = workshop
        self._settings = settings
        self._now = now
        self._sessions: dict[str, LiveSession] = {}
        self._stopping = False

    async def attach(self, start: Start) -> tuple[LiveSession, AttachmentId]:
        """The session that a connection asks for, new or resumed, with the connection attached to it.

        Raises: RefusedError with the code to send.
        """
        if self._stopping:
            raise RefusedError(ErrorCode.SERVER_STOPPING)
        live = self._find(start.resume.session) if start.resume is not None else await self._create(start)
        attachment = live.session.attach(start, now=self._now())
        live.changed()
        return live, attachment

    async def watch(self) -> None:
        """Carry out timeouts until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            for live in list(self._sessions.values()):
                due = live.session.next_timeout()
                if due is not None and due <= self._now():
                    live.session.on_timeout(self._now())
                    live.changed()

    async def stop(self) -> None:
        """Take nothing new, end what is here, keep what was received."""
        self._stopping = True
        tasks = []
        for live in list(self._sessions.values()):
            live.session.fail(ErrorCode.SERVER_STOPPING)
            live.changed()
            if live.task is not None:
                tasks.append(live.task)
                if live.session.phase is ServerPhase.CLOSING:
                    live.task.cancel()  # its record is on disk; only the client's word is missing
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _find(self, session_id: str) -> LiveSession:
        live = self._sessions.get(session_id)
        if live is None:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION)
        return live

    async def _create(self, start: Start) -> LiveSession:
        if len(self._sessions) >= self._settings.max_sessions:
            raise RefusedError(ErrorCode.TOO_MANY_SESSIONS)
        if self._workshop.pool.wait_s > self._settings.busy_s:
            # Those who are dictating already would wait longer still; a session that is resumed is one of them.
            raise RefusedError(ErrorCode.TOO_MANY_SESSIONS)
        if start.language not in self._workshop.pool.capabilities.languages:
            raise RefusedError(ErrorCode.UNKNOWN_LANGUAGE)
        composer = self._composer(start)
        session_id = SessionId(secrets.token_hex(12))
        session = ServerSession(
            session_id,
            SessionToken(secrets.token_urlsafe(32)),
            now=self._now(),
            settings=ServerSessionSettings(
                credit_window_samples=self._settings.window_samples,
                outbox_capacity=_OUTBOX_MESSAGES,
                outbox_high_water=_OUTBOX_MESSAGES // 2,
                lease_s=self._settings.lease_s,
                idle_s=self._settings.idle_s,
            ),
        )
        live = LiveSession(session)
        self._sessions[session_id] = live  # reserves the place before anything is awaited
        try:
            files = await asyncio.to_thread(self._store.open, session_id)
            about: dict[str, JsonValue] = {"template": start.template, "language": start.language.value}
            await asyncio.to_thread(files.describe, about)
        except RefusedError:
            del self._sessions[session_id]
            raise
        live.conductor = Conductor(
            session,
            Flow(composer, settings=self._settings.flow),
            language=start.language,
            files=files,
            workshop=self._workshop,
            on_output=live.flush,
        )
        live.task = asyncio.create_task(self._conduct(live), name=f"session-{session_id}")
        self._count()
        return live

    def _composer(self, start: Start) -> Composer:
        try:
            return self._readers.composer(
                template=start.template, language=start.language, recognised=True, user=start.user
            )
        except InputError as error:
            if error.code is ErrorCode.UNKNOWN_TEMPLATE:
                raise RefusedError(error.code, error.message) from None
            # which file, not even its name: the folder of a user bears the user's
            _log.error("a file of the site or of a user cannot be used; `wardscribe fill --user NAME` says which")
            raise RefusedError(ErrorCode.INTERNAL) from None

    async def _conduct(self, live: LiveSession) -> None:
        assert live.conductor is not None
        _log.info("session started")
        try:
            await live.conductor.run(now=self._now)
        finally:
            self._sessions.pop(live.session.session_id, None)
            self._count()
            live.flush()
            _log.info("session over: %s, %d samples", live.session.phase.value, live.session.received_samples)

    def _count(self) -> None:
        self._workshop.metrics.sessions.set(len(self._sessions))
