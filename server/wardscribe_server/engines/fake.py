"""Scripted engines for tests of everything above the seam: no weights, no randomness."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence

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
    Sentence,
    SpeechStream,
    Tagged,
    TaggerCapabilities,
    Window,
)
from wardscribe_server.pipeline.understanding.tagged import Outside, Relation, SpanIndex, TaggedSpan
from wardscribe_server.pipeline.values import Assertion, Label


class ScriptedRecogniser:
    """Answers each final window with the next scripted text, its words spread evenly over the window.

    Asked again it hears nothing, so what it said first stands.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self.decoded: list[tuple[int, Effort]] = []

    @property
    def capabilities(self) -> Capabilities:
        """A fake that takes windows like the real one."""
        return Capabilities("scripted", "0" * 64, "cpu", "none", tuple(Language), 28 * SAMPLE_RATE)

    def kind(self, window: Window) -> Hashable:
        """Everything goes together."""
        return window.effort

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """The next text of the script for each final; a tail hears the window's length."""
        return [self._decode(window) for window in windows]

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        """The earlier text is the likelier, the more so the longer the window."""
        return [-float(at * len(window.samples)) for at in range(len(texts))]

    def _decode(self, window: Window) -> Hypothesis:
        n_samples = len(window.samples)
        self.decoded.append((n_samples, window.effort))
        if window.effort is Effort.TAIL:
            text = f"…{n_samples // SAMPLE_RATE}s"
            return Hypothesis(text, (HeardWord(text, Span(n_samples, n_samples), 0.9),), 0.0)
        if window.effort is Effort.AGAIN:
            return Hypothesis("", (), 0.0)
        text = next(self._texts, "")
        units = list(text.replace(" ", "")) if window.language is Language.ZH else text.split()
        return Hypothesis(text, tuple(_spread(units, n_samples)), 0.0)


class ScriptedTagger:
    """Knows the terms that it is given, wherever they stand, and is sure of them and of everything else."""

    def __init__(
        self, terms: Mapping[str, Label], *, claims: Mapping[str, Assertion] | None = None, reads_context: bool = False
    ) -> None:
        """`claims` are what is claimed of a term, wherever it stands."""
        self._terms = dict(terms)
        self._claims = claims or {}
        self._reads_context = reads_context
        self.asked: list[Sentence] = []

    @property
    def capabilities(self) -> TaggerCapabilities:
        """A fake that takes one sentence at a time."""
        return TaggerCapabilities("scripted", "0" * 64, "cpu")

    @property
    def reads_context(self) -> bool:
        """As it was made."""
        return self._reads_context

    def kind(self, sentence: Sentence) -> Hashable:
        """Everything goes together."""
        return len(sentence.text) * 0

    def tag(self, sentences: Sequence[Sentence]) -> list[Tagged]:
        """The terms in each sentence."""
        self.asked += sentences
        return [self._tagged(sentence.text) for sentence in sentences]

    def _tagged(self, text: str) -> Tagged:
        spans = tuple(
            TaggedSpan(match.start(), match.end(), label, 0.99, self._claims.get(term, Assertion()))
            for term, label in self._terms.items()
            for match in re.finditer(re.escape(term), text)
        )
        outside = tuple(
            Outside(
                match.start(),
                match.end(),
                float(not any(span.start < match.end() and match.start() < span.end for span in spans)),
            )
            for match in re.finditer(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+", text)
        )
        spans = tuple(sorted(spans, key=lambda span: span.start))
        return Tagged(spans, outside, tuple(_beside(spans)))


def _beside(spans: Sequence[TaggedSpan]) -> Iterable[Relation]:
    """Every entity says something of the one before it."""
    for at in range(1, len(spans)):
        yield Relation(SpanIndex(at), SpanIndex(at - 1), 0.99)


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
