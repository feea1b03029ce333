"""Binary frames: 16 kHz mono audio addressed by its first sample. Knows nothing of sessions or credit.

A frame is a 16-byte little-endian header and signed 16-bit little-endian samples:

    offset  size  field
    0       1     version       1
    1       1     flags         0; no bit is defined in version 1, a set bit is an error
    2       2     stream        0; others are reserved for further microphones
    4       4     reserved      0
    8       8     first_sample  position of the first sample, counted from the session's start
    16      2 n   samples       1 <= n <= 16 000 (one second); 20-100 ms is usual
"""

import struct
from dataclasses import dataclass

from wardscribe_protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, MAX_SAMPLE, SAMPLE_RATE, Span

FRAME_VERSION = 1
HEADER_BYTES = 16
MAX_FRAME_SAMPLES = SAMPLE_RATE
MAX_FRAME_BYTES = HEADER_BYTES + MAX_FRAME_SAMPLES * BYTES_PER_SAMPLE

_HEADER = struct.Struct("<BBHIQ")
_MAX_STREAM = 0xFFFF


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Samples `[first_sample, first_sample + samples)` of one stream, s16le."""

    first_sample: int
    pcm: bytes
    stream: int = 0

    @property
    def samples(self) -> int:
        """Number of samples in the frame."""
        return len(self.pcm) // BYTES_PER_SAMPLE

    @property
    def span(self) -> Span:
        """Where the frame stands in the session."""
        return Span(self.first_sample, self.first_sample + self.samples)


def encode_frame(frame: AudioFrame) -> bytes:
    """The frame as it goes over the wire.

    Raises: LocalProtocolError when the frame is one that `decode_frame` would turn down.
    """
    fault = _payload_fault(frame.first_sample, len(frame.pcm))
    if fault is None and not (frame.first_sample >= 0 and 0 <= frame.stream <= _MAX_STREAM):
        fault = ErrorCode.BAD_FRAME
    if fault is not None:
        raise LocalProtocolError(fault)
    return _HEADER.pack(FRAME_VERSION, 0, frame.stream, 0, frame.first_sample) + frame.pcm


def decode_frame(data: bytes) -> AudioFrame:
    """One binary message as a frame.

    Raises: RemoteProtocolError (`bad_frame`, `frame_too_large`, `unsupported_version`), and nothing else.
    """
    if len(data) < HEADER_BYTES:
        raise RemoteProtocolError(ErrorCode.BAD_FRAME)
    version, flags, stream, reserved, first_sample = _HEADER.unpack_from(data)
    if version != FRAME_VERSION:
        raise RemoteProtocolError(ErrorCode.UNSUPPORTED_VERSION)
    if flags or reserved:
        raise RemoteProtocolError(ErrorCode.BAD_FRAME)
    fault = _payload_fault(first_sample, len(data) - HEADER_BYTES)
    if fault is not None:
        raise RemoteProtocolError(fault)
    return AudioFrame(first_sample, bytes(data[HEADER_BYTES:]), stream)


def _payload_fault(first_sample: int, n_bytes: int) -> ErrorCode | None:
    if n_bytes > MAX_FRAME_SAMPLES * BYTES_PER_SAMPLE:
        return ErrorCode.FRAME_TOO_LARGE
    if n_bytes == 0 or n_bytes % BYTES_PER_SAMPLE or first_sample + n_bytes // BYTES_PER_SAMPLE > MAX_SAMPLE:
        return ErrorCode.BAD_FRAME
    return None
