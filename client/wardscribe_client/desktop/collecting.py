"""Rubbish is collected on the window's own thread.

Python collects cycles on whichever thread happens to allocate. A window that ends that way on a worker thread takes
Qt's memory down with it: objects of Qt may only go on the thread that they live on.
"""

import gc
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_LOOK_EVERY_MS: Final = 2_000


def gone(window: QWidget) -> None:
    """Take a window apart now. One that outlives its application takes the process down with it."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class WindowCollector(QObject):
    """Stands in for Python's own collector from the moment it is made until `close`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._limits = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOK_EVERY_MS)

    def look(self) -> None:
        """Collect as deep as Python would have by now."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._limits[generation] > 0:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Python's own collector from here on."""
        self._timer.stop()
        gc.enable()
