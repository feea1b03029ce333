"""What a button, a pedal or a key can ask for, and how much of that a dictation can do by itself."""

from dataclasses import dataclass
from enum import StrEnum

from wardscribe_client.dictation import Dictation


class Action(StrEnum):
    """The names that stand in button maps and hot keys."""

    HOLD_TO_RECORD = "hold_to_record"  # press-to-talk: records for as long as it is held
    TOGGLE_RECORDING = "toggle_recording"
    START_RECORDING = "start_recording"
    STOP_RECORDING = "stop_recording"
    FINISH = "finish"  # the dictation is over: send it and make its record
    FINALIZE = "finalize"
    NEXT_FIELD = "next_field"
    PREVIOUS_FIELD = "previous_field"
    NEW_LINE = "new_line"
    NEW_PARAGRAPH = "new_paragraph"
    SCRATCH = "scratch"
    UNDO = "undo"
    REDO = "redo"
    NEXT_DICTATION = "next_dictation"  # from here on the window's own
    PLAY = "play"
    PASTE_TEXT = "paste_text"
    SHOW_WINDOW = "show_window"
    SIGN = "sign"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asked:
    """A button went down, or up again."""

    action: Action
    pressed: bool


_COMMANDS = (
    Action.NEXT_FIELD,
    Action.PREVIOUS_FIELD,
    Action.NEW_LINE,
    Action.NEW_PARAGRAPH,
    Action.SCRATCH,
    Action.UNDO,
    Action.REDO,
)


def perform(asked: Asked, dictation: Dictation) -> bool:
    """Do what was asked, if it is the dictation's to do; whether it was.

    Raises: InputError after the dictation's end, FullError when the disk has no room.
    """
    match asked:
        case Asked(Action.HOLD_TO_RECORD, True) | Asked(Action.START_RECORDING, True):
            dictation.record()
        case Asked(Action.HOLD_TO_RECORD, False) | Asked(Action.STOP_RECORDING, True):
            dictation.pause()
        case Asked(Action.TOGGLE_RECORDING, True):
            dictation.toggle()
        case Asked(Action.FINISH, True):
            dictation.stop()
        case Asked(Action.FINALIZE, True):
            dictation.finalize()
        case Asked(action, True) if action in _COMMANDS:
            dictation.command(action.value)
        case _:
            return False
    return True
