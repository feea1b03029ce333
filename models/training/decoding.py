"""From tag scores to spans: the best tag sequence that is one, and the spans in it.

Owns the constraint between tags. Must not know labels' meaning, texts or networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RELATION_WIDTH = 64  # of the vectors q and k
SCORE_SCALE = RELATION_WIDTH**0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """A span of pieces `[first, last]`, its kind and the geometric mean of its pieces' probabilities."""

    first: int
    last: int
    kind: str
    score: float


@dataclass(frozen=True, slots=True)
class Constraint:
    """Which tag may follow which: `I-x` only behind `B-x` or `I-x`."""

    tags: tuple[str, ...]
    before: NDArray[np.int64]  # for each tag that is some I-x: the places of B-x and I-x; for others unused
    inner: NDArray[np.bool_]

    @classmethod
    def of(cls, tags: Sequence[str]) -> "Constraint":
        """The constraint of a BIO tag set in which `B-x` and `I-x` both stand."""
        at = {tag: place for place, tag in enumerate(tags)}
        before = [[at[f"B-{tag[2:]}"], at[f"I-{tag[2:]}"]] if tag != "O" else [0, 0] for tag in tags]
        return cls(tuple(tags), np.array(before, np.int64), np.array([tag.startswith("I-") for tag in tags]))

    def best(self, scores: Floats) -> list[int]:
        """The best allowed tag sequence for log-probabilities [T, tags], by Viterbi.

        An outside or begin tag may follow anything, an inner one two tags only, so that a step costs O(tags).
        """
        if not len(scores):
            return []
        greedy = scores.argmax(1)
        if self._follows(greedy):
            return [int(tag) for tag in greedy]  # the best of all sequences is an allowed one
        reached = np.where(self.inner, -np.inf, scores[0])
        back = np.zeros(scores.shape, np.int64)
        everywhere = np.arange(len(self.tags))
        for step in range(1, len(scores)):
            top = int(reached.argmax())
            pair = reached[self.before]  # [tags, 2]
            chosen = pair.argmax(1)
            inner_from = self.before[everywhere, chosen]
            back[step] = np.where(self.inner, inner_from, top)
            reached = np.where(self.inner, pair[everywhere, chosen], reached[top]) + scores[step]
        path = [int(reached.argmax())]
        for step in range(len(scores) - 1, 0, -1):
            path.append(int(back[step, path[-1]]))
        return path[::-1]

    def _follows(self, path: NDArray[np.int64]) -> bool:
        before = np.concatenate([[0], path[:-1]])
        return bool(np.all(~self.inner[path] | (self.before[path] == before[:, None]).any(1)))

    def found(self, scores: Floats) -> list[Found]:
        """The spans of the best sequence for log-probabilities [T, tags]."""
        path = self.best(scores)
        spans: list[Found] = []
        at = 0
        while at < len(path):
            tag = self.tags[path[at]]
            if tag == "O":
                at += 1
                continue
            end = at + 1
            while end < len(path) and self.tags[path[end]] == f"I-{tag[2:]}":
                end += 1
            mean = np.mean([scores[place, path[place]] for place in range(at, end)])
            spans.append(Found(at, end - 1, tag[2:], float(np.exp(mean))))
            at = end
        return spans
