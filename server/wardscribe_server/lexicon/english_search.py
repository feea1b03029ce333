"""The best way through a segment: each stretch of heard words stays or becomes what it may have been.

A step carries what it costs in sound; the language model says what the words in a row are worth. Must not know how
steps are found or which of them are safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_lexicons.language_model import LanguageModel

_BEAM = 12


@dataclass(frozen=True, slots=True)
class Step:
    """Heard words `[first, last)` said as the words `numbers` at `cost`; `written` is None where they stay."""

    first: int
    last: int
    numbers: tuple[int, ...]
    cost: float = 0.0
    written: str | None = None
    distance: float = 0.0
    share: float = 0.0  # distance a phone
    why: str = ""
    group: str = ""  # steps that write one term in several spellings share it
    length: int = 0  # phones
    cautious: bool = False  # needs the audio whatever it is worth


@dataclass(frozen=True, slots=True)
class _Way:
    score: float
    step: Step | None
    before: "_Way | None"


def best_path(steps: Sequence[Sequence[Step]], fresh: Sequence[bool], model: LanguageModel) -> tuple[Step, ...]:
    """The best steps from the first heard word to the last; `steps[i]` begin at word `i`.

    `fresh[i]` says that a sentence begins with word `i`.
    """
    n = len(steps)
    ways: list[dict[tuple[int, int], _Way]] = [{} for _ in range(n + 1)]
    ways[0] = {(model.start, model.start): _Way(0.0, None, None)}
    for at in range(n):
        here = sorted(ways[at].items(), key=lambda item: -item[1].score)[:_BEAM]
        for state, way in here:
            for step in steps[at]:
                score, after = _said(step, (model.start, model.start) if fresh[at] else state, model)
                score += way.score - step.cost
                known = ways[step.last].get(after)
                if known is None or score > known.score:
                    ways[step.last][after] = _Way(score, step, way)
    best: _Way | None = max(ways[n].values(), key=lambda way: way.score)
    path = []
    while best is not None and best.step is not None:
        path.append(best.step)
        best = best.before
    return tuple(reversed(path))


def worth(path: Sequence[Step], fresh: Sequence[bool], model: LanguageModel) -> float:
    """What `best_path` would score for `path`."""
    total = 0.0
    state = (model.start, model.start)
    for step in path:
        score, state = _said(step, (model.start, model.start) if fresh[step.first] else state, model)
        total += score - step.cost
    return total


def is_free(path: Sequence[Step], step: Step) -> bool:
    """Whether `path` changes nothing where `step` would."""
    return all(other.written is None for other in path if other.first < step.last and step.first < other.last)


def with_step(path: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """`path` with `step` in place of the words that stay there."""
    before = (other for other in path if other.last <= step.first)
    return (*before, step, *(other for other in path if other.first >= step.last))


def _said(step: Step, state: tuple[int, int], model: LanguageModel) -> tuple[float, tuple[int, int]]:
    score = 0.0
    before, last = state
    for number in step.numbers:
        if number == last == model.figure:
            continue
        score += model.score(before, last, number)
        before, last = last, number
    return score, (before, last)
