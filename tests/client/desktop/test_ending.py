"""The program ends with nothing left that could take the process down: tried as a process of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from wardscribe_client.config import ClientSettings
from wardscribe_client.desktop import app

folder, way = Path(sys.argv[1]), sys.argv[2]
server = {} if way == "first" else {"url": "ws://127.0.0.1:1/v1/dictation"}
opened = app.Desktop.open

def then_end(desktop):
    opened(desktop)
    desktop.outside.settings(desktop.window)
    desktop.outside.unsent(desktop.window)
    QTimer.singleShot(0, QApplication.closeAllWindows)

app.Desktop.open = then_end
collector = app.WindowCollector

def begun(application):
    if way == "first":
        QTimer.singleShot(0, QApplication.closeAllWindows)
    return collector(application)

app.WindowCollector = begun
sys.exit(app.run(ClientSettings(config_dir=folder / "c", spool=folder / "s", keyring=False, **server)))
"""


@pytest.mark.parametrize("way", ["first", "window"])
def test_closing_every_window_ends_the_program_in_good_order(way: str, tmp_path: object) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), way], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "shared QObject" not in ended.stderr
    assert "Traceback" not in ended.stderr
