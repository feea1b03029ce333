"""Recognised words after the medical lexicon: what was heard, word by word, with terms put right.

Word ids and times survive: a correction over several words gives one word that spans them, or as many as before where
each stays one character. Punctuation that hangs on a word stays there.
"""

from collections.abc import Sequence
from dataclasses import replace

from wardscribe_protocol.timeline import Span
from wardscribe_server.lexicon.correction import Correction, Corrector
from wardscribe_server.pipeline.values import Utterance, Word, is_han, joined


def corrected(utterance: Utterance, corrector: Corrector) -> tuple[Utterance, tuple[Correction, ...]]:
    """`utterance` with everything that the audio upholds or `corrector` is sure of, and what that was."""
    text, starts = joined([word.text for word in utterance.words])
    proposed = corrector.propose(text, alternatives=utterance.alternatives)
    sure = [found for found in proposed if not found.unsure and not _overlaps(found, utterance.verified)]
    corrections = corrector.completed(text, sorted((*sure, *utterance.verified), key=lambda found: found.start))
    words: list[Word] = []
    made: list[Correction] = []
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
        made.append(correction)
        taken = last + 1
    return Utterance((*words, *utterance.words[taken:])), tuple(made)


def _overlaps(correction: Correction, others: Sequence[Correction]) -> bool:
    return any(correction.start < other.end and other.start < correction.end for other in others)


def _word_at(starts: Sequence[int], position: int) -> int:
    return max(index for index, start in enumerate(starts) if start <= position)


def _replaced(words: Sequence[Word], text: str) -> list[Word]:
    if len(text) == len(words) and all(map(is_han, text)):
        return [replace(word, text=char) for word, char in zip(words, text, strict=True)]
    spans = [word.span for word in words if word.span is not None]
    span = Span(spans[0].start, max(spans[-1].end, spans[0].start)) if spans else None
    return [Word(words[0].id, text, span, min(word.confidence for word in words))]
