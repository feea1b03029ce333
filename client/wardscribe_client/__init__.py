"""The capture side, as a library: sound from a device, kept on disk, sent to a server, and what it makes of it.

What stands in `__all__` is for others to build on. Each name is loaded when it is first asked for, so that a command
that needs one of them does not wait for all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wardscribe_client.actions import Action, Asked, perform
    from wardscribe_client.blocking import BlockingDictation, dictate_file
    from wardscribe_client.capture import Capture, CaptureSettings
    from wardscribe_client.credentials import Credentials
    from wardscribe_client.devices import InputInfo, PortAudio
    from wardscribe_client.dictation import Dictation
    from wardscribe_client.dictation_events import (
        Captured,
        Connection,
        DeviceChanged,
        DeviceChangeReason,
        DictationEvent,
        Failed,
        LinkState,
        RecordingChanged,
        Restarted,
        Spooled,
    )
    from wardscribe_client.file_device import FileDevice
    from wardscribe_client.input_device import Heard, InputDevice
    from wardscribe_client.microphone import Microphone
    from wardscribe_client.sending import SendingSettings, ServerAccess
    from wardscribe_client.spool import Spool, SpoolItem, SpoolSettings, Standing
    from wardscribe_client.upload import UploadQueue

_PLACES = {
    "Action": "actions",
    "Asked": "actions",
    "BlockingDictation": "blocking",
    "Capture": "capture",
    "CaptureSettings": "capture",
    "Captured": "dictation_events",
    "Connection": "dictation_events",
    "Credentials": "credentials",
    "DeviceChangeReason": "dictation_events",
    "DeviceChanged": "dictation_events",
    "Dictation": "dictation",
    "DictationEvent": "dictation_events",
    "Failed": "dictation_events",
    "FileDevice": "file_device",
    "Heard": "input_device",
    "InputDevice": "input_device",
    "InputInfo": "devices",
    "LinkState": "dictation_events",
    "Microphone": "microphone",
    "PortAudio": "devices",
    "RecordingChanged": "dictation_events",
    "Restarted": "dictation_events",
    "SendingSettings": "sending",
    "ServerAccess": "sending",
    "Spool": "spool",
    "SpoolItem": "spool",
    "SpoolSettings": "spool",
    "Spooled": "dictation_events",
    "Standing": "spool",
    "UploadQueue": "upload",
    "dictate_file": "blocking",
    "perform": "actions",
}

__all__ = [
    "Action",
    "Asked",
    "BlockingDictation",
    "Capture",
    "CaptureSettings",
    "Captured",
    "Connection",
    "Credentials",
    "DeviceChangeReason",
    "DeviceChanged",
    "Dictation",
    "DictationEvent",
    "Failed",
    "FileDevice",
    "Heard",
    "InputDevice",
    "InputInfo",
    "LinkState",
    "Microphone",
    "PortAudio",
    "RecordingChanged",
    "Restarted",
    "SendingSettings",
    "ServerAccess",
    "Spool",
    "SpoolItem",
    "SpoolSettings",
    "Spooled",
    "Standing",
    "UploadQueue",
    "dictate_file",
    "perform",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
