"""A microphone for tests that hears what it is told to."""

from collections import deque

import numpy as np

from wardscribe_client.input_device import Heard
from wardscribe_protocol.errors import InputError

BLOCK_SAMPLES = 320


def block(value: int, samples: int = BLOCK_SAMPLES) -> bytes:
    """Samples of one value, by which they are known again."""
    return value.to_bytes(2, "little", signed=True) * samples


def tone(seconds: float, *, level: float = 0.25) -> bytes:
    """A sine at so much of full scale."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    return (32_767 * level * np.sin(2 * np.pi * 440 * time)).astype("<i2").tobytes()


class FakeMicrophone:
    """Live; `hear` is what comes in until it is read next."""

    live = True
    paced = True
    ended = False
    name = "fake"

    def __init__(self) -> None:
        self.heard: deque[Heard] = deque()
        self.opened = 0
        self.refuses = False

    def open(self) -> None:
        if self.refuses:
            raise InputError("no microphone can be opened; plug one in")
        self.opened += 1

    def close(self) -> None:
        self.opened -= 1

    def hear(self, *blocks: bytes, lost_samples: int = 0) -> None:
        self.heard.append(Heard(pcm=b"".join(blocks), lost_samples=lost_samples))

    def read(self, *, recording: bool) -> Heard:
        return self.heard.popleft() if self.heard else Heard()
