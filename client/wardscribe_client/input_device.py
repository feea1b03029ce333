"""What a source of sound is to those who capture: it is asked what came in since, and never waits."""

from dataclasses import dataclass
from typing import Protocol

from wardscribe_client.dictation_events import DeviceChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came in since the last time: s16le at 16 kHz, mono. `lost_samples` were heard by nobody."""

    pcm: bytes = b""
    lost_samples: int = 0
    change: DeviceChanged | None = None


class InputDevice(Protocol):
    """A microphone, or a recording that stands for one."""

    @property
    def live(self) -> bool:
        """Whether sound goes by when nobody listens. What is not live is asked only while it is recorded."""

    @property
    def paced(self) -> bool:
        """Whether it gives sound at the speed at which it was spoken; else it is asked again and again."""

    @property
    def name(self) -> str:
        """As a person would call it."""

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more; a microphone that is unplugged has not ended."""

    def open(self) -> None:
        """Begin to listen; may take a moment, so it is called in a thread. Again changes nothing.

        Raises: InputError saying what to install or to plug in.
        """

    def read(self, *, recording: bool) -> Heard:
        """What came in since the last time. Never waits."""

    def close(self) -> None:
        """Listen no more, as far as this was opened."""
