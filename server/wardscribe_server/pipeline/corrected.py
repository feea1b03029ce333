"""Recognised words after the medical lexicon: what was heard, word by word, with terms put right.

Word ids and times survive: a correction over several words gives one word that spans them, or as many as before where
each stays one character. Punctuation that hangs on a word stays there.
"""

from collections.abc import Sequence
from dataclasses import replace

from wardscribe_protocol.timeline import Span
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.pipeline.values import Utterance, Word, is_han


def corrected(utterance: Utterance, corrector: Corrector) -> tuple[Utterance, tuple[Correction, ...]]:
    """`utterance` with everything that `corrector` is sure of for its text, and what that was."""
    text, starts = _joined(utterance.words)
    corrections = tuple(found for found in corrector.propose(text) if not found.unsure)
    words: list[Word] = []
    taken = 0
    for correction in corrections:
        first = _word_at(starts, correction.start)
        last = _word_at(starts, correction.end - 1)
        if first < taken:
            continue  # two corrections in one word: the first stands
        words += utterance.words[taken:first]
        hit = utterance.words[first : last + 1]
        before = text[starts[first] : correction.start]
        after = text[correction.end : starts[last] + len(utterance.words[last].text)]
        words += _replaced(hit, before + correction.written + after)
        taken = last + 1
    return Utterance((*words, *utterance.words[taken:])), corrections


def _joined(words: Sequence[Word]) -> tuple[str, list[int]]:
    """The words as one line, and where each starts in it."""
    text, starts = "", []
    for word in words:
        if text and not (is_han(text[-1]) or is_han(word.text[:1])):
            text += " "
        starts.append(len(text))
        text += word.text
    return text, starts


def _word_at(starts: Sequence[int], position: int) -> int:
    return max(index for index, start in enumerate(starts) if start <= position)


def _replaced(words: Sequence[Word], text: str) -> list[Word]:
    if len(text) == len(words) and all(map(is_han, text)):
        return [replace(word, text=char) for word, char in zip(words, text, strict=True)]
    spans = [word.span for word in words if word.span is not None]
    span = Span(spans[0].start, max(spans[-1].end, spans[0].start)) if spans else None
    return [Word(words[0].id, text, span, min(word.confidence for word in words))]
