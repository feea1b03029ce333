"""The best way through a lattice of words: a beam search over the language model.

Owns the search only. Must not know sounds, fences or what is done with the result.
"""

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


def best_paths(
    lattice: Sequence[Sequence[Edge]],
    model: LanguageModel,
    *,
    factor: float,
    count: int = 1,
    allowed: Callable[[Edge], bool] | None = None,
) -> tuple[Path, ...]:
    """Up to `count` best paths, best first; only over `allowed` edges. Empty when none leads to the end."""
    n_places = len(lattice)
    arrived: list[dict[tuple[int, int], _State]] = [{} for _ in range(n_places + 1)]
    arrived[0][START, START] = _State(0.0, START, START, None, None)
    for at, edges in enumerate(lattice):
        states = _pruned(arrived[at])
        if not states:
            continue
        usable = [edge for edge in edges if allowed is None or allowed(edge)]
        for state in states:
            _extend(state, usable, arrived, model, factor)
    ends = sorted(arrived[n_places].values(), key=lambda state: -state.score)
    return tuple(_path(state) for state in ends[:count])


def _pruned(states: dict[tuple[int, int], _State]) -> list[_State]:
    ranked = sorted(states.values(), key=lambda state: -state.score)[:_BEAM]
    return [state for state in ranked if state.score >= ranked[0].score - _WITHIN]


def _extend(
    state: _State,
    edges: Sequence[Edge],
    arrived: list[dict[tuple[int, int], _State]],
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
