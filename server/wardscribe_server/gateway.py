"""HTTP and websocket in front of the registry: bytes in, bytes out. No domain word is known here."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.errors import ErrorCode, RefusedError, RemoteProtocolError
from wardscribe_protocol.messages import Busy, ErrorReport, Start
from wardscribe_protocol.session import AttachmentId
from wardscribe_protocol.wire import SUBPROTOCOL
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.door import Door, Entry, bearer, refuse_token_in
from wardscribe_server.access.policy import MESSAGES, forbidden_messages
from wardscribe_server.access.principal import LOCAL
from wardscribe_server.audit.event import AuditAction, AuditOutcome
from wardscribe_server.listening import let_in
from wardscribe_server.metrics import Metrics
from wardscribe_server.registry import LiveSession, Registry

_log = logging.getLogger(__name__)

_START_WITHIN_S = 15.0
_MAX_FALSE_STARTS = 16
_RETRY_AFTER_S = 10.0
_LOOK_AGAIN_S = 10.0  # how long a revoked token may go on with what it began
_NORMAL, _POLICY, _REFUSED = 1000, 1008, 4000
_BUSY = {ErrorCode.TOO_MANY_SESSIONS, ErrorCode.STORAGE_FULL, ErrorCode.SERVER_STOPPING}


class Gateway:
    """The endpoints of one server."""

    def __init__(
        self,
        registry: Registry,
        metrics: Metrics,
        *,
        door: Door,
        waiting: Callable[[], int],
        tagging: Callable[[], int] | None,
    ) -> None:
        """`waiting` decodes and `tagging` sentences are in the queues; None where no tagger is in use."""
        self._registry = registry
        self._metrics = metrics
        self._door = door
        self._waiting = waiting
        self._tagging = tagging

    async def health(self, _request: Request) -> Response:
        """200 once models are loaded: the server listens only then. A second line says what it does without."""
        return PlainTextResponse("ok\n" if self._tagging is not None else "ok\nwithout the entity tagger\n")

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text."""
        self._metrics.waiting.set(self._waiting())
        self._metrics.tagging.set(self._tagging() if self._tagging is not None else 0)
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def dictation(self, socket: WebSocket) -> None:
        """One connection: a start message, then frames both ways until one side is done."""
        if not self._door.origins.allows(origin=socket.headers.get("origin"), host=socket.headers.get("host")):
            await socket.close(_POLICY)
            return
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            async with asyncio.timeout(_START_WITHIN_S):
                entered = await self._entered(socket)
            if entered is not None:
                let_in(socket.scope)
                entry, start = entered
                with self._door.connected(entry):
                    await self._attached(socket, start, entry)
        except RefusedError as error:
            with suppress(WebSocketDisconnect):
                await self._refuse(socket, error)
        except TimeoutError:
            await _end(socket, _POLICY)
        except WebSocketDisconnect:
            pass

    async def _entered(self, socket: WebSocket) -> tuple[Entry, Start] | None:
        """Who asks, and for what. The token is shown in the header, or by a browser, which cannot set one, in `start`.

        Raises: RefusedError.
        """
        start = await self._start(socket)  # first: a peer that is still sending may never read why it was refused
        if start is None:
            return None
        refuse_token_in(socket.scope)
        shown = bearer(socket.headers)
        entry = await self._enter(socket, start.token if shown is None else shown)
        principal = entry.principal
        others = start.user is not None and start.user != principal.user and principal is not LOCAL
        if others or not MESSAGES[Start].allows(principal):
            reason = "other_user" if others else "policy"
            await self._tell("access", entry, outcome=AuditOutcome.DENIED, reason=reason)
            raise DeniedError(ErrorCode.FORBIDDEN, reason)
        if start.resume is None:
            self._door.may_start(entry)
        return entry, start.model_copy(update={"token": None})

    async def _enter(self, socket: WebSocket, token: str | None) -> Entry:
        address = socket.client.host if socket.client is not None else None
        return await self._door.enter(token, address=address, host=socket.headers.get("host"))

    async def _tell(
        self, kind: str, entry: Entry, *, outcome: AuditOutcome = AuditOutcome.SUCCESS, entity: str = "", **detail: str
    ) -> None:
        await self._door.tell(AuditAction.EXECUTE, kind, entry.principal, outcome=outcome, entity=entity, **detail)

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

    async def _attached(self, socket: WebSocket, start: Start, entry: Entry) -> None:
        resumes = start.resume is not None
        try:
            live, attachment = await self._registry.attach(start, principal=entry.principal)
        except DeniedError as error:
            await self._tell("session.resume", entry, outcome=AuditOutcome.DENIED, entity=error.entity)
            raise
        something_to_send = asyncio.Event()
        something_to_send.set()
        live.writers.add(something_to_send)
        writer = asyncio.create_task(self._write(socket, live, attachment, something_to_send))
        try:
            await self._tell("session.resume" if resumes else "session.start", entry, entity=live.session.session_id)
            await self._read(socket, live, attachment, writer, entry)
        finally:
            live.session.detach(attachment, now=asyncio.get_running_loop().time())
            live.writers.discard(something_to_send)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)  # a socket that closed under it is nothing new
            live.changed()

    async def _read(
        self,
        socket: WebSocket,
        live: LiveSession,
        attachment: AttachmentId,
        writer: asyncio.Task[None],
        entry: Entry,
    ) -> None:
        """Raises: DeniedError once the token is revoked."""
        now = asyncio.get_running_loop().time
        forbidden = forbidden_messages(entry.principal)
        look_at = now() + _LOOK_AGAIN_S
        receive: asyncio.Future[Message] | None = None
        try:
            while True:
                receive = receive or asyncio.ensure_future(socket.receive())
                waited: set[asyncio.Future[Message] | asyncio.Task[None]] = {receive, writer}
                await asyncio.wait(waited, timeout=max(0.0, look_at - now()), return_when=asyncio.FIRST_COMPLETED)
                if now() >= look_at:
                    if not self._door.holds(entry):
                        raise DeniedError(ErrorCode.UNAUTHORIZED, "revoked")
                    look_at = now() + _LOOK_AGAIN_S
                if not receive.done():
                    if writer.done():
                        return
                    continue
                frame, receive = receive.result(), None
                if frame["type"] == "websocket.disconnect":
                    return
                if frame.get("bytes") is not None:
                    live.session.receive_audio(frame["bytes"], attachment=attachment, now=now())
                else:
                    live.session.receive_text(
                        frame.get("text") or "", attachment=attachment, now=now(), forbidden=forbidden
                    )
                live.changed()
        finally:
            if receive is not None:
                receive.cancel()

    async def _refuse(self, socket: WebSocket, error: RefusedError) -> None:
        self._metrics.error(error.code.value)
        retry_after_s = error.retry_after_s if isinstance(error, DeniedError) else None
        if retry_after_s is not None or error.code in _BUSY:
            await socket.send_text(encode_message(Busy(retry_after_s=retry_after_s or _RETRY_AFTER_S)))
        await socket.send_text(encode_message(ErrorReport.of(error.code, error.message)))
        await _end(socket, _REFUSED, error.code.value)

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
