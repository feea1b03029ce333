import pytest
from pydantic import JsonValue

from wardscribe_protocol.wire import MAX_VALUE_DEPTH, MAX_VALUE_ITEMS, longest_pointer, plain_value


def nested(depth: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [True, 3, -2.5, "胸腔积液", [1, "a"], {"size_mm": [3, 4]}, nested(MAX_VALUE_DEPTH - 1), 2**53 - 1]
)
def test_what_a_record_can_hold_passes_unchanged(value: JsonValue) -> None:
    assert plain_value(value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        [None],
        {"a": {"b": None}},
        float("nan"),
        [float("inf")],
        2**53,
        -(2**53),
        nested(MAX_VALUE_DEPTH),
        [0] * MAX_VALUE_ITEMS,
        {"a": [[1] * 500, {"b": [2] * 600}]},
    ],
)
def test_what_a_record_cannot_hold_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValueError):
        plain_value(value)


@pytest.mark.parametrize(
    ("value", "length"), [(1, 0), ([], 0), ([1, [2, 3]], 4), ({"ab": 1}, 3), ({"a/b": [7]}, 7), ({"~": {"": 1}}, 4)]
)
def test_the_longest_pointer_into_a_value_is_as_long_as_its_steps_are_written(value: JsonValue, length: int) -> None:
    assert longest_pointer(value) == length
