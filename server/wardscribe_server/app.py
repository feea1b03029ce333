"""The server as a whole: loads everything, then listens. Health is answered only from then on."""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_protocol.wire import MAX_CLIENT_MESSAGE_BYTES
from wardscribe_server.assembly import (
    Readers,
    build_detector,
    build_recogniser,
    build_vault,
    engine_plan,
    flow_settings,
)
from wardscribe_server.conductor import Workshop
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Effort, Recogniser, SpeechDetector, Window
from wardscribe_server.engines.pool import EnginePool
from wardscribe_server.gateway import Gateway
from wardscribe_server.journal.sessions import RoomSettings, SessionsFolder
from wardscribe_server.metrics import Metrics
from wardscribe_server.registry import Registry, RegistrySettings

_log = logging.getLogger(__name__)

DICTATION_PATH = "/v1/dictation"
# A text frame that is a little too large gets an error code; past this the connection is cut.
_MAX_FRAME_BYTES = 4 * MAX_CLIENT_MESSAGE_BYTES
_WINDOW_SAMPLES = 120 * SAMPLE_RATE  # audio a session may have waiting; more than the longest segment


class Server:
    """One dictation server on one port."""

    def __init__(
        self,
        settings: ServerSettings,
        *,
        recogniser: Recogniser | None = None,
        detector: SpeechDetector | None = None,
        readers: Readers | None = None,
    ) -> None:
        self._settings = settings
        self._uvicorn: _Listening | None = None
        self._socket = _listening_socket(settings.host, settings.port)
        try:
            vault = build_vault(settings)
            room = RoomSettings(
                min_free_bytes=settings.min_free_mb * 1_000_000,
                max_bytes=settings.max_sessions_mb * 1_000_000,
                window_samples=_WINDOW_SAMPLES,
            )
            self._folder = SessionsFolder(settings.data, vault.cipher, room)
            self._recogniser = recogniser or build_recogniser(settings)
            self._detector = detector or build_detector()
            self._readers = readers or Readers(settings)
        except BaseException:
            self._socket.close()
            raise

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def warm(self) -> None:
        """Load what would make the first dictation slow."""
        self._readers.warm()
        silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
        for language in self._recogniser.capabilities.languages:
            self._recogniser.decode([Window(silence, language, Effort.TAIL)])

    async def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop` or a signal."""
        settings, metrics = self._settings, Metrics()
        pool = EnginePool(self._recogniser, workers=engine_plan(settings).workers)
        registry = Registry(
            readers=self._readers,
            folder=self._folder,
            workshop=Workshop(pool, self._detector, metrics),
            settings=RegistrySettings(
                max_sessions=settings.max_sessions,
                lease_s=settings.lease_seconds,
                idle_s=settings.idle_seconds,
                busy_s=settings.busy_seconds,
                flow=flow_settings(settings),
                window_samples=_WINDOW_SAMPLES,
            ),
            now=asyncio.get_running_loop().time,
        )
        gateway = Gateway(registry, metrics, waiting=lambda: pool.waiting)
        app = Starlette(
            routes=[
                Route("/healthz", gateway.health),
                Route("/metrics", gateway.metrics),
                WebSocketRoute(DICTATION_PATH, gateway.dictation),
            ]
        )
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=_MAX_FRAME_BYTES,
            ws_per_message_deflate=False,  # speech does not compress, and a bomb cannot be sent
            timeout_graceful_shutdown=5,
        )
        self._uvicorn = _Listening(config, before_closing=registry.stop)
        await registry.restore()
        watch = asyncio.create_task(registry.watch())
        host, port = self.address
        _log.info("listening on %s:%d", host, port)
        on_ready()
        try:
            await self._uvicorn.serve(sockets=[self._socket])
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await asyncio.to_thread(pool.close)
            self._folder.close()

    def stop(self) -> None:
        """Ask `run` to end."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True


class _Listening(uvicorn.Server):
    """Lets the sessions say goodbye before connections are closed."""

    def __init__(self, config: uvicorn.Config, *, before_closing: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._before_closing = before_closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, once every client was told."""
        await self._before_closing()
        await super().shutdown(sockets)


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
    if host not in ("127.0.0.1", "::1", "localhost"):
        _log.warning("listening beyond this machine without encryption or access tokens")
    return listener
