"""Segments that follow one another are heard once more together: a recogniser understands a sentence better whole.

Owns which segments are heard together, and what of the joint hearing belongs to which of them. Their borders stay where
the speaker paused, for a command stands between pauses. Must not know engines or the lexicon.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, Span, samples_from_ms
from wardscribe_server.lexicon.correction import Alternative, Correction
from wardscribe_server.pipeline.frontier import plain
from wardscribe_server.pipeline.heard import HeardWord
from wardscribe_server.pipeline.second_pass import second_pass
from wardscribe_server.pipeline.values import Utterance, joined, words_from_text

_LIKELY = -0.3  # mean log probability of the tokens of speech that is plainly heard


@dataclass(frozen=True, slots=True)
class Alone:
    """A segment as it was heard by itself and how it `reads` now; `place` is its utterance's in the dictation."""

    number: int
    place: int
    span: Span
    utterance: Utterance
    reads: Utterance
    pcm: bytes = field(repr=False)


class Together:
    """The latest segments, as many as are heard in one window."""

    def __init__(self, *, longest_ms: int) -> None:
        self._longest = samples_from_ms(longest_ms)
        self._segments: deque[Alone] = deque()

    @property
    def segments(self) -> tuple[Alone, ...]:
        """What the next joint hearing is of."""
        return tuple(self._segments)

    @property
    def span(self) -> Span:
        """From the first sample to the last."""
        return Span(self._segments[0].span.start, self._segments[-1].span.end)

    def add(self, segment: Alone) -> bool:
        """A segment was heard; whether there is now something to hear together. What does not fit begins anew."""
        if self._segments and segment.span.end - self._segments[0].span.start > self._longest:
            self._segments.clear()
        self._segments.append(segment)
        return len(self._segments) > 1

    def reads(self, place: int, utterance: Utterance) -> None:
        """The utterance at `place` reads so from now on."""
        changed = (replace(one, reads=utterance) if one.place == place else one for one in self._segments)
        self._segments = deque(changed)

    def clear(self) -> None:
        """What was heard so far stands: something else came between."""
        self._segments.clear()

    def pcm(self) -> bytes:
        """The segments at their places, s16le, with silence between them."""
        parts: list[bytes] = []
        end = self._segments[0].span.start
        for segment in self._segments:
            parts += [bytes((segment.span.start - end) * BYTES_PER_SAMPLE), segment.pcm]
            end = segment.span.end
        return b"".join(parts)


def heard_together(
    segments: Sequence[Alone], words: Sequence[HeardWord], alternatives: Sequence[Alternative]
) -> Iterator[tuple[Alone, Utterance, tuple[Correction, ...]]]:
    """What each segment reads now and what that changes, where it is something else.

    Ids stay: a word put in takes that of the one before. Where nothing was heard for a segment, it stands.
    """
    shares = _shares(segments, words)
    others = [_cut(alternative, shares) for alternative in alternatives]
    for number, (segment, share) in enumerate(zip(segments, shares, strict=True)):
        text, _ = joined([word.text for word in share])
        reads, alone = (joined([word.text for word in said.words])[0] for said in (segment.reads, segment.utterance))
        if not share or text == reads:
            continue
        passed = second_pass(segment.reads.words, share, next_id=None)
        readings = [Alternative(alone, _LIKELY), *segment.utterance.alternatives, *(other[number] for other in others)]
        yield segment, Utterance(passed.words, alternatives=_different(text, readings)), passed.corrections


def _shares(segments: Sequence[Alone], words: Sequence[HeardWord]) -> list[list[HeardWord]]:
    """The words of each segment: those nearest to it."""
    shares: list[list[HeardWord]] = [[] for _ in segments]
    for word in words:
        middle = (word.span.start + word.span.end) // 2
        apart = [max(segment.span.start - middle, middle - segment.span.end, 0) for segment in segments]
        shares[apart.index(min(apart))].append(word)
    return shares


def _cut(alternative: Alternative, shares: Sequence[Sequence[HeardWord]]) -> list[Alternative]:
    """Another text of the joint hearing, cut where the best one is."""
    owners = [number for number, share in enumerate(shares) for word in share for _ in plain(word.text)]
    best = "".join(plain(word.text) for share in shares for word in share)
    units = [word.text for utterance in words_from_text(alternative.text.replace("|", " ")) for word in utterance.words]
    belongs = [at for at, unit in enumerate(units) for _ in plain(unit)]
    parts: list[list[str]] = [[] for _ in shares]
    owner_of: dict[int, int] = {}
    matcher = SequenceMatcher(None, best, "".join(map(plain, units)), autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        for offset, other in enumerate(range(j1, j2)):
            owner_of.setdefault(belongs[other], owners[min(i1 + offset, max(i2 - 1, i1), len(owners) - 1)])
    last = 0
    for at, unit in enumerate(units):
        last = max(last, owner_of.get(at, last))
        parts[last].append(unit)
    return [Alternative(joined(part)[0], alternative.logprob) for part in parts]


def _different(text: str, readings: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Readings that are another text, each once."""
    found: dict[str, Alternative] = {}
    for reading in readings:
        if reading.text and reading.text != text:
            found.setdefault(reading.text, reading)
    return tuple(found.values())
