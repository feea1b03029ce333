"""The window on a real X server (Xvfb), with what it looked like kept under build/screenshots."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "build" / "screenshots"


def test_the_window_works_on_a_screen_and_its_pictures_are_kept() -> None:
    xvfb = shutil.which("xvfb-run")
    assert xvfb is not None, "this test needs Xvfb: apt install xvfb (scripts/setup does)"
    KEPT.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry and Path(entry).is_dir())])
    done = subprocess.run(
        [
            xvfb,
            "-a",
            "-s",
            "-screen 0 1280x800x24",
            sys.executable,
            "-m",
            "tests.client.desktop.on_a_screen",
            str(KEPT),
        ],
        env=os.environ | {"QT_QPA_PLATFORM": "xcb", "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("xvfb-en-light.png", "xvfb-zh-dark.png"):
        image = QImage(str(KEPT / name))
        assert image.width() >= 900
        assert len({image.pixelColor(x, y).name() for x in range(0, 900, 7) for y in range(0, 560, 7)}) > 20
    light, dark = (QImage(str(KEPT / name)).pixelColor(300, 400) for name in ("xvfb-en-light.png", "xvfb-zh-dark.png"))
    assert light.lightness() > 200 > 100 > dark.lightness()
