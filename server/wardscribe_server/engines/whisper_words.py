"""From Whisper's tokens and their alignment to words with times and confidence.

Owns where a word begins and what belongs to it. Must not know how tokens are decoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_whisper.tokenizer import Tokenizer

from wardscribe_protocol.timeline import Span
from wardscribe_server.engines.base import HeardWord
from wardscribe_server.engines.script import simplified

FRAME_SAMPLES = 320  # one encoder frame: 20 ms


@dataclass(frozen=True, slots=True)
class Aligned:
    """Which token was said in which encoder frame, and how probable each token was."""

    alignments: tuple[tuple[int, int], ...]
    probabilities: tuple[float, ...]
    frames: int


def timed_words(tokenizer: Tokenizer, tokens: list[int], aligned: Aligned, *, end: int) -> tuple[HeardWord, ...]:
    """The words of `tokens`, in samples of the window.

    None reaches past sample `end`, and what would begin there was not said: in a short window the decoder likes to say
    a sentence twice, the second time over the padding.
    """
    starts = _token_starts(aligned.alignments, len(tokens), aligned.frames)
    probabilities = [*aligned.probabilities, *([0.0] * len(tokens))][: len(tokens)]
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
        if words and first * FRAME_SAMPLES >= end:
            break
        if text.strip():
            start = min(first * FRAME_SAMPLES, end)
            span = Span(start, min(max(last * FRAME_SAMPLES, start), end))
            word = HeardWord(text.strip(), span, round(confidence, 4))
            if words and _belongs(text, words[-1].text, tokenizer.language_code):
                words[-1] = _glued(words[-1], word)
            else:
                words.append(word)
    return tuple(words)


def _belongs(text: str, before: str, language: str) -> bool:
    """Whether a token goes on with the word before: "follow" + "-up", "chest" + "."; in Chinese "0." + "5" too."""
    if text.startswith(" "):
        return False
    return language == "en" or not text[:1].isalnum() or (text[:1].isascii() and before[-1:].isascii())


def simplified_words(words: Sequence[HeardWord]) -> tuple[HeardWord, ...]:
    """The words in Simplified Chinese; converted together, because a character may need its neighbours."""
    text = "".join(word.text for word in words)
    converted = simplified(text)
    if len(converted) != len(text):
        return tuple(HeardWord(simplified(word.text), word.span, word.confidence) for word in words)
    result, position = [], 0
    for word in words:
        result.append(HeardWord(converted[position : position + len(word.text)], word.span, word.confidence))
        position += len(word.text)
    return tuple(result)


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
