"""What each button does: the map that comes with the program, and the changes of whoever edits a copy of it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from wardscribe_client.actions import Action
from wardscribe_client.hid.layouts import layouts
from wardscribe_protocol.errors import InputError


@dataclass(frozen=True, slots=True)
class ButtonMap:
    """Actions by device and button; a button that is in no map does nothing."""

    actions: Mapping[tuple[str, str], Action]

    def action(self, kind: str, button: str) -> Action:
        """What the button of this kind of device does."""
        return self.actions.get((kind, button), Action.NOTHING)


def button_map(own: Path | None = None) -> ButtonMap:
    """The map in force.

    Raises: InputError with file and line when `own` cannot be used.
    """
    shipped = files(__package__).joinpath("buttons.toml")
    actions = _parsed(shipped.read_text(encoding="utf-8"), "buttons.toml")
    if own is not None:
        try:
            actions |= _parsed(own.read_text(encoding="utf-8"), str(own))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{own}: the button map cannot be read ({type(error).__name__})") from error
    return ButtonMap(actions)


def shipped_button_map() -> str:
    """The map that comes with the program, as text to copy and edit."""
    return files(__package__).joinpath("buttons.toml").read_text(encoding="utf-8")


def _parsed(text: str, name: str) -> dict[tuple[str, str], Action]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = found.group(1) if found else str(text.count("\n") + 1)
        raise InputError(f'{name}:{line}: not TOML; write lines such as record = "toggle_recording"') from None
    actions: dict[tuple[str, str], Action] = {}
    for kind, buttons in table.items():
        layout = layouts().get(kind)
        if layout is None or not isinstance(buttons, dict):
            raise InputError(f"{name}:{_line(text, kind)}: no known device {kind!r}; one of: {', '.join(layouts())}")
        for button, action in buttons.items():
            where = f"{name}:{_line(text, kind, button)}"
            if button not in layout.buttons:
                raise InputError(f"{where}: {kind} has no button {button!r}; one of: {', '.join(layout.buttons)}")
            if not isinstance(action, str) or action not in set(Action):
                raise InputError(f"{where}: no action {action!r}; one of: {', '.join(Action)}")
            actions[(kind, button)] = Action(action)
    return actions


def _line(text: str, kind: str, button: str | None = None) -> int:
    """Where a device, or one of its buttons, stands in the text."""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            inside = stripped.startswith(f"[{kind}]")
            if inside and button is None:
                return number
        elif (inside and button is not None and re.match(rf'"?{re.escape(button)}"?\s*=', stripped)) or (
            button is None and re.match(rf'"?{re.escape(kind)}"?\s*[.=]', stripped)
        ):
            return number
    return 1
