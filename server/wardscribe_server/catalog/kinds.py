"""The ways of filling a field, as data: the value's shape, and what it is made from.

Owns reading that table. Must not know how a field is filled.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wardscribe_server.catalog.template import Model

Shape = Literal[
    "text",
    "texts",
    "code",
    "codes",
    "boolean",
    "integer",
    "number",
    "numbers",
    "date",
    "duration_or_date",
    "findings",
    "problems",
    "medications",
    "labs",
    "allergies",
    "vitals",
    "plan",
    "relatives",
    "devices",
    "nodules",
    "procedures",
    "lesions",
]


class Kind(Model):
    """A way of filling: shape of the value, the entities, relations and kinds of cues that feed it.

    A kind of one's `own` knows nothing but what the template says of the field.
    """

    shape: Shape
    fhir: str = Field(default="", description="Resource of FHIR R4B that the value becomes")
    entities: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    cues: tuple[str, ...] = Field(default=(), description="Kinds of the cue tables")
    own: bool = False


@cache
def load_kinds() -> Mapping[str, Kind]:
    """Every way of filling, by name."""
    path = resources.files("wardscribe_server").joinpath("catalog", "kinds.toml")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    fhir = content["fhir"]
    return MappingProxyType(
        {name: Kind.model_validate({"fhir": fhir[row["shape"]]} | row) for name, row in content["kinds"].items()}
    )
