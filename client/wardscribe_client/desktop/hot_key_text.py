"""Hot keys as they are typed into a window and as they are stored and listened to. Pure.

A window writes `Ctrl+Alt+R`, the listener `ctrl+alt+r`; some keys have other names on either side.
"""

from collections.abc import Mapping
from typing import Final

from wardscribe_client.actions import Action
from wardscribe_client.hotkeys import parse_keys
from wardscribe_protocol.errors import InputError

# What a person does while another program has the keyboard.
HOT_ACTIONS: Final = (
    Action.TOGGLE_RECORDING,
    Action.HOLD_TO_RECORD,
    Action.FINISH,
    Action.NEXT_FIELD,
    Action.PREVIOUS_FIELD,
    Action.UNDO,
    Action.NEXT_DICTATION,
    Action.PASTE_TEXT,
    Action.SHOW_WINDOW,
)
_NAMES: Final = {
    "Meta": "cmd",
    "Return": "enter",
    "Ins": "insert",
    "Del": "delete",
    "PgUp": "page_up",
    "PgDown": "page_down",
    "ScrollLock": "scroll_lock",
    "CapsLock": "caps_lock",
    "NumLock": "num_lock",
    "Print": "print_screen",
}
_BACK: Final = {stored: shown for shown, stored in _NAMES.items()}


def stored_keys(shown: str) -> str:
    """`Ctrl+Alt+R` as `ctrl+alt+r`; empty stays empty.

    Raises: InputError for what is no combination that can be listened to.
    """
    if not shown.strip():
        return ""
    parts = shown.strip().split("+")
    stored = "+".join(_NAMES.get(part.strip(), part.strip().lower()) for part in parts)
    parse_keys(stored)
    return stored


def shown_keys(stored: str) -> str:
    """`ctrl+alt+r` as `Ctrl+Alt+R`."""
    return "+".join(_BACK.get(part, part.capitalize()) for part in stored.split("+")) if stored else ""


def listened_keys(hot_keys: Mapping[str, str]) -> dict[str, Action]:
    """What the listener is given: actions by combination.

    Raises: InputError naming the one that cannot be.
    """
    found: dict[str, Action] = {}
    for name, keys in hot_keys.items():
        if name not in set(Action):
            raise InputError(f"hot keys: no action {name!r}; one of: {', '.join(Action)}")
        if frozenset(parse_keys(keys)) in {frozenset(parse_keys(other)) for other in found}:
            raise InputError(f"hot keys: {keys} is set for two actions; change one of them")
        found[keys] = Action(name)
    return found
