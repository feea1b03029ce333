"""From tag scores to spans: the best tag sequence that is one, and the spans in it.

Owns the constraints between tags, those of the product among them. Must not know what labels mean, or networks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RELATION_WIDTH = 64  # of the vectors q and k
SCORE_SCALE = RELATION_WIDTH**0.5
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+|\d+")

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

    def best(self, scores: Floats, continues: Sequence[bool] = ()) -> list[int]:
        """The best allowed tag sequence for log-probabilities [T, tags], by Viterbi.

        Where a piece `continues` the word before it, no mention begins or ends. An outside or begin tag may else follow
        anything, an inner one two tags only, so that a step costs O(tags).
        """
        if not len(scores):
            return []
        joined = np.array(continues, np.bool_) if len(continues) else np.zeros(len(scores), np.bool_)
        greedy = scores.argmax(1)
        if self._follows(greedy, joined):
            return [int(tag) for tag in greedy]  # the best of all sequences is an allowed one
        begins = ~self.inner
        begins[0] = False
        reached = np.where(self.inner, -np.inf, scores[0])
        back = np.zeros(scores.shape, np.int64)
        everywhere = np.arange(len(self.tags))
        for step in range(1, len(scores)):
            pair = reached[self.before]  # [tags, 2]
            source = np.where(self.inner, self.before[everywhere, pair.argmax(1)], int(reached.argmax()))
            if joined[step]:
                source[0] = 0
            back[step] = source
            reached = reached[source] + scores[step]
            if joined[step]:
                reached[begins] = -np.inf
        path = [int(reached.argmax())]
        for step in range(len(scores) - 1, 0, -1):
            path.append(int(back[step, path[-1]]))
        return path[::-1]

    def _follows(self, path: NDArray[np.int64], joined: NDArray[np.bool_]) -> bool:
        before = np.concatenate([[0], path[:-1]])
        inner = self.inner[path]
        goes_on = (self.before[path] == before[:, None]).any(1)
        in_word = inner | ((path == 0) & (before == 0))
        return bool(np.all(~inner | goes_on) and np.all(~joined | in_word))

    def found(self, scores: Floats, continues: Sequence[bool] = ()) -> list[Found]:
        """The spans of the best sequence for log-probabilities [T, tags]."""
        path = self.best(scores, continues)
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


def continuing(text: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """For each piece whether it goes on with the word or number that the piece before it belongs to."""
    inside = {at for word in _WORD.finditer(text) for at in range(word.start() + 1, word.end())}
    return [place > 0 and spans[place - 1][1] == start and start in inside for place, (start, _) in enumerate(spans)]
