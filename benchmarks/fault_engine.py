"""Engines for the fault runs: one that knows the recordings by heart, and one that fails when it is told to.

What the first hears depends on the samples alone: the same audio gives the same words on any server, at any time. So
a word too many or too few is the server's doing, never the recogniser's.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE, Span
from wardscribe_server.engines.base import Capabilities, Effort, HeardWord, Hypothesis, Recogniser, Window

UNKNOWN = "[unknown]"  # sound that is in no recording: some of it was lost, doubled or moved
_VOICED_FRAME = SAMPLE_RATE // 50
_VOICED_LEVEL = 0.02
_PROBE_SAMPLES = 800

Bools = npt.NDArray[np.bool_]
Samples16 = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class KnownRecording:
    """A recording as s16le, and the words in it by where they are said."""

    language: Language
    pcm: bytes
    words: tuple[HeardWord, ...]


def known_recording(language: Language, pcm: bytes, text: str) -> KnownRecording:
    """Spread what is said over the voiced parts of the sound, by length."""
    units = list("".join(text.split())) if language is Language.ZH else text.split()
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
    frames = samples[: len(samples) // _VOICED_FRAME * _VOICED_FRAME].reshape(-1, _VOICED_FRAME)
    voiced = np.flatnonzero(np.abs(frames).max(axis=1) > _VOICED_LEVEL) * _VOICED_FRAME
    ends = np.cumsum([len(unit) for unit in units])
    words = []
    for unit, end in zip(units, ends, strict=True):
        first = voiced[int((end - len(unit)) / ends[-1] * (len(voiced) - 1))]
        last = voiced[int(end / ends[-1] * (len(voiced) - 1))]
        words.append(HeardWord(unit, Span(int(first), int(max(last, first + _VOICED_FRAME))), 0.9))
    return KnownRecording(language, pcm, tuple(words))


class KnowingRecogniser:
    """Finds a window in its recordings and hears the words that are said there."""

    def __init__(self, recordings: Sequence[KnownRecording]) -> None:
        self._recordings = recordings

    @property
    def capabilities(self) -> Capabilities:
        """A fake that takes windows like the real one."""
        return Capabilities("knowing", "0" * 64, "cpu", "none", tuple(Language), 28 * SAMPLE_RATE)

    def kind(self, window: Window) -> Hashable:
        """Everything goes together."""
        return window.effort

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """What is said in each window."""
        return [self._hear(window) for window in windows]

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        """The earlier text is the likelier."""
        return [-float(at * len(window.samples)) for at in range(len(texts))]

    def _hear(self, window: Window) -> Hypothesis:
        pcm = (window.samples * 32768).astype("<i2").tobytes()
        words: tuple[HeardWord, ...] = ()
        if window.samples.any():
            words = self._words(window.language, pcm, holes=window.effort is Effort.AGAIN)
        text = ("" if window.language is Language.ZH else " ").join(word.text for word in words)
        return Hypothesis(text, words, 0.0)

    def _words(self, language: Language, pcm: bytes, *, holes: bool) -> tuple[HeardWord, ...]:
        length = len(pcm) // BYTES_PER_SAMPLE
        for recording in self._recordings:
            start = _place(recording.pcm, pcm, holes=holes)
            if start is not None:
                said = [word for word in recording.words if recording.language is language]
                return tuple(_inside(said, start=start, left_out=_left_out(recording.pcm, pcm, start)))
        return (HeardWord(UNKNOWN, Span(0, length), 0.9),)


class Failures(Protocol):
    """How many decodes are still to fail."""

    def take(self) -> bool:
        """Whether the next decode fails."""
        ...


class FailingRecogniser:
    """A recogniser whose decodes fail for as long as it is told to."""

    def __init__(self, recogniser: Recogniser, failures: Failures) -> None:
        self._recogniser = recogniser
        self._failures = failures

    @property
    def capabilities(self) -> Capabilities:
        """Those of the recogniser."""
        return self._recogniser.capabilities

    def kind(self, window: Window) -> Hashable:
        """As the recogniser says."""
        return self._recogniser.kind(window)

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """As the recogniser hears it. Raises: RuntimeError, as CTranslate2 does, while a failure is due."""
        if self._failures.take():
            raise RuntimeError("told to fail")
        return self._recogniser.decode(windows)

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        """As the recogniser says."""
        return self._recogniser.likelihoods(window, texts)


def _inside(words: Sequence[HeardWord], *, start: int, left_out: Bools) -> Iterator[HeardWord]:
    """The words that begin in the window, as far as they sound in it."""
    for word in words:
        first, end = word.span.start - start, min(word.span.end - start, len(left_out))
        if 0 <= first < len(left_out):
            silent = np.flatnonzero(left_out[first:end])
            # A frame is left out as a whole; some of its samples may be silent by themselves.
            if not len(silent) or silent[0] >= _VOICED_FRAME:
                yield HeardWord(word.text, Span(first, first + int(silent[0]) if len(silent) else end), 0.9)


def _left_out(recording: bytes, window: bytes, start: int) -> Bools:
    """Where the window is silent and the recording is not: between segments that are heard together."""
    there = _samples(recording)[start : start + len(window) // BYTES_PER_SAMPLE]
    return (_samples(window) == 0) & (there != 0)


def _place(recording: bytes, window: bytes, *, holes: bool) -> int | None:
    """The sample of `recording` at which `window` begins, which may have silent `holes`; None where it is no part."""
    loudest = int(np.abs(_samples(window).astype(np.int32)).argmax()) * BYTES_PER_SAMPLE
    probe = window[loudest : loudest + _PROBE_SAMPLES * BYTES_PER_SAMPLE]
    at = -1
    while (at := recording.find(probe, at + 1)) >= 0:
        first = at - loudest
        there = recording[max(first, 0) : first + len(window)]
        if first >= 0 and first % BYTES_PER_SAMPLE == 0 and _same(there, window, holes=holes):
            return first // BYTES_PER_SAMPLE
    return None


def _same(there: bytes, window: bytes, *, holes: bool) -> bool:
    if not holes or len(there) != len(window):
        return there == window
    heard = _samples(window)
    return bool(np.all((heard == 0) | (heard == _samples(there))))


def _samples(pcm: bytes) -> Samples16:
    return np.frombuffer(pcm, dtype="<i2")
