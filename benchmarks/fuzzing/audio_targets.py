"""Recordings as a target: every format made from one good recording, then spoilt. The decoder is native code.

Knows how recordings are read; no recogniser.
"""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np

from fuzzing.mutations import Mutator
from fuzzing.targets import Broken, Change, Target
from wardscribe_client.recording import BLOCK_SAMPLES, read_recording
from wardscribe_protocol.errors import InputError

MOST_MINUTES = 0.5
_SECONDS = 0.4
_FORMATS = {
    "a.wav": ("pcm_s16le", 16_000, "s16"),
    "a.flac": ("flac", 44_100, "s16"),
    "a.mp3": ("libmp3lame", 44_100, "s16p"),
    "a.ogg": ("libopus", 48_000, "s16"),
    "a.opus": ("libopus", 48_000, "s16"),
    "a.webm": ("libopus", 48_000, "s16"),
    "a.m4a": ("aac", 44_100, "fltp"),
}
_HEAD_BYTES = 400  # where a file says what it is


def targets(folder: Path, recording: Path) -> list[Target]:
    """One a format; `recording` is a good one, of which the first moment is used."""
    made = []
    for name, (codec, rate, form) in _FORMATS.items():
        kind = folder / name.removeprefix("a.")
        kind.mkdir(parents=True, exist_ok=True)
        seeds = [_encoded(recording, kind / name, codec, rate, form, layout) for layout in ("mono", "stereo")]
        if name == "a.wav":
            seeds += [_wav(*odd) for odd in _ODD_WAVS]
        made.append(Target(f"audio_{kind.name}", seeds, _read(kind / f"spoilt.{kind.name}"), _spoilt(), native=True))
    return made


def _encoded(recording: Path, path: Path, codec: str, rate: int, form: str, layout: str) -> bytes:
    """The first moment of a recording in another format."""
    with av.open(str(recording)) as source, av.open(str(path), "w") as sink:
        stream = sink.add_stream(codec, rate=rate, layout=layout)
        convert = av.AudioResampler(format=form, layout=layout, rate=rate)
        fifo = av.AudioFifo()
        for frame in source.decode(audio=0):
            for part in convert.resample(frame):
                fifo.write(part)
            if fifo.samples >= _SECONDS * rate:
                break
        size = stream.codec_context.frame_size or 1024
        while (part := fifo.read(size)) is not None:
            sink.mux(stream.encode(part))
        sink.mux(stream.encode(None))
    return path.read_bytes()


# channels, rate, bits, format code, bytes that the head promises
_ODD_WAVS = (
    (0, 16_000, 16, 1, 640),
    (1, 0, 16, 1, 640),
    (1, 1, 16, 1, 640),
    (1, 2**31 - 1, 16, 1, 640),
    (255, 8_000, 16, 1, 5100),
    (65_535, 16_000, 16, 1, 640),
    (1, 16_000, 0, 1, 640),
    (1, 16_000, 64, 3, 640),
    (2, 16_000, 24, 1, 2**32 - 1),
    (1, 16_000, 16, 1, 2**31),
    (1, 8_000, 8, 7, 640),
    (1, 16_000, 16, 0xFFFE, 640),
)


def _wav(channels: int, rate: int, bits: int, code: int, promised: int) -> bytes:
    """A WAV head that may be nonsense, before 640 bytes of sound."""
    frame = channels * bits // 8 & 0xFFFF
    head = struct.pack("<IHHIIHH", 16, code, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits)
    sound = np.arange(320, dtype="<i2").tobytes()
    size = struct.pack("<I", promised)
    return b"RIFF" + size + b"WAVEfmt " + head + b"data" + size + sound


def _spoilt() -> Change:
    def change(mutator: Mutator, data: bytes, others: Sequence[bytes]) -> bytes:
        """Half of the faults where the file says what it is, half anywhere."""
        if mutator.random.random() < 0.5:
            return mutator.spoilt(data[:_HEAD_BYTES]) + data[_HEAD_BYTES:]
        return mutator.spoilt(data, others)

    return change


def _read(path: Path) -> Callable[[bytes], str]:
    """All of the recording as the product reads it: blocks of the right size up to the limit, or one clear line."""

    def judge(data: bytes) -> str:
        path.write_bytes(data)
        warnings: list[str] = []
        total = blocks = 0
        try:
            for block in read_recording(path, max_minutes=MOST_MINUTES, warn=warnings.append):
                if not 0 < len(block) <= 2 * BLOCK_SAMPLES or len(block) % 2:
                    raise Broken("a block of the wrong size")
                total += len(block)
                blocks += 1
        except InputError as error:
            if "\n" in error.message:
                raise Broken("an error is not one line") from error
            return f"refused {error.message.partition(': ')[2][:24]} {blocks.bit_length()}"
        if total > MOST_MINUTES * 60 * 32_000:
            raise Broken("more sound than may be")
        return f"read {blocks.bit_length()} {'; '.join(warnings).partition(': ')[2][:24]}"

    return judge
