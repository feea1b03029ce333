"""A listening server as a target: bytes over sockets of our own, HTTP and websocket frames as no library writes them.

The server runs in a thread of this process with a scripted recogniser, so that its log and its memory can be watched.
An error of our own in the log is a finding whatever the answer was: it says that something came as a surprise.
"""

import asyncio
import base64
import json
import logging
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fuzzing.mutations import Mutator
from fuzzing.targets import Broken, Target, as_bytes, changed_bytes
from fuzzing.text_targets import readers
from fuzzing.wire_targets import CLIENT_MESSAGES, FRAMES
from wardscribe_protocol.errors import ERRORS
from wardscribe_server.app import DICTATION_PATH, Server
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

_ANSWER_WITHIN_S = 0.25  # nothing more is expected after this; silence is an answer too
_MOST_ANSWER_BYTES = 2**20
_REQUESTS = (
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\nConnection: close\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET /v1/dictation?token=a%00b&x=%ff HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.0\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nX-Long: " + b"a" * 900 + b"\r\n\r\n",
)
_UPGRADES = (
    b"Sec-WebSocket-Protocol: wardscribe.v1\r\n",
    b"",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    b"Origin: http://[::1\r\n",
    b"Origin: null\r\n",
)


class _Errors(logging.Handler):
    """Lines of level error that our own code said, or behind which it stands; what uvicorn says of its own is its own.

    uvicorn logs a traceback for a text frame that is no UTF-8 and for a body that breaks its chunks, and answers both.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Only who said it and what sort of error it was: never what it said."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.getMessage()[:60]
        frames = traceback.extract_tb(record.exc_info[2]) if record.exc_info else []
        if record.name.startswith("wardscribe") or any("wardscribe_" in frame.filename for frame in frames):
            self.seen.append(f"{record.name}: {kind}")


class Listening:
    """One server and the way to it."""

    def __init__(self, server: Server, errors: _Errors) -> None:
        self._errors = errors
        self.address = server.address

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(self.address, timeout=10)

    def check(self) -> None:
        """Nothing surprised the server, and it is still there."""
        seen, self._errors.seen = self._errors.seen, []
        if seen:
            raise Broken(f"the server logged an error: {seen[0]}")


@contextmanager
def listening(data: Path) -> Iterator[Listening]:
    """A server for as long as the block lasts."""
    settings = ServerSettings(host="127.0.0.1", port=0, data=data, min_free_mb=0, max_sessions=2000, lease_seconds=1)
    server = Server(settings, recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), readers=readers())
    readers().warm()  # a first start that loads the tables would look like no answer
    errors, ready = _Errors(), threading.Event()
    logging.getLogger().addHandler(errors)
    thread = threading.Thread(target=lambda: asyncio.run(server.run(on_ready=ready.set)), name="server")
    thread.start()
    ready.wait()
    try:
        yield Listening(server, errors)
    finally:
        server.stop()
        thread.join()
        logging.getLogger().removeHandler(errors)


def targets(server: Listening) -> list[Target]:
    """HTTP, handshakes with frames after them, and dictations that go wrong."""
    frames = [_frame(1, as_bytes(json.dumps(message))) for message in CLIENT_MESSAGES]
    frames += [_frame(2, frame[:700]) for frame in FRAMES]
    frames += [_frame(8, struct.pack(">H", 1000)), _frame(9, b"ping"), _frame(10, b""), _frame(1, b"\xff\xfe")]
    frames += [_frame(1, b'{"type"', fin=False) + _frame(0, b':"x"}'), _frame(1, b"x", rsv=0x40), _frame(3, b"")]
    handshakes = [_upgrade(headers) + _START + _START for headers in _UPGRADES]
    return [
        Target("http", _REQUESTS, _raw(server), changed_bytes),
        Target("handshake", handshakes, _raw(server), changed_bytes),
        Target("websocket", frames, _after_start(server), changed_bytes),
        Target("dictation", _numbers(8), _dictation(server), _next_number, inputs_each=_STEPS),
    ]


_STEPS = 24


def _numbers(count: int) -> list[bytes]:
    return [number.to_bytes(8, "big") for number in range(count)]


def _next_number(mutator: Mutator, _data: bytes, _others: Sequence[bytes]) -> bytes:
    return mutator.random.randbytes(8)


def _frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """A websocket frame as a client sends it; the mask is zeros, so the payload can be seen."""
    first = opcode | rsv | (0x80 if fin else 0)
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 2**16:
        head = bytes([first, 0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, 0x80 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def _upgrade(headers: bytes = _UPGRADES[0]) -> bytes:
    key = base64.b64encode(bytes(16))
    return (
        b"GET " + DICTATION_PATH.encode() + b" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n" + headers + b"\r\n"
    )


_START = _frame(1, json.dumps(CLIENT_MESSAGES[0]).encode())


def _read(connection: socket.socket, *, until: bytes = b"") -> bytes:
    """What comes until silence, the end or `until`."""
    connection.settimeout(10 if until else _ANSWER_WITHIN_S)
    got = b""
    with suppress(TimeoutError, ConnectionError):
        while len(got) < _MOST_ANSWER_BYTES and (part := connection.recv(65_536)):
            got += part
            if until and until in got:
                return got
    if until:
        raise Broken("a good start was not answered")
    return got


def _begin(connection: socket.socket) -> None:
    """Shake hands and begin a dictation; the server drops what comes with the handshake in one piece."""
    connection.sendall(_upgrade())
    _read(connection, until=b"\r\n\r\n")
    connection.sendall(_START)
    _read(connection, until=b'"type":"ready"')


def _raw(server: Listening) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        with server.connect() as connection:
            with suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            kind = _status(_read(connection))
        server.check()
        return kind

    return judge


def _status(answer: bytes) -> str:
    if not answer:
        return "nothing"
    if not answer.startswith(b"HTTP/1.1 ") or b"Traceback" in answer:
        raise Broken("an answer that is not HTTP")
    if answer[9:10] == b"5":
        raise Broken(f"status {answer[9:12].decode(errors='replace')}")
    return answer[9:12].decode(errors="replace")


def _after_start(server: Listening) -> Callable[[bytes], str]:
    """Bytes in the place of frames on a connection that has begun a dictation."""

    def judge(data: bytes) -> str:
        with server.connect() as connection:
            _begin(connection)
            with suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            kind = _answers(_read(connection))
        server.check()
        return kind

    return judge


def _answers(answer: bytes) -> str:
    """The codes of all errors and of the close frame."""
    found: set[str] = set()
    while len(answer) >= 2:
        opcode, size, at = answer[0] & 0x0F, answer[1] & 0x7F, 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(answer[2 : 2 + width], "big"), 2 + width
        payload, answer = answer[at : at + size], answer[at + size :]
        if opcode == 8:
            found.add(f"close {int.from_bytes(payload[:2], 'big')}")
        elif opcode == 1 and len(payload) == size:
            message = json.loads(payload)
            if message["type"] == "error":
                if message["code"] not in {code.value for code in ERRORS}:
                    raise Broken("an error without a meaning")
                if message["code"] == "internal":
                    raise Broken("the session failed")
                found.add(message["code"])
    return " ".join(sorted(found))


def _dictation(server: Listening) -> Callable[[bytes], str]:
    """Messages and audio in good frames and in any order, spoilt one time in three; then an end."""

    def judge(data: bytes) -> str:
        mutator = Mutator(int.from_bytes(data[:8], "big"))
        sent = b""
        for _ in range(_STEPS):
            if mutator.random.random() < 0.3:
                frame = mutator.random.choice(FRAMES)
                sent += _frame(2, mutator.spoilt(frame) if mutator.random.random() < 0.3 else frame)
            else:
                message = mutator.random.choice(CLIENT_MESSAGES)
                text = mutator.json(message) if mutator.random.random() < 0.3 else json.dumps(message)
                sent += _frame(1, as_bytes(text))
        with server.connect() as connection:
            _begin(connection)
            with suppress(ConnectionError):
                connection.sendall(sent + _frame(1, b'{"type":"stop","total_samples":160}') + _frame(8, b""))
            answer = _read(connection)
        server.check()
        return _answers(answer)

    return judge
