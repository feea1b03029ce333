"""The units that a template's numbers may be in, as data.

Owns how a unit is written and what it is converted with. Must not know which field has which.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from wardscribe_server.catalog.template import TemplateError

_BARE = "1"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what may be written after the number, longest first, each with its factor."""

    name: str
    written: tuple[tuple[str, float], ...]

    @property
    def is_bare(self) -> bool:
        """Whether its numbers have no unit at all."""
        return self.name == _BARE


@cache
def load_units() -> Mapping[str, Unit]:
    """The units by name.

    Raises:
        TemplateError: the shipped file is damaged.
    """
    path = resources.files("wardscribe_server").joinpath("catalog", "units.toml")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    units = {}
    for name, rows in content["units"].items():
        written = [(form, _factor(key)) for key, forms in rows.items() for form in forms]
        if len({form for form, _ in written}) < len(written):
            raise TemplateError(f"{path}: unit {name!r} has one written form twice")
        units[name] = Unit(name, tuple(sorted(written, key=lambda row: -len(row[0]))))
    return MappingProxyType(units)


def _factor(key: str) -> float:
    return float(key.removeprefix("factor_"))
