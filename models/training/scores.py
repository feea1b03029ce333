"""Figures from readings: spans, assertion, relations, sections.

Owns what counts as right. Must not know networks or files.

A found span is right when the source has exactly these characters under a label that it allows there. It is wrong when
the source annotates its label completely; a span whose label the source leaves open, where the source says nothing, is
neither.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.training.batches import NOT_SAID, TAGS, covered
from models.training.decoding import SCORE_SCALE, Constraint, Floats, continuing
from models.training.examples import Entity
from models.training.labels import AXES, DEPENDENTS, HEADS, UNKNOWN
from models.training.reading import Reading
from models.training.sources import Source


@dataclass(frozen=True, slots=True)
class Span:
    """A span of characters that the tagger found, and how sure it is."""

    start: int
    end: int
    kind: str
    score: float


@dataclass(slots=True)
class Tally:
    """Right, found and wanted, from which precision, recall and F1 follow."""

    right: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, object]:
        """Over all kinds together, and F1 of each kind with how often it is wanted."""
        right, found, wanted = (sum(part.values()) for part in (self.right, self.found, self.wanted))
        kinds = sorted(set(self.found) | set(self.wanted))
        return {
            "f1": _f1(right, found, wanted),
            "precision": round(right / found, 4) if found else 0.0,
            "recall": round(right / wanted, 4) if wanted else 0.0,
            "wanted": wanted,
            "kinds": {
                kind: {"f1": _f1(self.right[kind], self.found[kind], self.wanted[kind]), "wanted": self.wanted[kind]}
                for kind in kinds
            },
        }


def _f1(right: int, found: int, wanted: int) -> float:
    return round(2 * right / (found + wanted), 4) if found + wanted else 0.0


def log_softmax(logits: Floats) -> Floats:
    """Log-probabilities over the last axis."""
    top = logits - logits.max(-1, keepdims=True)
    return top - np.log(np.exp(top).sum(-1, keepdims=True))


def spans(reading: Reading, constraint: Constraint, *, head: str = "tags", temperature: float = 1.0) -> list[Span]:
    """The spans that a head finds; pieces without characters of their own take no part."""
    kept = [place for place, (start, end) in enumerate(reading.item.spans) if start < end]
    at = reading.item.spans
    joined = continuing(reading.example.text, [at[place] for place in kept])
    found = constraint.found(log_softmax(reading.logits[head][kept] / temperature), joined)
    return [Span(at[kept[one.first]][0], at[kept[one.last]][1], one.kind, one.score) for one in found]


def scheme_figures(read: Iterable[Reading], tags: Sequence[str]) -> dict[str, object]:
    """Strict F1 of a public scheme's own head."""
    constraint, tally = Constraint.of(tags), Tally()
    for reading in read:
        found = {(one.start, one.end, one.kind) for one in spans(reading, constraint, head="scheme")}
        wanted = {(one.start, one.end, one.kind) for one in reading.example.scheme_spans}
        tally.right.update(kind for _, _, kind in found & wanted)
        tally.found.update(kind for _, _, kind in found)
        tally.wanted.update(kind for _, _, kind in wanted)
    return tally.figures()


@dataclass(frozen=True, slots=True)
class Judged:
    """The product head over a set: its tally, and how sure it was of each span that can be judged, right or wrong."""

    tally: Tally
    sureness: list[tuple[float, bool]]


def judged(
    read: Iterable[Reading],
    source: Source | None,
    *,
    temperature: float = 1.0,
    alike: frozenset[str] = frozenset(),
) -> Judged:
    """Strict spans of the product head, with what the source leaves open left out.

    Labels in `alike` count as one: a finding that is called a symptom is then right.
    """
    constraint, tally, sureness = Constraint.of(TAGS), Tally(), []
    open_labels = frozenset(source.open_labels if source else ())
    for reading in read:
        gold = {(one.start, one.end): one for one in reading.example.entities}
        hidden = [one for one in gold.values() if one.label == UNKNOWN]
        for one in spans(reading, constraint, temperature=temperature):
            wanted = gold.get((one.start, one.end))
            if wanted is not None and wanted.label is not None and _right(one.kind, wanted, alike):
                tally.right[wanted.label] += 1
                tally.found[wanted.label] += 1
                sureness.append((one.score, True))
            elif one.kind not in open_labels and not any(h.start < one.end and one.start < h.end for h in hidden):
                tally.found[one.kind] += 1
                sureness.append((one.score, False))
        tally.wanted.update(one.label for one in gold.values() if one.label not in (None, UNKNOWN))
    return Judged(tally, sureness)


def _right(kind: str, wanted: Entity, alike: frozenset[str]) -> bool:
    return kind in (wanted.label, *wanted.allowed) or (kind in alike and wanted.label in alike)


def assertion_figures(read: Iterable[Reading]) -> dict[str, object]:
    """Accuracy of each axis at the first piece of the gold entities, and of always saying its commonest value.

    `all_axes` is how often every axis that the source says is right.
    """
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    values: dict[str, Counter[int]] = {axis: Counter() for axis in AXES}
    together = [0, 0]
    for reading in read:
        for entity in reading.example.entities:
            places = covered(reading.item.spans, entity.start, entity.end)
            axes = [axis for axis in AXES if places and reading.item.axes[axis][places[0]] != NOT_SAID]
            hits = {
                axis: int(reading.logits[axis][places[0]].argmax()) == reading.item.axes[axis][places[0]]
                for axis in axes
            }
            for axis, hit in hits.items():
                said[axis] += 1
                right[axis] += hit
                values[axis][reading.item.axes[axis][places[0]]] += 1
            together[0] += bool(hits) and all(hits.values())
            together[1] += bool(hits)
    return {
        "entities": together[1],
        "all_axes": round(together[0] / together[1], 4) if together[1] else None,
        "axes": {axis: round(right[axis] / said[axis], 4) for axis in AXES if said[axis]},
        "commonest_value": {axis: round(max(values[axis].values()) / said[axis], 4) for axis in AXES if said[axis]},
    }


def relation_scores(read: Iterable[Reading]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Logit of each pair of gold entities that could be related, and whether it is."""
    logits, truths = [], []
    for reading in read:
        item = reading.item
        if not item.relations_said:
            continue
        for dependent in item.dependents:
            for head in item.heads:
                if dependent != head:
                    score = float(reading.logits["q"][dependent] @ reading.logits["k"][head]) / SCORE_SCALE
                    logits.append(score)
                    truths.append((dependent, head) in item.pairs)
    return np.array(logits), np.array(truths, np.bool_)


def relations_found(read: Iterable[Reading], *, threshold: float, temperature: float) -> dict[str, object]:
    """Strict F1 of relations between *found* entities: both ends must be right in characters and label."""
    constraint, right, found, wanted = Constraint.of(TAGS), 0, 0, 0
    for reading in read:
        if not reading.item.relations_said:
            continue
        entities = reading.example.entities
        gold = {
            tuple((entities[place].start, entities[place].end, entities[place].label) for place in pair)
            for pair in reading.example.relations or ()
        }
        seen = spans(reading, constraint)
        firsts = [covered(reading.item.spans, one.start, one.end)[0] for one in seen]
        made = set()
        for one, first in zip(seen, firsts, strict=True):
            for other, second in zip(seen, firsts, strict=True):
                if one.kind in DEPENDENTS and other.kind in HEADS and first != second:
                    logit = float(reading.logits["q"][first] @ reading.logits["k"][second]) / SCORE_SCALE / temperature
                    if 1 / (1 + np.exp(-logit)) >= threshold:
                        made.add(((one.start, one.end, one.kind), (other.start, other.end, other.kind)))
        right, found, wanted = right + len(made & gold), found + len(made), wanted + len(gold)
    return {"f1": _f1(right, found, wanted), "found": found, "wanted": wanted}


def section_accuracy(read: Iterable[Reading]) -> dict[str, object]:
    """How often the likeliest section is the one that is said."""
    hits = [int(one.logits["section"].argmax()) == one.item.section for one in read if one.item.section != NOT_SAID]
    return {"sentences": len(hits), "accuracy": round(float(np.mean(hits)), 4) if hits else None}


def calibration_error(sureness: Sequence[tuple[float, bool]], *, bins: int = 10) -> float:
    """Expected calibration error: the distance of mean score and share of right ones, over ten bins of scores."""
    if not sureness:
        return 0.0
    scores = np.array([score for score, _ in sureness])
    truths = np.array([right for _, right in sureness])
    places = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(scores[places == place].mean() - truths[places == place].mean()) * (places == place).sum()
        for place in range(bins)
        if (places == place).any()
    ]
    return round(float(sum(gaps)) / len(scores), 4)
