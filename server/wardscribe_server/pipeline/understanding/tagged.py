"""What a tagger says of a sentence, and of a whole text sentence by sentence.

Owns the seam to the tagger, how a text is cut for it, and remembering what was tagged: a sentence that has not changed
is not asked about again. Must not know the network behind it nor what its answers are used for.
"""

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NewType, Protocol

from wardscribe_server.pipeline.values import Assertion, Label

SpanIndex = NewType("SpanIndex", int)  # into the spans of one sentence

_END = re.compile(r"[。；;！？!?\n|]|\.(?=\s|$)|\.(?=[\u4e00-\u9fff])")
_ABBREVIATED = re.compile(r"(?:\b(?:dr|mr|mrs|ms|vs|approx|st|prof|no)|(?:\b[a-z]\.)*\b[a-z])\.$", re.IGNORECASE)
_LONGEST_UNITS = 64  # words, or ideographs, of one sentence: well inside what the network takes
_LONGEST_CHARS = 480
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_REMEMBERED = 512  # sentences kept however short the text is


@dataclass(frozen=True, slots=True)
class Sentence:
    """Text to tag, and the sentence before it, empty where there is none."""

    text: str = field(repr=False)
    before: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sureness:
    """How probable each axis of an assertion is, 0..1."""

    presence: float = 1.0
    certainty: float = 1.0
    time: float = 1.0
    subject: float = 1.0


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """An entity at the characters `[start, end)`; `score`, 0..1, is how probable it is (`tag_decoding`)."""

    start: int
    end: int
    label: Label
    score: float
    assertion: Assertion = field(default_factory=Assertion)
    sure: Sureness = field(default_factory=Sureness)


@dataclass(frozen=True, slots=True)
class Outside:
    """How probable it is that the characters `[start, end)`, one token, belong to no entity."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Relation:
    """The entity `dependent` says something of the entity `head`: its place, size, dose, value, …"""

    dependent: SpanIndex
    head: SpanIndex
    score: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """Everything said of one sentence, in its own characters."""

    spans: tuple[TaggedSpan, ...] = ()
    outside: tuple[Outside, ...] = ()
    relations: tuple[Relation, ...] = ()
    section: str = ""  # the likeliest one, by the names of `models/LABELS.md`
    section_score: float = 0.0


class Tagger(Protocol):
    """Tags sentences. The same sentence gets the same answer, whatever is asked beside it."""

    @property
    def reads_context(self) -> bool:
        """Whether the sentence before matters to it."""
        ...

    def tag(self, sentences: Sequence[Sentence]) -> Sequence[Tagged | None]:
        """An answer for each sentence; None where there is none now, and may be another time."""
        ...


@dataclass(frozen=True, slots=True)
class TaggedText:
    """Spans and tokens of a whole text, in order of place; nothing where no tagger is in use."""

    spans: tuple[TaggedSpan, ...] = ()
    outside: tuple[Outside, ...] = ()
    relations: tuple[Relation, ...] = ()

    def over(self, start: int, end: int) -> tuple[TaggedSpan, ...]:
        """Spans that share characters with `[start, end)`; spans do not overlap each other."""
        first = bisect_left(self.spans, start + 1, key=lambda span: span.end)
        last = bisect_left(self.spans, end, key=lambda span: span.start)
        return self.spans[first:last]

    def outside_score(self, start: int, end: int) -> float | None:
        """How probable it is that all of `[start, end)` is no entity; None where the tagger has not seen all of it."""
        first = bisect_left(self.outside, start + 1, key=lambda token: token.end)
        last = bisect_left(self.outside, end, key=lambda token: token.start)
        tokens = self.outside[first:last]
        if not tokens or tokens[0].start > start or tokens[-1].end < end:
            return None
        return min(token.score for token in tokens)

    def has_dependent(self, head: TaggedSpan, *labels: Label) -> bool:
        """Whether an entity of one of `labels` says something of `head`."""
        return any(
            self.spans[each.head] == head and self.spans[each.dependent].label in labels for each in self.relations
        )

    def after(self, start: int) -> "TaggedText":
        """What is said of the text from the character `start` on, where a sentence begins."""
        first = bisect_left(self.spans, start, key=lambda span: span.start)
        outside = self.outside[bisect_left(self.outside, start, key=lambda token: token.start) :]
        relations = tuple(
            Relation(SpanIndex(each.dependent - first), SpanIndex(each.head - first), each.score)
            for each in self.relations
            if min(each.dependent, each.head) >= first
        )
        return TaggedText(self.spans[first:], outside, relations)

    def same_before(self, other: "TaggedText") -> int:
        """The character before which both say the same."""
        mine = ((span.start, span) for span in self.spans), ((token.start, token) for token in self.outside)
        theirs = ((span.start, span) for span in other.spans), ((token.start, token) for token in other.outside)
        pairs = (*zip(mine, theirs, strict=True), (_related(self), _related(other)))
        return min((at for one, two in pairs for at in _first_differing(one, two)), default=sys.maxsize)


NOT_TAGGED = TaggedText()


def _related(text: TaggedText) -> Iterator[tuple[int, object]]:
    """Each relation with the place from which on it holds."""
    for each in text.relations:
        first, second = sorted((text.spans[each.dependent].start, text.spans[each.head].start))
        yield first, (second, each)


def _first_differing(one: Iterable[tuple[int, object]], other: Iterable[tuple[int, object]]) -> Iterator[int]:
    """The places of the first two that are not the same."""
    for mine, theirs in zip_longest(one, other):
        if mine != theirs:
            yield from (item[0] for item in (mine, theirs) if item is not None)
            return


class TagMemory:
    """Tags the texts of one dictation; what was asked once is remembered, bounded by the length of the text."""

    def __init__(self, tagger: Tagger | None) -> None:
        self._tagger = tagger
        self._known: dict[Sentence, Tagged] = {}

    def tagged(self, text: str) -> TaggedText:
        """All that the tagger says of `text`."""
        if self._tagger is None:
            return NOT_TAGGED
        places = tuple(sentence_spans(text))
        asked = [self._sentence(text, places, at) for at in range(len(places))]
        new = [sentence for sentence in dict.fromkeys(asked) if sentence not in self._known]
        if new:
            answers = zip(new, self._tagger.tag(new), strict=True)
            self._known.update({sentence: answer for sentence, answer in answers if answer is not None})
        nothing = Tagged()
        found = _joined([start for start, _ in places], [self._known.get(sentence, nothing) for sentence in asked])
        self._forget(asked)
        return found

    def _sentence(self, text: str, places: Sequence[tuple[int, int]], at: int) -> Sentence:
        before = text[slice(*places[at - 1])] if at and self._tagger is not None and self._tagger.reads_context else ""
        return Sentence(text[slice(*places[at])], before)

    def _forget(self, asked: Sequence[Sentence]) -> None:
        """The oldest first; a text of many parts (a round) is asked about as a whole and by patient."""
        for sentence in asked:
            if (answer := self._known.pop(sentence, None)) is not None:
                self._known[sentence] = answer
        for sentence in list(self._known)[: max(0, len(self._known) - max(_REMEMBERED, 4 * len(asked)))]:
            del self._known[sentence]


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of `text` as characters `[start, end)` without space around them; a long one in several parts.

    Only what stands up to the end of a sentence decides where it begins and ends: text added later moves none.
    """
    start = 0
    for match in _END.finditer(text):
        if match.group() == "." and _ABBREVIATED.search(text, max(start, match.start() - 12), match.end()):
            continue
        yield from _parts(text, start, match.end())
        start = match.end()
    yield from _parts(text, start, len(text))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`[start, end)` in parts short enough, cut after a comma where there is one, else between words."""
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            return
        cut = _cut(text, start, end)
        yield start, len(text[:cut].rstrip()) if text[cut - 1].isspace() else cut
        if cut == end:
            return
        start = cut


def _cut(text: str, start: int, end: int) -> int:
    """Where the first part of `[start, end)` ends."""
    limit = min(end, start + _LONGEST_CHARS)
    for count, unit in enumerate(_UNIT.finditer(text, start, limit)):
        if count == _LONGEST_UNITS:
            limit = unit.start()
            break
    if limit == end:
        return end
    half = start + (limit - start) // 2
    comma = max(text.rfind(sign, half, limit) for sign in ("，", ",", "、"))
    if comma >= 0:
        return comma + 1
    space = max((at for at in range(half, limit) if text[at].isspace()), default=-1)
    return space + 1 if space >= 0 else limit


def _joined(starts: Sequence[int], answers: Sequence[Tagged]) -> TaggedText:
    """The answers for sentences that begin at `starts`, in characters and spans of the whole text."""
    spans: list[TaggedSpan] = []
    outside: list[Outside] = []
    relations: list[Relation] = []
    for start, answer in zip(starts, answers, strict=True):
        first = len(spans)
        spans += (_moved(span, start) for span in answer.spans)
        outside += (Outside(token.start + start, token.end + start, token.score) for token in answer.outside)
        relations += (
            Relation(SpanIndex(each.dependent + first), SpanIndex(each.head + first), each.score)
            for each in answer.relations
        )
    return TaggedText(tuple(spans), tuple(outside), tuple(relations))


def _moved(span: TaggedSpan, by: int) -> TaggedSpan:
    return TaggedSpan(span.start + by, span.end + by, span.label, span.score, span.assertion, span.sure)
