"""Which units of two sequences belong together, by the cheapest edits. Pure; knows neither texts nor times."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_Numbers = npt.NDArray[np.int32]


def matches(left: Sequence[str], right: Sequence[str], *, open_right: bool = False) -> list[tuple[int, int]]:
    """Index pairs of equal units on a cheapest way from `left` to `right`, both ascending.

    `open_right`: what stands in `right` before the first and after the last unit of `left` costs nothing, as when
    `left` is a glimpse of it.
    """
    if not left or not right:
        return []
    names = {name: number for number, name in enumerate(dict.fromkeys([*left, *right]))}
    rows = np.array([names[unit] for unit in left], dtype=np.int32)
    columns = np.array([names[unit] for unit in right], dtype=np.int32)
    costs = _costs(rows, columns, open_right=open_right)
    row, column = len(left), int(costs[-1].argmin()) if open_right else len(right)
    pairs: list[tuple[int, int]] = []
    while row and column:
        here = costs[row, column]
        same = rows[row - 1] == columns[column - 1]
        if same and here == costs[row - 1, column - 1]:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif here == costs[row - 1, column] + 1:
            row -= 1
        elif here == costs[row, column - 1] + 1:
            column -= 1
        else:
            row, column = row - 1, column - 1
    return pairs[::-1]


def _costs(rows: _Numbers, columns: _Numbers, *, open_right: bool) -> _Numbers:
    """Edits between every two prefixes, int32 [len(rows) + 1, len(columns) + 1]."""
    steps = np.arange(len(columns) + 1, dtype=np.int32)
    costs = np.zeros((len(rows) + 1, len(columns) + 1), dtype=np.int32)
    if not open_right:
        costs[0] = steps
    for number, unit in enumerate(rows, start=1):
        above = costs[number - 1]
        own = costs[number]
        own[0] = number
        own[1:] = np.minimum(above[:-1] + (columns != unit), above[1:] + 1)
        # Insertions go from left to right: the cheapest is a running minimum once each step is charged beforehand.
        costs[number] = np.minimum.accumulate(own - steps) + steps
    return costs
