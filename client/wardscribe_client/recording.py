"""Recordings as a stream of samples: any common audio file in, 16 kHz mono s16le blocks out.

Reads as it goes, so the length of a recording costs time and not memory.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import av
import av.error

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

FORMATS = ("wav", "flac", "mp3", "m4a", "ogg", "opus", "webm")
BLOCK_SAMPLES = SAMPLE_RATE // 10

# Sound formats and local files only: playlists and scripts that point at other files or addresses are not followed.
_OPTIONS = {
    "format_whitelist": "wav,w64,aiff,au,caf,flac,mp3,aac,amr,asf,mov,m4a,ogg,matroska,webm",
    "protocol_whitelist": "file",
}
_MISSING_S = 1.0  # less is padding of the codec or rounding in the header


def read_recording(path: Path, *, max_minutes: float, warn: Callable[[str], None]) -> Iterator[bytes]:
    """Blocks of 100 ms of s16le samples; the last one is as long as it is.

    The first block is read at once, so a file that cannot be used is known before anything else is started. A
    recording that breaks off in the middle is used up to there and `warn` is told, in one line.

    Raises: InputError when the file is missing, empty, not audio or longer than `max_minutes`.
    """
    blocks = _read(path, max_minutes=max_minutes, warn=warn)
    return chain([next(blocks)], blocks)


def _read(path: Path, *, max_minutes: float, warn: Callable[[str], None]) -> Iterator[bytes]:
    try:
        _check_file(path)
        # Without "file:" the part of a name before a colon (10:30.wav) would be taken for a protocol.
        with av.open(f"file:{path}", mode="r", metadata_errors="ignore", options=_OPTIONS) as container:
            _check_sound(container, path, max_minutes)
            yield from _blocks(_samples(container, path, warn), path, max_minutes)
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise InputError(f"{path}: not an audio file that can be read ({', '.join(FORMATS)} can)") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if not path.is_file():
        raise InputError(f"{path}: not a file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")


def _check_sound(container: av.container.InputContainer, path: Path, max_minutes: float) -> None:
    if not container.streams.audio:
        raise InputError(f"{path}: there is no sound in this file")
    if container.duration is not None and container.duration / av.time_base > max_minutes * 60:
        raise _too_long(path, max_minutes)


def _too_long(path: Path, max_minutes: float) -> InputError:
    return InputError(f"{path}: longer than {max_minutes:g} minutes; cut it or raise WARDSCRIBE_MAX_AUDIO_MINUTES")


def _samples(container: av.container.InputContainer, path: Path, warn: Callable[[str], None]) -> Iterator[bytes]:
    stream = container.streams.audio[0]
    convert = _Converter()
    decoded_s = reached_s = 0.0
    damaged = False
    try:
        for packet in container.demux(stream):
            damaged = damaged or packet.is_corrupt
            for frame in packet.decode():
                decoded_s += frame.samples / frame.sample_rate
                reached_s = max(reached_s, (frame.time or 0.0) + frame.samples / frame.sample_rate)
                yield from convert.take(frame)
    except av.error.FFmpegError:
        if not decoded_s:
            raise
        damaged = True
    yield from convert.rest()
    missing_s = max(reached_s, _stated_s(container, stream)) - decoded_s
    if damaged or missing_s > _MISSING_S:
        lost = f", {missing_s:.0f} s are missing" if missing_s > _MISSING_S else ""
        warn(f"{path}: damaged or cut short{lost}; what can be read is used")


def _stated_s(container: av.container.InputContainer, stream: av.AudioStream) -> float:
    """How long the sound should be by the file's own account; 0 when it does not say."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # The container's duration is that of its longest stream, which may be a film's picture.
    return container.duration / av.time_base if container.duration is not None and len(container.streams) == 1 else 0.0


class _Converter:
    """Frames of any format to 16 kHz mono; recordings that were joined together change format on the way."""

    def __init__(self) -> None:
        self._form: tuple[str, str, int] | None = None
        self._resampler = _resampler()

    def take(self, frame: av.AudioFrame) -> Iterator[bytes]:
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._form not in (None, form):
            yield from self.rest()
            self._resampler = _resampler()
        self._form = form
        for part in self._resampler.resample(frame):
            yield part.to_ndarray().tobytes()

    def rest(self) -> Iterator[bytes]:
        """What the resampler still holds."""
        if self._form is not None:
            for part in self._resampler.resample(None):
                yield part.to_ndarray().tobytes()


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)


def _blocks(parts: Iterator[bytes], path: Path, max_minutes: float) -> Iterator[bytes]:
    block_bytes = BLOCK_SAMPLES * BYTES_PER_SAMPLE
    limit = int(max_minutes * 60 * SAMPLE_RATE) * BYTES_PER_SAMPLE
    pending = bytearray()
    total = 0
    for part in parts:
        total += len(part)
        if total > limit:
            raise _too_long(path, max_minutes)
        pending += part
        while len(pending) >= block_bytes:
            yield bytes(pending[:block_bytes])
            del pending[:block_bytes]
    if pending:
        yield bytes(pending)
    if not total:
        raise InputError(f"{path}: there is no sound in this file")
