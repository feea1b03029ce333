import pytest
from pydantic import JsonValue

from wardscribe_protocol.wire import MAX_VALUE_DEPTH, plain_value


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
    ],
)
def test_what_a_record_cannot_hold_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValueError):
        plain_value(value)
