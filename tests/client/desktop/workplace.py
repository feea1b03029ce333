"""A workstation that nobody has used yet, and microphones that say what a test wants heard."""

from pathlib import Path

import numpy as np

from wardscribe_client.config import ClientSettings
from wardscribe_client.input_device import Heard
from wardscribe_client.token_store import TokenStore
from wardscribe_client.workstation import Workstation
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.timeline import SAMPLE_RATE

NAMES = ["Boom", "Headset"]


def workstation(folder: Path) -> Workstation:
    return Workstation(ClientSettings(config_dir=folder), tokens=TokenStore(folder, keyring=None))


def sound(seconds: float, level: float) -> bytes:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * 32767 * np.sin(2 * np.pi * 220 * time)).clip(-32768, 32767).astype("<i2").tobytes()


class ToldMicrophone:
    """Gives all that it was told to at its first reading."""

    live = True
    name = "told"
    ended = False

    def __init__(self, pcm: bytes, *, there: bool = True) -> None:
        self._pcm, self._there = pcm, there
        self.closed = False

    def open(self) -> None:
        if not self._there:
            raise InputError("no microphone")

    def read(self, *, recording: bool) -> Heard:
        pcm, self._pcm = self._pcm, b""
        return Heard(pcm=pcm)

    def close(self) -> None:
        self.closed = True
