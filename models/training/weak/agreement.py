"""How often the teacher's rules agree with people, measured on gold that annotates the label completely.

Owns the counting and which rules are kept. Must not know how rules work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.training.examples import Entity, Example
from models.training.labels import UNKNOWN
from models.training.sources import Source
from models.training.weak.teacher import Teacher


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one rule in one language: spans that people have exactly so, that overlap one of theirs, and all."""

    exact: int
    overlapping: int
    total: int

    @property
    def precision(self) -> float:
        """Share of exact spans."""
        return self.exact / self.total if self.total else 0.0

    @property
    def touch(self) -> float:
        """Share of spans that are exact or overlap a mention with the same label."""
        return (self.exact + self.overlapping) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Agreements:
    """Agreement by rule, and by surface and label where the surface was seen."""

    rules: Mapping[str, Agreement]
    surfaces: Mapping[tuple[str, str], Agreement]
    labels: Mapping[str, Agreement] = field(default_factory=dict[str, Agreement])
    found: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])  # label: found, in gold


def measure(examples: Iterable[Example], teacher: Teacher, sources: Mapping[str, Source]) -> Agreements:
    """Agreement of the teacher with the gold of `examples`."""
    rules: dict[str, Counter[str]] = {}
    surfaces: dict[tuple[str, str], Counter[str]] = {}
    labels: dict[str, Counter[str]] = {}
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for example in examples:
        complete = sources[example.source].labels
        gold = [entity for entity in example.entities if entity.label is not None]
        exact = {(entity.start, entity.end): entity for entity in gold}
        seen: set[tuple[int, int]] = set()
        for taught in teacher.taught(example.text):
            entity = taught.entity
            judged = _judged(entity, gold, exact.get((entity.start, entity.end)), complete)
            if not judged:
                continue
            surface = example.text[entity.start : entity.end].casefold(), str(entity.label)
            rules.setdefault(taught.rule, Counter())[judged] += 1
            surfaces.setdefault(surface, Counter())[judged] += 1
            labels.setdefault(str(entity.label), Counter())[judged] += 1
            if judged == "exact":
                seen.add((entity.start, entity.end))
        for entity in gold:
            if entity.label in complete:
                wanted[entity.label] += 1
                found[entity.label] += (entity.start, entity.end) in seen
    return Agreements(
        {rule: _agreement(counts) for rule, counts in rules.items()},
        {surface: _agreement(counts) for surface, counts in surfaces.items()},
        {label: _agreement(counts) for label, counts in labels.items()},
        {label: (found[label], count) for label, count in wanted.items()},
    )


def _judged(entity: Entity, gold: list[Entity], same: Entity | None, complete: frozenset[str]) -> str:
    if same is not None and _fits(entity, same):
        return "exact"
    over = [other for other in gold if other.start < entity.end and entity.start < other.end]
    if any(other.label == UNKNOWN for other in over):
        return ""
    if any(_fits(entity, other) for other in over):
        return "overlapping"
    return "wrong" if entity.label in complete or over else ""


def _fits(entity: Entity, gold: Entity) -> bool:
    return entity.label == gold.label or entity.label in gold.allowed


def _agreement(counts: Counter[str]) -> Agreement:
    return Agreement(counts["exact"], counts["overlapping"], counts.total())
