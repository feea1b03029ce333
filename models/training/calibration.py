"""Making scores mean what they say: a temperature a head, a threshold for relations.

Owns the fit, over readings that training never saw. Must not know networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.batches import NOT_SAID, TAGS
from models.training.decoding import Floats
from models.training.labels import AXES
from models.training.reading import Reading
from models.training.scores import log_softmax, relation_scores

_GRID = np.exp(np.linspace(np.log(0.4), np.log(4.0), 47))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature for each head, and from which probability on a relation holds."""

    temperature: dict[str, float]
    relation_threshold: float


def fitted(read: Sequence[Reading]) -> Calibration:
    """Temperatures that make the held-out targets likeliest, and the threshold with the best F1."""
    temperature = {"tags": _tags(read), "section": _section(read), **{axis: _axis(read, axis) for axis in AXES}}
    logits, truths = relation_scores(read)
    if not len(logits):
        return Calibration({**temperature, "relation": 1.0}, 0.5)
    relation = _least([_binary(logits / one, truths) for one in _GRID])
    chances = 1 / (1 + np.exp(-logits / relation))
    thresholds = np.linspace(0.2, 0.8, 25)
    scores = [_f1(chances >= one, truths) for one in thresholds]
    return Calibration({**temperature, "relation": relation}, round(float(thresholds[int(np.argmax(scores))]), 3))


def _tags(read: Sequence[Reading]) -> float:
    logits, allowed = [], []
    for one in read:
        for place, bits in enumerate(one.item.allowed):
            if bits != (1 << len(TAGS)) - 1:
                logits.append(one.logits["tags"][place])
                allowed.append([bool(bits >> tag & 1) for tag in range(len(TAGS))])
    if not logits:
        return 1.0
    every, right = np.array(logits), np.array(allowed)
    return _least([-float(np.log(np.where(right, np.exp(log_softmax(every / t)), 0).sum(-1)).mean()) for t in _GRID])


def _axis(read: Sequence[Reading], axis: str) -> float:
    logits, targets = [], []
    for one in read:
        for place, target in enumerate(one.item.axes[axis]):
            if target != NOT_SAID:
                logits.append(one.logits[axis][place])
                targets.append(target)
    return _classes(logits, targets)


def _section(read: Sequence[Reading]) -> float:
    said = [one for one in read if one.item.section != NOT_SAID]
    return _classes([one.logits["section"] for one in said], [one.item.section for one in said])


def _classes(logits: Sequence[Floats], targets: Sequence[int]) -> float:
    if not targets:
        return 1.0
    every, rows = np.array(logits), np.arange(len(targets))
    return _least([-float(log_softmax(every / t)[rows, targets].mean()) for t in _GRID])


def _binary(logits: NDArray[np.float64], truths: NDArray[np.bool_]) -> float:
    return float(np.logaddexp(0, np.where(truths, -logits, logits)).mean())


def _least(losses: Sequence[float]) -> float:
    return round(float(_GRID[int(np.argmin(losses))]), 4)


def _f1(said: NDArray[np.bool_], truths: NDArray[np.bool_]) -> float:
    both = int((said & truths).sum())
    return 2 * both / max(1, int(said.sum() + truths.sum()))
