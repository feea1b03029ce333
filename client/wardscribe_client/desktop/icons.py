"""Icons as lines in any colour, sharp at any resolution. Draws the SVG files of `icons/`; knows no widget."""

from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SIZES = (16, 20, 24, 32, 48, 64)


@lru_cache(maxsize=256)
def icon(name: str, colour: str, disabled: str | None = None) -> QIcon:
    """The icon in one colour, and in another where it is disabled."""
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(drawn(name, colour, size))
        if disabled is not None:
            made.addPixmap(drawn(name, disabled, size), QIcon.Mode.Disabled)
    return made


def drawn(name: str, colour: str, size: int, *, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of so many pixels, or more where the screen has more."""
    image = QImage(QSize(round(size * ratio), round(size * ratio)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(name, QColor(colour).name()).render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(ratio)
    return made


def forget_icons() -> None:
    """Colours have changed."""
    icon.cache_clear()


def _renderer(name: str, colour: str) -> QSvgRenderer:
    path = resources.files("wardscribe_client").joinpath("desktop", "icons", f"{name}.svg")
    drawing = path.read_text(encoding="utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(drawing.encode()))
