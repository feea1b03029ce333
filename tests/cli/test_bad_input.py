"""Bad input: one clear line, the exit code of the surface, and nothing left half-written."""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from wardscribe_cli.__main__ import Exit, main

pytestmark = pytest.mark.model  # several of them load the recogniser before they can fail


def write_wav(path: Path, *, seconds: float) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for _ in range(max(1, round(seconds))):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), dtype=np.int16), format="s16", layout="mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "letter.mp3").write_text("Dear colleague, thank you for referring this patient.\n" * 20)
    (tmp_path / "folder.wav").mkdir()
    return {
        "missing": tmp_path / "missing.flac",
        "empty": tmp_path / "empty.wav",
        "no audio": tmp_path / "letter.mp3",
        "folder": tmp_path / "folder.wav",
        "silence": write_wav(tmp_path / "silence.wav", seconds=3),
    }


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


@pytest.mark.parametrize("what", ["missing", "empty", "no audio", "folder", "silence"])
def test_a_file_that_gives_no_dictation_is_one_line_and_exit_2(
    what: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, errors = run(capsys, "transcribe", str(files[what]), "--template", "chest_xray", "--lang", "en")
    assert (code, out) == (Exit.BAD_USAGE, "")
    assert len(errors) == 1
    assert str(files[what]) in errors[0]


def test_a_bad_file_among_good_ones_costs_only_itself(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    good = Path(__file__).parents[1] / "dictations" / "en-chest-xray.flac"
    names = [str(files["empty"]), str(good), str(files["no audio"])]
    code, out, errors = run(capsys, "transcribe", *names, "--template", "chest_xray", "--lang", "en")
    assert code == Exit.BAD_USAGE
    assert len(out.splitlines()) == 1
    assert len(errors) == 2


def test_a_ten_hour_file_is_refused_before_it_is_decoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "night.wav"
    data_bytes = 10 * 3600 * 16_000 * 2
    layout = (16, 1, 1, 16_000, 32_000, 2, 16)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", data_bytes + 36, b"WAVE", b"fmt ", *layout, b"data", data_bytes)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes)  # sparse: takes no space
    code, out, errors = run(capsys, "transcribe", str(path), "--template", "chest_xray", "--lang", "en")
    assert (code, out) == (Exit.BAD_USAGE, "")
    assert errors == [f"wardscribe: {path}: longer than 480 minutes; cut it or raise WARDSCRIBE_MAX_AUDIO_MINUTES"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["transcribe", "x.wav", "--template", "no_such", "--lang", "en"], "no_such"),
        (["transcribe", "x.wav", "--template", "chest_xray", "--lang", "fr"], "unknown language 'fr'"),
        (
            ["transcribe", "x.wav", "--template", "chest_xray", "--lang", "en", "--model", "huge"],
            "unknown model 'huge'",
        ),
        (["transcribe", "x.wav", "--template", "chest_xray", "--lang", "en", "--format", "odt"], "'odt'"),
        (["transcribe", "x.wav", "--template", "chest_xray", "--lang", "en", "--device", "tpu"], "tpu"),
        (["transcribe", "x.wav", "--template", "chest_xray", "--lang", "en", "--server", "nowhere"], "server address"),
        (["transcribe", "--template", "chest_xray", "--lang", "en"], "FILE"),
        (["fill", "missing.txt", "--template", "chest_xray", "--lang", "en"], "missing.txt"),
        (["fill", "--lang", "en"], "--template"),
        (["stream", "x.wav", "--template", "chest_xray", "--lang", "en", "--speed", "0"], "--speed"),
        (["stream", "x.wav", "--template", "chest_xray", "--lang", "en"], "x.wav: no such file"),
        (["check", "missing.json"], "missing.json"),
        (["models", "fetch"], "which model"),
        (["models", "fetch", "huge"], "unknown model"),
        (["demo", "--lang", "fr"], "unknown language"),
        (["format"], "--lang"),
        (["serve", "--port", "70000"], "port"),
        (["serve", "--model", "/nowhere"], "/nowhere"),
        (["sing"], "unknown command 'sing'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_what_is_wrong(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, errors = run(capsys, *arguments)
    assert (code, out) == (Exit.BAD_USAGE, "")
    assert len(errors) == 1, errors
    assert said in errors[0]


def test_a_batch_line_that_is_no_case_is_named_by_its_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    good = '{"id": "a", "template": "chest_xray", "language": "en", "text": "no effusion period"}'
    path.write_text(f'{good}\n{{"id": 1}}\n')
    code, out, errors = run(capsys, "fill", str(path), "--batch")
    assert code == Exit.BAD_USAGE
    assert len(out.splitlines()) == 1
    assert "line 2" in errors[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_said_before_any_model_is_loaded(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, errors = run(capsys, "serve", "--port", str(taken_port))
    assert (code, out) == (Exit.BAD_USAGE, "")
    assert errors == [
        f"wardscribe: 127.0.0.1:{taken_port} is in use; is a server running already? Choose another with --port"
    ]


def test_a_data_folder_that_cannot_be_used_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    code, _, errors = run(capsys, "serve", "--port", "0", "--data", str(tmp_path / "file"))
    assert code == Exit.BAD_USAGE
    assert "--data" in errors[0]


def test_a_server_that_is_not_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    audio = str(Path(__file__).parents[1] / "dictations" / "en-chest-xray.flac")
    code, out, errors = run(
        capsys, "stream", audio, "--url", "ws://127.0.0.1:9", "--template", "chest_xray", "--lang", "en"
    )
    assert (code, out) == (Exit.UNREACHABLE, "")
    assert len(errors) == 1


def test_an_output_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "said.txt"
    text.write_text("no effusion period")
    code, _, errors = run(
        capsys,
        "fill",
        str(text),
        "--template",
        "chest_xray",
        "--lang",
        "en",
        "-o",
        str(tmp_path / "no" / "record.json"),
    )
    assert code == Exit.BAD_USAGE
    assert len(errors) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said.txt"]


def test_a_full_disk_under_standard_output_is_said(tmp_path: Path) -> None:
    text = tmp_path / "said.txt"
    text.write_text("no effusion period")
    command = [sys.executable, "-m", "wardscribe_cli", "fill", str(text), "--template", "chest_xray", "--lang", "en"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == Exit.BAD_USAGE
    assert "disk is full" in done.stderr
