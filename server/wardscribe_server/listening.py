"""Sockets: who is accepted, how long a request may take to arrive, and the HTTP and websocket protocols on top.

The listener is our own, in front of uvicorn's protocols: a connection is counted from the moment it is accepted,
before any encryption is agreed, so that thousands of silent ones cost a bounded number of descriptors. Knows no route
and no session.
"""

import asyncio
import logging
import signal
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import h11
import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import HANDLED_SIGNALS
from websockets.frames import Frame

from wardscribe_server.access.certificates import Certificates
from wardscribe_server.access.limits import address_key

_log = logging.getLogger(__name__)

_REQUEST_WITHIN_S = 15.0  # from the first byte, or the connection, to the last byte of a request
_HANDSHAKE_WITHIN_S = 10.0
_KEEP_ALIVE_S = 5
_BACKLOG = 128
_MAX_HEAD_BYTES = 24 * 1024  # an OIDC token may take half of it
_MAX_FRAGMENTS = 64
_TOO_BIG = 1009
_LET_IN = "wardscribe.let_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningSettings:
    """Bounds over all connections of a server."""

    max_connections: int
    max_connections_per_address: int
    max_frame_bytes: int
    proxies: tuple[str, ...] = ()  # addresses whose word on who asks is taken, and who may bring everybody


class _Guest(socket.socket):
    """An accepted connection that gives its place back when it is closed, whoever closes it."""

    def __init__(self, accepted: socket.socket, *, on_close: Callable[["_Guest"], None]) -> None:
        # From the descriptor alone Python learns that it is TCP: asyncio sends small frames at once only if it knows.
        super().__init__(fileno=accepted.detach())
        self.settimeout(0)
        self._on_close: Callable[[_Guest], None] | None = on_close

    def close(self) -> None:
        super().close()
        if self._on_close is not None:
            on_close, self._on_close = self._on_close, None
            on_close(self)

    def dismiss(self) -> None:
        """End it from below, in whatever state what is above may be."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


class _Guests:
    """Who is connected. When there is no place left, a newcomer gets that of whoever has been silent longest.

    Silent is who has no request under way and was not let in to dictate. So a crowd that connects and wants nothing
    cannot keep out those who do. Among the silent of the newcomer's own address if that address has had its share,
    else among all.
    """

    def __init__(self, *, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._here: dict[_Guest, str] = {}
        self._silent: dict[_Guest, str] = {}  # in the order of their falling silent
        self._of_one: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._here)

    def admit(self, accepted: socket.socket, place: str, *, shared: bool) -> _Guest | None:
        """The newcomer with a place, or None. `shared`: everybody comes through this address."""
        crowded = not shared and self._of_one[place] >= self._most_of_one
        if crowded or len(self._here) >= self._most:
            longest = next((guest for guest, of in self._silent.items() if not crowded or of == place), None)
            if longest is None:
                return None
            self._gone(longest)
            longest.dismiss()
        guest = _Guest(accepted, on_close=self._gone)
        self._here[guest] = self._silent[guest] = place
        self._of_one[place] += 1
        return guest

    def serve(self, guest: _Guest) -> None:
        """A whole request has come from it, or it was let in to dictate."""
        self._silent.pop(guest, None)

    def served(self, guest: _Guest) -> None:
        """It has its answer; it may ask again, or it may just stay."""
        if guest in self._here:
            self._silent[guest] = self._here[guest]

    def _gone(self, guest: _Guest) -> None:
        place = self._here.pop(guest, None)
        self._silent.pop(guest, None)
        if place is not None:
            self._of_one[place] -= 1
            if not self._of_one[place]:
                del self._of_one[place]


class _Request(H11Protocol):
    """HTTP that is not left waiting for the rest of a request."""

    _deadline: asyncio.TimerHandle | None = None
    on_request: Callable[[], None] | None = None
    on_answered: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            self._disarm()  # a websocket now; whoever lets it in says so
        elif self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._arm()
        else:
            self._disarm()
            if self.on_request is not None:
                self.on_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        if self.conn.their_state is not h11.SEND_BODY:
            self._disarm()  # from here on the keep-alive timer counts
        if self.on_answered is not None and not self.transport.get_write_buffer_size():
            self.on_answered()
        super().on_response_complete()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(_REQUEST_WITHIN_S, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _WebSocket(WebSocketsSansIOProtocol):
    """A websocket whose peer cannot make us hold what it does not take, or gather crumbs for ever."""

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _MAX_FRAGMENTS:
            self.conn.fail(_TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        if not self.writable.is_set():
            self.transport.abort()  # it asks for answers and reads none
            return
        super().handle_ping()


class HttpServer(uvicorn.Server):
    """Uvicorn behind a listener of our own."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        settings: ListeningSettings,
        before_closing: Callable[[], Awaitable[None]],
        certificates: Certificates | None = None,
    ) -> None:
        super().__init__(
            Config(
                app,
                lifespan="off",
                log_config=None,
                log_level="warning",  # below, it logs addresses with their queries
                access_log=False,
                http=_Request,
                ws=_WebSocket,
                ws_max_size=settings.max_frame_bytes,
                ws_per_message_deflate=False,  # speech does not compress, and a bomb cannot be sent
                h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
                server_header=False,
                proxy_headers=bool(settings.proxies),
                forwarded_allow_ips=list(settings.proxies),
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=5,
            )
        )
        self._listener = listener
        self._bounds = settings
        self._before_closing = before_closing
        self._certificates = certificates
        self._guests = _Guests(most=settings.max_connections, most_of_one=settings.max_connections_per_address)
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """Connections that are open, also those that have said nothing yet."""
        return len(self._guests)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and then go on to the end: uvicorn's own raises it once more, which kills the process."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept; `sockets` is for uvicorn's own listening, of which there is none."""
        await super().startup(sockets=sockets or [])
        self._listener.settimeout(0)
        self._listener.listen(_BACKLOG)
        self._accepting = asyncio.create_task(self._accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, let the sessions say goodbye, and end what is here."""
        pending = [*self._handshakes, *([self._accepting] if self._accepting is not None else [])]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        self._listener.close()
        await self._before_closing()
        await super().shutdown(sockets=sockets or [])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, name = await loop.sock_accept(self._listener)
            except OSError as error:  # out of descriptors, or the peer went before it was its turn
                _log.warning("a connection could not be accepted: %s", error.strerror)
                await asyncio.sleep(0.1)
                continue
            address = str(name[0])
            guest = self._guests.admit(accepted, address_key(address), shared=address in self._bounds.proxies)
            if guest is None:
                accepted.close()
                continue
            task = asyncio.create_task(self._receive(guest))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _receive(self, guest: _Guest) -> None:
        context = self._certificates.context() if self._certificates is not None else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(guest),
                guest,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE_WITHIN_S if context is not None else None,
            )
        except (OSError, ssl.SSLError):
            guest.close()  # it spoke no TLS, or was gone
        except asyncio.CancelledError:
            guest.close()
            raise

    def _protocol(self, guest: _Guest) -> asyncio.Protocol:
        serve = partial(self._guests.serve, guest)
        state = {**self.lifespan.state, _LET_IN: serve}
        protocol = _Request(config=self.config, server_state=self.server_state, app_state=state)
        protocol.on_request = serve
        protocol.on_answered = partial(self._guests.served, guest)
        return protocol


def let_in(scope: Scope) -> None:
    """The connection of this request may dictate: from now on no newcomer gets its place."""
    serve = scope.get("state", {}).get(_LET_IN)
    if serve is not None:  # None behind another server than ours
        serve()
