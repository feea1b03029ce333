"""Reading a dictation again after it has grown: only its end is read, the rest is what was read before.

Owns how much is read again, and putting both together. What a sentence says depends on a few sentences around it; so
the new part is read with some sentences before it, and both readings must agree on the last of those. Where they do
not, or where there are no sentences to cut at, everything is read anew. Must not know templates or fields.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TypeVar

from wardscribe_server.lexicon.matcher import TermHit
from wardscribe_server.pipeline.understanding.cueing import Cue, Cues
from wardscribe_server.pipeline.understanding.drugs import Drug, find_drugs
from wardscribe_server.pipeline.understanding.entities import find_mentions
from wardscribe_server.pipeline.understanding.mentions import Mention
from wardscribe_server.pipeline.understanding.places import Place
from wardscribe_server.pipeline.understanding.reading import Reader, Reading
from wardscribe_server.pipeline.understanding.sections import Sections
from wardscribe_server.pipeline.understanding.sentences import Clause, enumerators
from wardscribe_server.pipeline.understanding.tagged import NOT_TAGGED, TaggedText
from wardscribe_server.pipeline.writing.draft import common_start

_AFTER_SENTENCES, _AFTER_CHARS = 3, 120  # unchanged text between what is kept and the first change
_BEFORE_SENTENCES, _BEFORE_CHARS = 10, 400  # text read again before what is kept ends
_AGREED_SENTENCES = 4  # of it, what must read as before
_Item = TypeVar("_Item", Clause, TermHit, Mention, Place, Drug, Cue)


@dataclass(frozen=True, slots=True)
class Read:
    """A text with all that is found in it before sections and fields come in."""

    reading: Reading
    mentions: tuple[Mention, ...]
    places: tuple[Place, ...]
    drugs: tuple[Drug, ...]
    breaks: tuple[int, ...]
    gaps: tuple[int, ...] = ()
    kept: int = field(default=0, compare=False)  # up to where, and some sentences on, an earlier reading found the same
    sections: Sections | None = field(default=None, compare=False)  # from which the sections may go on
    tagged: TaggedText = NOT_TAGGED


def read_all(
    reader: Reader,
    text: str,
    *,
    template: str,
    breaks: Sequence[int],
    gaps: Sequence[int] = (),
    tagged: TaggedText = NOT_TAGGED,
) -> Read:
    """The whole text, read."""
    return _found(reader.read(text, template=template, breaks=breaks, gaps=gaps), breaks, gaps, tagged)


def read_on(
    reader: Reader,
    text: str,
    *,
    template: str,
    breaks: Sequence[int],
    gaps: Sequence[int] = (),
    tagged: TaggedText = NOT_TAGGED,
    earlier: Read | None,
) -> Read:
    """The whole text, read; the same as `read_all`, with what `earlier` has of it."""
    places = _places_to_cut(earlier, text, breaks, gaps, tagged) if earlier is not None else None
    if earlier is None or places is None:
        return read_all(reader, text, template=template, breaks=breaks, gaps=gaps, tagged=tagged)
    start, agreed, cut = places
    blank = " " * start  # keeps every position what it is in the whole text
    window = _found(
        reader.read(
            blank + text[start:],
            template=template,
            breaks=[at for at in breaks if at > start],
            gaps=[at for at in gaps if at > start],
            numbered=frozenset(at for at in enumerators(text) if at > start),
        ),
        breaks,
        gaps,
        tagged.after(start),
    )
    joined = _joined(earlier, window, text, agreed, cut)
    if joined is not None:
        return replace(joined, tagged=tagged)
    return read_all(reader, text, template=template, breaks=breaks, gaps=gaps, tagged=tagged)


def _found(reading: Reading, breaks: Sequence[int], gaps: Sequence[int], tagged: TaggedText) -> Read:
    mentions, places = find_mentions(reading, tagged)
    return Read(reading, mentions, places, find_drugs(reading, tagged), tuple(breaks), tuple(gaps), tagged=tagged)


def _places_to_cut(
    earlier: Read, text: str, breaks: Sequence[int], gaps: Sequence[int], tagged: TaggedText
) -> tuple[int, int, int] | None:
    """Where to read from, from where both readings must agree, and up to where the earlier one is kept."""
    same = common_start(earlier.reading.text, text)
    same = min((same, *_first_differing(earlier.breaks, breaks), *_first_differing(earlier.gaps, gaps)))
    same = min(same, earlier.tagged.same_before(tagged))
    clauses = earlier.reading.clauses
    first = [
        index for index in range(len(clauses)) if not index or clauses[index].sentence > clauses[index - 1].sentence
    ]
    starts = [clauses[index].start for index in first]
    last = bisect_left(starts, same - _AFTER_CHARS) - _AFTER_SENTENCES
    if last <= _BEFORE_SENTENCES:
        return None
    begin = last - _BEFORE_SENTENCES
    while begin > 0 and starts[begin] > starts[last] - _BEFORE_CHARS:
        begin -= 1
    return starts[begin], starts[last - _AGREED_SENTENCES], starts[last]


def _first_differing(before: Sequence[int], after: Sequence[int]) -> Iterator[int]:
    """Where the first two that are not the same lie; where one goes on alone, its first."""
    for old, new in zip_longest(before, after):
        if old != new:
            yield from (at for at in (old, new) if at is not None)
            return


def _joined(earlier: Read, window: Read, text: str, agreed: int, cut: int) -> Read | None:
    """The earlier reading before `cut`, the window's from there; None when they differ between `agreed` and `cut`."""
    shift = _Shift.between(earlier.reading, window.reading, cut)
    if shift is None:
        return None
    moved = shift.read(window)
    if _between(earlier, agreed, cut) != _between(moved, agreed, cut):
        return None
    old, new = earlier.reading, moved.reading
    kinds = old.cues.by_kind.keys() | new.cues.by_kind.keys()
    cues = {kind: (*_before(old.cues.of(kind), cut), *_from(new.cues.of(kind), cut)) for kind in kinds}
    reading = Reading(
        old.language,
        text,
        (*old.tokens[: old.token_at(cut)], *new.tokens[new.token_at(cut) :]),
        Cues({kind: found for kind, found in cues.items() if found}),
        (*_before(old.hits, cut), *_from(new.hits, cut)),
        (*_before(old.clauses, cut), *_from(new.clauses, cut)),
        moved.gaps,
    )
    return Read(
        reading,
        (*_before(earlier.mentions, cut), *_from(moved.mentions, cut)),
        (*_before(earlier.places, cut), *_from(moved.places, cut)),
        (*_before(earlier.drugs, cut), *_from(moved.drugs, cut)),
        moved.breaks,
        moved.gaps,
        kept=cut,
        sections=earlier.sections,
    )


def _before(items: Sequence[_Item], cut: int) -> Sequence[_Item]:
    return items[: bisect_left(items, cut, key=lambda item: item.start)]


def _from(items: Sequence[_Item], cut: int) -> Sequence[_Item]:
    return items[bisect_left(items, cut, key=lambda item: item.start) :]


def _between(read: Read, start: int, end: int) -> tuple[object, ...]:
    """Everything that is found between two places."""
    return (
        _from(_before(read.reading.clauses, end), start),
        _from(_before(read.reading.hits, end), start),
        _from(_before(read.mentions, end), start),
        _from(_before(read.places, end), start),
        _from(_before(read.drugs, end), start),
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """How far the numbers of tokens, sentences and segments of a window lie behind those of the whole text."""

    tokens: int
    sentences: int
    segments: int

    @classmethod
    def between(cls, whole: Reading, window: Reading, cut: int) -> "_Shift | None":
        """The shift at `cut`, where in both a sentence begins; None where that is not so."""
        one, other = _starting(whole.clauses, cut), _starting(window.clauses, cut)
        if one is None or other is None or one.soft != other.soft:
            return None
        return cls(
            whole.token_at(cut) - window.token_at(cut), one.sentence - other.sentence, one.segment - other.segment
        )

    def read(self, window: Read) -> Read:
        """The window with the numbers of the whole text."""
        reading = window.reading
        return Read(
            replace(
                reading,
                cues=Cues({kind: tuple(map(self._cue, cues)) for kind, cues in reading.cues.by_kind.items()}),
                clauses=tuple(map(self._clause, reading.clauses)),
            ),
            tuple(map(self._mention, window.mentions)),
            tuple(map(self._place, window.places)),
            window.drugs,
            window.breaks,
            window.gaps,
        )

    def _cue(self, cue: Cue) -> Cue:
        return replace(cue, first=cue.first + self.tokens, last=cue.last + self.tokens)

    def _clause(self, clause: Clause) -> Clause:
        return replace(clause, sentence=clause.sentence + self.sentences, segment=clause.segment + self.segments)

    def _place(self, place: Place) -> Place:
        return place if place.side is None else replace(place, side=self._cue(place.side))

    def _mention(self, mention: Mention) -> Mention:
        if mention.place is None and mention.inner_place is None:
            return mention
        return replace(
            mention,
            place=self._place(mention.place) if mention.place is not None else None,
            inner_place=self._place(mention.inner_place) if mention.inner_place is not None else None,
        )


def _starting(clauses: Sequence[Clause], at: int) -> Clause | None:
    index = bisect_left(clauses, at, key=lambda clause: clause.start)
    return clauses[index] if index < len(clauses) and clauses[index].start == at else None
