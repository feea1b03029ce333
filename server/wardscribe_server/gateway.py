"""HTTP and websocket in front of the registry: bytes in, bytes out. No domain word is known here."""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import ErrorCode, RefusedError, RemoteProtocolError
from wardscribe_protocol.messages import Busy, ErrorReport, Start
from wardscribe_protocol.session import AttachmentId
from wardscribe_protocol.wire import SUBPROTOCOL
from wardscribe_server.metrics import Metrics
from wardscribe_server.registry import LiveSession, Registry

_log = logging.getLogger(__name__)

_START_WITHIN_S = 15.0
_MAX_FALSE_STARTS = 16
_RETRY_AFTER_S = 10.0
_NORMAL, _POLICY, _REFUSED = 1000, 1008, 4000
_BUSY = {ErrorCode.TOO_MANY_SESSIONS, ErrorCode.STORAGE_FULL, ErrorCode.SERVER_STOPPING}


class Gateway:
    """The endpoints of one server."""

    def __init__(self, registry: Registry, metrics: Metrics, *, waiting: Callable[[], int]) -> None:
        self._registry = registry
        self._metrics = metrics
        self._waiting = waiting

    async def health(self, _request: Request) -> Response:
        """200 once models are loaded: the server listens only then."""
        return PlainTextResponse("ok\n")

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text."""
        self._metrics.waiting.set(self._waiting())
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def dictation(self, socket: WebSocket) -> None:
        """One connection: a start message, then frames both ways until one side is done."""
        if not _same_origin(socket):
            await socket.close(_POLICY)
            return
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            async with asyncio.timeout(_START_WITHIN_S):
                start = await self._start(socket)
            if start is not None:
                await self._attached(socket, start)
        except TimeoutError:
            await _end(socket, _POLICY)
        except WebSocketDisconnect:
            pass

    async def _start(self, socket: WebSocket) -> Start | None:
        """The first well-formed start message; everything else before it is answered with its error."""
        for _ in range(_MAX_FALSE_STARTS):
            frame = await socket.receive()
            if frame["type"] == "websocket.disconnect":
                return None
            try:
                if frame.get("text") is None:
                    raise RemoteProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
                message = decode_client_message(frame["text"])
                if isinstance(message, Start):
                    return message
                raise RemoteProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
            except RemoteProtocolError as error:
                self._metrics.error(error.code.value)
                await socket.send_text(encode_message(ErrorReport.of(error.code, error.message)))
        await socket.send_text(encode_message(ErrorReport.of(ErrorCode.TOO_MANY_ERRORS)))
        await _end(socket, _REFUSED, ErrorCode.TOO_MANY_ERRORS.value)
        return None

    async def _attached(self, socket: WebSocket, start: Start) -> None:
        try:
            live, attachment = await self._registry.attach(start)
        except RefusedError as error:
            self._metrics.error(error.code.value)
            if error.code in _BUSY:
                await socket.send_text(encode_message(Busy(retry_after_s=_RETRY_AFTER_S)))
            await socket.send_text(encode_message(ErrorReport.of(error.code, error.message)))
            await _end(socket, _REFUSED, error.code.value)
            return
        something_to_send = asyncio.Event()
        something_to_send.set()
        live.writers.add(something_to_send)
        writer = asyncio.create_task(self._write(socket, live, attachment, something_to_send))
        try:
            await self._read(socket, live, attachment, writer)
        finally:
            live.session.detach(attachment, now=asyncio.get_running_loop().time())
            live.writers.discard(something_to_send)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)  # a socket that closed under it is nothing new
            live.changed()

    async def _read(
        self, socket: WebSocket, live: LiveSession, attachment: AttachmentId, writer: asyncio.Task[None]
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            receive = asyncio.ensure_future(socket.receive())
            await asyncio.wait({receive, writer}, return_when=asyncio.FIRST_COMPLETED)
            if not receive.done():
                receive.cancel()
                return
            frame = receive.result()
            if frame["type"] == "websocket.disconnect":
                return
            if frame.get("bytes") is not None:
                live.session.receive_audio(frame["bytes"], attachment=attachment, now=now())
            else:
                live.session.receive_text(frame.get("text") or "", attachment=attachment, now=now())
            live.changed()

    async def _write(
        self, socket: WebSocket, live: LiveSession, attachment: AttachmentId, something_to_send: asyncio.Event
    ) -> None:
        """Send until the session does not want this connection any more; then close it."""
        while True:
            await something_to_send.wait()
            something_to_send.clear()
            for text in live.session.data_to_send(attachment):
                await socket.send_text(text)
            if not live.session.is_open(attachment):
                reason = live.session.close_reason(attachment)
                if reason is not None:
                    self._metrics.error(reason.value)
                await _end(socket, _NORMAL) if reason is None else await _end(socket, _REFUSED, reason.value)
                return


async def _end(socket: WebSocket, code: int, reason: str = "") -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        await socket.close(code, reason)


def _same_origin(socket: WebSocket) -> bool:
    """Whether a browser page of this host asks, or no browser at all: other sites must not use a visitor's server."""
    origin = socket.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
    except ValueError:  # brackets that do not match
        return False
