"""Whisper on CTranslate2: windows of speech in, words with times and confidence out.

Windows are as short as the speech (padded to 8 s) because the encoder's cost follows the window; faster-whisper's
tokenizer and feature extractor are used, its 30 s windows are not. Text in Chinese leaves as Simplified.
"""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.engines.base import (
    Alternative,
    Capabilities,
    Effort,
    EngineUnavailable,
    Hypothesis,
    Window,
)
from wardscribe_server.engines.guards import loops, made_up, token_cap
from wardscribe_server.engines.plan import device_for
from wardscribe_server.engines.script import simplified
from wardscribe_server.engines.whisper_words import FRAME_SAMPLES, Aligned, simplified_words, timed_words
from wardscribe_server.pipeline.values import joined

# Tighter windows than 8 s loop. A final gets twice that, because in a short window sentences are said twice (ADR 4).
_MIN_WINDOW_SAMPLES = {Effort.FINAL: 16 * SAMPLE_RATE, Effort.AGAIN: 16 * SAMPLE_RATE, Effort.TAIL: 8 * SAMPLE_RATE}
_TRAILING_SAMPLES = SAMPLE_RATE  # silence after the last word, or the decoder goes on inventing
_MAX_WINDOW_SAMPLES = 29 * SAMPLE_RATE  # CTranslate2 takes less than 30 s
_BATCH_STEP_SAMPLES = 4 * SAMPLE_RATE  # windows that are decoded together are padded to the same length
_BEAM = {Effort.FINAL: 5, Effort.AGAIN: 5, Effort.TAIL: 1}
_MAX_LENGTH = 448
_PROMPT_TOKENS = 80  # thirty terms; what is longer takes the place of the text
_FRAMES_PER_FEATURE = 2  # the features have twice the encoder's rate
# Whisper's own threshold for a decode that failed. What it invents over silence and hum lies at -1.3 and below, speech
# above -0.5 (tests/server/engines/test_whisper.py).
_NOT_SPEECH_LOGPROB = -1.0


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    logprob: float
    others: tuple[tuple[list[int], float], ...] = ()


class WhisperRecogniser:
    """A Whisper model in CTranslate2's format.

    Raises: EngineUnavailable when the folder or the device cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        device: str = "auto",
        compute_type: str = "default",
        threads: int = 0,
        workers: int = 1,
        max_batch: int = 1,
    ) -> None:
        chosen = device_for(device)
        compute = compute_type if compute_type != "default" else ("float16" if chosen == "cuda" else "int8")
        try:
            self._whisper = WhisperModel(
                str(folder), device=chosen, compute_type=compute, cpu_threads=threads, num_workers=workers
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(f"model {name!r} cannot be loaded on {chosen} as {compute}: {error}") from error
        self._capabilities = Capabilities(
            model=name,
            model_sha256=_sha256(folder / "model.bin"),
            device=chosen,
            compute_type=compute,
            languages=tuple(Language) if self._whisper.model.is_multilingual else (Language.EN,),
            max_window_samples=_MAX_WINDOW_SAMPLES - _TRAILING_SAMPLES,
            max_batch=max_batch,
        )
        self._tokenizers = {language: self._tokenizer(language) for language in self._capabilities.languages}

    @property
    def capabilities(self) -> Capabilities:
        """What was loaded, and where it runs."""
        return self._capabilities

    def kind(self, window: Window) -> Hashable:
        """Same search, same padded length: the encoder takes them as one array, the decoder as one batch.

        Prompts are equally long whatever the language, so a batch may mix languages; those with terms are not.
        """
        terms = (window.language, *window.terms) if window.terms else ()
        return window.effort, self._padded_length(window), terms

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Recognise windows of one kind.

        Raises: ValueError for a window longer than `max_window_samples` or windows of several kinds, KeyError for a
        language that the model does not speak.
        """
        if max(len(window.samples) for window in windows) > self._capabilities.max_window_samples:
            raise ValueError("a window is longer than this engine takes")
        if len({self.kind(window) for window in windows}) > 1:
            raise ValueError("windows of several kinds cannot be decoded together")
        tokenizers = [self._tokenizers[window.language] for window in windows]
        encoded = self._encode(windows)
        decoded = self._generate(encoded, windows, tokenizers)
        if windows[0].terms:
            return [_text_only(*one) for one in zip(windows, tokenizers, decoded, strict=True)]
        aligned = self._align(encoded, windows, tokenizers, decoded)
        return [
            self._hypothesis(window, tokenizer, heard, times)
            for window, tokenizer, heard, times in zip(windows, tokenizers, decoded, aligned, strict=True)
        ]

    def likelihoods(self, window: Window, texts: Sequence[str]) -> list[float]:
        """How well each text fits the sound: the log-probability of all its tokens, given the window."""
        tokenizer = self._tokenizers[window.language]
        encoded = self._encode([window])
        frames = self._padded_length(window) // FRAME_SAMPLES
        scores = []
        for text in texts:
            space = " " if window.language is Language.EN else ""
            tokens = tokenizer.encode(f"{space}{text}")
            result = self._whisper.model.align(
                encoded, list(tokenizer.sot_sequence), [tokens], [frames * _FRAMES_PER_FEATURE]
            )[0]
            scores.append(float(np.sum(np.log(np.maximum(result.text_token_probs, 1e-8)))))
        return scores

    def _tokenizer(self, language: Language) -> Tokenizer:
        multilingual = self._whisper.model.is_multilingual
        return Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language.value)

    def _padded_length(self, window: Window) -> int:
        """Samples of the window that the encoder sees: with silence behind, long enough, and equal within a batch."""
        length = max(len(window.samples) + _TRAILING_SAMPLES, _MIN_WINDOW_SAMPLES[window.effort])
        step = FRAME_SAMPLES if self._capabilities.max_batch == 1 else _BATCH_STEP_SAMPLES
        return min(length + -length % step, _MAX_WINDOW_SAMPLES)

    def _encode(self, windows: Sequence[Window]) -> ctranslate2.StorageView:
        features = []
        for window in windows:
            length = self._padded_length(window)
            padded = np.pad(window.samples, (0, length - len(window.samples)))
            frames = length // FRAME_SAMPLES * _FRAMES_PER_FEATURE
            features.append(self._whisper.feature_extractor(padded, padding=0)[:, :frames])
        return self._whisper.encode(np.stack(features))

    def _generate(
        self, encoded: ctranslate2.StorageView, windows: Sequence[Window], tokenizers: Sequence[Tokenizer]
    ) -> list[_Decoded]:
        """Decode; what loops is decoded again with repetition forbidden, and the one that does not loop is kept."""
        first = self._attempt(encoded, windows, tokenizers, no_repeat=0, penalty=1.0)
        if not any(loops(decoded.tokens) for decoded in first):
            return first
        second = self._attempt(encoded, windows, tokenizers, no_repeat=4, penalty=1.1)
        return [_sounder(one, other) for one, other in zip(first, second, strict=True)]

    def _attempt(
        self,
        encoded: ctranslate2.StorageView,
        windows: Sequence[Window],
        tokenizers: Sequence[Tokenizer],
        *,
        no_repeat: int,
        penalty: float,
    ) -> list[_Decoded]:
        prompts = [_prompt(window, tokenizer) for window, tokenizer in zip(windows, tokenizers, strict=True)]
        beam = _BEAM[windows[0].effort]
        caps = [token_cap(len(window.samples), window.language) for window in windows]
        results = self._whisper.model.generate(
            encoded,
            prompts,
            beam_size=beam,
            num_hypotheses=beam,
            max_length=min(_MAX_LENGTH, 2 * (len(prompts[0]) + max(caps))),  # it ends a hypothesis at half of this
            return_scores=True,
            no_repeat_ngram_size=no_repeat,
            repetition_penalty=penalty,
            suppress_blank=True,
        )
        decoded = []
        for result, tokenizer, cap in zip(results, tokenizers, caps, strict=True):
            heard = [
                ([token for token in tokens if token < tokenizer.eot][:cap], float(score))
                for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
            ]
            decoded.append(_Decoded(*heard[0], tuple(heard[1:])))
        return decoded

    def _align(
        self,
        encoded: ctranslate2.StorageView,
        windows: Sequence[Window],
        tokenizers: Sequence[Tokenizer],
        decoded: Sequence[_Decoded],
    ) -> list[Aligned]:
        """When each token was said. The start sequence is one for the whole batch, so languages are aligned apart."""
        frames = self._padded_length(windows[0]) // FRAME_SAMPLES
        speech = [heard.logprob >= _NOT_SPEECH_LOGPROB and bool(heard.tokens) for heard in decoded]
        aligned = [Aligned((), (), frames)] * len(windows)
        for language in {window.language for window in windows}:
            places = [at for at, window in enumerate(windows) if window.language is language and speech[at]]
            if not places:
                continue
            part = encoded if len(places) == len(windows) else _rows(encoded, places)
            results = self._whisper.model.align(
                part,
                list(tokenizers[places[0]].sot_sequence),
                [decoded[at].tokens for at in places],
                [frames * _FRAMES_PER_FEATURE] * len(places),
                median_filter_width=7,
            )
            for at, result in zip(places, results, strict=True):
                aligned[at] = Aligned(tuple(result.alignments), tuple(result.text_token_probs), frames)
        return aligned

    def _hypothesis(self, window: Window, tokenizer: Tokenizer, heard: _Decoded, aligned: Aligned) -> Hypothesis:
        if heard.logprob < _NOT_SPEECH_LOGPROB or not heard.tokens:
            return Hypothesis("", (), heard.logprob)
        words = timed_words(tokenizer, heard.tokens, aligned, end=len(window.samples))
        if made_up([word.confidence for word in words], heard.logprob):
            return Hypothesis("", (), heard.logprob)
        alternatives = tuple(
            Alternative(_in_script(tokenizer.decode(tokens).strip(), window.language), score)
            for tokens, score in heard.others
            if not loops(tokens)
        )
        if window.language is Language.ZH:
            words = simplified_words(words)
        text, _ = joined([word.text for word in words])
        return Hypothesis(text, words, heard.logprob, alternatives)


def _prompt(window: Window, tokenizer: Tokenizer) -> list[int]:
    """The start of transcription; terms stand before it, as if they had been said a moment ago."""
    start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
    if not window.terms:
        return start
    space = " " if window.language is Language.EN else ""
    said = tokenizer.encode(f"{space}{', '.join(window.terms)}.")
    return [tokenizer.sot_prev, *said[-_PROMPT_TOKENS:], *start]


def _text_only(window: Window, tokenizer: Tokenizer, heard: _Decoded) -> Hypothesis:
    """What was heard with terms in view; nothing where it is no speech or the decoder is stuck."""
    if heard.logprob < _NOT_SPEECH_LOGPROB or loops(heard.tokens):
        return Hypothesis("", (), heard.logprob)
    return Hypothesis(_in_script(tokenizer.decode(heard.tokens).strip(), window.language), (), heard.logprob)


def _sounder(one: _Decoded, other: _Decoded) -> _Decoded:
    """Of two attempts the one that does not loop; of two that loop the shorter."""
    if not loops(one.tokens):
        return one
    return other if not loops(other.tokens) else min(one, other, key=lambda decoded: len(decoded.tokens))


def _rows(encoded: ctranslate2.StorageView, places: Sequence[int]) -> ctranslate2.StorageView:
    """Some windows of an encoded batch. Copies through the host, which only mixed languages in one batch need."""
    host = encoded.to_device(ctranslate2.Device.cpu) if encoded.device != "cpu" else encoded
    values = np.array(host.to(ctranslate2.DataType.float32))[list(places)]
    return ctranslate2.StorageView.from_array(np.ascontiguousarray(values))


def _in_script(text: str, language: Language) -> str:
    return simplified(text) if language is Language.ZH else text


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
