"""MACCROBAT's documents as examples: sentences with our labels, relations and assertion.

Owns what a type, an attribute and a relation of MACCROBAT mean for us. Must not know the standoff format.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Final

from models.training.examples import Entity, Example, SchemeSpan, settled
from models.training.gold.boundaries import Boundaries
from models.training.gold.brat import Document, Mention
from models.training.gold.sentences import sentences
from models.training.labels import DEPENDENTS, HEADS, UNKNOWN
from models.training.sources import Source

LONGEST: Final = 480
_HELD_OUT: Final = (20, 30)  # documents to choose by, documents to report
_ASSERTED: Final = frozenset(("Sign_symptom", "Disease_disorder"))
_POLARITY: Final = {
    "NEG": ("absent", "certain"),
    "MAYBE_NEG": ("possible", "hedged"),
    "MAYBE_POS": ("possible", "hedged"),
    "UNCERTAIN": ("possible", "hedged"),
}


def part_of(names: list[str]) -> dict[str, str]:
    """Document name -> "train", "dev" or "test": by a fixed hash of the name, so that the parts never change."""
    order = sorted(names, key=lambda name: sha256(f"wardscribe {name}".encode()).hexdigest())
    dev, test = _HELD_OUT
    return {name: "test" if at < test else "dev" if at < test + dev else "train" for at, name in enumerate(order)}


def examples(document: Document, source: Source, boundaries: Boundaries) -> Iterator[Example]:
    """The sentences of a document."""
    for number, (start, end) in enumerate(sentences(document.text, language="en", longest=LONGEST)):
        inside = [mention for mention in document.mentions if start <= mention.start and mention.end <= end]
        cut = [one for one in document.mentions if one.start < end and one.end > start and one not in inside]
        yield _example(document, source, boundaries, number, (start, end), inside, cut)


def _example(
    document: Document,
    source: Source,
    boundaries: Boundaries,
    number: int,
    span: tuple[int, int],
    inside: list[Mention],
    cut: list[Mention],
) -> Example:
    start, end = span
    text = document.text[start:end]
    made: dict[Entity, str] = {}
    kinds = {mention.id: mention.kind for mention in document.mentions}
    modified = {first: kinds.get(second) for kind, first, second in document.relations if kind == "MODIFY"}
    for mention in inside:
        for entity in _entities(text, mention, start, source, boundaries, modified.get(mention.id)):
            if entity.label == "value" and modified.get(mention.id) in _ASSERTED and not text[entity.start].isdigit():
                entity = replace(entity, label=UNKNOWN)  # "acute" of a symptom is no value of a test
            made[entity] = mention.id
    for mention in cut:
        gap = Entity(start=max(mention.start, start) - start, end=min(mention.end, end) - start, label=UNKNOWN)
        made[gap] = mention.id
    entities = settled(made)
    owners = [made[entity] for entity in entities]
    spans = settled(
        Entity(start=mention.start - start, end=mention.end - start, label=None, scheme=mention.kind)
        for mention in inside
    )
    scheme = tuple(SchemeSpan(start=one.start, end=one.end, kind=one.scheme) for one in spans)
    plain = tuple(SchemeSpan(start=one.start, end=one.end, kind=one.scheme) for one in entities if one.scheme)
    return Example(
        id=f"{source.name}/{document.name}/{number}",
        source=source.name,
        language="en",
        form="written",
        text=text,
        entities=entities,
        relations=tuple(_relations(document, entities, owners)),
        scheme=None if scheme == plain else scheme,
    )


def _entities(text: str, mention: Mention, start: int, source: Source, boundaries: Boundaries) -> Iterator[Entity]:
    labels = (UNKNOWN,) if mention.divided else source.mapped(mention.kind)
    if modifies == "Medication" and labels == ("value",):
        labels = ("dose",)
    axes: dict[str, str] = {}
    if mention.kind in _ASSERTED:
        axes["presence"], axes["certainty"] = _POLARITY.get(
            mention.attributes.get("POLARITY", ""), ("present", "certain")
        )
    for entity in boundaries.ours(text, mention.start - start, mention.end - start, labels, mention.kind):
        yield replace(entity, **axes) if entity.label in ("finding", "symptom", "disease") else entity


def _relations(document: Document, entities: tuple[Entity, ...], owners: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of dependent and head where MACCROBAT says MODIFY; a side modifies what its place modifies."""
    modified: dict[str, set[str]] = {}
    for kind, first, second in document.relations:
        if kind == "MODIFY":
            modified.setdefault(first, set()).add(second)
    pairs: set[tuple[int, int]] = set()
    for dependent, owner in enumerate(owners):
        if entities[dependent].label not in DEPENDENTS:
            continue
        targets = modified.get(owner, set())
        beyond = {further for target in targets for further in modified.get(target, set())}
        for head, other in enumerate(owners):
            if other in targets | beyond and entities[head].label in HEADS - {"anatomy"} and head != dependent:
                pairs.add((dependent, head))
    yield from sorted(pairs)
