"""Colours that mean something, for light and dark. Nothing is told by colour alone."""

from enum import StrEnum
from typing import Final

from PySide6.QtGui import QColor, QPalette


class Tone(StrEnum):
    """What a colour means."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DONE = "done"
    ADDED = "added"
    REMOVED = "removed"


# Light, dark. Text tones have a contrast of at least 4.5 : 1 against a plain white or #1e1e1e window.
_TEXT: Final = {
    Tone.ERROR: ("#a4161a", "#ff9b94"),
    Tone.WARNING: ("#7a4d00", "#f2c879"),
    Tone.INFO: ("#0b5394", "#9cc9f5"),
    Tone.DONE: ("#1b5e20", "#9bd8a0"),
}
_GROUND: Final = {
    Tone.ERROR: ("#fdecea", "#45211f"),
    Tone.WARNING: ("#fff4dc", "#40341a"),
    Tone.INFO: ("#e8f1fa", "#1d3244"),
    Tone.DONE: ("#e7f4e8", "#1e3a21"),
    Tone.ADDED: ("#cfeed3", "#24502a"),
    Tone.REMOVED: ("#fbd5d2", "#5c2a27"),
}


def is_dark(palette: QPalette) -> bool:
    """Whether a palette has light text on a dark ground."""
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def text_colour(tone: Tone, palette: QPalette) -> QColor:
    """For text on the palette's own ground."""
    return QColor(_TEXT[tone][is_dark(palette)])


def ground_colour(tone: Tone, palette: QPalette) -> QColor:
    """Behind text of the palette's own colour."""
    return QColor(_GROUND[tone][is_dark(palette)])
