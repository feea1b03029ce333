"""The best tag sequence that is one."""

import itertools

import numpy as np
import pytest

from models.training.decoding import Constraint, continuing

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


def allowed(path):
    return all(
        tag % 2 == 1 or tag == 0 or (place > 0 and path[place - 1] in (tag - 1, tag)) for place, tag in enumerate(path)
    )


def in_words(path, joined):
    return all(
        not joined[place] or tag in (2, 4) or (tag == 0 and path[place - 1] == 0) for place, tag in enumerate(path)
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_path_is_the_best_of_all_allowed_ones(seed):
    scores = np.random.default_rng(seed).normal(size=(4, 5)).astype(np.float32)
    best = max(
        (path for path in itertools.product(range(5), repeat=4) if allowed(path)),
        key=lambda path: sum(scores[place, tag] for place, tag in enumerate(path)),
    )
    assert tuple(Constraint.of(TAGS).best(scores)) == best


@pytest.mark.parametrize("seed", range(20))
def test_no_mention_begins_or_ends_inside_a_word(seed):
    scores = np.random.default_rng(seed).normal(size=(4, 5)).astype(np.float32)
    joined = [False, True, False, True]
    best = max(
        (path for path in itertools.product(range(5), repeat=4) if allowed(path) and in_words(path, joined)),
        key=lambda path: sum(scores[place, tag] for place, tag in enumerate(path)),
    )
    assert tuple(Constraint.of(TAGS).best(scores, joined)) == best


def test_a_piece_goes_on_with_the_word_or_number_before_it_not_with_the_other_kind():
    assert continuing("no dys-pnea12 34", [(0, 2), (3, 5), (5, 6), (6, 7), (7, 11), (11, 12), (12, 13), (14, 16)]) == [
        *(False, False, True, False),
        *(False, False, True, False),
    ]


def test_spans_end_before_the_next_begins():
    chances = np.full((5, 5), 0.01, np.float32)
    for place, tag in enumerate((1, 2, 1, 0, 3)):
        chances[place, tag] = 0.96
    found = Constraint.of(TAGS).found(np.log(chances))
    assert [(one.first, one.last, one.kind) for one in found] == [(0, 1, "x"), (2, 2, "x"), (4, 4, "y")]
    assert found[0].score == pytest.approx(0.96, abs=1e-4)


def test_no_pieces_have_no_spans():
    assert Constraint.of(TAGS).found(np.zeros((0, 5), np.float32)) == []
