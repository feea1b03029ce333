"""The real thing: our own dictation, real weights, the real command. Not a word of it stands where it must not."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.canaries import leaks
from tests.hostile.test_canary import ALLOWED, World

pytestmark = pytest.mark.model

_RECORDING = Path(__file__).parents[1] / "dictations" / "en-chest-xray.flac"
_LONG_ENOUGH = 9  # letters; shorter words may stand anywhere for reasons of their own


@pytest.fixture(scope="module")
def dictated(tmp_path_factory: pytest.TempPathFactory, base_weights: Path) -> tuple[World, dict[str, object]]:
    """A server and a client as processes, and the record that came out; both ended."""
    world = World(tmp_path_factory.mktemp("dictated"))
    settings = {"WARDSCRIBE_MODEL": str(base_weights), "WARDSCRIBE_LEXICON": "false", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "wardscribe_cli", "serve", "--port", "0", "--data", str(world.root / "data")]
    given = {"cwd": world.root / "cwd", "env": {**world.environment, **settings}}
    with (
        (world.root / "logs" / "server.err").open("wb") as log,
        (world.root / "logs" / "client.err").open("wb") as client_log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, **given) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        play = [sys.executable, "-m", "wardscribe_cli", "stream", str(_RECORDING), "--url", url, "--speed", "20"]
        done = subprocess.run(
            [*play, "--template", "chest_xray", "--lang", "en"],
            stdout=subprocess.PIPE,
            stderr=client_log,
            check=False,
            **given,
        )
        server.terminate()
        assert server.wait(60) in (0, -15)
    assert done.returncode == 0, (world.root / "logs" / "client.err").read_text()
    return world, json.loads(done.stdout.splitlines()[-1])


def test_no_word_of_a_real_dictation_is_found_outside_the_record(dictated: tuple[World, dict[str, object]]) -> None:
    world, record = dictated
    words = sorted(set(re.findall(rf"[a-z]{{{_LONG_ENOUGH},}}", json.dumps(record["transcript"]).lower())))
    assert len(words) > 5, "enough was said to be searched for"
    held = leaks({"data": world.root / "data"}, allowed=[], sought=words)
    assert any(name.endswith("record.json") for name in held) or not ALLOWED, "the search finds what stands there"
    assert leaks(world.written, allowed=ALLOWED, sought=words) == {}


def test_the_recording_itself_is_stored_nowhere_else(dictated: tuple[World, dict[str, object]]) -> None:
    world, _ = dictated
    (audio,) = (world.root / "data").rglob("audio.wav") if ALLOWED else [_RECORDING]
    middle = audio.read_bytes()[len(audio.read_bytes()) // 2 :][:200]
    elsewhere = [path for place in world.written.values() for path in place.rglob("*") if path.is_file()]
    assert [path for path in elsewhere if middle in path.read_bytes() and path != audio] == []


def test_no_library_leaves_a_trace_of_its_own(dictated: tuple[World, dict[str, object]]) -> None:
    """onnxruntime did: a file of its telemetry, which also goes out over the network."""
    world, _ = dictated
    for place in ("tmp", "home", "cwd"):
        root = world.root / place
        left = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert left <= {".config/wardscribe/master.key"}, "the server's own master key, and nothing else"
