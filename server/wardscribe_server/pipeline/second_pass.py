"""The final decode of a segment against the words that were committed while it was spoken.

Owns which committed word each final word stands for, and what is said where they differ: committed words are never
changed in silence. Must not know engines or the lexicon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.pipeline.frontier import plain
from wardscribe_server.pipeline.heard import HeardWord
from wardscribe_server.pipeline.values import Word, WordId, joined

HEARD_AGAIN = "heard_again"  # why a committed word reads otherwise: the whole segment was heard once more, harder

_OTHER_WORD = 1.0
_ELSEWHERE = 0.5  # more, for words that were not said at the same time
_ONE_SIDED = 0.75  # so that another word in the same place costs less than one gone and one new


@dataclass(frozen=True, slots=True)
class SecondPass:
    """`words` are what stands; those in `new` were never committed. A word put in takes the id of the one before it."""

    words: tuple[Word, ...]
    new: tuple[Word, ...]
    corrections: tuple[Correction, ...]


def second_pass(committed: Sequence[Word], heard: Sequence[HeardWord], *, next_id: int | None) -> SecondPass:
    """What the final words make of the committed ones; new words are numbered from `next_id`.

    Without it others are numbered behind these already: then no word is new, and one at the end is put in as any other.
    """
    if not heard:
        return SecondPass(tuple(committed), (), ())  # no word is lost because a second decode heard nothing
    end = max((word.span.end for word in committed if word.span is not None), default=0)
    steps = _steps(committed, heard, end)
    words: list[Word] = []
    new: list[Word] = []
    newest = WordId(committed[0].id) if committed else WordId(next_id or 0)
    remaining = len(committed)
    for at, place in steps:
        if at is not None:
            newest, remaining = committed[at].id, remaining - 1
        if place is None:
            continue
        word = heard[place]
        if at is None and not remaining and next_id is not None:
            newest = WordId(next_id + len(new))
            new.append(Word(newest, word.text, word.span, word.confidence))
        words.append(Word(newest, word.text, word.span, word.confidence))
    corrections = _corrections(committed, heard, steps) if committed else []
    return SecondPass(tuple(words), tuple(new), tuple(corrections))


_Step = tuple[int | None, int | None]  # index among the committed, index among the heard; None where there is none


class _Move(Enum):
    BOTH = auto()
    GONE = auto()
    PUT_IN = auto()


def _steps(committed: Sequence[Word], heard: Sequence[HeardWord], end: int) -> list[_Step]:
    """The cheapest pairing, in order. What was said after the last committed word costs nothing: it is new."""
    extra = [0.0 if (word.span.start + word.span.end) // 2 >= end else _ONE_SIDED for word in heard]
    keys = [plain(word.text) for word in heard]
    costs = [[0.0]]
    moves: list[list[_Move]] = [[_Move.PUT_IN] * (len(heard) + 1)]
    for cost in extra:
        costs[0].append(costs[0][-1] + cost)
    for row, word in enumerate(committed, start=1):
        key = plain(word.text)
        costs.append([costs[row - 1][0] + _ONE_SIDED])
        moves.append([_Move.GONE])
        for column, other in enumerate(heard, start=1):
            pair = 0.0 if keys[column - 1] == key else _OTHER_WORD
            options = (
                (costs[row - 1][column - 1] + pair + _apart(word, other), _Move.BOTH),
                (costs[row - 1][column] + _ONE_SIDED, _Move.GONE),
                (costs[row][column - 1] + extra[column - 1], _Move.PUT_IN),
            )
            cost, move = min(options, key=lambda option: option[0])
            costs[row].append(cost)
            moves[row].append(move)
    return _walked(moves, len(committed), len(heard))


def _walked(moves: Sequence[Sequence[_Move]], row: int, column: int) -> list[_Step]:
    steps: list[_Step] = []
    while row or column:
        match moves[row][column] if row else _Move.PUT_IN:
            case _Move.BOTH:
                row, column = row - 1, column - 1
                steps.append((row, column))
            case _Move.GONE:
                row -= 1
                steps.append((row, None))
            case _Move.PUT_IN:
                column -= 1
                steps.append((None, column))
    return steps[::-1]


def _apart(word: Word, other: HeardWord) -> float:
    if word.span is None or (word.span.start < other.span.end and other.span.start < word.span.end):
        return 0.0
    return _ELSEWHERE


def _corrections(committed: Sequence[Word], heard: Sequence[HeardWord], steps: Sequence[_Step]) -> list[Correction]:
    """Each run of committed words that reads otherwise now, with its characters in the committed line."""
    line, starts = joined([word.text for word in committed])
    found = []
    for first, last in _runs(committed, heard, steps):
        run = steps[first:last]
        gone = [at for at, _ in run if at is not None]
        stands = [heard[place] for _, place in run if place is not None]
        start, end = starts[gone[0]], starts[gone[-1]] + len(committed[gone[-1]].text)
        written, _ = joined([word.text for word in stands])
        score = min((word.confidence for word in stands), default=1.0)
        found.append(Correction(line[start:end], written, HEARD_AGAIN, score, start, end))
    return found


def _runs(committed: Sequence[Word], heard: Sequence[HeardWord], steps: Sequence[_Step]) -> list[tuple[int, int]]:
    """Stretches of steps that are no plain match; one that only puts words in takes a neighbour along."""
    end = max((number for number, (at, _) in enumerate(steps) if at is not None), default=-1) + 1
    runs: list[tuple[int, int]] = []
    for number, (at, place) in enumerate(steps[:end]):
        if at is not None and place is not None and plain(committed[at].text) == plain(heard[place].text):
            continue
        wide = (number, number + 1) if at is not None else _with_neighbour(steps, number)
        if runs and wide[0] <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(wide[1], runs[-1][1]))
        else:
            runs.append(wide)
    return runs


def _with_neighbour(steps: Sequence[_Step], number: int) -> tuple[int, int]:
    before = [at for at in range(number) if steps[at][0] is not None]
    if before:
        return before[-1], number + 1
    return number, next(at for at in range(number, len(steps)) if steps[at][0] is not None) + 1
