"""Measures the desktop window: start, memory, processor time while dictating, a thousand updates a second.

The server is a process of its own, as it would be a machine of its own: nothing of it is counted. Off screen, so that
drawing is Qt's own software rasteriser and nothing of a graphics card. Writes benchmarks/baseline/client_window.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from provenance import command_line, commit, input_file, machine, versions
from server_process import ReadyCheck, free_port, running

_ROOT = Path(__file__).resolve().parent.parent
_RECORDING = _ROOT / "tests" / "dictations" / "en-chest-xray.flac"
_MEASURED = Path(__file__).with_name("window_measured.py")


def _measure(what: str, *, url: str, folder: Path) -> dict[str, float]:
    own = tempfile.mkdtemp(prefix=f"{what}-", dir=folder)
    command = [sys.executable, str(_MEASURED), what, "--url", url, "--folder", own]
    command += ["--recording", str(_RECORDING), "--began", repr(time.monotonic())]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _figures(url: str, folder: Path, *, starts: int) -> dict[str, object]:
    started = [_measure("usable", url=url, folder=folder) for _ in range(starts + 1)][1:]  # the first fills caches
    return {
        "start": {
            "runs": started,
            "usable_s": median(each["usable_s"] for each in started),
            "usable_cpu_s": median(each["usable_cpu_s"] for each in started),
            "resident_mb": median(each["resident_mb"] for each in started),
        },
        "dictating": _measure("dictating", url=url, folder=folder),
        "flood": _measure("flood", url=url, folder=folder),
    }


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=7, help="how often the window is started")
    parser.add_argument("--out", type=Path, default=_ROOT / "benchmarks" / "baseline" / "client_window.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        before = machine()
        command = [sys.executable, "-m", "wardscribe_cli", "serve", "--port", str(port), "--data", str(folder / "data")]
        environment = {"WARDSCRIBE_KEY_SOURCE": f"file:{folder / 'master.key'}"}
        ready = ReadyCheck(port, path="/healthz")
        with running(command, environment=environment, folder=folder, ready=ready, within_s=120):
            figures = _figures(f"ws://127.0.0.1:{port}/v1/dictation", folder, starts=arguments.starts)
    results = {
        "command": command_line(sys.argv[1:], program="benchmarks/client_window.py"),
        "commit": commit().model_dump(),
        "machine": before.model_dump(),
        "versions": versions(),
        "recording": input_file(_RECORDING).model_dump(),
        **figures,
    }
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
