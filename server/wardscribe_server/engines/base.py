"""The seam to recognisers, speech detectors and taggers: what the server asks of an engine, whatever runs it.

Engines are synchronous and are called from worker threads only; they know nothing of sessions, sockets or templates.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES, Effort, HeardWord
from wardscribe_server.pipeline.understanding.tagged import Sentence, Tagged

__all__ = [
    "CHUNK_SAMPLES",
    "Alternative",
    "Capabilities",
    "Effort",
    "EngineUnavailable",
    "HeardWord",
    "Hypothesis",
    "Recogniser",
    "Samples",
    "Sentence",
    "SpeechDetector",
    "SpeechStream",
    "Tagged",
    "Tagger",
    "TaggerCapabilities",
    "Window",
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
    max_batch: int = 1  # windows that are decoded together at no loss


@dataclass(frozen=True, slots=True)
class Window:
    """Speech to recognise, and how; `samples` are float32 [n], at most `max_window_samples`.

    With `terms`, which may have been said, the hypothesis has a text and no words.
    """

    samples: Samples = field(repr=False)
    language: Language
    effort: Effort
    terms: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was heard in one window; unless a tail also what else it may have been, likeliest first."""

    text: str
    words: tuple[HeardWord, ...]
    average_logprob: float
    alternatives: tuple[Alternative, ...] = ()


class Recogniser(Protocol):
    """Turns windows of speech into words."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine is."""
        ...

    def kind(self, window: Window) -> Hashable:
        """Windows of one kind can be decoded together."""
        ...

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Recognise windows of one kind, at most `max_batch` of them."""
        ...

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        """How well each text fits the sound: the log-probability of all its tokens, given the window."""
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


@dataclass(frozen=True, slots=True)
class TaggerCapabilities:
    """Which tagger runs where, for `/healthz`, `config` and benchmark files."""

    model: str
    model_sha256: str
    device: str
    max_batch: int = 1  # sentences that are tagged together and do not change each other's answer


class Tagger(Protocol):
    """Finds entities in sentences. The same sentence gets the same answer, whatever is asked beside it."""

    @property
    def capabilities(self) -> TaggerCapabilities:
        """What this engine is."""
        ...

    @property
    def reads_context(self) -> bool:
        """Whether the sentence before matters to it."""
        ...

    def kind(self, sentence: Sentence) -> Hashable:
        """Sentences of one kind can be tagged together."""
        ...

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged]:
        """An answer for each sentence."""
        ...


def samples_from_pcm16(pcm: bytes) -> Samples:
    """Little-endian 16-bit samples as float32 in -1..1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768.0)
