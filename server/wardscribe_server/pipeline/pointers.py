"""JSON pointers into a record's fields: reading, setting and taking out values. Knows no template and no evidence."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue


class BadPointer(ValueError):
    """A JSON pointer does not lead to a field of the record."""


def steps_of(pointer: str) -> list[str]:
    """The steps of a pointer below `/fields`.

    Raises: BadPointer.
    """
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("/fields/").split("/")]
    if not pointer.startswith("/fields/") or not all(steps):
        raise BadPointer
    return steps


def leaves(value: JsonValue, pointer: str = "/fields") -> dict[str, JsonValue]:
    """Leaf values by JSON pointer, as the record contract's evidence names them."""
    found: dict[str, JsonValue] = {}
    _collect(value, pointer, found)
    return found


def _collect(value: JsonValue, pointer: str, found: dict[str, JsonValue]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _collect(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _collect(item, f"{pointer}/{index}", found)
    else:
        found[pointer] = value


def at(fields: Mapping[str, JsonValue], pointer: str) -> JsonValue:
    """The value at a pointer, None where there is none.

    Raises: BadPointer: it is no pointer below `/fields`.
    """
    node: JsonValue = dict(fields)
    for step in steps_of(pointer):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def with_value(fields: dict[str, JsonValue], pointer: str, value: JsonValue) -> dict[str, JsonValue]:
    """The fields with the value set; entries and tables on the way to it are made.

    Raises: BadPointer.
    """
    changed = _with(fields, steps_of(pointer), value)
    assert isinstance(changed, dict), "the root of the fields is an object and stays one"
    return changed


def without_value(fields: dict[str, JsonValue], pointer: str) -> dict[str, JsonValue]:
    """The fields without the value; entries of a list keep their places, so an emptied one stays as `{}`.

    Raises: BadPointer.
    """
    changed = _without(fields, steps_of(pointer))
    assert isinstance(changed, dict), "the root of the fields is an object and stays one"
    return changed


def _with(node: JsonValue, steps: Sequence[str], value: JsonValue) -> JsonValue:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        if not step.isdecimal() or int(step) > len(node):
            raise BadPointer
        index = int(step)
        inner = node[index] if index < len(node) else _empty(rest)
        return [*node[:index], _with(inner, rest, value), *node[index + 1 :]]
    if node is None or isinstance(node, dict):
        table = dict(node or {})
        table[step] = _with(table.get(step, _empty(rest)), rest, value)
        return table
    raise BadPointer


def _empty(steps: Sequence[str]) -> JsonValue:
    """What `steps` start from where there is nothing yet: a list where they name an entry."""
    if not steps:
        return None
    return [] if steps[0].isdecimal() else {}


def _without(node: JsonValue, steps: Sequence[str]) -> JsonValue:
    step, rest = steps[0], steps[1:]
    if isinstance(node, dict) and step in node:
        if rest:
            return node | {step: _without(node[step], rest)}
        return {key: value for key, value in node.items() if key != step}
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        index = int(step)
        return [*node[:index], _without(node[index], rest) if rest else {}, *node[index + 1 :]]
    raise BadPointer
