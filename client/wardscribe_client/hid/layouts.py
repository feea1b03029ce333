"""Known devices, and which buttons a report says are down. Reads the table beside it; opens no device."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Byte = Annotated[int, Field(ge=0, le=0xFF)]
_Word = Annotated[int, Field(ge=0, le=0xFFFF)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HidInfo:
    """One interface of a device that is plugged in, as the system lists it. 0: not said."""

    path: bytes
    vendor: int
    product: int
    usage_page: int = 0
    usage: int = 0


class Layout(BaseModel):
    """One kind of device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    vendor: _Word
    products: tuple[_Word, ...]
    usage_page: _Word | None = None
    usage: _Word | None = None
    first_byte: _Byte | None = None
    at: int
    width_bytes: Annotated[int, Field(ge=1, le=4)]
    buttons: dict[str, Annotated[int, Field(ge=0, lt=32)]]

    def fits(self, info: HidInfo) -> bool:
        """Whether this interface is where the buttons are; a usage that the system does not tell is no obstacle."""
        if info.vendor != self.vendor or info.product not in self.products:
            return False
        asked = ((self.usage_page, info.usage_page), (self.usage, info.usage))
        return all(wanted is None or not told or wanted == told for wanted, told in asked)

    def pressed(self, report: bytes) -> frozenset[str] | None:
        """The buttons that are down; None for a report that is not about buttons."""
        end = self.at + self.width_bytes
        if len(report) < end or (self.first_byte is not None and report[0] != self.first_byte):
            return None
        bits = int.from_bytes(report[self.at : end], "little")
        return frozenset(name for name, bit in self.buttons.items() if bits >> bit & 1)


@cache
def layouts() -> dict[str, Layout]:
    """All kinds, by their names in button maps."""
    table = tomllib.loads(files(__package__).joinpath("layouts.toml").read_text(encoding="utf-8"))
    return {kind: Layout.model_validate(entry) for kind, entry in table.items()}


def kind_of(info: HidInfo) -> str | None:
    """Which kind of device this is; None for one that is not known."""
    return next((kind for kind, layout in layouts().items() if layout.fits(info)), None)
