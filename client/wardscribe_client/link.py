"""The connection to a server, and the only reconnect loop: carries a `ClientSession` until it is done."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLCertVerificationError
from typing import NoReturn, Self, assert_never
from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from wardscribe_client.credentials import Credentials
from wardscribe_client.pauses import Pauses
from wardscribe_protocol.errors import InputError, RefusedError, RemoteProtocolError, ServerUnreachableError
from wardscribe_protocol.messages import (
    Busy,
    ClientControl,
    Closed,
    Command,
    Configure,
    ErrorReport,
    FieldEdit,
    Finalize,
    GoAway,
    Ready,
    ServerMessage,
    Start,
)
from wardscribe_protocol.record import Record
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.session import ClientSession, ClientSessionSettings
from wardscribe_protocol.states import ClientLink, ClientPhase
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE
from wardscribe_protocol.wire import MAX_SERVER_MESSAGE_BYTES, SUBPROTOCOL, Numbered

_CLOSE_WITHIN_S = 2.0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """How long a connection may take, and may be silent before it counts as gone: asked, then waited for an answer.

    `waits_at_first`: a server that is not there when a dictation begins is waited for as later on, instead of being
    said at once; for who captures meanwhile.
    """

    open_within_s: float = 10.0
    ask_every_s: float = 5.0
    answer_within_s: float = 10.0
    waits_at_first: bool = False
    session: ClientSessionSettings = field(default_factory=ClientSessionSettings)


class Link:
    """One dictation over as many connections as it takes.

    `keep` is given what another process needs to go on, whenever it has changed and before anything is sent that
    follows from it. A durable message that was given to `on_message` before its number was kept comes again after a
    crash; its `seq` tells. `on_link` is told None when the session is attached, and one line for a person when it is
    not any more, or not yet.
    """

    def __init__(
        self,
        start: Start | ClientSession,
        *,
        url: str,
        reconnect_s: float,
        credentials: Credentials | None = None,
        on_message: Callable[[ServerMessage], None] = lambda _: None,
        on_link: Callable[[str | None], None] = lambda _: None,
        keep: Callable[[ResumeState], None] | None = None,
        settings: LinkSettings | None = None,
    ) -> None:
        self._settings = settings or LinkSettings()
        if isinstance(start, Start):
            self._session = ClientSession(start, settings=self._settings.session)
            self._expected = self._settings.waits_at_first
        else:
            self._session, self._expected = start, True
        self._url = url
        self._credentials = credentials or Credentials()
        self._reconnect_s = reconnect_s
        self._on_message = on_message
        self._on_link = on_link
        self._keep = keep
        self._kept: ResumeState | None = None
        self._pauses = Pauses(give_up_s=reconnect_s)
        self._outgoing = asyncio.Event()
        self._room = asyncio.Event()
        self._hurry = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._record: Record | None = None
        self._said_error: ErrorReport | None = None
        self._refusal: ErrorReport | None = None
        self._heard = 0
        self._told = 0
        self._attached_at: float | None = None

    @classmethod
    def resumed(
        cls,
        state: ResumeState,
        *,
        captured_samples: int,
        url: str,
        reconnect_s: float,
        credentials: Credentials | None = None,
        on_message: Callable[[ServerMessage], None] = lambda _: None,
        on_link: Callable[[str | None], None] = lambda _: None,
        keep: Callable[[ResumeState], None] | None = None,
        settings: LinkSettings | None = None,
    ) -> Self:
        """The dictation of a process that is gone, as `keep` had it and the spool has it.

        Hand over again the spool's audio from `state.safe_samples` to `captured_samples`, then what is new; and `stop`
        if `state.stopped`.
        """
        settings = settings or LinkSettings()
        return cls(
            ClientSession.resumed(state, captured_samples=captured_samples, settings=settings.session),
            url=url,
            reconnect_s=reconnect_s,
            credentials=credentials,
            on_message=on_message,
            on_link=on_link,
            keep=keep,
            settings=settings,
        )

    @property
    def session(self) -> ClientSession:
        """The protocol's state: what was captured, sent and made safe."""
        return self._session

    def resume_state(self) -> ResumeState | None:
        """What `keep` is given; None while no server has named the session."""
        return self._session.resume_state()

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

    async def give(self, control: ClientControl) -> None:
        """Hand over a command, an edit, a wish, at this place of the sound; waits while too many are on their way.

        Raises: WardscribeError when the session has failed.
        """
        while not self._session.control_room:
            self._check()
            self._room.clear()
            await self._room.wait()
        match control:
            case FieldEdit():
                self._session.edit_field(control.path, control.value)
            case Command():
                self._session.send_command(control.name, dict(control.args))
            case Configure():
                self._session.configure(language=control.language, context=control.context)
            case Finalize():
                self._session.finalize()
            case _:
                assert_never(control)
        self._note()
        self._outgoing.set()

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it with None."""
        self._session.edit_field(path, value)
        self._note()
        self._outgoing.set()

    def finalize(self) -> None:
        """Ask for final text of everything said so far."""
        self._session.finalize()
        self._note()
        self._outgoing.set()

    def stop(self) -> None:
        """No more audio: `run` returns when the server has it all and the record is made."""
        self._session.stop()
        self._note()
        self._outgoing.set()

    def reconnect_now(self) -> None:
        """The connection is not to be trusted (this machine slept): drop it, and try another without a pause."""
        self._hurry.set()
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> Record:
        """Keep the session connected until it is over; the record.

        Raises: ServerUnreachableError when the server cannot be reached, RefusedError when it turns the session down.
        """
        now = asyncio.get_running_loop().time
        while self._session.wants_connection:
            trouble = "the connection to the server is lost"
            try:
                await self._connection(now)
            except InvalidURI as error:
                raise InputError(f"{self._url!r} is not a server address; use ws://HOST:PORT{_PATH}") from error
            except InputError as error:
                if not self._expected:
                    raise  # later, the token's file may be in the middle of being replaced
                trouble = error.message
            except SSLCertVerificationError as error:
                trouble = (
                    f"the server at {self._url} is not who it should be ({error.verify_message}); "
                    "a private authority is named with --ca"
                )
                if not self._expected:
                    raise ServerUnreachableError(trouble) from error
            except (OSError, TimeoutError, InvalidHandshake) as error:
                trouble = f"no dictation server answers at {self._url}"
                if not self._expected:
                    raise ServerUnreachableError(trouble) from error
            if not self._session.wants_connection:
                break
            self._on_link(self._refusal.message if self._refusal is not None else trouble)
            pause_s = self._pauses.after_loss(now())
            if pause_s is None:
                self._give_up()
            else:
                await self._pause(pause_s)
        self._check()
        assert self._record is not None, "a session that is closed has its record"
        return self._record

    async def _pause(self, pause_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()
        self._hurry.clear()

    async def _connection(self, now: Callable[[], float]) -> None:
        async with connect(
            self._url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=self._credentials.headers(self._url),
            ssl=self._credentials.context(self._url),
            compression=None,
            max_size=MAX_SERVER_MESSAGE_BYTES,
            open_timeout=self._settings.open_within_s,
            close_timeout=_CLOSE_WITHIN_S,
            ping_interval=None,  # its pings wait behind what cannot be sent, `_watch` does not
            user_agent_header=None,
        ) as socket:
            self._expected = True
            self._attached_at = None
            before = self._session.safe_samples, self._told
            self._socket = socket
            self._hurry.clear()
            try:
                with suppress(ConnectionClosed):
                    await self._carry(socket)
            finally:
                self._socket = None
            if self._attached_at is not None:
                progress = (self._session.safe_samples, self._told) != before
                self._pauses.held(for_s=now() - self._attached_at, progress=progress)

    async def _carry(self, socket: ClientConnection) -> None:
        self._session.connected()
        self._outgoing.set()
        tasks = {asyncio.create_task(work(socket)) for work in (self._read, self._write, self._watch)}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except RemoteProtocolError:
            pass  # the connection is over; `wants_connection` says whether another is worth it
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._session.disconnected()
            self._room.set()

    async def _watch(self, socket: ClientConnection) -> None:
        """End a connection on which nothing comes back: asleep, unplugged, or stalled on the way."""
        while True:
            await asyncio.sleep(self._settings.ask_every_s)
            heard = self._heard
            try:
                async with asyncio.timeout(self._settings.answer_within_s):
                    await (await socket.ping())
            except TimeoutError:
                if self._heard == heard:
                    socket.transport.abort()
                    return

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            self._heard += 1
            if isinstance(frame, bytes):
                continue
            starting = self._session.link is ClientLink.STARTING
            message = self._session.receive_text(frame)
            if message is not None:
                self._take(message, starting=starting)
                self._on_message(message)
            self._outgoing.set()
            self._room.set()

    def _take(self, message: ServerMessage, *, starting: bool) -> None:
        match message:
            case Ready():
                self._refusal = None
                self._attached_at = asyncio.get_running_loop().time()
                self._on_link(None)
            case ErrorReport():
                self._said_error = message
                self._refusal = message if starting else self._refusal
            case Busy(retry_after_s=float(seconds)) | GoAway(retry_after_s=float(seconds)):
                self._pauses.asked_for(seconds)
            case Closed():
                self._record = message.record
            case _:
                pass
        self._told += isinstance(message, Numbered)

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await self._outgoing.wait()
            self._outgoing.clear()
            self._note()
            while data := self._session.data_to_send():
                for frame in data:
                    await socket.send(frame)
                self._note()
            if not self._session.wants_connection:
                return

    def _note(self) -> None:
        if self._keep is None:
            return
        state = self._session.resume_state()
        if state is not None and state != self._kept:
            self._kept = state
            self._keep(state)

    def _give_up(self) -> NoReturn:
        if self._refusal is not None:
            raise RefusedError(self._refusal.code, self._refusal.message)
        raise ServerUnreachableError(f"the server at {self._url} has been gone for {self._reconnect_s:g} s")

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
