"""Every key of the window, in one table: what is documented, shown under F1 and bound is this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does; `texts.toml` has the words under `keys.<name>`. `held`: it counts while it is down."""

    name: str
    sequences: tuple[str, ...]
    held: bool = False
    in_row: bool = False  # bound by the row that has the keys, told here

    @property
    def shown(self) -> str:
        """As a person reads it."""
        return QKeySequence(self.sequences[0]).toString(QKeySequence.SequenceFormat.NativeText)


KEYS: Final = (
    Key("toggle", ("F4",)),
    Key("hold", ("F9",), held=True),
    Key("finish", ("Ctrl+Return",)),
    Key("review", ("Ctrl+R",)),
    Key("next", ("F8", "Ctrl+N")),
    Key("play", ("F7",)),
    Key("rewind", ("F5",)),
    Key("confirm", ("F3",)),
    Key("to_unconfirmed", ("F6",)),
    Key("confirm_all", ("Ctrl+Shift+Return",)),
    Key("edit", ("Return", "F2"), in_row=True),
    Key("add", ("Ins",)),
    Key("clear", ("Del",), in_row=True),
    Key("next_field", ("Ctrl+Down",)),
    Key("previous_field", ("Ctrl+Up",)),
    Key("undo", ("Ctrl+Z",)),
    Key("to_transcript", ("Ctrl+1",)),
    Key("to_fields", ("Ctrl+2",)),
    Key("paste", ("Ctrl+Shift+V",)),
    Key("compact", ("Ctrl+M",)),
    Key("on_top", ("Ctrl+T",)),
    Key("settings", ("Ctrl+,",)),
    Key("menu", ("F10",)),
    Key("keys", ("F1",)),
    Key("quit", ("Ctrl+Q",)),
)


def key(name: str) -> Key:
    """The key of that name."""
    return next(each for each in KEYS if each.name == name)


def bind(window: QWidget, acts: Mapping[str, Callable[[], None]]) -> None:
    """Bind every key that is pressed, not held, to what it does."""
    for each in KEYS:
        if each.held or each.in_row:
            continue
        for sequence in each.sequences:
            shortcut = QShortcut(QKeySequence(sequence), window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(acts[each.name])
