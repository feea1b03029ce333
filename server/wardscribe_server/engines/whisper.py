"""Whisper on CTranslate2: one window of speech in, words with times and confidence out.

Windows are as short as the speech (padded to 8 s) because the encoder's cost follows the window; faster-whisper's
tokenizer and feature extractor are used, its 30 s windows are not. Text in Chinese leaves as Simplified.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.engines.base import Capabilities, Effort, EngineUnavailable, HeardWord, Hypothesis, Samples
from wardscribe_server.engines.script import simplified

_FRAME_SAMPLES = 320  # one encoder frame: 20 ms
_MIN_WINDOW_SAMPLES = 8 * SAMPLE_RATE  # tighter windows loop
_TRAILING_SAMPLES = SAMPLE_RATE  # silence after the last word, or the decoder goes on inventing
_MAX_WINDOW_SAMPLES = 29 * SAMPLE_RATE  # CTranslate2 takes less than 30 s
_BEAM = {Effort.FINAL: 5, Effort.TAIL: 1}
_TOKENS_PER_SECOND = {Language.EN: 7.0, Language.ZH: 9.0}  # fast dictation stays below; a loop does not
_SPARE_TOKENS = 10
# Whisper's own threshold for a decode that failed. What it invents over silence and hum lies at -1.3 and below, speech
# above -0.5 (tests/server/engines/test_whisper.py).
_NOT_SPEECH_LOGPROB = -1.0
_LOOP_RUN = 3  # the same token sequence three times in a row
_LOOP_TOKENS = 6  # in all; less may be stammered, or a number


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    logprob: float


class WhisperRecogniser:
    """A Whisper model in CTranslate2's format.

    Raises: EngineUnavailable when the folder or the device cannot be used.
    """

    def __init__(
        self, folder: Path, *, name: str, device: str = "auto", compute_type: str = "default", threads: int = 0
    ) -> None:
        chosen = _device(device)
        compute = compute_type if compute_type != "default" else ("float16" if chosen == "cuda" else "int8")
        try:
            self._whisper = WhisperModel(str(folder), device=chosen, compute_type=compute, cpu_threads=threads)
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(f"model {name!r} cannot be loaded on {chosen} as {compute}: {error}") from error
        self._capabilities = Capabilities(
            model=name,
            model_sha256=_sha256(folder / "model.bin"),
            device=chosen,
            compute_type=compute,
            languages=tuple(Language) if self._whisper.model.is_multilingual else (Language.EN,),
            max_window_samples=_MAX_WINDOW_SAMPLES - _TRAILING_SAMPLES,
        )
        self._tokenizers = {language: self._tokenizer(language) for language in self._capabilities.languages}

    @property
    def capabilities(self) -> Capabilities:
        """What was loaded, and where it runs."""
        return self._capabilities

    def decode(self, samples: Samples, *, language: Language, effort: Effort) -> Hypothesis:
        """Recognise float32 samples of one window.

        Raises: ValueError for a window longer than `max_window_samples`, KeyError for a language it does not speak.
        """
        if len(samples) > self._capabilities.max_window_samples:
            raise ValueError(f"window of {len(samples)} samples is longer than this engine takes")
        tokenizer = self._tokenizers[language]
        window = _padded(samples)
        features = self._whisper.feature_extractor(window, padding=0)
        encoded = self._whisper.encode(features[:, : len(window) // _FRAME_SAMPLES * 2])
        decoded = self._generate(encoded, tokenizer, seconds=len(samples) / SAMPLE_RATE, beam=_BEAM[effort])
        if decoded.logprob < _NOT_SPEECH_LOGPROB:
            return Hypothesis("", (), decoded.logprob)
        text = tokenizer.decode(decoded.tokens).strip()
        if effort is Effort.TAIL:
            return Hypothesis(_in_script(text, language), (), decoded.logprob)
        words = self._words(encoded, tokenizer, decoded.tokens, frames=len(window) // _FRAME_SAMPLES, end=len(samples))
        if language is Language.ZH:
            words = _simplified_words(words)
        return Hypothesis(_in_script(text, language), words, decoded.logprob)

    def _tokenizer(self, language: Language) -> Tokenizer:
        multilingual = self._whisper.model.is_multilingual
        return Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language.value)

    def _generate(
        self, encoded: ctranslate2.StorageView, tokenizer: Tokenizer, *, seconds: float, beam: int
    ) -> _Decoded:
        """Decode; when the result loops, decode again with repetition forbidden, and keep the one that does not."""
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        language = Language(tokenizer.language_code)
        cap = min(448, len(prompt) + int(seconds * _TOKENS_PER_SECOND[language]) + _SPARE_TOKENS)

        def attempt(*, no_repeat: int, penalty: float) -> _Decoded:
            result = self._whisper.model.generate(
                encoded,
                [prompt],
                beam_size=beam,
                max_length=cap,
                return_scores=True,
                no_repeat_ngram_size=no_repeat,
                repetition_penalty=penalty,
                suppress_blank=True,
            )[0]
            tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            return _Decoded(tokens, float(result.scores[0]))

        first = attempt(no_repeat=0, penalty=1.0)
        if not loops(first.tokens):
            return first
        second = attempt(no_repeat=4, penalty=1.1)
        return second if not loops(second.tokens) else min(first, second, key=lambda decoded: len(decoded.tokens))

    def _words(
        self, encoded: ctranslate2.StorageView, tokenizer: Tokenizer, tokens: list[int], *, frames: int, end: int
    ) -> tuple[HeardWord, ...]:
        if not tokens:
            return ()
        alignment = self._whisper.model.align(
            encoded, list(tokenizer.sot_sequence), [tokens], [frames * 2], median_filter_width=7
        )[0]
        starts = _token_starts(alignment.alignments, len(tokens), frames)
        probabilities = [*alignment.text_token_probs, *([0.0] * len(tokens))][: len(tokens)]
        texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        words: list[HeardWord] = []
        position = 0
        for text, group in zip(texts, groups, strict=True):
            count = min(len(group), len(tokens) - position)
            if count <= 0:
                break
            first, last = starts[position], starts[position + count]
            confidence = float(np.exp(np.mean(np.log(np.maximum(probabilities[position : position + count], 1e-6)))))
            position += count
            if text.strip():
                start = min(first * _FRAME_SAMPLES, end)
                span = Span(start, min(max(last * _FRAME_SAMPLES, start), end))
                word = HeardWord(text.strip(), span, round(confidence, 4))
                # "follow" + "-up", "chest" + ".": what has no space before it belongs to the word before it.
                glued = not text.startswith(" ") and (tokenizer.language_code == "en" or not text[:1].isalnum())
                if words and glued:
                    words[-1] = _glued(words[-1], word)
                else:
                    words.append(word)
        return tuple(words)


def loops(tokens: Sequence[int]) -> bool:
    """Whether a hypothesis repeats itself the way a stuck decoder does: the same tokens, again and again, unchanged.

    How well the text compresses is no sign here: "no stone in the left kidney, no stone in the right
    kidney, …" is what is dictated, and compresses as well as a loop.
    """
    for size in range(1, len(tokens) // _LOOP_RUN + 1):
        repeated = 0  # tokens in a row that are the same as `size` tokens before
        for before, token in zip(tokens, tokens[size:], strict=False):
            repeated = repeated + 1 if token == before else 0
            if repeated >= size * (_LOOP_RUN - 1) and size + repeated >= _LOOP_TOKENS:
                return True
    return False


def _padded(samples: Samples) -> Samples:
    length = max(len(samples) + _TRAILING_SAMPLES, _MIN_WINDOW_SAMPLES)
    length += -length % _FRAME_SAMPLES
    return np.pad(samples, (0, length - len(samples)))


def _token_starts(alignments: Sequence[tuple[int, int]], count: int, frames: int) -> list[int]:
    """Encoder frame at which each of `count` tokens starts, and one past the last: non-decreasing, `count + 1` long."""
    starts = [-1] * (count + 1)
    for token, frame in alignments:
        if token <= count and starts[token] < 0:
            starts[token] = frame
    starts[count] = starts[count] if starts[count] >= 0 else frames
    for index in range(count - 1, -1, -1):
        if starts[index] < 0:
            starts[index] = starts[index + 1]
    return starts


def _glued(before: HeardWord, after: HeardWord) -> HeardWord:
    """One word of two parts; punctuation adds neither time nor doubt."""
    if not any(char.isalnum() for char in after.text):
        return HeardWord(before.text + after.text, before.span, before.confidence)
    span = Span(before.span.start, max(before.span.end, after.span.end))
    return HeardWord(before.text + after.text, span, min(before.confidence, after.confidence))


def _simplified_words(words: Sequence[HeardWord]) -> tuple[HeardWord, ...]:
    text = "".join(word.text for word in words)
    converted = simplified(text)
    if len(converted) != len(text):
        return tuple(HeardWord(simplified(word.text), word.span, word.confidence) for word in words)
    result, position = [], 0
    for word in words:
        result.append(HeardWord(converted[position : position + len(word.text)], word.span, word.confidence))
        position += len(word.text)
    return tuple(result)


def _in_script(text: str, language: Language) -> str:
    return simplified(text) if language is Language.ZH else text


def _device(device: str) -> str:
    if device != "auto":
        return device
    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
