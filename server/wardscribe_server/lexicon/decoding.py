"""The best way through a lattice of words: a beam search over the language model.

Owns the search only. Must not know sounds, fences or what is done with the result.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wardscribe_server.lexicon.language_model import START, LanguageModel
from wardscribe_server.lexicon.lattice import TRANSPARENT, Edge

_BEAM = 10
_WITHIN = 14.0  # nats behind the best at the same place


@dataclass(frozen=True, slots=True)
class Path:
    """Words from the first to the last place; `score` is a log probability."""

    edges: tuple[Edge, ...]
    score: float

    @property
    def text(self) -> str:
        """What is written."""
        return "".join(edge.written for edge in self.edges)


@dataclass(slots=True)
class _State:
    score: float
    first: int
    second: int
    edge: Edge | None
    before: "_State | None"


_Arrived = defaultdict[int, dict[tuple[int, int], _State]]  # by place, then by the last two words


def best_path(
    lattice: Sequence[Sequence[Edge]],
    model: LanguageModel,
    *,
    factor: float,
    allowed: Callable[[Edge], bool] | None = None,
    span: tuple[int, int] | None = None,
    after: tuple[int, int] = (START, START),
) -> Path | None:
    """The best path over the `allowed` edges in `span`, behind the words `after`; None when none reaches its end."""
    start, end = span or (0, len(lattice))
    arrived: _Arrived = defaultdict(dict)
    arrived[start][after] = _State(0.0, *after, None, None)
    for at in range(start, end):
        if at not in arrived:
            continue
        usable = [edge for edge in lattice[at] if allowed is None or allowed(edge)]
        for state in _pruned(arrived[at]):
            _extend(state, usable, arrived, model, factor)
    best = max(arrived[end].values(), key=lambda state: state.score, default=None)
    return None if best is None else _path(best)


def _pruned(states: dict[tuple[int, int], _State]) -> list[_State]:
    ranked = sorted(states.values(), key=lambda state: -state.score)[:_BEAM]
    return [state for state in ranked if state.score >= ranked[0].score - _WITHIN]


def _extend(
    state: _State,
    edges: Sequence[Edge],
    arrived: _Arrived,
    model: LanguageModel,
    factor: float,
) -> None:
    history = model.history(state.first, state.second)
    logprob = model.logprob
    for edge in edges:
        if edge.word == TRANSPARENT:
            score, key = state.score, (state.first, state.second)
        else:
            score = state.score - edge.cost + factor * logprob(history, edge.word)
            key = (state.second, edge.word)
        there = arrived[edge.end]
        known = there.get(key)
        if known is None or known.score < score:
            there[key] = _State(score, key[0], key[1], edge, state)


def _path(end: _State) -> Path:
    edges: list[Edge] = []
    state: _State | None = end
    while state is not None and state.edge is not None:
        edges.append(state.edge)
        state = state.before
    return Path(tuple(reversed(edges)), end.score)
