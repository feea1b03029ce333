"""How the window looks and speaks: language and theme, switched while it is open. Texts come from `texts.toml`.

Whoever shows words or colours listens to `changed` and asks again.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from PySide6.QtCore import QLocale, QObject, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from wardscribe_client.desktop.icons import forget_icons
from wardscribe_client.desktop.theme import colours, dark_wanted, dress
from wardscribe_client.preferences import InterfaceLanguage, Theme
from wardscribe_protocol.record import Language


@cache
def text_table() -> Mapping[str, Mapping[str, str]]:
    """Every text of the window by its key, in both languages."""
    path = resources.files("wardscribe_client").joinpath("desktop", "texts.toml")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        f"{part}.{key}": said
        for part, table in content.items()
        if isinstance(table, dict)
        for key, said in table.items()
    }


class Interface(QObject):
    """Language and theme in force."""

    changed = Signal()

    def __init__(
        self,
        *,
        language: InterfaceLanguage = InterfaceLanguage.SYSTEM,
        theme: Theme = Theme.SYSTEM,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._chosen_language = language
        self._theme = theme
        self._dark = False
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def language(self) -> Language:
        """The language that the window speaks now."""
        match self._chosen_language:
            case InterfaceLanguage.EN:
                return Language.EN
            case InterfaceLanguage.ZH:
                return Language.ZH
            case _:
                chinese = QLocale.system().language() is QLocale.Language.Chinese
                return Language.ZH if chinese else Language.EN

    @property
    def chosen_language(self) -> InterfaceLanguage:
        """What was chosen; the system's may be."""
        return self._chosen_language

    @property
    def theme(self) -> Theme:
        """What was chosen; the system's may be."""
        return self._theme

    @property
    def dark(self) -> bool:
        """Whether colours are dark now."""
        return self._dark

    def text(self, key: str, /, **values: object) -> str:
        """A text in the language of now."""
        return text_table()[key][self.language.value].format(**values)

    def colour(self, role: str) -> QColor:
        """A colour of now."""
        return QColor(colours(dark=self._dark)[role])

    def dress(self) -> None:
        """Put the theme on; once at the start."""
        application = QApplication.instance()
        assert isinstance(application, QApplication), "the application was made before its windows"
        self._dark = dark_wanted(self._theme)
        dress(application, dark=self._dark)

    def speak(self, language: InterfaceLanguage) -> None:
        """Switch the language."""
        if language is not self._chosen_language:
            self._chosen_language = language
            self.changed.emit()

    def wear(self, theme: Theme) -> None:
        """Switch the theme."""
        self._theme = theme
        if dark_wanted(theme) is not self._dark:
            self.dress()
            forget_icons()
            self.changed.emit()

    def _system_changed(self) -> None:
        if self._theme is Theme.SYSTEM:
            self.wear(Theme.SYSTEM)
