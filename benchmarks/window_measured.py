"""The desktop window as a process that measures itself: how soon it is usable, what dictating costs, what a flood does.

Run by `client_window.py`; the server is another process. Prints one JSON object.
"""

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wardscribe_client.desktop.app import Desktop

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024 * 1024
_TICK_MS = 5
_FLOOD_S = 5.0
_FIELDS = 40


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * _PAGE / _MIB, 1)


def _desktop(arguments: argparse.Namespace) -> "Desktop":
    from wardscribe_client.config import ClientSettings
    from wardscribe_client.desktop.app import Desktop, Opening
    from wardscribe_client.file_device import FileDevice
    from wardscribe_protocol.record import Language

    folder = Path(arguments.folder)
    settings = ClientSettings(
        url=arguments.url, config_dir=folder / "config", spool=folder / "spool", keyring=False, token=None
    )
    device = FileDevice(Path(arguments.recording), speed=1.0)
    opening = Opening(template="chest_xray", language=Language.EN, device=device)
    return Desktop(settings, opening)


def _usable(arguments: argparse.Namespace) -> dict[str, float]:
    """From before the process began to the first event that is answered after the window was painted."""
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    desktop = _desktop(arguments)
    desktop.open()
    desktop.window.grab()  # painted, every widget of it
    application.processEvents()
    assert desktop.window.bar.button.isEnabled()
    usable_s, cpu_s = time.monotonic() - arguments.began, _cpu_s()
    rss_mb = _resident_mb()
    desktop.close()
    return {"usable_s": round(usable_s, 3), "usable_cpu_s": round(cpu_s, 3), "resident_mb": rss_mb}


def _dictating(arguments: argparse.Namespace) -> dict[str, float | int | None]:
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    desktop = _desktop(arguments)
    desktop.open()
    _until(lambda: bool(desktop.desk.forms.templates), 30.0)
    desktop.desk.toggle()
    _until(lambda: desktop.desk.phase.value == "recording", 30.0)
    began, cpu_s = time.monotonic(), _cpu_s()
    _until(lambda: desktop.desk.phase.value == "paused", 600.0)
    seconds, used_s = time.monotonic() - began, _cpu_s() - cpu_s
    rss_mb = _resident_mb()
    counts = desktop.desk.feed.counts
    desktop.desk.finish()
    done = _until(lambda: desktop.desk.phase.value == "done", 120.0)
    view, standing = desktop.desk.feed.look()
    found = {
        "dictated_s": round(seconds, 1),
        "core_share": round(used_s / seconds, 4),
        "events": counts.taken,
        "looks": counts.looked,
        "resident_mb": rss_mb,
        "resident_after_mb": _resident_mb(),
        "rows": sum(bool(row.leaves) for row in view.rows),
        "finished": int(done),
        "samples_ended": standing.ended_at_samples,
    }
    desktop.close()
    return found


def _flood(arguments: argparse.Namespace) -> dict[str, float | int]:
    """A thousand updates a second over many rows, from another thread, while a timer watches the window's loop."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from wardscribe_protocol.messages import FieldState, FieldUpdate
    from wardscribe_protocol.record import Evidence

    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    desktop = _desktop(arguments)
    desktop.window.show()
    desk = desktop.desk
    desk._begun = True  # noqa: SLF001 - a dictation without a server, which this is not about
    late: list[float] = []
    last = [time.monotonic()]

    def tick() -> None:
        now = time.monotonic()
        late.append((now - last[0]) * 1000 - _TICK_MS)
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(_TICK_MS)
    sent = [0]

    def pour() -> None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < _FLOOD_S:
            while sent[0] < passed * 1000:
                at = sent[0]
                evidence = Evidence(
                    text="nodule", chars=(at % 500, at % 500 + 6), audio_ms=(at, at + 300), confidence=0.9
                )
                update = FieldUpdate(
                    seq=at + 1,
                    path=f"/fields/findings/{at % _FIELDS}/finding",
                    value=f"nodule {at}",
                    evidence=evidence,
                    state=FieldState.PROPOSED,
                )
                desk.feed.take(update)
                sent[0] += 1
            time.sleep(0.002)

    _until(lambda: False, 0.5)
    late.clear()
    cpu_s, counts = _cpu_s(), desk.feed.counts
    looked = counts.looked
    pouring = threading.Thread(target=pour)
    began = time.monotonic()
    pouring.start()
    _until(lambda: not pouring.is_alive(), 60.0)
    _until(lambda: False, 0.1)
    seconds = time.monotonic() - began
    ordered = sorted(late)
    found = {
        "updates": sent[0],
        "updates_a_second": round(sent[0] / _FLOOD_S),
        "looks": counts.looked - looked,
        "rows_drawn": desktop.window.fields.updates,
        "stall_p99_ms": round(ordered[int(len(ordered) * 0.99)], 1),
        "stall_longest_ms": round(ordered[-1], 1),
        "core_share": round((_cpu_s() - cpu_s) / seconds, 3),
    }
    desktop.close()
    return found


def _until(done: Callable[[], bool], within_s: float) -> bool:
    """Run the window as `exec` would: wait for events, not in a busy loop."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    ends = time.monotonic() + within_s
    watch = QTimer()
    watch.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > ends else None)
    watch.start(50)
    if not done():
        loop.exec()
    watch.stop()
    return done()


def main() -> None:
    """Measure one thing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("usable", "dictating", "flood"))
    parser.add_argument("--began", type=float, default=0.0)
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--recording", required=True)
    arguments = parser.parse_args()
    measure = {"usable": _usable, "dictating": _dictating, "flood": _flood}[arguments.what]
    sys.stdout.write(json.dumps(measure(arguments)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # what the interpreter does at its end is no part of any figure


if __name__ == "__main__":
    main()
