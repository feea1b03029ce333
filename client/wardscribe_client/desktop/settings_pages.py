"""Pages of the settings: hot keys, buttons of hand microphones and pedals, how the window looks, what is kept here.

Each shows what is set and says what was chosen; keeping it is the dialog's.
"""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.actions import Action
from wardscribe_client.desktop.hot_key_text import HOT_ACTIONS, listened_keys, shown_keys, stored_keys
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.phrases import Phrases, without_mark
from wardscribe_client.hid.button_map import button_map
from wardscribe_client.hid.layouts import layouts
from wardscribe_client.owner_only import write_owner_only
from wardscribe_client.preferences import InterfaceLanguage, Preferences, Theme
from wardscribe_protocol.record import Language

_OWN_HEAD: Final = (
    "# Buttons that do something else on this workstation than as shipped. Written by the settings.\n"
    "# Source: set by the person. Licence: none needed.\n"
)


class KeysPage(QWidget):
    """Hot keys: they work while another program has the keyboard."""

    def __init__(self, interface: Interface, known: Preferences, *, possible: bool) -> None:
        super().__init__()
        say = Phrases("settings", interface.language)
        form = QFormLayout(self)
        about = QLabel(say("keys_about" if possible else "keys_not_here"))
        about.setWordWrap(True)
        form.addRow(about)
        self.edits: dict[Action, QKeySequenceEdit] = {}
        for action in HOT_ACTIONS:
            edit = QKeySequenceEdit(QKeySequence(shown_keys(known.hot_keys.get(action.value, ""))))
            edit.setMaximumSequenceLength(1)
            edit.setClearButtonEnabled(True)
            edit.setAccessibleName(say(f"action_{action.value}"))
            edit.setEnabled(possible)
            line = edit.findChild(QLineEdit)
            if line is not None:
                line.setPlaceholderText(say("press_keys"))
                line.setAccessibleName(edit.accessibleName())
            form.addRow(say(f"action_{action.value}"), edit)
            self.edits[action] = edit

    def chosen(self) -> dict[str, str]:
        """Keys by action.

        Raises: InputError for keys that cannot be, or that stand twice.
        """
        portable = QKeySequence.SequenceFormat.PortableText
        typed = {
            action.value: stored_keys(edit.keySequence().toString(portable)) for action, edit in self.edits.items()
        }
        keys = {action: stored for action, stored in typed.items() if stored}
        listened_keys(keys)
        return keys


class ButtonsPage(QWidget):
    """What the buttons of each kind of device do."""

    def __init__(self, interface: Interface, path: Path) -> None:
        super().__init__()
        self._phrases = say = Phrases("settings", interface.language)
        self._path = path
        self._shipped = dict(button_map().actions)
        self._chosen = dict(button_map(path if path.exists() else None).actions)
        about = QLabel(say("buttons_about"))
        about.setWordWrap(True)
        self.device = QComboBox()
        self.device.setAccessibleName(say("device"))
        for kind, layout in layouts().items():
            self.device.addItem(layout.name, kind)
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName(say("buttons"))
        self.table.setHorizontalHeaderLabels([say("button"), say("does")])
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.device.currentIndexChanged.connect(self._show)
        page = QVBoxLayout(self)
        page.addWidget(about)
        page.addWidget(self.device)
        page.addWidget(self.table, 1)
        self._show()

    def action_box(self, button: str) -> QComboBox:
        """Where what a button of the shown device does is chosen."""
        for row in range(self.table.rowCount()):
            item, box = self.table.item(row, 0), self.table.cellWidget(row, 1)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) == button and isinstance(box, QComboBox):
                return box
        raise KeyError(button)

    def save(self) -> None:
        """Write what differs from the shipped map; nothing differs: no file.

        Raises: InputError.
        """
        own: dict[str, list[str]] = {}
        for (kind, button), action in self._chosen.items():
            if self._shipped.get((kind, button), Action.NOTHING) is not action:
                own.setdefault(kind, []).append(f'{button} = "{action.value}"')
        if own:
            tables = "\n".join("\n".join((f"\n[{kind}]", *lines)) for kind, lines in own.items())
            write_owner_only(self._path, f"{_OWN_HEAD}{tables}\n")
        elif self._path.exists():
            write_owner_only(self._path, _OWN_HEAD)

    def _show(self) -> None:
        say, kind = self._phrases, str(self.device.currentData())
        buttons = layouts()[kind].buttons
        self.table.setRowCount(len(buttons))
        for row, button in enumerate(buttons):
            name = say(f"button_{button}") if say.has(f"button_{button}") else button.replace("_", " ").upper()
            item = QTableWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, button)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(row, 0, item)
            box = QComboBox()
            box.setAccessibleName(name)
            for action in Action:
                box.addItem(say(f"action_{action.value}"), action)
            box.setCurrentIndex(box.findData(self._chosen.get((kind, button), Action.NOTHING)))
            box.currentIndexChanged.connect(
                lambda _, box=box, place=(kind, button): self._chosen.update({place: Action(box.currentData())})
            )
            self.table.setCellWidget(row, 1, box)
        self.table.resizeRowsToContents()


class LookPage(QWidget):
    """Language, colours, the window's place, what counts as doubtful, what is kept on this machine."""

    def __init__(self, interface: Interface, known: Preferences) -> None:
        super().__init__()
        say = Phrases("settings", interface.language)
        first = Phrases("first_start", interface.language)
        form = QFormLayout(self)
        self.language = _choice(say("language"), [(first(f"language_{c.value}"), c) for c in InterfaceLanguage])
        self.language.setCurrentIndex(self.language.findData(known.interface_language))
        self.dictation = _choice(say("dictation_language"), [(say(f"dictated_{c.value}"), c) for c in Language])
        self.dictation.setCurrentIndex(self.dictation.findData(known.dictation_language))
        self.theme = _choice(say("theme"), [(say(f"theme_{c.value}"), c) for c in Theme])
        self.theme.setCurrentIndex(self.theme.findData(known.theme))
        self.on_top = QCheckBox(say("on_top"))
        self.on_top.setAccessibleName(without_mark(say("on_top")))
        self.on_top.setChecked(known.always_on_top)
        self.doubtful = _number(say("doubtful"), round(known.low_confidence * 100), 0, 100, " %")
        self.doubtful.setAccessibleDescription(say("doubtful_about"))
        self.keep = _number(say("keep"), known.keep_signed_days, 0, 3650, say("days"))
        self.keep.setAccessibleDescription(say("keep_about"))
        form.addRow(say("language"), self.language)
        form.addRow(say("dictation_language"), self.dictation)
        form.addRow(say("theme"), self.theme)
        form.addRow("", self.on_top)
        form.addRow(say("doubtful"), self.doubtful)
        form.addRow("", _told(say("doubtful_about")))
        form.addRow(say("keep"), self.keep)
        form.addRow("", _told(say("keep_about")))

    def chosen(self) -> dict[str, object]:
        """What was chosen, by preference."""
        return {
            "interface_language": InterfaceLanguage(self.language.currentData()),
            "dictation_language": Language(self.dictation.currentData()),
            "theme": Theme(self.theme.currentData()),
            "always_on_top": self.on_top.isChecked(),
            "low_confidence": self.doubtful.value() / 100,
            "keep_signed_days": self.keep.value(),
        }


def _choice(name: str, entries: list[tuple[str, object]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(without_mark(name))
    for text, value in entries:
        box.addItem(text, value)
    return box


def _number(name: str, value: int, least: int, most: int, unit: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    box.setSuffix(unit)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)  # the arrow keys do it
    box.setAccessibleName(without_mark(name))
    return box


def _told(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("hint")
    label.setWordWrap(True)
    return label
