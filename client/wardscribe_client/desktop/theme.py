"""Colours by role in light and dark, and the style sheet made from them. Reads `themes.toml` and `style.qss`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from wardscribe_client.preferences import Theme

# Fonts of the systems' own that are made for screens and hold both scripts or go well with one that does.
_FAMILIES: Final = (
    "Segoe UI Variable Text",
    "Segoe UI",
    ".AppleSystemUIFont",
    "Inter",
    "Cantarell",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Noto Sans",
)
_CHINESE: Final = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")
_POINTS: Final = 10.0


@cache
def colour_table() -> Mapping[str, Mapping[str, str]]:
    """Every theme's colours by role."""
    path = resources.files("wardscribe_client").joinpath("desktop", "themes.toml")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: table for name, table in content.items() if isinstance(table, dict)}


def dark_wanted(theme: Theme) -> bool:
    """Whether dark colours are to be used now; the system decides where nobody chose."""
    if theme is Theme.SYSTEM:
        return QGuiApplication.styleHints().colorScheme().name == "Dark"
    return theme is Theme.DARK


def colours(*, dark: bool) -> Mapping[str, str]:
    """Colours by role."""
    return colour_table()["dark" if dark else "light"]


def dress(application: QApplication, *, dark: bool) -> None:
    """Give every window these colours."""
    sheet = style_sheet(dark=dark)
    if application.styleSheet() == sheet:
        return  # it wears them: every widget would be dressed anew
    application.setStyle("Fusion")
    application.setPalette(_palette(colours(dark=dark)))
    application.setFont(_font())
    application.setStyleSheet(sheet)


@cache
def style_sheet(*, dark: bool) -> str:
    """The style sheet with the colours put in."""
    sheet = resources.files("wardscribe_client").joinpath("desktop", "style.qss").read_text(encoding="utf-8")
    arrow = resources.files("wardscribe_client").joinpath(
        "desktop", "icons", f"chevron_{'dark' if dark else 'light'}.svg"
    )
    sheet = sheet.replace("@chevron", Path(str(arrow)).as_posix())
    # The longest names first: `@accent` is the beginning of `@accent_text`.
    for name, colour in sorted(colours(dark=dark).items(), key=lambda item: -len(item[0])):
        sheet = sheet.replace(f"@{name}", colour)
    return sheet


@cache
def _font() -> QFont:
    there = set(QFontDatabase.families())
    families = [name for name in _FAMILIES if name in there][:1] + [name for name in _CHINESE if name in there][:1]
    font = QFont(QApplication.font())
    if families:
        font.setFamilies(list(dict.fromkeys(families)))
    font.setPointSizeF(_POINTS)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _palette(role: Mapping[str, str]) -> QPalette:
    palette = QPalette()
    groups = (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive)
    for group in groups:
        for which, name in (
            (QPalette.ColorRole.Window, "window"),
            (QPalette.ColorRole.WindowText, "text"),
            (QPalette.ColorRole.Base, "surface"),
            (QPalette.ColorRole.AlternateBase, "raised"),
            (QPalette.ColorRole.Text, "text"),
            (QPalette.ColorRole.Button, "raised"),
            (QPalette.ColorRole.ButtonText, "text"),
            (QPalette.ColorRole.ToolTipBase, "raised"),
            (QPalette.ColorRole.ToolTipText, "text"),
            (QPalette.ColorRole.PlaceholderText, "tail"),
            (QPalette.ColorRole.Highlight, "accent"),
            (QPalette.ColorRole.HighlightedText, "accent_text"),
            (QPalette.ColorRole.Link, "accent"),
        ):
            palette.setColor(group, which, QColor(role[name]))
    for which in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(role["strong_border"]))
    return palette
