"""The capture side, as a library: sound from a device, kept on disk, sent to a server, and what it makes of it.

What stands in `__all__` is for others to build on. Each name is loaded when it is first asked for, so that a command
that needs one of them does not wait for all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wardscribe_client.capture import Capture, CaptureSettings
    from wardscribe_client.credentials import Credentials
    from wardscribe_client.dictation import Dictation
    from wardscribe_client.dictation_events import DictationEvent
    from wardscribe_client.file_device import FileDevice
    from wardscribe_client.sending import SendingSettings, ServerAccess
    from wardscribe_client.spool import Spool, SpoolItem, SpoolSettings

_PLACES = {
    "Capture": "capture",
    "CaptureSettings": "capture",
    "Credentials": "credentials",
    "Dictation": "dictation",
    "DictationEvent": "dictation_events",
    "FileDevice": "file_device",
    "SendingSettings": "sending",
    "ServerAccess": "sending",
    "Spool": "spool",
    "SpoolItem": "spool",
    "SpoolSettings": "spool",
}

__all__ = [
    "Capture",
    "CaptureSettings",
    "Credentials",
    "Dictation",
    "DictationEvent",
    "FileDevice",
    "SendingSettings",
    "ServerAccess",
    "Spool",
    "SpoolItem",
    "SpoolSettings",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
