"""The seam to recognisers and speech detectors: what the server asks of an engine, whatever runs it.

Engines are synchronous and are called from worker threads only; they know nothing of sessions, sockets or templates.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES, Effort, HeardWord

__all__ = [
    "CHUNK_SAMPLES",
    "Capabilities",
    "Effort",
    "EngineUnavailable",
    "HeardWord",
    "Hypothesis",
    "Recogniser",
    "Samples",
    "SpeechDetector",
    "SpeechStream",
    "samples_from_pcm16",
]

Samples = npt.NDArray[np.float32]  # [n_samples], -1..1, 16 kHz mono


class EngineUnavailable(InputError):
    """An engine cannot be built on this machine; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do and which weights it runs, for `/healthz`, `config` and benchmark files."""

    model: str
    model_sha256: str
    device: str
    compute_type: str
    languages: tuple[Language, ...]
    max_window_samples: int


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was heard in one window. `words` carry times for `Effort.FINAL`; for a tail only `text` is filled."""

    text: str
    words: tuple[HeardWord, ...]
    average_logprob: float


class Recogniser(Protocol):
    """Turns one window of speech into words."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine is."""
        ...

    def decode(self, samples: Samples, *, language: Language, effort: Effort) -> Hypothesis:
        """Recognise `samples` (float32 [n], at most `max_window_samples`)."""
        ...


class SpeechStream(Protocol):
    """Speech detection over one session's audio, with the detector's own memory."""

    def push(self, samples: Samples) -> list[float]:
        """Take the next samples; return the speech probability of every chunk of 512 that is now complete."""
        ...


class SpeechDetector(Protocol):
    """Makes speech streams."""

    def stream(self) -> SpeechStream:
        """A fresh stream, as at the first sample of a session."""
        ...


def samples_from_pcm16(pcm: bytes) -> Samples:
    """Little-endian 16-bit samples as float32 in -1..1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768.0)
