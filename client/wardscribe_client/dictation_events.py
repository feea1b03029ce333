"""What a dictation tells whoever shows it: every message of the server, and what only this side knows. Values only."""

from dataclasses import dataclass
from enum import StrEnum

from wardscribe_protocol.errors import ErrorCode, WardscribeError
from wardscribe_protocol.messages import ServerMessage


class Connection(StrEnum):
    """How the dictation stands with its server; capture goes on in each of them."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"  # not yet, or lost a moment ago
    OFFLINE = "offline"  # gone for longer; still tried, and everything is kept here meanwhile


class DeviceChangeReason(StrEnum):
    """Why another device is listened to."""

    OPENED = "opened"
    FELL_BACK = "fell_back"  # the chosen one is gone; the system's default took its place
    CAME_BACK = "came_back"
    GONE = "gone"  # there is none at all; it is looked for
    ENDED = "ended"  # a recording was played to its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """Sound came in. `level_dbfs`: loudness of the newest stretch, 0 is full scale. `samples`: all of the dictation."""

    samples: int
    recording: bool
    level_dbfs: float
    peak_dbfs: float
    clipping: bool
    too_quiet: bool
    overflow: int  # samples that the device or this side lost so far, all told


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """The connection changed. `since`: seconds since 1970. `reason`: one line for a person, absent while connected."""

    state: Connection
    since: float
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """How much of what was captured is here only: not sent, and not called safe by the server.

    Told when the first of it is handed over, then about twice a second and with every acknowledgement.
    """

    captured_samples: int
    unsent_samples: int
    unsafe_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """Another device is listened to. `lost_ms`: sound that nobody heard meanwhile, where it was being recorded."""

    name: str
    reason: DeviceChangeReason
    lost_ms: int = 0


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """Sound is kept from here on, or no longer."""

    recording: bool
    at_sample: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """The server's session is over, the dictation is not: all of it is sent again. Forget what was told before."""

    code: ErrorCode


@dataclass(frozen=True, slots=True)
class Failed:
    """Something does not go on by itself; `capturing` says whether sound is still kept. Nothing kept is lost."""

    error: WardscribeError
    capturing: bool


DictationEvent = ServerMessage | Captured | LinkState | Spooled | DeviceChanged | RecordingChanged | Restarted | Failed
