import os
import struct
import tracemalloc
import wave
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from wardscribe_client import recording
from wardscribe_client.recording import BLOCK_SAMPLES, FORMATS, read_recording
from wardscribe_protocol.errors import InputError

Signal = npt.NDArray[np.float32]
Tone = Callable[..., Signal]

SECONDS = 3.0
LEVEL = 0.25 / np.sqrt(2)  # of the tone below, as root mean square

CODECS = {
    "wav": ("pcm_s16le", "s16"),
    "flac": ("flac", "s16"),
    "mp3": ("libmp3lame", "fltp"),
    "m4a": ("aac", "fltp"),
    "ogg": ("libopus", "flt"),
    "opus": ("libopus", "flt"),
    "webm": ("libopus", "flt"),
}


def encode(
    target: Path | BytesIO,
    signal: Signal,
    *,
    codec: str,
    sample_format: str,
    rate: int = 48_000,
    layout: str = "mono",
    container: str | None = None,
    options: dict[str, str] | None = None,
) -> None:
    channels = {"mono": 1, "stereo": 2}[layout]
    whole = (np.repeat(signal[None], channels, axis=0) * 0x7FFFFFFF).astype(np.int32)
    with av.open(
        target if isinstance(target, BytesIO) else f"file:{target}", "w", format=container, options=options or {}
    ) as file:
        stream: Any = file.add_stream(codec, rate=rate, options={"strict": "experimental"})
        stream.layout, stream.format = layout, sample_format
        for first in range(0, len(signal), 1024):
            frame = av.AudioFrame.from_ndarray(whole[:, first : first + 1024].copy(), format="s32p", layout=layout)
            frame.sample_rate, frame.pts = rate, first
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def encode_as(path: Path, signal: Signal, *, rate: int = 48_000, layout: str = "mono") -> Path:
    codec, sample_format = CODECS[path.suffix[1:]]
    encode(path, signal, codec=codec, sample_format=sample_format, rate=rate, layout=layout)
    return path


def silent_wav(path: Path, *, seconds: float, stated_bytes: int | None = None) -> Path:
    """A WAV file of silence that takes no space on the disk."""
    size = round(seconds * 16_000) * 2
    stated = size if stated_bytes is None else stated_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", min(stated + 36, 0xFFFFFFFF), b"WAVE")
    path.write_bytes(riff + form + struct.pack("<4sI", b"data", stated))
    os.truncate(path, 44 + size)
    return path


def samples(path: Path, warnings: list[str] | None = None, *, max_minutes: float = 10) -> Signal:
    heard = [] if warnings is None else warnings
    pcm = b"".join(read_recording(path, max_minutes=max_minutes, warn=heard.append))
    if warnings is None:
        assert heard == []
    return (np.frombuffer(pcm, dtype="<i2") / 32768).astype(np.float32)


def root_mean_square(signal: Signal) -> float:
    """Of the middle, away from a codec's padding."""
    quarter = len(signal) // 4
    return float(np.sqrt(np.mean(np.square(signal[quarter:-quarter]))))


def pitch(signal: Signal) -> float:
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    return float(np.argmax(spectrum) * 16_000 / len(signal))


def complaint(path: Path, *, max_minutes: float = 10) -> str:
    """The one line that is said about a file that cannot be used."""
    warnings: list[str] = []
    with pytest.raises(InputError) as caught:
        list(read_recording(path, max_minutes=max_minutes, warn=warnings.append))
    assert warnings == []
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith(f"{path}: ")
    return caught.value.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("rate", "layout"), [(48_000, "mono"), (44_100, "stereo"), (8_000, "mono")])
def test_every_format_comes_out_as_16_khz_mono_of_the_same_length_level_and_pitch(
    tmp_path: Path, tone: Tone, form: str, rate: int, layout: str
) -> None:
    if form in ("ogg", "opus", "webm"):
        rate = {48_000: 48_000, 44_100: 24_000, 8_000: 8_000}[rate]  # Opus has no 44.1 kHz
    path = encode_as(tmp_path / f"tone.{form}", tone(SECONDS, rate=rate), rate=rate, layout=layout)
    heard = samples(path)
    assert len(heard) / 16_000 == pytest.approx(SECONDS, abs=0.1)
    assert root_mean_square(heard) == pytest.approx(LEVEL, rel=0.08)
    assert pitch(heard) == pytest.approx(440, abs=1)


def test_vorbis_in_ogg_is_read(tmp_path: Path, tone: Tone) -> None:
    path = tmp_path / "tone.ogg"
    encode(path, tone(SECONDS, rate=44_100), codec="vorbis", sample_format="fltp", rate=44_100, layout="stereo")
    heard = samples(path)
    assert len(heard) / 16_000 == pytest.approx(SECONDS, abs=0.1)
    assert root_mean_square(heard) == pytest.approx(LEVEL, rel=0.08)


@pytest.mark.parametrize(
    ("name", "codec", "sample_format"), [("deep.wav", "pcm_s24le", "s32"), ("deep.flac", "flac", "s32")]
)
def test_24_bit_recordings_keep_length_and_level(
    tmp_path: Path, tone: Tone, name: str, codec: str, sample_format: str
) -> None:
    encode(tmp_path / name, tone(SECONDS, rate=44_100), codec=codec, sample_format=sample_format, rate=44_100)
    heard = samples(tmp_path / name)
    assert len(heard) == SECONDS * 16_000
    assert root_mean_square(heard) == pytest.approx(LEVEL, rel=0.01)


def test_a_16_khz_wav_passes_through_bit_by_bit(tmp_path: Path, noise: Tone) -> None:
    said = (noise(1.03) * 32767).astype("<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(said.tobytes())
    blocks = list(read_recording(tmp_path / "a.wav", max_minutes=1, warn=pytest.fail))
    assert b"".join(blocks) == said.tobytes()
    assert [len(block) // 2 for block in blocks] == [BLOCK_SAMPLES] * 10 + [480]


def test_stereo_is_mixed_and_neither_channel_is_dropped(tmp_path: Path, tone: Tone) -> None:
    one_sided = np.zeros((16_000, 2), dtype="<i2")
    one_sided[:, 1] = tone(1.0) * 32767
    with wave.open(str(tmp_path / "right.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(one_sided.tobytes())
    assert root_mean_square(samples(tmp_path / "right.wav")) == pytest.approx(LEVEL / 2, rel=0.02)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "m4a"])
def test_what_is_in_the_file_counts_and_not_its_name(tmp_path: Path, tone: Tone, form: str) -> None:
    path = encode_as(tmp_path / f"tone.{form}", tone(1.0, rate=48_000))
    for name in ("tone", "tone.txt", "tone.mp3.bak"):
        assert len(samples(path.rename(tmp_path / name))) > 15_000
        path = tmp_path / name


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-23T10:30.wav",
        "concat:other.wav",
        "http:example.wav",
        "-rf.wav",
        "空 格 床旁.wav",
        "e\u0301le\u0301ment.wav",
        "100%03d *?'\".wav",
        "line\tbreak.wav",
        os.fsdecode(b"latin-\xe9.wav"),
    ],
)
def test_exotic_names_are_only_names(tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    silent_wav(Path("other.wav"), seconds=5)
    encode_as(Path("plain.wav"), tone(1.0, rate=16_000), rate=16_000).rename(name)
    assert len(samples(Path(name))) == 16_000


def test_a_missing_file_a_folder_and_an_empty_file_each_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert complaint(tmp_path / "none.wav") == "no such file"
    assert complaint(tmp_path) == "not a file"
    assert complaint(tmp_path / "empty.wav") == "the file is empty"


@pytest.mark.parametrize("name", ["notes.wav", "notes.txt", "notes", "notes.mp3"])
@pytest.mark.parametrize(
    "content",
    [
        b"There is no pleural effusion.\n" * 50,
        b"\x00" * 4096,
        b"RIFF",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 200,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3\nother.wav\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile other.wav\n",
    ],
    ids=["text", "zeros", "stub", "picture", "playlist", "script"],
)
def test_what_is_not_sound_is_refused_and_files_that_it_points_at_are_not_read(
    tmp_path: Path, tone: Tone, name: str, content: bytes
) -> None:
    encode_as(tmp_path / "other.wav", tone(1.0, rate=16_000), rate=16_000)
    (tmp_path / name).write_bytes(content)
    assert complaint(tmp_path / name).startswith("not an audio file that can be read (wav, flac")


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "silent.webm"), "w") as file:
        stream: Any = file.add_stream("libvpx", rate=5)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(3):
            file.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        file.mux(stream.encode(None))
    assert complaint(tmp_path / "silent.webm") == "there is no sound in this file"


def test_a_sound_file_without_a_single_sample_says_so(tmp_path: Path) -> None:
    assert "no sound" in complaint(silent_wav(tmp_path / "none.wav", seconds=0))


@pytest.mark.parametrize(
    ("form", "kept"), [("wav", 0.5), ("flac", 0.5), ("mp3", 0.5), ("webm", 0.5)], ids=["wav", "flac", "mp3", "webm"]
)
def test_a_recording_that_breaks_off_is_used_up_to_there_with_one_warning(
    tmp_path: Path, noise: Tone, form: str, kept: float
) -> None:
    path = encode_as(tmp_path / f"cut.{form}", noise(6.0, rate=48_000))
    os.truncate(path, int(path.stat().st_size * kept))
    warnings: list[str] = []
    heard = samples(path, warnings)
    assert len(heard) / 16_000 == pytest.approx(3.0, abs=0.6)
    assert len(warnings) == 1
    assert "\n" not in warnings[0]
    assert warnings[0].startswith(f"{path}: damaged or cut short")


@pytest.mark.parametrize("form", ["ogg", "opus"])
def test_a_shortened_ogg_has_no_stated_length_and_is_simply_shorter(tmp_path: Path, noise: Tone, form: str) -> None:
    path = encode_as(tmp_path / f"cut.{form}", noise(6.0, rate=48_000))
    os.truncate(path, path.stat().st_size // 2)
    assert 1.5 < len(samples(path, [])) / 16_000 < 4


def test_damage_inside_keeps_what_comes_before_it_and_warns(tmp_path: Path, noise: Tone) -> None:
    path = encode_as(tmp_path / "hurt.m4a", noise(6.0, rate=48_000))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    path.write_bytes(content)
    warnings: list[str] = []
    assert 2.0 < len(samples(path, warnings)) / 16_000 < 6.1
    assert len(warnings) == 1


def test_recordings_of_different_format_joined_into_one_file_are_read_through(tmp_path: Path, tone: Tone) -> None:
    one = encode_as(tmp_path / "1.flac", tone(1.0, rate=44_100), rate=44_100, layout="stereo").read_bytes()
    two = encode_as(tmp_path / "2.flac", tone(2.0, rate=44_100), rate=44_100, layout="mono").read_bytes()
    (tmp_path / "joined.flac").write_bytes(one + two)
    heard = samples(tmp_path / "joined.flac", [])
    assert len(heard) / 16_000 == pytest.approx(3.0, abs=0.1)
    assert pitch(heard) == pytest.approx(440, abs=1)


def test_a_recording_whose_header_states_too_great_a_length_is_refused_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> Iterator[bytes]:
        pytest.fail("decoded")

    monkeypatch.setattr(recording, "_samples", decode)
    message = complaint(silent_wav(tmp_path / "night.wav", seconds=36_000), max_minutes=480)
    assert message == "longer than 480 minutes; cut it or raise WARDSCRIBE_MAX_AUDIO_MINUTES"


def test_a_recording_that_does_not_state_its_length_is_refused_where_it_passes_the_limit(
    tmp_path: Path, tone: Tone
) -> None:
    live = BytesIO()
    form = {"codec": "libopus", "sample_format": "flt", "container": "webm"}
    encode(live, tone(60, rate=48_000), options={"live": "1"}, **form)
    (tmp_path / "live.webm").write_bytes(live.getvalue())
    piped = silent_wav(tmp_path / "piped.wav", seconds=60, stated_bytes=0xFFFFFFFF)
    for path in (tmp_path / "live.webm", piped):
        blocks: list[bytes] = []
        with pytest.raises(InputError, match=r"longer than 0\.05 minutes"):
            blocks.extend(read_recording(path, max_minutes=0.05, warn=pytest.fail))
        assert len(blocks) <= 30


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = silent_wav(tmp_path / "locked.wav", seconds=1)

    def refuse(*_: object, **__: object) -> None:
        raise av.error.PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(av, "open", refuse)
    assert complaint(path) == "no permission to read it"


def test_a_folder_that_may_not_be_entered_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", refuse)
    assert complaint(Path("/elsewhere/a.wav")) == "no permission to read it"


def test_a_text_given_where_a_file_was_meant_is_one_line(tmp_path: Path) -> None:
    assert "cannot be read" in complaint(tmp_path / ("no pleural effusion " * 20))


def test_memory_does_not_grow_with_the_length_of_a_recording(tmp_path: Path) -> None:
    path = silent_wav(tmp_path / "long.wav", seconds=600)
    tracemalloc.start()
    try:
        total = sum(len(block) for block in read_recording(path, max_minutes=11, warn=pytest.fail))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 600 * 32_000
    assert peak < 1_000_000


def test_a_file_that_cannot_be_used_is_known_before_its_blocks_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_recording(tmp_path / "none.wav", max_minutes=1, warn=pytest.fail)
