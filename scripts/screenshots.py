#!/usr/bin/env python3
"""Takes the screenshots of the README: both dictations of our own, spoken through the desktop client to a real server.

Nothing is posed: what is on a picture is what this server made of that recording.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from wardscribe_client.config import ClientSettings
from wardscribe_client.desktop.app import Desktop, Opening
from wardscribe_client.desktop.keys_dialog import KeysDialog
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.rows import RowState
from wardscribe_client.file_device import FileDevice
from wardscribe_client.preferences import InterfaceLanguage, Theme
from wardscribe_protocol.messages import Context, OrderContext, PatientContext
from wardscribe_protocol.record import Language

_ROOT = Path(__file__).resolve().parent.parent
_SETTLED_MS = 150
_READY_WITHIN_S = 120.0
_SPOKEN_WITHIN_S = 240.0
_ROWS_SHOWN = {Language.EN: 7, Language.ZH: 9}
_SPOKEN = {
    Language.EN: ("en-chest-xray", "chest_xray"),
    Language.ZH: ("zh-outpatient", "outpatient"),
}
# Nobody: the name says so, and the number belongs to no one.
_CONTEXTS = {
    Language.EN: Context(
        patient=PatientContext(name="Example, Ada", age_years=54, sex="female", mrn="000-00"),
        order=OrderContext(procedure="Chest X-ray, two views"),
    ),
    Language.ZH: Context(patient=PatientContext(name="示例患者", age_years=52, sex="female", mrn="000-00")),
}


class _NoSound:
    def play(self, pcm: bytes) -> None:
        """Nobody listens."""

    def stop(self) -> None:
        """Nothing plays."""


def _wait(done: Callable[[], bool], within_s: float) -> bool:
    loop = QEventLoop()
    ends = time.monotonic() + within_s
    watch = QTimer()
    watch.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > ends else None)
    watch.start(20)
    if not done():
        loop.exec()
    watch.stop()
    return done()


@contextmanager
def _server(folder: Path, port: int) -> Iterator[str]:
    command = [sys.executable, "-m", "wardscribe_cli", "serve", "--port", str(port), "--data", str(folder / "data")]
    environment = os.environ | {"WARDSCRIBE_KEY_SOURCE": f"file:{folder / 'master.key'}"}
    with (folder / "server.log").open("wb") as log, subprocess.Popen(command, env=environment, stderr=log) as server:
        try:
            ends = time.monotonic() + _READY_WITHIN_S
            while not _answers(port):
                if server.poll() is not None or time.monotonic() > ends:
                    raise SystemExit((folder / "server.log").read_text(encoding="utf-8")[-2000:])
                time.sleep(0.2)
            yield f"ws://127.0.0.1:{port}/v1/dictation"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except (URLError, OSError):
        return False


class _Camera:
    """Takes a picture of a window in each theme."""

    def __init__(self, desktop: Desktop, out: Path) -> None:
        self._desktop, self._out = desktop, out

    def take(self, name: str, widget: QWidget | None = None, *, themes: tuple[Theme, ...] = (Theme.LIGHT,)) -> None:
        for theme in themes:
            self._desktop.interface.wear(theme)
            _wait(lambda: False, _SETTLED_MS / 1000)
            path = self._out / f"{name}-{theme.value}.png"
            (widget or self._desktop.window).grab().save(str(path))
            print(path.name)


def _pictures(url: str, folder: Path, out: Path, language: Language, *, speed: float) -> None:
    recording, template = _SPOKEN[language]
    settings = ClientSettings(url=url, config_dir=folder / language, spool=folder / language / "spool", keyring=False)
    device = FileDevice(_ROOT / "tests" / "dictations" / f"{recording}.flac", speed=speed)
    desktop = Desktop(settings, Opening(template=template, language=language, device=device, player=_NoSound()))
    desktop.interface.speak(InterfaceLanguage(language.value))
    desk, window, camera = desktop.desk, desktop.window, _Camera(desktop, out)
    desktop.open()
    _wait(lambda: bool(desk.forms.templates), _READY_WITHIN_S)
    desk.know(_CONTEXTS[language])
    window.header.show_context(desk.context)
    window.activateWindow()
    window.bar.button.setFocus()
    camera.take(f"{language}-start")
    desk.toggle()
    _wait(
        lambda: len([row for row in desk.feed.look()[0].rows if row.leaves]) >= _ROWS_SHOWN[language], _SPOKEN_WITHIN_S
    )
    _wait(lambda: any(passage.key < 0 for passage in desk.feed.look()[0].transcript), 5)
    for row in [row for row in desk.feed.look()[0].rows if row.state is RowState.PROPOSED][:2]:
        desk.confirm(row.path)
    _wait(lambda: any(row.state is RowState.CONFIRMED for row in desk.feed.look()[0].rows), 10)
    window.fields.to_unconfirmed()
    camera.take(f"{language}-dictating", themes=(Theme.LIGHT, Theme.DARK))
    desktop.interface.wear(Theme.LIGHT)
    window.switch_small()
    camera.take(f"{language}-small")
    window.switch_small()
    _wait(lambda: desk.phase is Phase.PAUSED, _SPOKEN_WITHIN_S)
    desk.finish()
    _wait(lambda: desk.phase is Phase.DONE, _SPOKEN_WITHIN_S)
    camera.take(f"{language}-done", themes=(Theme.DARK, Theme.LIGHT))
    camera.take(f"{language}-keys", KeysDialog(desktop.interface, window))
    window.close()
    desktop.close()


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "docs" / "images")
    parser.add_argument("--port", type=int, default=8769)
    parser.add_argument("--speed", type=float, default=1.0, help="below 1.0 where the server cannot keep up")
    parser.add_argument("--lang", choices=[each.value for each in Language], help="one language only")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    assert application is not None
    with tempfile.TemporaryDirectory() as name, _server(Path(name), arguments.port) as url:
        for language in [Language(arguments.lang)] if arguments.lang else Language:
            _pictures(url, Path(name), arguments.out, language, speed=arguments.speed)


if __name__ == "__main__":
    main()
