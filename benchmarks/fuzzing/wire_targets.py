"""The protocol as a target: frames, messages of both directions, and whole sessions in states of every kind.

Knows the protocol package only; no sockets.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

from fuzzing.mutations import Mutator
from fuzzing.targets import Broken, Target, as_bytes, as_text, changed_bytes
from wardscribe_protocol.audio import AudioFrame, decode_frame, encode_frame
from wardscribe_protocol.codec import decode_client_message, decode_server_message, encode_message
from wardscribe_protocol.errors import ERRORS, ErrorCode, FullError, RefusedError, RemoteProtocolError
from wardscribe_protocol.messages import (
    Closed,
    Commit,
    CommittedWord,
    ErrorReport,
    FieldState,
    FieldUpdate,
    Resume,
    Start,
    Tail,
)
from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_protocol.session import AttachmentId, ClientSession, ServerSession, ServerSessionSettings
from wardscribe_protocol.session_events import AudioReceived, StopRequested
from wardscribe_protocol.states import ClientLink, ServerLink
from wardscribe_protocol.wire import SessionId, SessionToken

_BLOCK_SAMPLES = 1600
STEPS = 32  # inputs to one session
_SETTINGS = ServerSessionSettings(
    credit_window_samples=40_000, outbox_capacity=12, outbox_high_water=8, max_pending_events=16, max_errors=12
)
_RECORD = Record(
    template="chest_xray", language=Language.EN, transcript=Transcript(raw="", text=""), fields={}, evidence={}
)
CLIENT_MESSAGES: tuple[dict[str, object], ...] = (
    {"type": "start", "template": "chest_xray", "language": "en"},
    {
        "type": "start",
        "template": "ward_round",
        "language": "zh",
        "user": "somebody",
        "token": "t",
        "context": {
            "patient": {"name": "N", "age_years": 61.5, "sex": "female", "mrn": "M1"},
            "order": {"accession": "A", "procedure": "P", "laterality": "left", "reason": "R"},
            "glossary": ["word", "名字"],
        },
    },
    {
        "type": "start",
        "template": "chest_xray",
        "language": "en",
        "resume": {"session": "s", "token": "t", "last_seq": 0, "attempt": 1},
    },
    {"type": "configure", "seq": 1, "language": "en", "context": {"glossary": ["x"]}},
    {"type": "command", "name": "undo", "args": {"count": 2}, "at_sample": 100},
    {"type": "command", "name": "select", "args": {"phrase": "small effusion", "more": [1, 2, {"a": "b"}]}},
    {"type": "field_edit", "path": "/fields/findings/0/finding", "value": "nodule", "at_sample": 5},
    {"type": "field_edit", "path": "/fields/comparison", "value": {"a": [1, 2.5, True]}},
    {"type": "field_edit", "path": "/fields/comparison"},
    {"type": "finalize", "seq": 1, "at_sample": 9},
    {"type": "stop", "total_samples": 800},
    {"type": "ack", "seq": 1},
)
FRAMES = (
    encode_frame(AudioFrame(0, bytes(320))),
    encode_frame(AudioFrame(160, b"\1\0" * 1600)),
    encode_frame(AudioFrame(2**40, b"\1\2" * 16_000)),
)


def targets() -> list[Target]:
    """All of them."""
    return [
        Target("frame", FRAMES, _frame, changed_bytes),
        Target("client_message", _texts(CLIENT_MESSAGES), _message(decode_client_message), changed_json),
        Target("server_message", _server_messages(), _message(decode_server_message), changed_json),
        Target("server_session", _numbers(64), _server_session, _next_number, inputs_each=STEPS),
        Target("client_session", _numbers(64), _client_session, _next_number, inputs_each=STEPS),
    ]


def _frame(data: bytes) -> str:
    try:
        frame = decode_frame(data)
    except RemoteProtocolError as error:
        return error.code.value
    if encode_frame(frame) != data:
        raise Broken("a frame that was taken is another one when written again")
    return "taken"


def _message(decode: Callable[[str], object]) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        try:
            message = decode(as_text(data))
        except RemoteProtocolError as error:
            return f"{error.code.value} {error.message}"
        return f"taken {type(message).__name__}"

    return judge


@cache
def _server_messages() -> tuple[bytes, ...]:
    word = CommittedWord(id=0, text="word", start_ms=0, end_ms=10, confidence=0.5)
    messages = (
        Tail(text="so far"),
        Commit(seq=1, words=(word,)),
        FieldUpdate(seq=2, path="/fields/heart_size", value="normal", state=FieldState.PROPOSED),
        ErrorReport.of(ErrorCode.BAD_SAMPLE_OFFSET, next_sample=5),
        Closed.of(_RECORD, total_samples=10).model_copy(update={"seq": 3}),
    )
    ready = {"type": "ready", "session": "s", "token": "t", "credit_samples": 9}
    ack = {"type": "ack", "safe_samples": 1, "next_sample": 2, "credit_samples": 3}
    return (*(as_bytes(encode_message(message)) for message in messages), *_texts((ready, ack)))


def _texts(messages: Sequence[object]) -> list[bytes]:
    return [as_bytes(json.dumps(message)) for message in messages]


def changed_json(mutator: Mutator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A change of structure while it still is JSON, a change of text when it is none."""
    if mutator.random.random() < 0.7:
        with suppress(ValueError, RecursionError):
            return as_bytes(mutator.json(json.loads(as_text(data))))
    if mutator.random.random() < 0.5:
        return as_bytes(mutator.text(as_text(data)))
    return mutator.spoilt(data, others)


def _numbers(count: int) -> list[bytes]:
    return [number.to_bytes(8, "big") for number in range(count)]


def _next_number(mutator: Mutator, _data: bytes, _others: Sequence[bytes]) -> bytes:
    """A session is its number: it decides every step, so the number alone does it all again."""
    return mutator.random.randbytes(8)


class _Session:
    """A server session with what the gateway and the conductor would do to it, all by choice of the mutator."""

    def __init__(self, mutator: Mutator) -> None:
        self._mutator = mutator
        self._now = 0.0
        self._session = ServerSession(SessionId("s"), SessionToken("t"), now=0, settings=_SETTINGS)
        self._attachment = AttachmentId(0)
        self._attach(Start(template="chest_xray", language=Language.EN))
        self._taken = 0
        self.said: set[str] = set()

    def step(self) -> None:
        """One thing that can happen; then everything that must hold."""
        random, session = self._mutator.random, self._session
        self._now += random.choice((0, 0, 0, 0.1, 10, 1000))
        match random.randrange(12):
            case 0 | 1 | 2:
                good = encode_frame(AudioFrame(session.received_samples, bytes(2 * random.choice((1, 160, 16_000)))))
                data = good if random.random() < 0.5 else self._mutator.spoilt(good, FRAMES)
                session.receive_audio(data, attachment=self._attachment, now=self._now)
            case 3 | 4 | 5 | 6:
                session.receive_text(self._text(), attachment=self._attachment, now=self._now)
            case 7:
                session.detach(self._attachment, now=self._now)
            case 8:
                seq = random.choice((0, 1, 5, 2**53 - 1))
                resume = Resume(session="s", token=random.choice(("t", "u")), last_seq=seq)
                self._attach(Start(template="chest_xray", language=Language.EN, resume=resume))
            case 9:
                session.on_timeout(self._now)
            case _:
                self._conduct()
        self._check()

    def _text(self) -> str:
        message = self._mutator.random.choice(CLIENT_MESSAGES)
        return json.dumps(message) if self._mutator.random.random() < 0.5 else self._mutator.json(message)

    def _attach(self, start: Start) -> None:
        with suppress(RefusedError):
            self._attachment = self._session.attach(start, now=self._now)

    def _conduct(self) -> None:
        session = self._session
        for event in session.events_received():
            match event:
                case AudioReceived(first, pcm):
                    if first != self._taken:
                        raise Broken("a sample was lost or came twice")
                    self._taken += len(pcm) // 2
                case StopRequested(total):
                    if total != self._taken:
                        raise Broken("the total is not what was received")
                    session.close(_RECORD, now=self._now)
                case _:
                    pass
        session.audio_safe(self._taken)
        session.audio_consumed(self._taken)
        with suppress(FullError):
            if session.phase.value in ("dictating", "stopping", "finishing"):
                session.send(FieldUpdate(path="/fields/x", value=1, state=FieldState.PROPOSED))

    def _check(self) -> None:
        session = self._session
        if session.pending_events > _SETTINGS.max_pending_events + 3:  # attach, stop and end come on top
            raise Broken("more events wait than may")
        for text in session.data_to_send(self._attachment):
            message = decode_server_message(text)
            if isinstance(message, ErrorReport):
                if message.code not in ERRORS:
                    raise Broken("an error without a meaning")
                self.said.add(message.code.value)
        if session.link is ServerLink.ENDED and session.next_timeout() is not None:
            raise Broken("a session that is over waits for something")


def _server_session(data: bytes) -> str:
    session = _Session(Mutator(int.from_bytes(data[:8], "big")))
    for _ in range(STEPS):
        session.step()
    return " ".join(sorted(session.said)[:2])


def _client_session(data: bytes) -> str:
    """A client whose server has gone mad: whatever it says, the client goes on, or says what is wrong."""
    mutator = Mutator(int.from_bytes(data[:8], "big"))
    session = ClientSession(Start(template="chest_xray", language=Language.EN))
    said: set[str] = set()
    for _ in range(STEPS):
        if session.link is ClientLink.OFFLINE and session.wants_connection:
            session.connected()
        match mutator.random.randrange(8):
            case 0:
                session.disconnected()
            case 1 if session.can_accept >= _BLOCK_SAMPLES:
                session.send_audio(bytes(2 * _BLOCK_SAMPLES))
            case 2 if session.control_room:
                session.edit_field("/fields/x", 1)
            case _ if session.link is not ClientLink.OFFLINE:
                try:
                    session.receive_text(as_text(_from_server(mutator)))
                except RemoteProtocolError as error:
                    said.add(error.code.value)
                    session.disconnected()
            case _:
                pass
        for frame in session.data_to_send():
            decode_client_message(frame) if isinstance(frame, str) else decode_frame(frame)
    return f"{session.phase.value} {' '.join(sorted(said)[:2])}"


def _from_server(mutator: Mutator) -> bytes:
    seed = mutator.random.choice(_server_messages())
    return seed if mutator.random.random() < 0.5 else changed_json(mutator, seed, ())
