"""The JSON Schema of a record, made from the models; published as `docs/record.schema.json`."""

from typing import cast

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from wardscribe_protocol.fields import TEMPLATES
from wardscribe_protocol.record import Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes from key names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  (pydantic's own signature)
        return False


def published_schema() -> dict[str, JsonValue]:
    """The JSON Schema of a record (draft 2020-12), `fields` shaped by `template` for the templates known here."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Record, "validation")]
    wanted += [(model, "validation") for model in TEMPLATES.values()]
    # The generator types its input more widely than a list of models, and lists are invariant.
    refs, document = models_json_schema([*wanted], schema_generator=_Untitled)
    definitions = cast("dict[str, dict[str, JsonValue]]", document["$defs"])
    for definition in definitions.values():
        _leave_out_null(definition)
    record = definitions.pop("Record")
    shaped: list[JsonValue] = [
        {
            "if": {"properties": {"template": {"const": template}}},
            "then": {"properties": {"fields": cast("JsonValue", refs[(model, "validation")])}},
        }
        for template, model in TEMPLATES.items()
    ]
    return {
        "$schema": DIALECT,
        "$id": "urn:wardscribe:record:1",
        **record,
        "allOf": shaped,
        "$defs": cast("JsonValue", definitions),
    }


def _leave_out_null(definition: dict[str, JsonValue]) -> None:
    """Turn `null by default` into `may be absent`; every other property of a record is always there."""
    properties = cast("dict[str, dict[str, JsonValue]]", definition.get("properties", {}))
    required: list[JsonValue] = []
    for name, schema in properties.items():
        choices = cast("list[JsonValue]", schema.get("anyOf", []))
        if {"type": "null"} not in choices:
            required.append(name)
            continue
        del schema["default"]
        values = [choice for choice in choices if choice != {"type": "null"}]
        if len(values) == 1:
            del schema["anyOf"]
            schema |= cast("dict[str, JsonValue]", values[0])
        else:
            schema["anyOf"] = values
        properties[name] = schema
    if required:
        definition["required"] = required
