"""How loud it is, as a bar with a mark for the peak. Draws numbers; hears nothing."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from wardscribe_client.desktop.interface import Interface

_QUIETEST_DBFS: Final = -60.0
_SEGMENTS: Final = 24


class LevelMeter(QWidget):
    """-60 to 0 dB of full scale in segments; red while the sound is cut off."""

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        self._level_dbfs = self._peak_dbfs = _QUIETEST_DBFS
        self._clipping = False
        self._quiet = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(110)
        self.retranslate()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A flat bar."""
        return QSize(180, 12)

    def retranslate(self) -> None:
        """Language or theme has changed."""
        self.setAccessibleName(self._interface.text("record.level"))
        self.update()

    def show_level(self, level_dbfs: float, peak_dbfs: float, *, clipping: bool, quiet: bool) -> None:
        """Draw this, if it looks different."""
        shown = (_lit(level_dbfs), _lit(peak_dbfs), clipping, quiet)
        if shown != (_lit(self._level_dbfs), _lit(self._peak_dbfs), self._clipping, self._quiet):
            self._level_dbfs, self._peak_dbfs = level_dbfs, peak_dbfs
            self._clipping, self._quiet = clipping, quiet
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the segments."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        lit, peak = _lit(self._level_dbfs), _lit(self._peak_dbfs)
        on = self._interface.colour("record" if self._clipping else "doubtful" if self._quiet else "meter")
        off = self._interface.colour("meter_back")
        gap = 2.0
        width = (self.width() - gap * (_SEGMENTS - 1)) / _SEGMENTS
        for at in range(_SEGMENTS):
            painter.setBrush(on if at < lit or at == peak - 1 > 0 else off)
            painter.drawRoundedRect(QRectF(at * (width + gap), 0, width, self.height()), 1.5, 1.5)


def _lit(dbfs: float) -> int:
    share = (max(_QUIETEST_DBFS, min(0.0, dbfs)) - _QUIETEST_DBFS) / -_QUIETEST_DBFS
    return round(share * _SEGMENTS)
