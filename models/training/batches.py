"""Examples as the network reads them: pieces, and for each piece what the losses may ask of it.

Owns the step from characters to pieces, the cutting of long examples, what a source leaves open, and batches of like
length. Must not know the network's weights or how a loss is computed.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.training.examples import Entity, Example, SchemeSpan
from models.training.labels import AXES, DEPENDENTS, HEADS, LABELS, SECTIONS, UNKNOWN
from models.training.sources import Source

TAGS = ("O", *(f"{edge}-{label}" for label in LABELS for edge in "BI"))
LONGEST = 160  # pieces of one sentence in training
LENGTHS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 128, 160, 256, 512)  # that sentences are padded to
NOT_SAID = -100  # a target that no loss is computed for

_AT = {tag: place for place, tag in enumerate(TAGS)}
_ALL = (1 << len(TAGS)) - 1
_BEGINS = sum(1 << place for tag, place in _AT.items() if not tag.startswith("I-"))


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence: piece ids with the two marks at its ends, and targets of the same length.

    `allowed` is a bit set of the tags that may be right at each piece. `firsts` are the first pieces of the entities.
    """

    source: str
    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    allowed: tuple[int, ...]
    scheme: tuple[int, ...]
    axes: Mapping[str, tuple[int, ...]]
    dependents: tuple[int, ...] = ()
    heads: tuple[int, ...] = ()
    pairs: frozenset[tuple[int, int]] = frozenset()
    relations_said: bool = False
    section: int = NOT_SAID


@dataclass(frozen=True, slots=True)
class Batch:
    """Items as arrays [B, T]; what needs no array stays with the items."""

    items: Sequence[Item]
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    allowed: NDArray[np.bool_]  # [B, T, tags]
    scheme: NDArray[np.int64]
    axes: Mapping[str, NDArray[np.int64]]
    section: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes items. `schemes` are the tag sets of the public schemes' own heads, as `scheme_tags` gives them."""

    tokenizer: Tokenizer
    sources: Mapping[str, Source]
    schemes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def items(self, examples: Iterable[Example], *, longest: int = LONGEST) -> Iterator[Item]:
        """The items of the examples, long ones cut into several."""
        listed = [part for example in examples for part in shortened(example, self.tokenizer, longest)]
        for example, encoding in zip(
            listed, self.tokenizer.encode_batch([example.text for example in listed]), strict=True
        ):
            yield self.item(example, encoding.ids[:512], encoding.offsets[:512])

    def item(self, example: Example, ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> Item:
        """The item of one example that is already cut into pieces."""
        spans = tuple(stripped(example.text, start, end) for start, end in offsets)
        entities = [(entity, covered(spans, entity.start, entity.end)) for entity in example.entities]
        source = self.sources.get(example.source)
        firsts = [places[0] if places else -1 for _, places in entities]
        said = [(place, entity) for (entity, _), place in zip(entities, firsts, strict=True) if place >= 0]
        return Item(
            source=example.source,
            ids=tuple(ids),
            spans=spans,
            allowed=_allowed(spans, entities, source),
            scheme=_scheme(spans, example.scheme_spans, self.schemes.get(example.source)),
            axes={axis: _axis(len(spans), entities, axis) for axis in AXES},
            dependents=tuple(place for place, entity in said if entity.label in DEPENDENTS),
            heads=tuple(place for place, entity in said if entity.label in HEADS),
            pairs=frozenset((firsts[a], firsts[b]) for a, b in example.relations or ()),
            relations_said=example.relations is not None,
            section=NOT_SAID if example.section is None else SECTIONS.index(example.section),
        )


def scheme_tags(source: Source) -> tuple[str, ...]:
    """The tags of a public scheme's own head."""
    return ("O", *(f"{edge}-{kind}" for kind in source.scheme for edge in "BI"))


def stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """A piece's characters without the space that belongs to it; empty for the marks at both ends."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def covered(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Places of the pieces that share characters with `[start, end)`."""
    return [place for place, (a, b) in enumerate(spans) if a < b and a < end and start < b]


def shortened(example: Example, tokenizer: Tokenizer, longest: int) -> list[Example]:
    """The example itself, or its halves (and theirs) where it has more pieces; no entity is cut."""
    if len(example.text) <= longest or len(tokenizer.encode(example.text).ids) <= longest:
        return [example]
    middle = len(example.text) // 2
    inside = [(one.start, one.end) for one in (*example.entities, *example.scheme_spans)]
    places = [
        at + 1
        for at, char in enumerate(example.text[:-1])
        if char in "。；，;,.? " and not any(start < at + 1 < end for start, end in inside)
    ]
    if not places:
        return [example]
    at = min(places, key=lambda place: abs(place - middle) - 20 * (example.text[place - 1] in "。；;.?"))
    halves = [part(example, 0, at), part(example, at, len(example.text))]
    return [short for half in halves if half.text.strip() for short in shortened(half, tokenizer, longest)]


def part(example: Example, start: int, end: int) -> Example:
    """The characters `[start, end)` of an example, with the mentions in them."""
    kept = [place for place, one in enumerate(example.entities) if start <= one.start and one.end <= end]
    moved = {old: new for new, old in enumerate(kept)}
    relations = example.relations
    return replace(
        example,
        text=example.text[start:end],
        entities=tuple(
            replace(one, start=one.start - start, end=one.end - start)
            for one in map(example.entities.__getitem__, kept)
        ),
        relations=None if relations is None else tuple((moved[a], moved[b]) for a, b in relations if {a, b} <= {*kept}),
        scheme=tuple(
            SchemeSpan(start=one.start - start, end=one.end - start, kind=one.kind)
            for one in example.scheme_spans
            if start <= one.start and one.end <= end
        ),
    )


def lowered(example: Example) -> Example:
    """The example in lower case, as a recogniser writes it; itself where that would move characters."""
    text = example.text.lower()
    return replace(example, text=text) if len(text) == len(example.text) else example


def batched(items: Sequence[Item], *, pieces: int, chance: random.Random) -> list[list[Item]]:
    """Items of like length together, each batch of about so many pieces with padding, in random order.

    Lengths are rounded up to a few, and each has its batch size: a new shape costs a CPU seconds of preparation.
    """
    by_length: dict[int, list[Item]] = {}
    for item in items:
        by_length.setdefault(rounded(len(item.ids)), []).append(item)
    made: list[list[Item]] = []
    for length, alike in sorted(by_length.items()):
        chance.shuffle(alike)
        size = max(1, pieces // length)
        made += [alike[start : start + size] for start in range(0, len(alike), size)]
    chance.shuffle(made)
    return made


def rounded(length: int) -> int:
    """The length that a sentence of so many pieces is padded to."""
    return next((one for one in LENGTHS if one >= length), length)


def arrays(items: Sequence[Item], *, pad: int = 1) -> Batch:
    """The batch of some items; one alone is not padded."""
    longest = max(len(item.ids) for item in items)
    length = rounded(longest) if len(items) > 1 else longest
    shape = (len(items), length)
    ids, mask = np.full(shape, pad, np.int64), np.zeros(shape, np.int64)
    scheme = np.full(shape, NOT_SAID, np.int64)
    axes = {axis: np.full(shape, NOT_SAID, np.int64) for axis in AXES}
    allowed = np.ones((*shape, len(TAGS)), np.bool_)
    sets = {one: _bits(one) for one in {bits for item in items for bits in item.allowed}}
    for row, item in enumerate(items):
        n = len(item.ids)
        ids[row, :n], mask[row, :n], scheme[row, :n] = item.ids, 1, item.scheme
        for axis, values in item.axes.items():
            axes[axis][row, :n] = values
        allowed[row, :n] = [sets[bits] for bits in item.allowed]
    section = np.array([item.section for item in items], np.int64)
    return Batch(items, ids, mask, allowed, scheme, axes, section)


def _bits(one: int) -> NDArray[np.bool_]:
    return np.array([one >> place & 1 for place in range(len(TAGS))], np.bool_)


def _set(tags: Iterable[str]) -> int:
    return sum(1 << _AT[tag] for tag in tags)


def _allowed(
    spans: Sequence[tuple[int, int]], entities: Sequence[tuple[Entity, list[int]]], source: Source | None
) -> tuple[int, ...]:
    open_labels = source.open_labels if source else ()
    outside = _set(("O", *(f"{edge}-{label}" for label in open_labels for edge in "BI")))
    sets = [outside if start < end else _ALL for start, end in spans]
    for entity, places in entities:
        for order, place in enumerate(places):
            if entity.label == UNKNOWN:
                sets[place] = _ALL
            elif entity.label is not None:
                edge = "I" if order else "B"
                sets[place] = _set({f"{edge}-{label}" for label in (entity.label, *entity.allowed)})
        after = places[-1] + 1 if places else len(spans)
        if after < len(spans) and sets[after] == outside:
            sets[after] &= _BEGINS  # a mention ends where the source ends it, whatever its label
    return tuple(sets)


def _scheme(
    spans: Sequence[tuple[int, int]], said: Iterable[SchemeSpan], tags: Sequence[str] | None
) -> tuple[int, ...]:
    if tags is None:
        return (NOT_SAID,) * len(spans)
    targets = [0 if start < end else NOT_SAID for start, end in spans]
    for one in said:
        for order, place in enumerate(covered(spans, one.start, one.end)):
            targets[place] = tags.index(f"{'I' if order else 'B'}-{one.kind}")
    return tuple(targets)


def _axis(length: int, entities: Sequence[tuple[Entity, list[int]]], axis: str) -> tuple[int, ...]:
    targets = [NOT_SAID] * length
    for entity, places in entities:
        value = getattr(entity, axis)
        for place in places if value is not None else ():
            targets[place] = AXES[axis].index(value)
    return tuple(targets)
