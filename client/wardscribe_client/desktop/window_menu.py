"""The menu of the window: everything that has no place of its own on it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.shortcuts import KEYS, key
from wardscribe_client.preferences import InterfaceLanguage, Theme

T = TypeVar("T")
_ENTRIES = (
    "new",
    "finish",
    "review",
    "confirm_all",
    "",
    "patient",
    "reports",
    "unsent",
    "",
    "copy",
    "paste",
    "",
    "on_top",
    "compact",
    "look",
    "speak",
    "settings",
    "keys",
    "",
    "quit",
)
_KEY_OF = {"new": "next"}
_CHECKABLE = ("on_top", "compact")


class WindowMenu(QMenu):
    """Made anew when the language changes. An entry without an act is left out."""

    def __init__(
        self, interface: Interface, acts: Mapping[str, Callable[[], None]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._interface = interface
        self._acts = acts
        self.entries: dict[str, QAction] = {}
        self.retranslate()

    def retranslate(self) -> None:
        """Language has changed."""
        checked = {name for name, entry in self.entries.items() if entry.isChecked()}
        self.clear()
        self.entries = {}
        for name in _ENTRIES:
            if not name:
                self.addSeparator()
            elif name == "look":
                self._choices("look", [(theme.value, theme) for theme in Theme], self._interface.theme, self._wear)
            elif name == "speak":
                languages = [(language.value, language) for language in InterfaceLanguage]
                self._choices("speak", languages, self._interface.chosen_language, self._speak)
            elif name in self._acts:
                self._entry(name, checked=name in checked)

    def _entry(self, name: str, *, checked: bool) -> None:
        entry = self.addAction(self._label(name))
        entry.setCheckable(name in _CHECKABLE)
        entry.setChecked(checked)
        entry.triggered.connect(lambda *_: self._acts[name]())
        self.entries[name] = entry

    def _label(self, name: str) -> str:
        bound = _KEY_OF.get(name, name)
        keys = f"\t{key(bound).shown}" if any(each.name == bound for each in KEYS) else ""
        return self._interface.text(f"menu.{name}") + keys

    def _choices(self, name: str, options: list[tuple[str, T]], chosen: T, choose: Callable[[T], None]) -> None:
        menu = self.addMenu(self._interface.text(f"menu.{name}"))
        group = QActionGroup(menu)
        for value, option in options:
            entry = menu.addAction(self._interface.text(f"menu.{name}_{value}"))
            entry.setCheckable(True)
            entry.setChecked(option is chosen)
            entry.triggered.connect(lambda _checked=False, option=option: choose(option))
            group.addAction(entry)
            self.entries[f"{name}_{value}"] = entry

    def _wear(self, theme: Theme) -> None:
        self._interface.wear(theme)

    def _speak(self, language: InterfaceLanguage) -> None:
        self._interface.speak(language)
