import itertools

from alignment import matches
from hypothesis import given
from hypothesis import strategies as st
from measures import edits

SEQUENCES = st.lists(st.sampled_from("abc"), max_size=7)


def test_equal_units_are_paired_around_what_differs():
    assert matches(["the", "heart", "is", "large"], ["the", "hard", "is", "very", "large"]) == [(0, 0), (2, 2), (3, 4)]


def test_nothing_matches_nothing():
    assert matches([], ["a"]) == []
    assert matches(["a"], []) == []
    assert matches(["a"], ["b"]) == []


def test_a_glimpse_finds_its_place():
    whole = ["no", "effusion", "no", "mass", "no", "fracture", "seen"]
    assert matches(["mass", "no"], whole) == [(0, 3), (1, 4)]
    assert matches(["no", "fracture"], whole, open_right=True) == [(0, 4), (1, 5)]


@given(SEQUENCES, SEQUENCES)
def test_pairs_are_equal_ascending_and_lie_on_a_cheapest_way(left, right):
    pairs = matches(left, right)
    assert all(left[one] == right[other] for one, other in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))
    corners = [(-1, -1), *pairs, (len(left), len(right))]
    price = sum(max(c - a, d - b) - 1 for (a, b), (c, d) in itertools.pairwise(corners))
    assert price == edits(left, right).errors
