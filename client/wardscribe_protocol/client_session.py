"""The client's end of one dictation: captured audio and texts in, frames to send and server messages out.

No socket and no clock. Audio stays in a bounded backlog until the server calls it safe, and is sent again after a
resume; durable messages are numbered and sent again until acknowledged. Whoever holds the socket calls `connected`,
`receive_text`, `data_to_send` and `disconnected`, and tries again for as long as `wants_connection`.
"""

from typing import Self

from pydantic import JsonValue

from wardscribe_protocol.audio import MAX_FRAME_SAMPLES, AudioFrame, encode_frame
from wardscribe_protocol.backlog import Backlog
from wardscribe_protocol.codec import decode_client_message, decode_server_message, encode_message
from wardscribe_protocol.credit import CreditWindow
from wardscribe_protocol.errors import ERRORS, ErrorCode, ErrorScope, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.messages import (
    Busy,
    ClientAck,
    ClientControl,
    Closed,
    Command,
    Configure,
    Context,
    ErrorReport,
    FieldEdit,
    Finalize,
    GoAway,
    Ready,
    Resume,
    ServerAck,
    ServerMessage,
    Start,
    Stop,
)
from wardscribe_protocol.outbox import Inbox, Outbox
from wardscribe_protocol.record import Language
from wardscribe_protocol.resume_state import ResumeState
from wardscribe_protocol.settings import ClientSessionSettings
from wardscribe_protocol.states import (
    CLIENT_LINK,
    CLIENT_PHASE,
    ClientLink,
    ClientLinkEvent,
    ClientPhase,
    ClientPhaseEvent,
    Machine,
)
from wardscribe_protocol.wire import Numbered

_PHASES_ALIVE = (ClientPhase.DICTATING, ClientPhase.STOPPING)


class ClientSession:
    """One dictation as the client sees it."""

    def __init__(self, start: Start, *, settings: ClientSessionSettings | None = None) -> None:
        if start.resume is not None:
            raise LocalProtocolError(ErrorCode.UNEXPECTED_MESSAGE, "a session resumes by itself; start it plainly")
        self._start = start
        self._settings = settings or ClientSessionSettings()
        self._frame_samples = min(self._settings.frame_samples, MAX_FRAME_SAMPLES)
        self._link = Machine(CLIENT_LINK, ClientLink.OFFLINE)
        self._phase = Machine(CLIENT_PHASE, ClientPhase.DICTATING)
        self._backlog = Backlog(capacity_samples=self._settings.backlog_samples)
        self._outbox = Outbox(capacity=self._settings.outbox_capacity)
        self._inbox = Inbox()
        self._credit = CreditWindow()
        self._session: tuple[str, str] | None = None
        self._attempts = 0
        self._start_due = self._ack_due = False
        self._stop_sent = False
        self._closed_acknowledged = False
        self._failure: ErrorCode | None = None

    @classmethod
    def resumed(
        cls,
        state: ResumeState,
        *,
        captured_samples: int,
        access_token: str | None = None,
        settings: ClientSessionSettings | None = None,
    ) -> Self:
        """The dictation of an earlier process. Hand over again, with `send_audio`, the audio from `state.safe_samples`
        to `captured_samples`, which is how far the spool reaches; then go on with what is new.
        """
        session = cls(state.start.model_copy(update={"token": access_token}), settings=settings)
        session._backlog = Backlog(
            capacity_samples=session._settings.backlog_samples, first=state.safe_samples, captured=captured_samples
        )
        session._outbox = Outbox(capacity=session._settings.outbox_capacity, last_seq=state.client_seq)
        session._outbox.restore(state.controls)
        session._inbox = Inbox(last_seq=state.last_seq)
        session._session = (state.session, state.token)
        session._attempts = state.attempts
        return session

    def resume_state(self) -> ResumeState | None:
        """What another process needs to go on with this dictation; None while the server has not named it.

        To be written down when it has changed, before a connection is made and before anything is sent.
        """
        if self._session is None:
            return None
        controls = self._outbox.unacknowledged
        session, token = self._session
        return ResumeState(
            start=self._start.model_copy(update={"token": None, "context": None}),
            session=session,
            token=token,
            attempts=self._attempts,
            stopped=self._phase.state is not ClientPhase.DICTATING,
            last_seq=self._inbox.last_seq,
            safe_samples=self._backlog.safe,
            client_seq=self._outbox.last_seq - len(controls),
            controls=tuple(
                message for text in controls if isinstance(message := decode_client_message(text), Numbered)
            ),
        )

    # What it is

    @property
    def link(self) -> ClientLink:
        """Whether there is a connection, and whether the session is attached to it."""
        return self._link.state

    @property
    def phase(self) -> ClientPhase:
        """How far the dictation has come."""
        return self._phase.state

    @property
    def failure(self) -> ErrorCode | None:
        """Why the session failed, once `phase` is `failed`."""
        return self._failure

    @property
    def wants_connection(self) -> bool:
        """Whether a lost connection is worth another: until the end is known to both, or failure."""
        return self._phase.state in _PHASES_ALIVE or self.has_data_to_send

    @property
    def captured_samples(self) -> int:
        """Samples taken by `send_audio`."""
        return self._backlog.end

    @property
    def safe_samples(self) -> int:
        """Samples that the server has on stable storage: a spool may forget them."""
        return self._backlog.safe

    @property
    def unsent_samples(self) -> int:
        """Samples that wait for a connection or for credit."""
        return self._backlog.unsent

    @property
    def can_accept(self) -> int:
        """Samples that `send_audio` takes now; 0 means that the capture layer has to spool."""
        return self._backlog.room if self._phase.allows(ClientPhaseEvent.AUDIO) else 0

    @property
    def control_room(self) -> int:
        """Commands and edits that are taken now."""
        return self._outbox.room if self._phase.allows(ClientPhaseEvent.CONTROL) else 0

    # The dictation: called by the capture layer and the user interface

    def send_audio(self, pcm: bytes) -> None:
        """Takes captured samples (s16le, 16 kHz, mono) of any length; all of them or none.

        Raises: FullError beyond `can_accept`; LocalProtocolError for half a sample, or after `stop`.
        """
        self._phase.apply(ClientPhaseEvent.AUDIO)
        self._backlog.append(pcm)

    def configure(self, *, language: Language | None = None, context: Context | None = None) -> None:
        """Changes what may change during a dictation. Raises: FullError; LocalProtocolError after `stop`."""
        self._send_control(Configure(language=language, context=context))

    def send_command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        """Gives a command at this point of the audio. Raises: FullError; LocalProtocolError after `stop`."""
        self._send_control(Command(name=name, args=args or {}, at_sample=self.captured_samples))

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Sets a field, or removes it (None). Raises: FullError; LocalProtocolError after `stop`."""
        self._send_control(FieldEdit(path=path, value=value, at_sample=self.captured_samples))

    def finalize(self) -> None:
        """Asks for final text up to here. Raises: FullError; LocalProtocolError after `stop`."""
        self._send_control(Finalize(at_sample=self.captured_samples))

    def stop(self) -> None:
        """No more audio: what was taken is sent, then the end is agreed. Again changes nothing.

        Raises: LocalProtocolError when the session has failed.
        """
        self._phase.apply(ClientPhaseEvent.STOP)

    # The connection: called by the link

    def connected(self) -> None:
        """A new connection is up. Raises: LocalProtocolError when the last one was not reported gone."""
        self._link.apply(ClientLinkEvent.CONNECTED)
        self._attempts += 1
        self._start_due = True
        self._stop_sent = False

    def disconnected(self) -> None:
        """The connection is gone, if there was one; what was in flight counts as not sent."""
        self._link.apply(ClientLinkEvent.DISCONNECTED)
        self._start_due = False

    @property
    def has_data_to_send(self) -> bool:
        """Whether `data_to_send` would give something, now or on the next connection."""
        if self._phase.state is ClientPhase.CLOSED:
            return not self._closed_acknowledged
        if self._phase.state is ClientPhase.FAILED:
            return False
        if self._link.state is not ClientLink.ONLINE:
            return self._start_due
        return (
            self._ack_due
            or self._outbox.has_unsent
            or self._sendable_samples > 0
            or (self._stop_wanted and not self._stop_sent)
        )

    def data_to_send(self) -> list[str | bytes]:
        """Text (str) and binary (bytes) frames to send now, in order. They count as sent; call until it is empty."""
        if self._phase.state is ClientPhase.FAILED or self._link.state is ClientLink.OFFLINE:
            return []
        if self._link.state is ClientLink.STARTING:
            return self._take_start()
        data: list[str | bytes] = []
        if self._ack_due:
            data.append(encode_message(ClientAck(seq=self._inbox.last_seq)))
            self._ack_due = False
        if self._phase.state is ClientPhase.CLOSED:
            self._closed_acknowledged = True
            return data
        data += self._outbox.take()
        data += self._take_audio()
        if self._stop_wanted and not self._stop_sent:
            data.append(encode_message(Stop(total_samples=self._backlog.end)))
            self._stop_sent = True
        return data

    def receive_text(self, text: str) -> ServerMessage | None:
        """A text frame came in: the message in it, each durable one once and in order; None for a repetition.

        Raises: RemoteProtocolError when the server breaks the protocol: close the connection, and try another for as
        long as `wants_connection`. LocalProtocolError without a connection.
        """
        if self._link.state is ClientLink.OFFLINE:
            raise LocalProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
        if self._phase.state not in _PHASES_ALIVE:
            return None
        try:
            return self._take_message(decode_server_message(text))
        except RemoteProtocolError as error:
            if error.scope is ErrorScope.SESSION:
                self._fail(error.code)
            raise

    # Inside

    @property
    def _stop_wanted(self) -> bool:
        return self._phase.state is ClientPhase.STOPPING and self.unsent_samples == 0

    @property
    def _sendable_samples(self) -> int:
        return min(self.unsent_samples, self._credit.room(self._backlog.cursor))

    def _send_control(self, message: ClientControl) -> None:
        self._phase.apply(ClientPhaseEvent.CONTROL)
        self._outbox.put(message)

    def _take_start(self) -> list[str | bytes]:
        if not self._start_due:
            return []
        self._start_due = False
        if self._session is None:
            return [encode_message(self._start)]
        session, token = self._session
        resume = Resume(session=session, token=token, last_seq=self._inbox.last_seq, attempt=self._attempts)
        # `last_seq` acknowledges, so the end needs no other word
        self._closed_acknowledged = self._phase.state is ClientPhase.CLOSED
        return [encode_message(self._start.model_copy(update={"resume": resume, "context": None}))]

    def _take_audio(self) -> list[bytes]:
        frames: list[bytes] = []
        while self._sendable_samples and len(frames) < self._settings.burst_frames:
            first = self._backlog.cursor
            pcm = self._backlog.take(min(self._frame_samples, self._credit.room(first)))
            frames.append(encode_frame(AudioFrame(first, pcm)))
        return frames

    def _take_message(self, message: ServerMessage) -> ServerMessage | None:
        if isinstance(message, Ready):
            self._take_ready(message)
        elif isinstance(message, ErrorReport):
            self._take_error(message)
        elif isinstance(message, Busy | GoAway):
            pass  # may come before `ready`, from a server that will not attach the session now
        elif self._link.state is not ClientLink.ONLINE:
            raise RemoteProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
        elif isinstance(message, ServerAck):
            self._backlog.release(message.safe_samples)
            self._credit.grant(message.credit_samples)
            self._outbox.acknowledge(message.client_seq)
        elif isinstance(message, Numbered):
            new = self._inbox.accept(message.seq)
            self._ack_due = True  # a repetition too: the server may not know how far we are
            if not new:
                return None
            if isinstance(message, Closed):
                self._take_closed(message)
        return message

    def _take_ready(self, ready: Ready) -> None:
        self._link.apply(ClientLinkEvent.READY, fault=RemoteProtocolError)
        if self._session is not None and self._session[0] != ready.session:
            raise RemoteProtocolError(ErrorCode.UNKNOWN_SESSION)
        self._session = (ready.session, ready.token)
        self._backlog.release(ready.safe_samples)
        self._backlog.rewind(ready.next_sample)
        self._credit = CreditWindow(ready.credit_samples)
        self._outbox.rewind()
        self._outbox.acknowledge(ready.client_seq)

    def _take_error(self, error: ErrorReport) -> None:
        scope = ERRORS[error.code].scope
        refused = self._link.state is ClientLink.STARTING and scope is not ErrorScope.CONNECTION
        if refused or scope is ErrorScope.SESSION or error.code is ErrorCode.TOTAL_MISMATCH:
            self._fail(error.code)
        elif error.code is ErrorCode.BAD_SAMPLE_OFFSET and error.next_sample is not None:
            self._backlog.rewind(error.next_sample)

    def _take_closed(self, closed: Closed) -> None:
        if closed.total_samples != self._backlog.end:
            self._fail(ErrorCode.TOTAL_MISMATCH)
            raise RemoteProtocolError(ErrorCode.TOTAL_MISMATCH)
        self._phase.apply(ClientPhaseEvent.CLOSED, fault=RemoteProtocolError)
        self._backlog.release(closed.total_samples)

    def _fail(self, code: ErrorCode) -> None:
        self._phase.apply(ClientPhaseEvent.FAIL)
        self._failure = code
