"""The server's end of one dictation: frames and time in, events for the conductor and texts to send out.

No socket and no clock: `now` is an argument, in seconds of any monotonic clock. A session outlives connections; each
connection is an *attachment*, and the newest wins. Nothing that a peer sends makes a method raise: the answer is an
`error` message, and for some codes the end of the attachment.
"""

import hmac
from typing import NewType

from wardscribe_protocol.audio import AudioFrame, decode_frame
from wardscribe_protocol.codec import decode_client_message, encode_message
from wardscribe_protocol.control_intake import ControlIntake
from wardscribe_protocol.errors import ErrorCode, ErrorScope, LocalProtocolError, RefusedError, RemoteProtocolError
from wardscribe_protocol.intake import AudioIntake
from wardscribe_protocol.messages import (
    ClientAck,
    ClientControl,
    ClientMessage,
    Closed,
    ErrorReport,
    GoAway,
    Ready,
    Resume,
    ServerAck,
    ServerDurable,
    ServerEphemeral,
    Start,
    Stop,
)
from wardscribe_protocol.outbox import Outbox
from wardscribe_protocol.record import Record
from wardscribe_protocol.server_past import ServerPast
from wardscribe_protocol.session_events import (
    Abandoned,
    AudioReceived,
    Drained,
    Resumed,
    SessionEvent,
    Started,
    StopRequested,
    control_event,
)
from wardscribe_protocol.settings import ServerSessionSettings
from wardscribe_protocol.states import (
    SERVER_LINK,
    SERVER_PHASE,
    Machine,
    ServerLink,
    ServerLinkEvent,
    ServerPhase,
    ServerPhaseEvent,
)
from wardscribe_protocol.wire import Numbered, SessionId, SessionToken

AttachmentId = NewType("AttachmentId", int)


class ServerSession:
    """One dictation as the server sees it."""

    def __init__(
        self,
        session_id: SessionId,
        token: SessionToken,
        *,
        now: float,
        settings: ServerSessionSettings | None = None,
        past: ServerPast | None = None,
    ) -> None:
        """With a `past` the session goes on where it was, and waits for its client as after a lost connection."""
        self.session_id = session_id
        self._token = token
        self._settings = settings or ServerSessionSettings()
        known = past or ServerPast(received_samples=0, client_seq=0, acknowledged_seq=0, told=(), stopped=False)
        self._link = Machine(SERVER_LINK, ServerLink.NEW if past is None else ServerLink.DETACHED)
        self._phase = Machine(SERVER_PHASE, ServerPhase.FINISHING if known.stopped else ServerPhase.DICTATING)
        self._intake = AudioIntake(
            window_samples=self._settings.credit_window_samples, received_samples=known.received_samples
        )
        if known.stopped:
            self._intake.stop(known.received_samples)
        self._outbox = Outbox(
            capacity=self._settings.outbox_capacity,
            high_water=self._settings.outbox_high_water,
            capacity_bytes=self._settings.outbox_bytes,
            last_seq=known.acknowledged_seq,
        )
        self._outbox.restore(known.told)
        self._controls = ControlIntake(self._settings, last_seq=known.client_seq, now=now)
        self._events: list[SessionEvent] = []
        self._attachment = AttachmentId(0)
        self._farewell: list[str] = []
        self._close_reason: ErrorCode | None = None
        self._last_attempt = 0
        self._errors = 0
        self._ready_due: bool | None = None  # whether it says resumed
        self._ack_due = False
        self._heard_at = self._lease_from = now

    # What it is

    @property
    def link(self) -> ServerLink:
        """Whether a client is attached."""
        return self._link.state

    @property
    def phase(self) -> ServerPhase:
        """How far the dictation has come."""
        return self._phase.state

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen: the session can be forgotten once its events are taken."""
        return self._link.state is ServerLink.ENDED

    @property
    def received_samples(self) -> int:
        """First sample that is not here."""
        return self._intake.next_sample

    @property
    def congested(self) -> bool:
        """Whether the client acknowledges too slowly; no credit is given meanwhile."""
        return self._outbox.congested

    @property
    def room(self) -> int:
        """Durable messages that `send` takes now."""
        return self._outbox.room

    @property
    def acknowledged_seq(self) -> int:
        """The client has the durable messages up to this one."""
        return self._outbox.acknowledged_seq

    @property
    def last_seq(self) -> int:
        """Number of the newest durable message."""
        return self._outbox.last_seq

    @property
    def pending_events(self) -> int:
        """Events that were not taken."""
        return len(self._events)

    # Connections: called by the gateway

    def attach(self, start: Start, *, now: float) -> AttachmentId:
        """Makes the connection that sent `start` the session's own; an older one is over (`session_taken_over`).

        Raises: RefusedError (`unknown_session`, `bad_token`, `session_taken_over`) for the peer's fault;
        LocalProtocolError when a second connection does not resume.
        """
        if self.is_over:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION)
        first = self._link.state is ServerLink.NEW
        if start.resume is not None:
            self._check_resume(start.resume)
        elif not first:
            raise LocalProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
        self._link.apply(ServerLinkEvent.ATTACH)
        self._attachment = AttachmentId(self._attachment + 1)
        self._outbox.rewind()
        self._farewell, self._close_reason = [], None
        self._intake.new_connection()
        self._errors = 0
        self._ready_due, self._ack_due = not first, False
        self._heard_at = now
        self._events.append(Started(start.template, start.language, start.context) if first else Resumed())
        self._after_acknowledgement()
        return self._attachment

    def detach(self, attachment: AttachmentId, *, now: float) -> None:
        """The connection is gone. An older attachment's end changes nothing."""
        if self.is_open(attachment):
            self._link.apply(ServerLinkEvent.DETACH)
            self._lease_from = now

    def is_open(self, attachment: AttachmentId) -> bool:
        """Whether the connection is still the session's own; if not, send `data_to_send` and close it."""
        return attachment == self._attachment and self._link.state is ServerLink.ATTACHED

    def close_reason(self, attachment: AttachmentId) -> ErrorCode | None:
        """Why the connection is to be closed; None when all is well."""
        return self._close_reason if attachment == self._attachment else ErrorCode.SESSION_TAKEN_OVER

    def data_to_send(self, attachment: AttachmentId) -> list[str]:
        """Texts to send over the connection now, in order. They count as sent."""
        if attachment != self._attachment:
            return [encode_message(ErrorReport.of(ErrorCode.SESSION_TAKEN_OVER))]
        if self._link.state is ServerLink.ATTACHED:
            return self._pending_texts()
        texts, self._farewell = self._farewell, []
        return texts

    def has_data_to_send(self, attachment: AttachmentId) -> bool:
        """Whether `data_to_send` would give something."""
        if not self.is_open(attachment):
            return attachment != self._attachment or bool(self._farewell)
        return self._ready_due is not None or self._ack_due or self._outbox.has_unsent

    def receive_audio(self, data: bytes, *, attachment: AttachmentId, now: float) -> None:
        """A binary frame came in. Frames of an older attachment are ignored."""
        if self.is_open(attachment):
            self._heard_at = now
            try:
                self._take_audio(decode_frame(data))
            except RemoteProtocolError as error:
                self._report(error, now=now)

    def receive_text(
        self, text: str, *, attachment: AttachmentId, now: float, forbidden: frozenset[str] = frozenset()
    ) -> None:
        """A text frame came in; types in `forbidden` are refused. Frames of an older attachment are ignored."""
        if self.is_open(attachment):
            self._heard_at = now
            try:
                self._take_message(decode_client_message(text), forbidden, weight=len(text), now=now)
            except RemoteProtocolError as error:
                self._report(error, now=now)

    # Time: called by the registry

    def next_timeout(self) -> float | None:
        """When `on_timeout` wants to be called; None when nothing is waited for."""
        if self.is_over or self._phase.state is ServerPhase.FINISHING:
            return None
        if self._link.state is ServerLink.ATTACHED:
            return self._heard_at + self._settings.idle_s
        return self._lease_from + self._settings.lease_s

    def on_timeout(self, now: float) -> None:
        """Ends what has waited too long; nothing happens before `next_timeout`."""
        due = self.next_timeout()
        if due is None or now < due:
            return
        if self._link.state is ServerLink.ATTACHED:
            self._eject(RemoteProtocolError(ErrorCode.IDLE_TIMEOUT), now=now)
        elif self._phase.state is ServerPhase.CLOSING:
            self._drain(acknowledged=False)
        else:
            self._abandon(ErrorCode.LEASE_EXPIRED)

    # The dictation: called by the conductor

    def events_received(self) -> list[SessionEvent]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        self._controls.pending_bytes = 0
        return events

    def audio_safe(self, up_to: int) -> None:
        """Audio before `up_to` is on stable storage; the client may forget it.

        Raises: LocalProtocolError (`bad_sample_offset`) for audio that was never received.
        """
        self._ack_due |= self._intake.mark_safe(up_to)

    def control_safe(self, up_to: int) -> None:
        """The client's numbered messages up to this one are on stable storage; it may forget them."""
        self._ack_due |= self._controls.keep(up_to)

    def audio_consumed(self, up_to: int) -> None:
        """Audio before `up_to` was taken by the engine; the client gets credit for as much again.

        Raises: LocalProtocolError (`bad_sample_offset`) for audio that was never received.
        """
        self._intake.mark_consumed(up_to)
        self._grant()

    def send(self, message: ServerDurable | ServerEphemeral) -> None:
        """Queues a message for the client. After the end it is dropped: nobody is there to read it.

        Raises: FullError for a durable message while `room` is 0; LocalProtocolError (`unexpected_message`) for a
        durable one after `close`.
        """
        if self.is_over:
            return
        if isinstance(message, Numbered):
            if self._phase.state is ServerPhase.CLOSING:
                raise LocalProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
            self._outbox.put(message)
        else:
            self._show(message)

    def close(self, record: Record, *, now: float, records: tuple[Record, ...] = ()) -> None:
        """The record is made: answers `StopRequested`. The session is over when the client has acknowledged it.

        Raises: LocalProtocolError (`unexpected_message`) in any phase but `finishing`.
        """
        closed = Closed.of(record, total_samples=self._intake.next_sample, records=records)
        self._phase.apply(ServerPhaseEvent.CLOSE)
        self._outbox.put(closed, last=True)
        self._heard_at = self._lease_from = now

    def release(self, *, retry_after_s: float, now: float) -> None:
        """Sends the client away for a while: this server stops, and another one will go on with the session."""
        if self._link.state is ServerLink.ATTACHED:
            self._show(GoAway(reason=ErrorCode.SERVER_STOPPING.value, retry_after_s=retry_after_s))
            self._eject(RemoteProtocolError(ErrorCode.SERVER_STOPPING), now=now)

    def fail(self, code: ErrorCode) -> None:
        """Ends a session that cannot go on; nothing happens when its record is made or it is over."""
        if self._phase.allows(ServerPhaseEvent.ABANDON):
            self._abandon(code)

    # Inside

    def _check_resume(self, resume: Resume) -> None:
        if resume.session != self.session_id:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION)
        if not hmac.compare_digest(resume.token.encode(), self._token.encode()):
            raise RefusedError(ErrorCode.BAD_TOKEN)
        if resume.attempt is not None and resume.attempt <= self._last_attempt:
            raise RefusedError(ErrorCode.SESSION_TAKEN_OVER)
        try:
            self._outbox.acknowledge(resume.last_seq)
        except RemoteProtocolError:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION) from None
        self._last_attempt = resume.attempt or self._last_attempt

    def _take_audio(self, frame: AudioFrame) -> None:
        self._check_pending()
        first = self._intake.next_sample
        try:
            pcm = self._intake.take(frame)
        except RemoteProtocolError:
            self._ack_due = True
            raise
        if not pcm:
            self._ack_due = True  # a client that repeats may not know how far we are
            return
        self._phase.apply(ServerPhaseEvent.AUDIO)
        self._events.append(AudioReceived(first, pcm))
        self._complete()

    def _take_message(self, message: ClientMessage, forbidden: frozenset[str], *, weight: int, now: float) -> None:
        match message:
            case Start():
                raise RemoteProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
            case ClientAck():
                self._outbox.acknowledge(message.seq)
                self._after_acknowledgement()
            case Stop():
                self._take_stop(message.total_samples)
            case _:
                self._take_control(message, forbidden, weight=weight, now=now)

    def _take_stop(self, total_samples: int) -> None:
        self._intake.stop(total_samples)
        self._phase.apply(ServerPhaseEvent.STOP)
        self._ack_due = True
        self._complete()

    def _complete(self) -> None:
        if self._phase.state is ServerPhase.STOPPING and self._intake.complete:
            self._phase.apply(ServerPhaseEvent.COMPLETE)
            self._events.append(StopRequested(self._intake.next_sample))

    def _take_control(self, message: ClientControl, forbidden: frozenset[str], *, weight: int, now: float) -> None:
        self._ack_due = True
        if self._controls.is_repeated(message.seq):
            return
        self._check_pending()
        if not self._phase.allows(ServerPhaseEvent.CONTROL):
            raise RemoteProtocolError(ErrorCode.UNEXPECTED_MESSAGE)
        self._controls.take(message.seq, weight=weight, forbidden=message.type in forbidden, now=now)
        self._phase.apply(ServerPhaseEvent.CONTROL)
        self._events.append(control_event(message))

    def _check_pending(self) -> None:
        if (
            len(self._events) >= self._settings.max_pending_events
            or self._controls.pending_bytes >= self._settings.max_pending_bytes
        ):
            raise RemoteProtocolError(ErrorCode.OVERLOADED)

    def _report(self, error: RemoteProtocolError, *, now: float) -> None:
        self._errors += 1
        if error.scope is not ErrorScope.NONE:
            self._eject(error, now=now)
        elif self._errors > self._settings.max_errors:
            self._eject(RemoteProtocolError(ErrorCode.TOO_MANY_ERRORS), now=now)
        else:
            gap = error.code is ErrorCode.BAD_SAMPLE_OFFSET
            self._show(ErrorReport.of(error.code, error.message, next_sample=self._intake.next_sample if gap else None))

    def _show(self, message: ServerEphemeral) -> None:
        kind = f"{message.type}:{message.code}" if isinstance(message, ErrorReport) else message.type
        self._outbox.show(kind, message)

    def _eject(self, error: RemoteProtocolError, *, now: float) -> None:
        self._say_farewell(error.code)
        self._link.apply(ServerLinkEvent.DETACH)
        self._lease_from = now

    def _abandon(self, code: ErrorCode) -> None:
        self._phase.apply(ServerPhaseEvent.ABANDON)
        self._say_farewell(code)
        self._link.apply(ServerLinkEvent.END)
        self._events.append(Abandoned(code, self._intake.next_sample))

    def _drain(self, *, acknowledged: bool) -> None:
        self._phase.apply(ServerPhaseEvent.DRAIN)
        self._farewell = self._pending_texts()
        self._link.apply(ServerLinkEvent.END)
        self._events.append(Drained(acknowledged))

    def _after_acknowledgement(self) -> None:
        self._grant()
        if self._phase.state is ServerPhase.CLOSING and not len(self._outbox):
            self._drain(acknowledged=True)

    def _grant(self) -> None:
        if not self._outbox.congested:
            self._ack_due |= self._intake.grant()

    def _say_farewell(self, code: ErrorCode) -> None:
        self._farewell = [*self._pending_texts(), encode_message(ErrorReport.of(code))]
        self._close_reason = code

    def _pending_texts(self) -> list[str]:
        texts = [] if self._ready_due is None else [encode_message(self._ready(resumed=self._ready_due))]
        texts += self._outbox.take()
        if self._ack_due:
            texts.append(encode_message(self._ack()))
        self._ready_due, self._ack_due = None, False
        return texts

    def _ready(self, *, resumed: bool) -> Ready:
        return Ready(
            session=self.session_id,
            token=self._token,
            credit_samples=self._intake.credit_samples,
            next_sample=self._intake.next_sample,
            safe_samples=self._intake.safe_samples,
            client_seq=self._controls.kept_seq,
            resumed=resumed,
        )

    def _ack(self) -> ServerAck:
        return ServerAck(
            safe_samples=self._intake.safe_samples,
            next_sample=self._intake.next_sample,
            credit_samples=self._intake.credit_samples,
            client_seq=self._controls.kept_seq,
        )
