"""The recogniser's best hypotheses for a window, with their scores: what correctors are tuned and measured on.

Owns a wider beam search than the product's over the same weights: eight hypotheses instead of five. Must not know
segments, dictations or files other than the weights.
"""

from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.engines.base import Samples
from wardscribe_server.engines.guards import loops
from wardscribe_server.engines.script import simplified

_FRAME_SAMPLES = 320
# In a window of 8 s base says some English sentences twice, as long as it is let; at 16 s it does not.
_SHORTEST_WINDOW_S, _TRAILING_S = 16, 1
_TOKENS_PER_SECOND = {Language.EN: 7.0, Language.ZH: 9.0}
_SPARE_TOKENS = 10
_LONGEST = 448
# CTranslate2 ends a hypothesis at half of `max_length`: without this, fast Mandarin is cut off in mid-sentence.
_LENGTH_PER_TOKEN = 2
_BEAM = 8


@dataclass(frozen=True, slots=True)
class Scored:
    """A text with the mean natural log probability of its tokens."""

    text: str
    logprob: float


class NbestDecoder:
    """Whisper on one core, 8-bit."""

    def __init__(self, folder: Path) -> None:
        self._whisper = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def decode(self, samples: Samples, *, language: Language) -> list[Scored]:
        """Up to eight different texts for float32 samples of one window, best first."""
        tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual=True, task="transcribe", language=language.value)
        length = max(len(samples) + _TRAILING_S * SAMPLE_RATE, _SHORTEST_WINDOW_S * SAMPLE_RATE)
        length += -length % _FRAME_SAMPLES
        window = np.pad(samples, (0, length - len(samples)))
        features = self._whisper.feature_extractor(window, padding=0)
        encoded = self._whisper.encode(features[:, : length // _FRAME_SAMPLES * 2])
        cap = int(len(samples) / SAMPLE_RATE * _TOKENS_PER_SECOND[language]) + _SPARE_TOKENS
        found = self._search(encoded, tokenizer, cap, no_repeat=0, penalty=1.0)
        if loops(found[0][0]):
            again = self._search(encoded, tokenizer, cap, no_repeat=4, penalty=1.1)
            found = again if not loops(again[0][0]) else min(found, again, key=lambda one: len(one[0][0]))
        return _different(found, tokenizer, language)

    def _search(
        self, encoded: ctranslate2.StorageView, tokenizer: Tokenizer, cap: int, *, no_repeat: int, penalty: float
    ) -> list[tuple[list[int], float]]:
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=_BEAM,
            num_hypotheses=_BEAM,
            max_length=min(_LONGEST, _LENGTH_PER_TOKEN * (len(prompt) + cap)),
            return_scores=True,
            no_repeat_ngram_size=no_repeat,
            repetition_penalty=penalty,
            suppress_blank=True,
        )[0]
        return [
            ([token for token in sequence if token < tokenizer.eot], float(score))
            for sequence, score in zip(result.sequences_ids, result.scores, strict=True)
        ]


def _different(found: list[tuple[list[int], float]], tokenizer: Tokenizer, language: Language) -> list[Scored]:
    """Texts, in Simplified script where they are Chinese; of the same text the likelier one."""
    texts: dict[str, float] = {}
    for tokens, logprob in found:
        text = tokenizer.decode(tokens).strip()
        texts.setdefault(simplified(text) if language is Language.ZH else text, round(logprob, 4))
    return [Scored(text, logprob) for text, logprob in texts.items()]
