"""The seam between the benchmark and a server under test: how it is started and how one speaker is played to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playback import Playback
from speech import SpokenStream
from traces import Trace


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server process is started."""

    command: Sequence[str]
    environment: Mapping[str, str]
    health_path: str | None = None  # answers 200 once it is ready; without one, ready is when the port is open


class System(Protocol):
    """A server under test."""

    @property
    def name(self) -> str:
        """How it is called in results."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What it runs with, for the result file."""
        ...

    def launch(self, *, port: int, model: Path, folder: Path) -> Launch:
        """How to start it with the weights in `model`, on `port`, keeping its files in `folder`."""
        ...

    async def play(
        self, stream: SpokenStream, playback: Playback, *, port: int, trace: Trace, finish_within_s: float
    ) -> None:
        """Play one stream and fill `trace`; ends when the server has finished, or after `finish_within_s`."""
        ...
