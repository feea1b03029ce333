"""The server as a whole: loads everything, then listens. Health is answered only from then on."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import numpy as np
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_protocol.wire import MAX_CLIENT_MESSAGE_BYTES
from wardscribe_server.access.building import build_certificates, build_door, check_listening
from wardscribe_server.access.guard import Guard, nothing_there
from wardscribe_server.access.pairing import Pairing
from wardscribe_server.access.policy import DICTATION_PATH, PAIR_PATH
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.api.offers import OffersApi
from wardscribe_server.api.records import RecordsApi
from wardscribe_server.assembly import (
    Readers,
    build_detector,
    build_recogniser,
    build_tagger,
    build_vault,
    engine_plan,
    flow_settings,
    report_layout,
)
from wardscribe_server.audit.event import AuditSink
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.config import AccessSettings, ServerSettings
from wardscribe_server.engines.base import Effort, Recogniser, SpeechDetector, Tagger, Window
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.engines.tagger_pool import TaggerPool
from wardscribe_server.gateway import Gateway
from wardscribe_server.journal.sessions import RoomSettings, SessionsFolder
from wardscribe_server.listening import HttpServer, ListeningSettings
from wardscribe_server.memory import allocators_trim, keep_small
from wardscribe_server.metrics import Metrics
from wardscribe_server.records.building import build_reports, open_database
from wardscribe_server.records.ledger import Ledger
from wardscribe_server.registry import Registry, RegistrySettings
from wardscribe_server.retention.archive import SessionFolders
from wardscribe_server.retention.deletion import Deleted, Deletion
from wardscribe_server.retention.rules import RetentionRules, due
from wardscribe_server.retention.schedule import keep_to_rules
from wardscribe_server.workshop import Workshop

_log = logging.getLogger(__name__)

# A text frame that is a little too large gets an error code; past this the connection is cut.
_MAX_FRAME_BYTES = 4 * MAX_CLIENT_MESSAGE_BYTES
_WINDOW_SAMPLES = 120 * SAMPLE_RATE  # audio a session may have waiting; more than the longest segment


class Server:
    """One dictation server on one port."""

    def __init__(
        self,
        settings: ServerSettings,
        *,
        access: AccessSettings | None = None,
        audit: AuditSink | None = None,
        recogniser: Recogniser | None = None,
        detector: SpeechDetector | None = None,
        readers: Readers | None = None,
        tagger: Tagger | None = None,
    ) -> None:
        """What is not given is built from the settings; `readers` that are given have a tagger of their own."""
        self._settings = settings
        self._metrics = Metrics()
        self._access = access or AccessSettings()
        self._certificates = build_certificates(self._access)
        tokens = TokenFile(settings.data)
        check_listening(settings.host, self._access, tokens=tokens, certificates=self._certificates)
        self._http: HttpServer | None = None
        with ExitStack() as opened:
            self._socket = opened.enter_context(closing(_listening_socket(settings.host, settings.port)))
            room = RoomSettings(
                min_free_bytes=settings.min_free_mb * 1_000_000,
                max_bytes=settings.max_sessions_mb * 1_000_000,
                window_samples=_WINDOW_SAMPLES,
            )
            self._vault = build_vault(settings)
            self._folder = opened.enter_context(closing(SessionsFolder(settings.data, self._vault.cipher, room)))
            self._audit_log = opened.enter_context(closing(AuditLog(settings.data, self._vault)))
            self._audit = audit or self._audit_log
            self._door = build_door(self._access, tokens=tokens, audit=self._audit)
            self._database = opened.enter_context(closing(open_database(settings)))
            self._reports = build_reports(self._database, vault=self._vault, audit=self._audit)
            self._recogniser = recogniser or build_recogniser(settings)
            self._detector = detector or build_detector()
            tagger = tagger or (build_tagger(settings) if readers is None else None)
            self._tagging = TaggerPool(tagger, took=self._metrics.tagged) if tagger is not None else None
            if self._tagging is not None:
                opened.enter_context(closing(self._tagging))
            self._readers = readers or Readers(settings, tagger=self._tagging)
            self._opened = opened.pop_all()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    @property
    def url(self) -> str:
        """Where clients connect."""
        host, port = self.address
        scheme = "ws" if self._certificates is None else "wss"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{DICTATION_PATH}"

    def warm(self) -> None:
        """Load what would make the first dictation slow."""
        self._readers.warm()
        silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
        for language in self._recogniser.capabilities.languages:
            self._recogniser.decode([Window(silence, language, Effort.TAIL)])

    async def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` or a signal."""
        settings, metrics, tagging = self._settings, self._metrics, self._tagging
        pool = EnginePool(self._recogniser, workers=engine_plan(settings).workers)
        registry = Registry(
            readers=self._readers,
            folder=self._folder,
            reports=self._reports,
            workshop=Workshop(pool, self._detector, metrics),
            settings=RegistrySettings(
                max_sessions=settings.max_sessions,
                max_sessions_per_user=self._access.max_sessions_per_user,
                lease_s=settings.lease_seconds,
                idle_s=settings.idle_seconds,
                busy_s=settings.busy_seconds,
                flow=flow_settings(settings),
                window_samples=_WINDOW_SAMPLES,
            ),
            now=asyncio.get_running_loop().time,
        )
        gateway = Gateway(
            registry,
            metrics,
            door=self._door,
            waiting=lambda: pool.waiting,
            tagging=(lambda: tagging.waiting if tagging is not None else 0)
            if self._readers.tagger is not None
            else None,
        )
        routes = [
            Route("/healthz", gateway.health),
            Route("/metrics", gateway.metrics),
            Route(PAIR_PATH, Pairing(self._door).pair, methods=["POST"]),
            WebSocketRoute(DICTATION_PATH, gateway.dictation),
            *(each.route() for each in OffersApi(self._readers.catalog).endpoints),
            *(each.route() for each in RecordsApi(self._reports, as_text=report_layout(self._readers)).endpoints),
        ]
        guard = Guard(self._door, max_body_bytes=self._access.max_body_kb * 1024)
        self._http = HttpServer(
            Starlette(
                routes=guard.protected(routes),
                middleware=list(_for_pages_of_elsewhere(self._door.origins.listed)),
                exception_handlers={404: nothing_there, 405: nothing_there},
            ),
            self._socket,
            settings=ListeningSettings(
                max_connections=self._access.max_connections,
                max_connections_per_address=self._access.max_connections_per_address,
                max_frame_bytes=_MAX_FRAME_BYTES,
                proxies=self._access.proxies,
            ),
            certificates=self._certificates,
            before_closing=registry.stop,
        )
        await registry.restore()
        beside = [
            asyncio.create_task(registry.watch()),
            asyncio.create_task(keep_to_rules(self._delete_what_is_due)),
            asyncio.create_task(keep_small(allocators_trim())),
        ]
        host, port = self.address
        _log.info("listening on %s:%d", host, port)
        on_ready()
        try:
            await self._http.serve()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await asyncio.to_thread(pool.close)
            self._opened.close()

    def _delete_what_is_due(self) -> Deleted:
        settings = self._settings
        rules = RetentionRules(audio_days=settings.keep_audio_days, unsigned_days=settings.keep_unsigned_days)
        finished = SessionFolders(settings.data).finished()
        going = due(finished, Ledger(self._database), rules, now=datetime.now(UTC))
        deleted = Deletion(settings.data, self._audit).run(going)
        self._folder.measure()
        return deleted

    def stop(self) -> None:
        """Ask `run` to end."""
        if self._http is not None:
            self._http.should_exit = True


def _for_pages_of_elsewhere(origins: Sequence[str]) -> Iterator[Middleware]:
    """Tell browsers that the listed pages may read the answers; the guard refuses all others in any case."""
    if origins:
        yield Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "PATCH", "POST"),
            allow_headers=("authorization", "content-type"),
            expose_headers=("etag", "retry-after"),
        )


def _listening_socket(host: str, port: int) -> socket.socket:
    """A socket of our own, so that a port in use is known before any model is loaded.

    Raises: InputError.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        reason = (
            "is in use; is a server running already? Choose another with --port"
            if error.errno == errno.EADDRINUSE
            else (f"cannot be listened on ({error.strerror})")
        )
        raise InputError(f"{host}:{port} {reason}") from error
    return listener
