import pytest
from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.audio import (
    HEADER_BYTES,
    MAX_FRAME_BYTES,
    MAX_FRAME_SAMPLES,
    AudioFrame,
    decode_frame,
    encode_frame,
)
from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.timeline import MAX_SAMPLE, Span


def test_a_frame_lies_byte_by_byte_as_documented() -> None:
    frame = AudioFrame(first_sample=0x0102030405, pcm=b"\x34\x12", stream=7)
    assert encode_frame(frame) == bytes.fromhex("01 00 0700 00000000 0504030201000000 3412")


@given(
    first_sample=st.integers(0, MAX_SAMPLE - MAX_FRAME_SAMPLES),
    samples=st.integers(1, 300) | st.just(MAX_FRAME_SAMPLES),
    stream=st.integers(0, 0xFFFF),
)
def test_a_frame_comes_back_as_it_was_sent(first_sample: int, samples: int, stream: int) -> None:
    frame = AudioFrame(first_sample, bytes(i % 251 for i in range(2 * samples)), stream)
    data = encode_frame(frame)
    assert len(data) == HEADER_BYTES + 2 * samples <= MAX_FRAME_BYTES
    assert decode_frame(data) == frame
    assert frame.span == Span(first_sample, first_sample + samples)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (AudioFrame(0, b""), ErrorCode.BAD_FRAME),
        (AudioFrame(0, b"\0"), ErrorCode.BAD_FRAME),
        (AudioFrame(-1, b"\0\0"), ErrorCode.BAD_FRAME),
        (AudioFrame(MAX_SAMPLE, b"\0\0"), ErrorCode.BAD_FRAME),
        (AudioFrame(0, b"\0\0", stream=-1), ErrorCode.BAD_FRAME),
        (AudioFrame(0, b"\0\0", stream=0x10000), ErrorCode.BAD_FRAME),
        (AudioFrame(0, b"\0\0" * (MAX_FRAME_SAMPLES + 1)), ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_a_frame_that_the_peer_would_refuse_is_not_sent(frame: AudioFrame, code: ErrorCode) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode_frame(frame)
    assert caught.value.code is code


@given(st.binary(max_size=64) | st.binary(max_size=48).map(lambda tail: b"\x01\0\0\0\0\0\0\0" + tail))
def test_any_bytes_are_a_frame_or_a_coded_error(data: bytes) -> None:
    code = None
    try:
        assert encode_frame(decode_frame(data)) == data
    except RemoteProtocolError as error:
        code = error.code
    assert code in {None, ErrorCode.BAD_FRAME, ErrorCode.UNSUPPORTED_VERSION}
