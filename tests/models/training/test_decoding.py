"""The best tag sequence that is one."""

import itertools

import numpy as np
import pytest

from models.training.decoding import Constraint

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


def allowed(path):
    return all(
        tag % 2 == 1 or tag == 0 or (place > 0 and path[place - 1] in (tag - 1, tag)) for place, tag in enumerate(path)
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_path_is_the_best_of_all_allowed_ones(seed):
    scores = np.random.default_rng(seed).normal(size=(4, 5)).astype(np.float32)
    best = max(
        (path for path in itertools.product(range(5), repeat=4) if allowed(path)),
        key=lambda path: sum(scores[place, tag] for place, tag in enumerate(path)),
    )
    assert tuple(Constraint.of(TAGS).best(scores)) == best


def test_spans_end_before_the_next_begins():
    chances = np.full((5, 5), 0.01, np.float32)
    for place, tag in enumerate((1, 2, 1, 0, 3)):
        chances[place, tag] = 0.96
    found = Constraint.of(TAGS).found(np.log(chances))
    assert [(one.first, one.last, one.kind) for one in found] == [(0, 1, "x"), (2, 2, "x"), (4, 4, "y")]
    assert found[0].score == pytest.approx(0.96, abs=1e-4)


def test_no_pieces_have_no_spans():
    assert Constraint.of(TAGS).found(np.zeros((0, 5), np.float32)) == []
