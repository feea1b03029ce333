"""What a broken or hostile client may send: each gives an error code, and the session goes on or can be resumed."""

import json
import struct

import pytest

from wardscribe_protocol.audio import AudioFrame, encode_frame
from wardscribe_protocol.codec import decode_client_message, decode_server_message
from wardscribe_protocol.errors import ERRORS, ErrorCode, ErrorScope, RemoteProtocolError
from wardscribe_protocol.messages import ErrorReport, Resume, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.session import AttachmentId, ServerSession
from wardscribe_protocol.session_events import AudioReceived
from wardscribe_protocol.wire import SessionId, SessionToken


def raw_frame(
    version: int = 1, flags: int = 0, stream: int = 0, reserved: int = 0, first: int = 0, pcm: bytes = b"\0\0"
) -> bytes:
    return struct.pack("<BBHIQ", version, flags, stream, reserved, first) + pcm


FRAMES: list[tuple[str, bytes, str]] = [
    *[(f"{n} bytes", raw_frame()[:n], "bad_frame") for n in range(17)],
    *[(f"version {n}", raw_frame(version=n), "unsupported_version") for n in (0, 2, 3, 16, 127, 128, 255)],
    *[(f"flag bit {n}", raw_frame(flags=1 << n), "bad_frame") for n in range(8)],
    *[(f"reserved bit {n}", raw_frame(reserved=1 << n), "bad_frame") for n in range(32)],
    *[(f"stream {n}", raw_frame(stream=n), "bad_frame") for n in (1, 2, 255, 256, 65535)],
    *[(f"{n} bytes of samples", raw_frame(pcm=bytes(n)), "bad_frame") for n in (1, 3, 5, 639, 31_999)],
    *[(f"{n} bytes of samples", raw_frame(pcm=bytes(n)), "frame_too_large") for n in (32_001, 32_002, 64_000, 10**6)],
    *[(f"position 2^{n}", raw_frame(first=2**n), "bad_frame") for n in range(53, 64)],
    ("last position", raw_frame(first=2**64 - 1), "bad_frame"),
    ("end beyond the last position", raw_frame(first=2**53 - 1), "bad_frame"),
    *[(f"gap of {n}", raw_frame(first=n), "bad_sample_offset") for n in (1, 2, 160, 10**6, 2**52)],
    ("text as bytes", b'{"type":"stop","total_samples":0}', "unsupported_version"),
    ("a WAV file", b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00", "unsupported_version"),
]

TYPES = ["start", "configure", "command", "field_edit", "finalize", "stop", "ack"]
START = {"type": "start", "template": "chest_xray", "language": "en"}
NO_NUMBERS = ['"1"', "true", "null", "1.5", "-1", "[]", "{}", "9007199254740992", "1e400", "NaN", "9" * 400]


def with_value(**keys: object) -> str:
    return json.dumps(START | keys)


TEXTS: list[tuple[str, str]] = [
    *[(text, "bad_message") for text in ["", " ", "{", "}", "{}", "[]", "null", "true", "1", '"a"', "\0", "{]", "nul"]],
    *[(text, "bad_message") for text in ["NaN", "Infinity", "\ufeff{}", "{'type':'stop'}", '{"type":"stop",}', "// a"]],
    *[(text, "bad_message") for text in ["{}{}", '{"type":"ack","seq":1}x', '{"type":"ack" "seq":1}', '{"seq":1}']],
    *[("[" * n, "bad_message") for n in (1, 100, 1_000, 100_000)],
    *[('{"a":' * n, "bad_message") for n in (1, 1_000, 20_000)],
    *[
        (f'{{"type":{value}}}', "unknown_message_type")
        for value in ['"x"', '""', '"START"', '"ready"', '"ack "', '"关"']
    ],
    *[(f'{{"type":{value}}}', "unknown_message_type") for value in ["null", "1", "[]", "{}", "true"]],
    *[(f'{{"type":"{kind}"}}', "bad_message") for kind in TYPES if kind not in ("configure", "finalize")],
    *[(f'{{"type":"{kind}","extra_key":1}}', "bad_message") for kind in TYPES],
    *[(f'{{"type":"{kind}","seq":{number}}}', "bad_message") for kind in TYPES[1:5] for number in NO_NUMBERS if number],
    *[(f'{{"type":"stop","total_samples":{number}}}', "bad_message") for number in NO_NUMBERS],
    *[(f'{{"type":"ack","seq":{number}}}', "bad_message") for number in [*NO_NUMBERS, "0"]],
    *[(f'{{"type":"finalize","at_sample":{number}}}', "bad_message") for number in NO_NUMBERS if number != "null"],
    *[(with_value(template=value), "bad_message") for value in ["", "A", "a b", "a/../b", "x" * 65, 1, None, [], "胸"]],
    *[(with_value(language=value), "unknown_language") for value in ["", "EN", "de", "en-US", 1, None, []]],
    *[(with_value(token=value), "bad_message") for value in ["", 1, [], "x" * 13_000]],
    *[(with_value(resume=value), "bad_message") for value in ["", 1, [], {}, {"session": "s"}, {"token": "t"}]],
    *[
        (with_value(resume={"session": "s", "token": "t", "last_seq": 0} | wrong), "bad_message")
        for wrong in (
            {"session": ""},
            {"session": "x" * 200},
            {"token": ""},
            {"last_seq": -1},
            {"attempt": 0},
            {"a": 1},
        )
    ],
    *[(with_value(context=value), "bad_message") for value in ["", 1, [], {"x": 1}, {"patient": []}, {"order": 1}]],
    *[
        (with_value(context={"patient": value}), "bad_message")
        for value in ({"age_years": -1}, {"age_years": 151}, {"sex": "M"}, {"name": "x" * 600}, {"mrn": 7})
    ],
    (with_value(context={"glossary": ["a"] * 65}), "bad_message"),
    (with_value(context={"glossary": "a"}), "bad_message"),
    (with_value(context={"order": {"laterality": "both"}}), "bad_message"),
    *[
        (json.dumps({"type": "command", "name": value}), "bad_message")
        for value in ["", "Undo", "a-b", 1, None, "x" * 65]
    ],
    *[(json.dumps({"type": "command", "name": "a", "args": value}), "bad_message") for value in ["", 1, [], {"A": 1}]],
    (json.dumps({"type": "command", "name": "a", "args": {f"k{n}": 1 for n in range(17)}}), "bad_message"),
    *[(json.dumps({"type": "field_edit", "path": path, "value": 1}), "bad_message") for path in ["a", "/~2", 1, None]],
    *[
        (f'{{"type":"field_edit","path":"/a","value":{value}}}', "bad_message")
        for value in ["NaN", "-Infinity", "1e999", "[null]", '{"a":null}', "9007199254740992", "[" * 17 + "]" * 17]
    ],
    *[
        (f'{{"type":"field_edit","path":"/a","value":"{bad}"}}', "bad_message")
        for bad in ["\\ud800", "\\udc00x", "\ud83d"]
    ],
    *[(f'{{"type":"field_edit","path":"/a","value":"{bad}"}}', "bad_message") for bad in ["\\x", "\\u12", "\n", "\t"]],
    ('{"type":"field_edit","path":"/a","value":' + "9" * 5_000 + "}", "bad_message"),
    ('{"type":"field_edit","path":"/a","value":"' + "x" * 300_000 + '"}', "message_too_large"),
    ("x" * 300_000, "message_too_large"),
    ("肺" * 100_000, "message_too_large"),
]

VALID_BUT_WRONG_HERE: list[tuple[str, str]] = [
    (json.dumps(START), "unexpected_message"),
    (json.dumps({"type": "ack", "seq": 1}), "bad_seq"),
    (json.dumps({"type": "finalize", "seq": 2}), "bad_seq"),
    (json.dumps({"type": "stop", "total_samples": 100}), "total_mismatch"),
]


def attached() -> tuple[ServerSession, AttachmentId]:
    session = ServerSession(SessionId("s"), SessionToken("t"), now=0)
    attachment = session.attach(Start(template="chest_xray", language=Language.EN), now=0)
    session.data_to_send(attachment)
    session.events_received()
    return session, attachment


def reported(session: ServerSession, attachment: AttachmentId) -> list[ErrorCode]:
    messages = [decode_server_message(text) for text in session.data_to_send(attachment)]
    return [message.code for message in messages if isinstance(message, ErrorReport)]


def assert_alive(session: ServerSession, attachment: AttachmentId, code: ErrorCode, first_sample: int = 0) -> None:
    """The session takes audio as before; on the same connection unless the code ends it."""
    if ERRORS[code].scope is ErrorScope.NONE:
        assert session.is_open(attachment)
    else:
        assert not session.is_open(attachment)
        resume = Resume(session="s", token="t", last_seq=0)
        attachment = session.attach(Start(template="chest_xray", language=Language.EN, resume=resume), now=0)
    session.events_received()
    session.receive_audio(encode_frame(AudioFrame(first_sample, b"\1\0")), attachment=attachment, now=0)
    assert session.events_received() == [AudioReceived(first_sample, b"\1\0")]


def test_there_are_more_than_two_hundred() -> None:
    assert len({data for _, data, _ in FRAMES}) + len({text for text, _ in TEXTS}) > 200


@pytest.mark.parametrize(("data", "code"), [pytest.param(data, code, id=what) for what, data, code in FRAMES])
def test_a_malformed_frame_gives_its_code_and_a_live_session(data: bytes, code: str) -> None:
    session, attachment = attached()
    session.receive_audio(data, attachment=attachment, now=0)
    assert session.events_received() == []
    assert reported(session, attachment) == [ErrorCode(code)]
    assert_alive(session, attachment, ErrorCode(code))


@pytest.mark.parametrize(("text", "code"), [pytest.param(*case, id=str(n)) for n, case in enumerate(TEXTS)])
def test_a_malformed_message_gives_its_code_and_a_live_session(text: str, code: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_message(text)
    assert caught.value.code == code
    session, attachment = attached()
    session.receive_text(text, attachment=attachment, now=0)
    assert session.events_received() == []
    assert reported(session, attachment) == [ErrorCode(code)]
    assert_alive(session, attachment, ErrorCode(code))


@pytest.mark.parametrize(("text", "code"), VALID_BUT_WRONG_HERE)
def test_a_message_in_the_wrong_place_gives_its_code_and_a_live_session(text: str, code: str) -> None:
    session, attachment = attached()
    session.receive_audio(encode_frame(AudioFrame(0, bytes(400))), attachment=attachment, now=0)
    session.receive_text(text, attachment=attachment, now=0)
    assert reported(session, attachment) == [ErrorCode(code)]
    assert_alive(session, attachment, ErrorCode(code), first_sample=200)
