"""The connection to a server, and the only reconnect loop: carries a `ClientSession` until it is done."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from wardscribe_client.credentials import Credentials
from wardscribe_protocol.errors import InputError, RefusedError, RemoteProtocolError, ServerUnreachableError
from wardscribe_protocol.messages import Closed, ErrorReport, ServerMessage, Start
from wardscribe_protocol.record import Record
from wardscribe_protocol.session import ClientSession, ClientSessionSettings
from wardscribe_protocol.states import ClientPhase
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE
from wardscribe_protocol.wire import MAX_SERVER_MESSAGE_BYTES, SUBPROTOCOL

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0
_OPEN_WITHIN_S = 10.0
_PATH = "/v1/dictation"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


def dictation_url(address: str) -> str:
    """The websocket address of a server given as ws://, wss://, http:// or https://, with or without the path.

    Raises: InputError.
    """
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES or not parts.netloc:
        raise InputError(f"{address!r} is not a server address; use ws://HOST:PORT{_PATH}")
    path = parts.path if parts.path.strip("/") else _PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


class Link:
    """One dictation over as many connections as it takes."""

    def __init__(
        self,
        start: Start,
        *,
        url: str,
        reconnect_s: float,
        credentials: Credentials | None = None,
        on_message: Callable[[ServerMessage], None] = lambda _: None,
        settings: ClientSessionSettings | None = None,
    ) -> None:
        self._session = ClientSession(start, settings=settings)
        self._url = url
        self._credentials = credentials or Credentials()
        self._reconnect_s = reconnect_s
        self._on_message = on_message
        self._outgoing = asyncio.Event()
        self._room = asyncio.Event()
        self._record: Record | None = None
        self._said_error: ErrorReport | None = None

    @property
    def session(self) -> ClientSession:
        """The protocol's state: what was captured, sent and made safe."""
        return self._session

    async def send_audio(self, pcm: bytes) -> None:
        """Hand over captured samples (s16le), waiting while the backlog is full. Nothing is dropped.

        Raises: WardscribeError when the session has failed.
        """
        while pcm:
            room = self._session.can_accept * BYTES_PER_SAMPLE
            if room:
                self._session.send_audio(pcm[:room])
                pcm = pcm[room:]
                self._outgoing.set()
            else:
                self._check()
                self._room.clear()
                await self._room.wait()

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it with None."""
        self._session.edit_field(path, value)
        self._outgoing.set()

    def finalize(self) -> None:
        """Ask for final text of everything said so far."""
        self._session.finalize()
        self._outgoing.set()

    def stop(self) -> None:
        """No more audio: `run` returns when the server has it all and the record is made."""
        self._session.stop()
        self._outgoing.set()

    async def run(self) -> Record:
        """Keep the session connected until it is over; the record.

        Raises: ServerUnreachableError when the server cannot be reached, RefusedError when it turns the session down.
        """
        loop = asyncio.get_running_loop()
        wait_s, lost_at, ever_connected = _FIRST_WAIT_S, None, False
        while self._session.wants_connection:
            try:
                async with connect(
                    self._url,
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers=self._credentials.headers(self._url),
                    ssl=self._credentials.context(self._url),
                    compression=None,
                    max_size=MAX_SERVER_MESSAGE_BYTES,
                    open_timeout=_OPEN_WITHIN_S,
                    user_agent_header=None,
                ) as socket:
                    ever_connected = True
                    before = self._session.safe_samples
                    with suppress(ConnectionClosed):
                        await self._carry(socket)
                    if self._session.safe_samples > before or not self._session.wants_connection:
                        wait_s, lost_at = _FIRST_WAIT_S, None
            except InvalidURI as error:
                raise InputError(f"{self._url!r} is not a server address; use ws://HOST:PORT{_PATH}") from error
            except SSLCertVerificationError as error:
                if not ever_connected:
                    raise ServerUnreachableError(
                        f"the server at {self._url} is not who it should be ({error.verify_message}); "
                        "a private authority is named with --ca"
                    ) from error
            except (OSError, TimeoutError, InvalidHandshake) as error:
                if not ever_connected:
                    raise ServerUnreachableError(f"no dictation server answers at {self._url}") from error
            if not self._session.wants_connection:
                break
            lost_at = loop.time() if lost_at is None else lost_at
            if loop.time() - lost_at > self._reconnect_s:
                raise ServerUnreachableError(f"the server at {self._url} has been gone for {self._reconnect_s:g} s")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        self._check()
        assert self._record is not None, "a session that is closed has its record"
        return self._record

    async def _carry(self, socket: ClientConnection) -> None:
        self._session.connected()
        self._outgoing.set()
        reader, writer = asyncio.create_task(self._read(socket)), asyncio.create_task(self._write(socket))
        try:
            done, _ = await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except RemoteProtocolError:
            pass  # the connection is over; `wants_connection` says whether another is worth it
        finally:
            for task in (reader, writer):
                task.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)
            self._session.disconnected()
            self._room.set()

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            if isinstance(frame, bytes):
                continue
            message = self._session.receive_text(frame)
            if isinstance(message, ErrorReport):
                self._said_error = message
            if isinstance(message, Closed):
                self._record = message.record
            if message is not None:
                self._on_message(message)
            self._outgoing.set()
            self._room.set()

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await self._outgoing.wait()
            self._outgoing.clear()
            while data := self._session.data_to_send():
                for frame in data:
                    await socket.send(frame)
            if not self._session.wants_connection:
                return

    def _check(self) -> None:
        if self._session.phase is ClientPhase.FAILED:
            code = self._session.failure
            assert code is not None, "a failed session says why"
            said = self._said_error
            raise RefusedError(code, said.message if said is not None and said.code is code else None)


async def dictate(
    blocks: Iterable[bytes], *, start: Start, url: str, reconnect_s: float, credentials: Credentials | None = None
) -> Record:
    """Send a whole recording as fast as the server takes it; the record."""
    link = Link(start, url=url, reconnect_s=reconnect_s, credentials=credentials)

    async def feed() -> None:
        for block in blocks:
            await link.send_audio(block)
        link.stop()

    return await carried(link, feed())


async def carried(link: Link, feed: Coroutine[object, object, None]) -> Record:
    """Run a link together with what feeds it; whichever fails first ends both."""
    carrying = asyncio.create_task(link.run())
    feeding = asyncio.create_task(feed)
    try:
        await asyncio.wait({carrying, feeding}, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            feeding.result()
        return await carrying
    finally:
        for task in (carrying, feeding):
            task.cancel()
        await asyncio.gather(carrying, feeding, return_exceptions=True)
