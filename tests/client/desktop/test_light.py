"""The desktop stays light: no engine, no server, and one clear line where parts are missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = ("ctranslate2", "torch", "onnxruntime", "faster_whisper", "jieba", "wardscribe_server", "starlette")
_ALL = """
import importlib, pkgutil, sys
import wardscribe_client.desktop.app
for found in pkgutil.walk_packages(sys.modules["wardscribe_client"].__path__, "wardscribe_client."):
    importlib.import_module(found.name)
heavy = sorted({name.partition(".")[0] for name in sys.modules} & set(%r))
print(heavy, "wardscribe_client.desktop.window" in sys.modules)
"""
_WITHOUT = """
import sys
sys.modules[%r] = None
from wardscribe_cli.__main__ import main
sys.exit(main(["dictate"]))
"""


def ran(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(entry for entry in sys.path if entry and Path(entry).is_dir())
    surroundings = os.environ | {"PYTHONPATH": path} | environment
    return subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=False)


def test_no_module_of_the_client_brings_an_engine_or_the_server_with_it() -> None:
    done = ran(_ALL % (_HEAVY,), QT_QPA_PLATFORM="offscreen")
    assert done.stdout == "[] True\n", done.stderr


@pytest.mark.parametrize("missing", ["PySide6", "soxr", "cryptography"])
def test_what_is_not_installed_is_said_in_one_line(missing: str) -> None:
    done = ran(_WITHOUT % missing, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "pip install 'wardscribe[desktop]'" in line


def test_a_machine_without_a_display_is_told_so() -> None:
    done = ran(_WITHOUT % "no_such_thing", QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--terminal" in line
