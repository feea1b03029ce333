"""Which microphones there are, and how one is opened: PortAudio, behind a seam that tests stand in for.

PortAudio is imported when a device is asked for and never before, because loading it looks at all sound hardware.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypedDict

from wardscribe_protocol.errors import InputError

_CARDS = Path("/proc/asound/cards")
_BLOCKS_PER_S = 50
_PLACE = " (hw:"  # ALSA: "Headset: USB Audio (hw:2,0)"


class _Info(TypedDict):
    """A device as sounddevice describes it."""

    index: int
    name: str
    max_input_channels: int
    default_samplerate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InputInfo:
    """A microphone, as the system calls it."""

    name: str
    channels: int
    rate: int
    default: bool


class OpenInput(Protocol):
    """A device that is being listened to."""

    @property
    def info(self) -> InputInfo:
        """Which; `channels` and `rate` are those of the blocks."""

    @property
    def alive(self) -> bool:
        """Whether the system still says so; a device may be gone before it does."""

    def close(self) -> None:
        """Listen no more. Never raises: the device may be gone."""


class AudioSystem(Protocol):
    """The sound hardware of this machine."""

    def inputs(self) -> list[InputInfo]:
        """Every microphone, as of the last look. Raises: InputError."""

    def look_again(self) -> None:
        """Notice what was plugged in or out. Only while nothing is open."""

    def sign_of_change(self) -> str | None:
        """Differs when something was plugged in or out; None where that cannot be told cheaply."""

    def open(self, name: str | None, take: Callable[[memoryview, bool], None]) -> OpenInput:
        """Listen to a microphone, the system's default for None.

        `take` is called in the audio thread with a block of s16le frames, which it must copy, and whether the device
        lost some before it. Raises: InputError.
        """


class PortAudio:
    """The hardware by `sounddevice`."""

    def inputs(self) -> list[InputInfo]:
        """Every microphone, as of the last look. Raises: InputError."""
        sounddevice = _sounddevice()
        try:
            default = sounddevice.default.device[0]
            found = list(sounddevice.query_devices())
        except sounddevice.PortAudioError as error:
            raise InputError("the sound system of this machine does not answer; is it running?") from error
        return [
            InputInfo(
                name=one["name"],
                channels=one["max_input_channels"],
                rate=round(one["default_samplerate"]),
                default=one["index"] == default,
            )
            for one in found
            if one["max_input_channels"] > 0
        ]

    def look_again(self) -> None:
        """Notice what was plugged in or out. Only while nothing is open."""
        sounddevice = _sounddevice()
        # PortAudio lists devices when it starts and has no other way to list them again.
        sounddevice._terminate()  # noqa: SLF001 - as the library's documentation says
        sounddevice._initialize()  # noqa: SLF001

    def sign_of_change(self) -> str | None:
        """Linux tells its sound cards in a file."""
        try:
            return _CARDS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def open(self, name: str | None, take: Callable[[memoryview, bool], None]) -> OpenInput:
        """Listen to a microphone, the system's default for None. Raises: InputError."""
        sounddevice = _sounddevice()
        info: _Info | None
        try:
            info = _named(list(sounddevice.query_devices()), name) if name else sounddevice.query_devices(kind="input")
        except (sounddevice.PortAudioError, ValueError):
            info = None
        if info is None:
            raise InputError("there is no such microphone; plug one in or choose another with --input")
        rate, most = round(info["default_samplerate"]), info["max_input_channels"]
        for channels in dict.fromkeys((1, min(2, most), most)):  # some devices have no mono
            opened = _opened(sounddevice, info, rate=rate, channels=channels, take=take)
            if opened is not None:
                return opened
        raise InputError("no microphone can be opened; plug one in or choose another with --input")


def _named(found: list[_Info], name: str) -> _Info | None:
    """The microphone of this name; its place on the bus, which some names end with, may be another by now."""
    inputs = [one for one in found if one["max_input_channels"] > 0]
    exact = (one for one in inputs if one["name"] == name)
    plain = name.partition(_PLACE)[0]
    return next(exact, None) or next((one for one in inputs if one["name"].partition(_PLACE)[0] == plain), None)


def _opened(
    sounddevice: ModuleType,
    info: _Info,
    *,
    rate: int,
    channels: int,
    take: Callable[[memoryview, bool], None],
) -> "_PortAudioInput | None":
    def callback(pcm: memoryview, _frames: int, _time: object, status: "object") -> None:
        take(memoryview(pcm), bool(getattr(status, "input_overflow", False)))

    stream = None
    try:
        stream = sounddevice.RawInputStream(
            samplerate=rate,
            blocksize=rate // _BLOCKS_PER_S,
            channels=channels,
            dtype="int16",
            device=info["index"],
            callback=callback,
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError):
        if stream is not None:
            stream.close(ignore_errors=True)
        return None
    return _PortAudioInput(stream, InputInfo(name=info["name"], channels=channels, rate=rate, default=False))


class _PortAudioInput:
    def __init__(self, stream: "_Stream", info: InputInfo) -> None:
        self._stream = stream
        self._info = info

    @property
    def info(self) -> InputInfo:
        return self._info

    @property
    def alive(self) -> bool:
        return self._stream.active

    def close(self) -> None:
        self._stream.close(ignore_errors=True)


class _Stream(Protocol):
    @property
    def active(self) -> bool: ...

    def close(self, ignore_errors: bool = True) -> None: ...  # noqa: FBT001, FBT002 - as the library has it


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except ModuleNotFoundError as error:
        raise InputError("the microphone needs: pip install 'wardscribe[desktop]'") from error
    except OSError as error:
        raise InputError("the microphone needs PortAudio: install libportaudio2 (apt install libportaudio2)") from error
    module: ModuleType = sounddevice
    return module
