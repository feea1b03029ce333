"""Words that the audio, asked about them, reads otherwise than they stand: said as checks with both readings.

A valid clinical term is never replaced by another one on its sound alone (docs/lexicon.md). Must not know the audio.
"""

from collections.abc import Iterator, Mapping, Sequence

from wardscribe_protocol.record import Check, Evidence, Language, Severity
from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.pipeline.values import Utterance, Word, Written, joined

CODE = "heard_two_ways"
_MESSAGES: Mapping[Language, str] = {
    Language.EN: "Heard as “{heard}”, may have been “{written}”",
    Language.ZH: "听作“{heard}”，也可能是“{written}”",
}


def heard_two_ways(
    utterances: Sequence[Utterance], written: Written, evidence: Mapping[str, Evidence], language: Language
) -> Iterator[Check]:
    """One check for each dispute and field that rests on its words; without a field, on the transcript."""
    for utterance in utterances:
        for correction in utterance.disputed:
            ids = {word.id for word in _words(utterance, correction)}
            places = [(p.start, p.end) for p in written.pieces if any(word.id in ids for word in p.words)]
            paths = [pointer for pointer, entry in evidence.items() if _rests_on(entry, places)]
            message = _MESSAGES[language].format(heard=correction.heard, written=correction.written)
            for path in paths or ["/transcript/text"]:
                yield Check(code=CODE, severity=Severity.WARNING, path=path, message=message)


def _words(utterance: Utterance, correction: Correction) -> list[Word]:
    _, starts = joined([word.text for word in utterance.words])
    return [
        word
        for word, start in zip(utterance.words, starts, strict=True)
        if start < correction.end and correction.start < start + len(word.text)
    ]


def _rests_on(entry: Evidence, places: Sequence[tuple[int, int]]) -> bool:
    return entry.chars is not None and any(start < entry.chars[1] and entry.chars[0] < end for start, end in places)
