"""Scripted engines for tests of everything above the seam: no weights, no randomness."""

from collections.abc import Iterable, Sequence

import numpy as np

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.engines.base import (
    CHUNK_SAMPLES,
    Capabilities,
    Effort,
    HeardWord,
    Hypothesis,
    Samples,
    SpeechStream,
)


class ScriptedRecogniser:
    """Answers each final window with the next scripted text, its words spread evenly over the window."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self.decoded: list[tuple[int, Effort]] = []

    @property
    def capabilities(self) -> Capabilities:
        """A fake that takes windows like the real one."""
        return Capabilities("scripted", "0" * 64, "cpu", "none", tuple(Language), 28 * SAMPLE_RATE)

    def decode(self, samples: Samples, *, language: Language, effort: Effort) -> Hypothesis:
        """The next text of the script for a final; a tail hears the window's length."""
        self.decoded.append((len(samples), effort))
        if effort is Effort.TAIL:
            return Hypothesis(f"… {len(samples) // SAMPLE_RATE} s", (), 0.0)
        text = next(self._texts, "")
        units = list(text.replace(" ", "")) if language is Language.ZH else text.split()
        return Hypothesis(text, tuple(_spread(units, len(samples))), 0.0)


class LoudnessDetector:
    """Speech is whatever is not digital silence."""

    def stream(self) -> SpeechStream:
        """A fresh stream."""
        return _LoudnessStream()


class _LoudnessStream:
    def __init__(self) -> None:
        self._pending = np.zeros(0, dtype=np.float32)

    def push(self, samples: Samples) -> list[float]:
        audio = np.concatenate([self._pending, samples])
        count = len(audio) // CHUNK_SAMPLES
        self._pending = audio[count * CHUNK_SAMPLES :]
        chunks = audio[: count * CHUNK_SAMPLES].reshape(count, CHUNK_SAMPLES)
        return [float(np.abs(chunk).max() > 0.01) for chunk in chunks]


def _spread(units: Sequence[str], length: int) -> Iterable[HeardWord]:
    step = length / max(len(units), 1)
    for index, unit in enumerate(units):
        yield HeardWord(unit, Span(round(index * step), round((index + 1) * step)), 0.9)
