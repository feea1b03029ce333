"""What can be typed at a row of a report: its parts, the kind of each and the codes allowed. Pure.

Shapes are those of the record contract; a site's own template has none there, its values keep the kind they have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import isfinite
from typing import cast

from pydantic import JsonValue

from wardscribe_client.desktop.form import FormField
from wardscribe_protocol.fields import fields_model

Schema = Mapping[str, JsonValue]


class SlotKind(StrEnum):
    """What a part is."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    CHOICE = "choice"
    FLAG = "flag"
    EITHER = "either"  # a number, or text such as "positive"
    NUMBERS = "numbers"
    TEXTS = "texts"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One part of a row: where it is, what it is called, what is there now."""

    path: str
    key: str
    kind: SlotKind
    codes: tuple[str, ...] = ()
    required: bool = False
    value: JsonValue = None


class NoValueError(ValueError):
    """What was typed is none of the slot's kind; `kind` says what is wanted."""

    def __init__(self, kind: SlotKind) -> None:
        super().__init__("not a value of that kind")
        self.kind = kind


def slots(template: str, path: str, fields: Mapping[str, JsonValue], *, known: FormField | None) -> tuple[Slot, ...]:
    """The parts of the row at `path`, those that are empty as well."""
    value = _at(fields, path)
    schema = _schema_at(template, path)
    if schema is None:
        return (_own(path, value, known),)
    document = _document(template)
    shape = _resolved(schema, document)
    if shape.get("type") != "object":
        return (_slot(path, path.split("/")[-1], shape, document, value=value, required=True),)
    properties = cast("Mapping[str, Schema]", shape.get("properties", {}))
    required = cast("Sequence[str]", shape.get("required", ()))
    current = value if isinstance(value, dict) else {}
    return tuple(
        _slot(
            f"{path}/{key}", key, _resolved(inner, document), document, value=current.get(key), required=key in required
        )
        for key, inner in properties.items()
    )


def is_list(template: str, field: str) -> bool:
    """Whether a field holds entries, one a row."""
    schema = _schema_at(template, f"/fields/{field}")
    if schema is None:
        return False
    document = _document(template)
    shape = _resolved(schema, document)
    if shape.get("type") != "array":
        return False
    item = _resolved(cast("Schema", shape["items"]), document) if "items" in shape else {}
    return item.get("type") == "object" or (item.get("type") == "string" and "enum" not in item)


def read(slot: Slot, typed: str) -> JsonValue:
    """The value that was typed; None where nothing was.

    Raises: NoValueError.
    """
    text = typed.strip()
    if not text:
        return None
    try:
        match slot.kind:
            case SlotKind.NUMBER:
                return _number(text)
            case SlotKind.INTEGER:
                return int(text)
            case SlotKind.EITHER:
                return _number(text) if _is_number(text) else text
            case SlotKind.NUMBERS:
                return [_number(part) for part in text.replace("×", "x").replace("*", "x").split("x")]
            case SlotKind.TEXTS:
                return [line.strip() for line in text.splitlines() if line.strip()]
            case SlotKind.CHOICES:
                return [code.strip() for code in text.split(",") if code.strip()]
            case SlotKind.FLAG:
                return {"true": True, "false": False}[text]
            case _:
                return text
    except (ValueError, KeyError):
        raise NoValueError(slot.kind) from None


def typed(slot: Slot) -> str:
    """What stands in the slot, as it would be typed."""
    match slot.value:
        case None:
            return ""
        case bool():
            return "true" if slot.value else "false"
        case list() if slot.kind is SlotKind.NUMBERS:
            return " x ".join(str(item) for item in slot.value)
        case list():
            return ("\n" if slot.kind is SlotKind.TEXTS else ", ").join(str(item) for item in slot.value)
        case _:
            return str(slot.value)


def _number(text: str) -> float:
    number = float(text.strip().replace(",", "."))
    if not isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() else number


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text.replace(",", ".")))
    except ValueError:
        return False


def _own(path: str, value: JsonValue, known: FormField | None) -> Slot:
    """Of a template that is not in the contract."""
    codes = known.codes if known is not None else ()
    kinds: Mapping[str, SlotKind] = {"number": SlotKind.NUMBER, "flag": SlotKind.FLAG, "choices": SlotKind.CHOICES}
    kind = kinds.get(known.kind if known is not None else "", SlotKind.CHOICE if codes else SlotKind.TEXT)
    if isinstance(value, bool):
        kind = SlotKind.FLAG
    elif isinstance(value, int | float):
        kind = SlotKind.NUMBER
    elif isinstance(value, list) and kind is SlotKind.TEXT:
        kind = SlotKind.NUMBERS if all(isinstance(item, int | float) for item in value) else SlotKind.TEXTS
    return Slot(path=path, key=path.split("/")[-1], kind=kind, codes=codes, required=True, value=value)


def _slot(path: str, key: str, shape: Schema, document: Schema, *, value: JsonValue, required: bool) -> Slot:
    kind, codes = SlotKind.TEXT, _codes(shape)
    match shape.get("type"):
        case "number":
            kind = SlotKind.NUMBER
        case "integer":
            kind = SlotKind.INTEGER
        case "either":
            kind = SlotKind.EITHER
        case "boolean":
            kind = SlotKind.FLAG
        case "array":
            item = _resolved(cast("Schema", shape.get("items", {})), document)
            codes = _codes(item)
            numeric = item.get("type") in ("number", "integer")
            kind = SlotKind.CHOICES if codes else SlotKind.NUMBERS if numeric else SlotKind.TEXTS
        case _ if codes:
            kind = SlotKind.CHOICE
    return Slot(path=path, key=key, kind=kind, codes=codes, required=required, value=value)


def _codes(shape: Schema) -> tuple[str, ...]:
    return tuple(str(code) for code in cast("Sequence[JsonValue]", shape.get("enum", ())))


@cache
def _document(template: str) -> Schema:
    model = fields_model(template)
    return {} if model is None else cast("Schema", model.model_json_schema())


def _schema_at(template: str, path: str) -> Schema | None:
    """The schema of the value at a pointer; None where the contract has none."""
    document = _document(template)
    here: Schema | None = document or None
    for step in path.split("/")[2:]:
        if here is None:
            return None
        shape = _resolved(here, document)
        if step.isdecimal() and shape.get("type") == "array":
            here = cast("Schema | None", shape.get("items"))
        else:
            here = cast("Mapping[str, Schema]", shape.get("properties", {})).get(step)
    return here


def _resolved(schema: Schema, document: Schema) -> Schema:
    """Behind references, without the null that stands for absence; of several shapes the first."""
    while True:
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            schema = cast("Mapping[str, Schema]", document["$defs"])[name]
        elif "anyOf" in schema:
            choices = [each for each in cast("Sequence[Schema]", schema["anyOf"]) if each.get("type") != "null"]
            kinds = {each.get("type") for each in choices}
            schema = (
                {"type": "either"} if {"number", "string"} <= kinds or {"integer", "string"} <= kinds else choices[0]
            )
        elif "prefixItems" in schema and "items" not in schema:
            schema = {**schema, "items": cast("Sequence[JsonValue]", schema["prefixItems"])[0]}
        else:
            return schema


def _at(fields: Mapping[str, JsonValue], path: str) -> JsonValue:
    node: JsonValue = dict(fields)
    for step in path.split("/")[2:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node
