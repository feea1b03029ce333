"""An engine that hears what was said in how loud it is: its answers follow from the audio alone, on any server."""

from collections.abc import Hashable, Sequence

import numpy as np

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.engines.base import Capabilities, Effort, HeardWord, Hypothesis, Window

_STEP = 1000  # of the sample's value, between one text and the next


class LevelRecogniser:
    """Text `n` of `texts` is a stretch of samples that all have the value `(n + 1) * 1000`."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities("levels", "0" * 64, "cpu", "none", tuple(Language), 28 * SAMPLE_RATE)

    def kind(self, window: Window) -> Hashable:
        return window.effort

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        return [self._decode(window) for window in windows]

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        return [0.0 for _ in texts]

    def _decode(self, window: Window) -> Hypothesis:
        values = np.round(window.samples * 32768).astype(int)
        words: list[HeardWord] = []
        for number, text in enumerate(self._texts):
            (where,) = np.nonzero(values == (number + 1) * _STEP)
            if len(where):
                spoken = text.split()
                start, step = int(where[0]), SAMPLE_RATE // len(spoken)
                spans = [Span(start + at * step, start + (at + 1) * step) for at in range(len(spoken))]
                heard = [HeardWord(word, span, 0.9) for word, span in zip(spoken, spans, strict=True)]
                words += [word for word in heard if window.effort is not Effort.TAIL or word.span.end <= where[-1]]
        words.sort(key=lambda word: word.span)
        return Hypothesis(" ".join(word.text for word in words), tuple(words), 0.0)


def said(texts: Sequence[str], *, pause: float = 0.8) -> bytes:
    """A second of each text, with silence between."""
    quiet = b"\0\0" * round(pause * SAMPLE_RATE)
    return b"".join(
        ((number + 1) * _STEP).to_bytes(2, "little", signed=True) * SAMPLE_RATE + quiet for number in range(len(texts))
    )
