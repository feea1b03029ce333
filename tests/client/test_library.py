"""What others build on: the names, what they load, the examples of the documentation, and the blocking facade."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wardscribe_client
from tests.client.sound import FakeMicrophone
from tests.server.serving import Serving, serving
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_client import (
    BlockingDictation,
    DictationEvent,
    FileDevice,
    RecordingChanged,
    ServerAccess,
    Spool,
    dictate_file,
)
from wardscribe_protocol.errors import InputError, RefusedError, ServerUnreachableError
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PCM = speech()
START = Start(template="chest_xray", language=Language.EN)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(
        tmp_path_factory.mktemp("server"),
        recogniser=ScriptedRecogniser(SCRIPT * 99),
        detector=LoudnessDetector(),
        min_free_mb=0,
    ) as server:
        yield server


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(wardscribe_client, name) is not None for name in wardscribe_client.__all__)
    assert wardscribe_client.__all__ == sorted(wardscribe_client.__all__)
    with pytest.raises(AttributeError, match="no attribute 'NoSuch'"):
        wardscribe_client.NoSuch  # noqa: B018


def test_the_library_loads_no_engine_and_the_package_almost_nothing() -> None:
    code = "import wardscribe_client\nfor name in wardscribe_client.__all__: getattr(wardscribe_client, name)"
    everything = loaded_by(code)
    assert "wardscribe_client.dictation" in everything
    heavy = {
        "ctranslate2",
        "torch",
        "onnxruntime",
        "faster_whisper",
        "jieba",
        "sounddevice",
        "pynput",
        "hid",
        "PySide6",
    }
    assert everything & heavy == set()
    assert not any(name.startswith("wardscribe_server") for name in everything)
    assert loaded_by("import wardscribe_client.config") & {"numpy", "av", "websockets", "cryptography"} == set()


def test_a_program_without_an_event_loop_dictates_a_file(running: Serving, dictations: Path) -> None:
    told: list[DictationEvent] = []
    record = dictate_file(
        dictations / "en-chest-xray.flac", template="chest_xray", language="en", url=running.url, on_event=told.append
    )
    assert record.template == "chest_xray"
    assert told
    with pytest.raises(RefusedError):
        dictate_file(dictations / "en-chest-xray.flac", template="no_such", language="en", url=running.url)
    with pytest.raises(InputError, match=r"none\.wav"):
        dictate_file("none.wav", template="chest_xray", language="en", url=running.url)
    with pytest.raises(ServerUnreachableError):
        dictate_file(dictations / "en-chest-xray.flac", template="chest_xray", language="en", url="ws://127.0.0.1:9")


def test_a_program_without_an_event_loop_holds_the_key_itself(running: Serving, tmp_path: Path) -> None:
    told: list[DictationEvent] = []
    microphone = FakeMicrophone()
    with BlockingDictation(
        START, device=microphone, spool=Spool.at(tmp_path), server=ServerAccess(url=running.url), on_event=told.append
    ) as dictation:
        microphone.hear(PCM)
        dictation.record()
        dictation.edit_field("/fields/heart_size", "enlarged")
        dictation.command("next_field")
        dictation.finalize()
        dictation.pause()
        microphone.hear(bytes(16_000))
        record = dictation.finish()
    assert record.fields["heart_size"] == "enlarged"
    assert [event.recording for event in told if isinstance(event, RecordingChanged)] == [True, False]
    (item,) = Spool.at(tmp_path).items()
    assert (item.id, item.standing.value) == (dictation.id, "recorded")


def test_the_example_of_the_readme_runs(running: Serving, dictations: Path) -> None:
    example = (EXAMPLES / "dictate_file.py").read_text(encoding="utf-8").partition('"""\n\n')[2].strip()
    assert len(example.splitlines()) <= 10
    for page in ("README.md", "docs/client.md"):
        assert f"```python\n{example}\n```" in (ROOT / page).read_text(encoding="utf-8"), page
    done = subprocess.run(
        [sys.executable, EXAMPLES / "dictate_file.py", dictations / "en-chest-xray.flac", running.url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "{" in done.stdout


def test_the_live_example_runs(
    running: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {"__name__": "example"}
    exec(compile((EXAMPLES / "dictate_live.py").read_text(encoding="utf-8"), "dictate_live.py", "exec"), names)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    asyncio.run(names["dictate"](running.url, tmp_path, FileDevice(PCM, speed=None)))  # type: ignore[operator]
    assert "RecordingChanged(recording=True" in capsys.readouterr().out
