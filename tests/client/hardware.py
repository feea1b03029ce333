"""Sound hardware for tests: microphones that speak when told to, and are plugged in and out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wardscribe_client.devices import InputInfo
from wardscribe_protocol.errors import InputError


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeInput:
    """One stream of a fake microphone."""

    info: InputInfo
    take: Callable[[memoryview, bool], None]
    alive: bool = True
    closed: bool = False

    def close(self) -> None:
        self.closed, self.alive = True, False

    def speak(self, pcm: bytes, *, lost_some: bool = False) -> None:
        if not self.closed:
            self.take(memoryview(pcm), lost_some)


@dataclass
class FakeHardware:
    """Microphones by name, the first of them the default; like PortAudio it notices nothing until asked."""

    plugged: list[InputInfo]
    tells_changes: bool = True
    streams: list[FakeInput] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        self.known = list(self.plugged)

    def inputs(self) -> list[InputInfo]:
        return self.known

    def look_again(self) -> None:
        assert all(stream.closed for stream in self.streams), "the list is made anew only while nothing is open"
        self.looks += 1
        self.known = list(self.plugged)

    def sign_of_change(self) -> str | None:
        return " ".join(one.name for one in self.plugged) if self.tells_changes else None

    def open(self, name: str | None, take: Callable[[memoryview, bool], None]) -> FakeInput:
        for one in self.known:
            if one in self.plugged and name in (None, one.name):
                self.streams.append(FakeInput(one, take))
                return self.streams[-1]
        raise InputError("there is no such microphone; plug one in or choose another with --input")

    def unplug(self, name: str) -> None:
        self.plugged = [one for one in self.plugged if one.name != name]

    @property
    def now(self) -> FakeInput:
        return self.streams[-1]


def a_microphone(name: str, *, rate: int = 16_000, channels: int = 1) -> InputInfo:
    return InputInfo(name=name, channels=channels, rate=rate, default=False)
