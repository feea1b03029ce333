"""The yardstick: an offline beam-5 decode of the same recordings with the same weights, and when each word was said.

Owns the decode and its cache on disk (by digest of weights and sound). The cache holds what was said, so it stays
outside the repository and outside result files.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from neutral import neutral_units
from pydantic import TypeAdapter, ValidationError
from speech import SpokenStream

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.whole_files import write_whole

BEAM = 5
_CACHED = TypeAdapter(dict[str, list[tuple[str, float, float]]])


@dataclass(frozen=True, slots=True)
class SaidUnit:
    """A neutral unit (word, or Chinese character) and the seconds of the stream in which it was said."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class OfflineText:
    """What the offline decode makes of a stream."""

    text: str
    units: tuple[SaidUnit, ...]


class OfflineDecoder:
    """faster-whisper over whole recordings: beam 5, word times, everything else as it comes."""

    def __init__(self, folder: Path, *, cache: Path) -> None:
        self._folder = folder
        self._cache = cache
        self._model: WhisperModel | None = None
        self._weights = _digest((folder / "model.bin").read_bytes())
        try:
            self._known = _CACHED.validate_json(cache.read_bytes())
        except (OSError, ValidationError):
            self._known = {}

    def hear(self, stream: SpokenStream) -> OfflineText:
        """Every recording of a stream, decoded by itself, at its place in the stream."""
        units: list[SaidUnit] = []
        texts = []
        for part in stream.parts:
            words = self._words(stream.part_pcm(part), stream.language)
            texts.append("".join(word for word, _, _ in words).strip())
            units += timed_units(words, stream.language, from_s=part.span.start / SAMPLE_RATE)
        return OfflineText(("" if stream.language is Language.ZH else " ").join(texts), tuple(units))

    def _words(self, pcm: bytes, language: Language) -> list[tuple[str, float, float]]:
        key = f"{self._weights[:16]}/{BEAM}/{language.value}/{_digest(pcm)}"
        if key not in self._known:
            if self._model is None:
                self._model = WhisperModel(str(self._folder), device="cpu", compute_type="int8", cpu_threads=_cores())
            sound = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0
            segments, _ = self._model.transcribe(sound, language=language.value, beam_size=BEAM, word_timestamps=True)
            self._known[key] = [
                (word.word, round(float(word.start), 3), round(float(word.end), 3))
                for segment in segments
                for word in segment.words or ()
            ]
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._cache, json.dumps(self._known, ensure_ascii=False))
        return self._known[key]

    def forget_model(self) -> None:
        """Give the weights' memory and threads back before something is timed."""
        self._model = None


def timed_units(
    words: Sequence[tuple[str, float, float]], language: Language, *, from_s: float = 0.0
) -> Iterator[SaidUnit]:
    """The neutral units of timed words; the units of one word share its time evenly."""
    for word, start_s, end_s in words:
        units = neutral_units(word, language)
        step_s = (end_s - start_s) / max(len(units), 1)
        for index, unit in enumerate(units):
            first_s = from_s + start_s + index * step_s
            yield SaidUnit(unit, first_s, first_s + step_s)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _digest(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()
