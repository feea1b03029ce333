"""The one line beside the record key: the most urgent thing to know now. Pure but for the words."""

from collections.abc import Callable

from wardscribe_client.desktop.feed import Standing
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.shortcuts import key
from wardscribe_client.dictation_events import Connection, DeviceChangeReason
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.timeline import SAMPLE_RATE

Text = Callable[..., str]
_OVERFLOW_SAMPLES = SAMPLE_RATE // 100


def hint(phase: Phase, standing: Standing, text: Text, *, told: Callable[[WardscribeError], str]) -> tuple[str, str]:
    """What to say, and how urgent it is: error, warning or plain."""
    if standing.failed is not None:
        return told(standing.failed), "error"
    if phase is Phase.DONE:
        return text("hint.done"), "plain"
    urgent = _of_device(standing, text) or (_of_sound(standing, text) if phase is not Phase.FINISHING else None)
    if urgent is not None:
        return urgent
    if standing.connection is Connection.OFFLINE:
        return text("hint.offline"), "warning"
    if phase is Phase.FINISHING:
        return text("hint.finishing"), "plain"
    if phase is Phase.IDLE:
        return text("hint.ready", key=key("toggle").shown), "plain"
    return text("hint.recording" if phase is Phase.RECORDING else "hint.paused"), "plain"


def _of_device(standing: Standing, text: Text) -> tuple[str, str] | None:
    device = standing.device
    if device is None:
        return None
    match device.reason:
        case DeviceChangeReason.GONE:
            return text("hint.device_gone"), "error"
        case DeviceChangeReason.FELL_BACK:
            return text("hint.fell_back", name=device.name), "warning"
        case _:
            return None


def _of_sound(standing: Standing, text: Text) -> tuple[str, str] | None:
    captured = standing.captured
    if captured is None:
        return None
    if captured.clipping:
        return text("hint.clipping"), "error"
    if captured.too_quiet and captured.recording:
        return text("hint.too_quiet"), "warning"
    if captured.overflow >= _OVERFLOW_SAMPLES:
        return text("hint.overflow", ms=captured.overflow * 1000 // SAMPLE_RATE), "warning"
    return None
