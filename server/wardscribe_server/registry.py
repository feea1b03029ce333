"""All sessions of this process: who is here, who may come back, and when one is over.

Runs on the event loop only. Ids and tokens are made here; they say nothing about who is dictating.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_protocol.messages import Context, Start
from wardscribe_protocol.record import Record
from wardscribe_protocol.session import AttachmentId, ServerSession, ServerSessionSettings
from wardscribe_protocol.states import ServerLink
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_protocol.wire import SessionId, SessionToken
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.principal import LOCAL, Principal, Role, UserId
from wardscribe_server.assembly import Readers
from wardscribe_server.conductor import Conductor
from wardscribe_server.journal.entries import Opened, Over, Reopened
from wardscribe_server.journal.journal import Journal
from wardscribe_server.journal.rebuilding import Rebuilt, rebuild
from wardscribe_server.journal.sessions import SessionsFolder
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.records.report import Dictation
from wardscribe_server.records.service import ReportService
from wardscribe_server.workshop import Workshop

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_OUTBOX_MESSAGES = 16_384  # an hour of dictation for a client that never acknowledges, about 5 MB
_STOP_WITHIN_S = 10.0  # for a last sync; what the client was told is on disk in any case
_FAREWELL_WITHIN_S, _FAREWELL_STEP_S = 2.0, 0.02  # for the last messages to leave
_BACK_AFTER_S = 2.0  # when a client may look for the next server
_MEASURE_EVERY_S = 60.0


@dataclass(slots=True)
class LiveSession:
    """A session, the task that conducts it, and the connections that wait for something to send."""

    session: ServerSession
    principal: Principal
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
    max_sessions_per_user: int
    lease_s: float
    idle_s: float
    busy_s: float
    flow: FlowSettings = field(default_factory=FlowSettings)
    window_samples: int = 120 * SAMPLE_RATE  # audio a session may have waiting


class Registry:
    """Session id to session."""

    def __init__(
        self,
        *,
        readers: Readers,
        folder: SessionsFolder,
        reports: ReportService,
        workshop: Workshop,
        settings: RegistrySettings,
        now: Callable[[], float],
    ) -> None:
        self._readers = readers
        self._folder = folder
        self._reports = reports
        self._workshop = workshop
        self._settings = settings
        self._now = now
        self._sessions: dict[str, LiveSession] = {}
        self._stopping = False

    async def restore(self) -> None:
        """Take up every session that an earlier server left open. What cannot be taken up stays on disk as it is."""
        for path in await asyncio.to_thread(lambda: list(self._folder.unfinished())):
            try:
                rebuilt = await asyncio.to_thread(rebuild, self._folder.past(path), self._composer)
                self._take_up(rebuilt)
            except Exception as error:  # noqa: BLE001 - one session that cannot be rebuilt must not keep the server down
                _log.error("session %s cannot be taken up: %s", path.name, type(error).__name__)

    async def attach(self, start: Start, *, principal: Principal = LOCAL) -> tuple[LiveSession, AttachmentId]:
        """The session that a connection asks for, new or resumed, with the connection attached to it.

        Raises: RefusedError with the code to send.
        """
        if self._stopping:
            raise RefusedError(ErrorCode.SERVER_STOPPING)
        if start.resume is not None:
            live = self._find(start.resume.session, principal)
        else:
            live = await self._create(start, principal)
        attachment = live.session.attach(start, now=self._now())
        live.changed()
        return live, attachment

    async def watch(self) -> None:
        """Carry out timeouts until cancelled."""
        measured = self._now()
        while True:
            await asyncio.sleep(_TICK_S)
            for live in list(self._sessions.values()):
                due = live.session.next_timeout()
                if due is not None and due <= self._now():
                    live.session.on_timeout(self._now())
                    live.changed()
            if self._now() - measured > _MEASURE_EVERY_S:
                measured = self._now()
                await asyncio.to_thread(self._folder.measure)

    async def stop(self) -> None:
        """Take nothing new and let every client go; sessions stay open in their journals for the next server."""
        self._stopping = True
        tasks = []
        leaving = list(self._sessions.values())
        for live in leaving:
            live.session.release(retry_after_s=_BACK_AFTER_S, now=self._now())
            live.flush()
            if live.conductor is not None and live.task is not None:
                live.conductor.suspend()
                tasks.append(live.task)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_WITHIN_S):
                while any(live.writers for live in leaving):
                    await asyncio.sleep(_FAREWELL_STEP_S)

    def _find(self, session_id: str, principal: Principal) -> LiveSession:
        live = self._sessions.get(session_id)
        if live is None:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION)
        if not live.principal.is_same_person(principal):
            # the same answer: that there is such a session is none of another's business
            raise DeniedError(ErrorCode.UNKNOWN_SESSION, "other_principal", entity=live.session.session_id)
        return live

    async def _create(self, start: Start, principal: Principal) -> LiveSession:
        own = sum(live.principal.is_same_person(principal) for live in self._sessions.values())
        if principal != LOCAL and own >= self._settings.max_sessions_per_user:
            raise RefusedError(ErrorCode.TOO_MANY_SESSIONS)
        if len(self._sessions) >= self._settings.max_sessions and not self._let_go_of_an_empty_one():
            raise RefusedError(ErrorCode.TOO_MANY_SESSIONS)
        if self._workshop.pool.wait_s > self._settings.busy_s:
            # Those who are dictating already would wait longer still; a session that is resumed is one of them.
            raise RefusedError(ErrorCode.TOO_MANY_SESSIONS)
        if start.language not in self._workshop.pool.capabilities.languages:
            raise RefusedError(ErrorCode.UNKNOWN_LANGUAGE)
        composer = self._composer(start)
        session_id, token = SessionId(secrets.token_hex(12)), SessionToken(secrets.token_urlsafe(32))
        session = ServerSession(session_id, token, now=self._now(), settings=self._session_settings())
        live = LiveSession(session, principal)
        self._sessions[session_id] = live  # reserves the place before anything is awaited
        opened = Opened(
            session=session_id,
            token=token,
            user=principal.user,
            roles=tuple(sorted(principal.roles)),
            start=start.model_dump(mode="json", exclude={"token", "resume"}, exclude_none=True),
            settings=self._settings.flow,
            at=_wall_time(),
        )
        try:
            journal = await asyncio.to_thread(self._folder.create, opened, principal.tenant)
        except BaseException:
            del self._sessions[session_id]
            raise
        flow = Flow(composer, settings=self._settings.flow)
        self._begin(live, flow, journal, start)
        return live

    def _let_go_of_an_empty_one(self) -> bool:
        """End the session that has waited longest for its client without a sample, where there is one."""
        waiting = [
            live
            for live in self._sessions.values()
            if live.session.link is ServerLink.DETACHED and not live.session.received_samples
        ]
        if not waiting:
            return False
        longest = min(waiting, key=lambda live: live.session.next_timeout() or 0.0)
        longest.session.fail(ErrorCode.LEASE_EXPIRED)
        longest.changed()
        return True

    def _take_up(self, rebuilt: Rebuilt) -> None:
        """Go on with a session from its journal; it waits for its client as after a lost connection."""
        opened, past = rebuilt.opened, rebuilt.past
        journal = self._folder.reopen(rebuilt.journal, samples=past.samples)
        if past.over or rebuilt.hopeless:
            why = "finished" if past.over else "given_up"
            _log.warning("session %s is not taken up: %s", opened.session, why)
            journal.add(Over(why=why, at=_wall_time()))
            journal.sync()
            journal.close()
            self._folder.released()
            self._folder.over(opened.session, why=why)
            return
        journal.add(Reopened(at=_wall_time()))
        journal.sync()
        session = ServerSession(
            SessionId(opened.session),
            SessionToken(opened.token),
            now=self._now(),
            settings=self._session_settings(),
            past=past.for_protocol(),
        )
        if rebuilt.salvaging:
            session.fail(ErrorCode.LEASE_EXPIRED)  # it was being ended when the server went
        roles = frozenset(Role(role) for role in opened.roles)
        live = LiveSession(session, Principal(rebuilt.journal.tenant, UserId(opened.user), roles))
        self._sessions[opened.session] = live
        conductor = self._begin(live, rebuilt.flow, journal, rebuilt.start)
        conductor.go_on(rebuilt)

    def _begin(self, live: LiveSession, flow: Flow, journal: Journal, start: Start) -> Conductor:
        conductor = Conductor(
            live.session,
            flow,
            language=start.language,
            journal=journal,
            workshop=self._workshop,
            on_output=live.flush,
            may_promise=self._folder.has_room,
            keep_report=partial(self._keep_report, live, start.context),
        )
        live.conductor = conductor
        live.task = asyncio.create_task(self._conduct(live), name=f"session-{live.session.session_id}")
        self._count()
        return conductor

    def _keep_report(
        self, live: LiveSession, context: Context | None, record: Record, dictation: Dictation, place: int | None
    ) -> None:
        """`place` in a round over several patients: the context names one patient, and nobody can say which."""
        session = live.session.session_id
        self._reports.keep_draft(
            live.principal,
            record,
            session=f"{session}/{place + 1}" if place else session,
            words=dictation.words,
            audio_sha256=dictation.audio_sha256,
            edits=dictation.edits,
            context=context if place is None else None,
        )

    def _session_settings(self) -> ServerSessionSettings:
        return ServerSessionSettings(
            credit_window_samples=self._settings.window_samples,
            outbox_capacity=_OUTBOX_MESSAGES,
            outbox_high_water=_OUTBOX_MESSAGES // 2,
            lease_s=self._settings.lease_s,
            idle_s=self._settings.idle_s,
        )

    def _composer(self, start: Start) -> Composer:
        try:
            return self._readers.composer(
                template=start.template,
                language=start.language,
                recognised=True,
                user=start.user,
                context=start.context,
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
            why = await live.conductor.run(now=self._now)
            if why is not None:
                await asyncio.to_thread(self._folder.over, live.session.session_id, why=why)
        finally:
            self._folder.released()
            self._sessions.pop(live.session.session_id, None)
            self._count()
            live.flush()
            _log.info("session over: %s, %d samples", live.session.phase.value, live.session.received_samples)

    def _count(self) -> None:
        self._workshop.metrics.sessions.set(len(self._sessions))


def _wall_time() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
