"""A session as a gateway has it: with its newest attachment and a clock."""

from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.codec import decode_server_message, encode_message
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import ClientMessage, ErrorReport, Resume, ServerMessage, Start, Stop
from wardscribe_protocol.server_session import AttachmentId, ServerSession
from wardscribe_protocol.settings import ServerSessionSettings
from wardscribe_protocol.wire import SessionId, SessionToken

SETTINGS = ServerSessionSettings(
    credit_window_samples=1_000,
    outbox_capacity=4,
    outbox_high_water=2,
    max_pending_events=5,
    max_errors=3,
    lease_s=60,
    idle_s=30,
)


class Desk:
    """A session, the newest attachment, and a clock: what a gateway has."""

    def __init__(self, start: Start) -> None:
        self.now = 0.0
        self.start = start
        self.session = ServerSession(SessionId("s1"), SessionToken("secret"), now=0.0, settings=SETTINGS)
        self.attachment = AttachmentId(0)

    def attach(self, last_seq: int | None = None, **changes: str | int) -> None:
        start = self.start
        if last_seq is not None:
            resume = Resume.model_validate({"session": "s1", "token": "secret", "last_seq": last_seq, **changes})
            start = start.model_copy(update={"resume": resume})
        self.attachment = self.session.attach(start, now=self.now)

    def text(self, message: ClientMessage) -> None:
        self.session.receive_text(encode_message(message), attachment=self.attachment, now=self.now)

    def audio(self, first: int, samples: int) -> None:
        data = encode_frame(AudioFrame(first, b"\1\0" * samples))
        self.session.receive_audio(data, attachment=self.attachment, now=self.now)

    def sent(self, attachment: AttachmentId | None = None) -> list[ServerMessage]:
        texts = self.session.data_to_send(self.attachment if attachment is None else attachment)
        return [decode_server_message(text) for text in texts]

    def codes(self) -> list[ErrorCode]:
        return [message.code for message in self.sent() if isinstance(message, ErrorReport)]

    def finish(self, samples: int = 10) -> None:
        self.audio(self.session.received_samples, samples)
        self.text(Stop(total_samples=self.session.received_samples))
