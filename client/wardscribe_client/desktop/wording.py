"""Rows as a person reads them: labels, values with their units, codes in words. Reads `wording.toml`; knows no Qt."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from pydantic import JsonValue

from wardscribe_client.desktop.form import FormField, TemplateForm, readable
from wardscribe_client.desktop.rows import Leaf, Row
from wardscribe_protocol.record import Language

_PART = re.compile(r"(\d+(?:\.\d+)?)([YMWDHS])")
# What an entry is called by; the rest are its details, in this order.
_NAMES: Final = (
    "finding",
    "problem",
    "drug",
    "test",
    "substance",
    "device",
    "procedure",
    "lesion",
    "action",
    "relation",
)
_DETAILS: Final = (
    "problem",
    "dose",
    "value",
    "severity",
    "count",
    "location",
    "laterality",
    "position",
    "size_mm",
    "route",
    "frequency",
    "duration",
    "reaction",
    "interpretation",
    "change",
    "date",
)
_SILENT: Final = frozenset(("presence", "dose_unit", "unit", "kind"))  # told with another value, or of no use in a line


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    path = resources.files("wardscribe_client").joinpath("desktop", "wording.toml")
    content: dict[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: table for name, table in content.items() if isinstance(table, dict)}


@dataclass(frozen=True, slots=True)
class RowText:
    """A row in words. `name` is empty where the label says it all."""

    label: str
    value: str
    detail: str

    @property
    def line(self) -> str:
        """Value and detail as one line."""
        return f"{self.value}, {self.detail}" if self.detail else self.value


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of one language; `codes` are the server's own, by language."""

    language: Language
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """A key within an entry."""
        known = _tables()["keys"].get(name)
        return known[self.language.value] if known is not None else readable(name)

    def code(self, value: JsonValue) -> str:
        """A value of a closed list, or any other as it stands."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        own = _tables()["codes"].get(str(value))
        said = self.codes.get(self.language.value, {}).get(str(value), "")
        if own is not None:
            return own[self.language.value]
        return said if said and "{" not in said else str(value)

    def label(self, row: Row, form: TemplateForm) -> str:
        """What a row is called."""
        if row.item:
            return self.key(row.item)
        known = form.field(row.field)
        return known.labels.of(self.language) if known is not None else self.key(row.field)

    def text(self, row: Row, form: TemplateForm) -> RowText:
        """The row in words."""
        known = form.field(row.field)
        label = self.label(row, form)
        if not row.leaves:
            return RowText(label, "", "")
        if all(not leaf.name or leaf.name.isdecimal() for leaf in row.leaves):
            return RowText(label, self._plain(row, known), "")
        return self._entry(label, row)

    def _plain(self, row: Row, known: FormField | None) -> str:
        numbers = all(isinstance(leaf.value, int | float) and not isinstance(leaf.value, bool) for leaf in row.leaves)
        shown = [self.value(leaf, known) for leaf in row.leaves]
        if not numbers:
            return ("、" if self.language is Language.ZH else ", ").join(shown)
        return self._with_unit(" × ".join(shown), row.item or row.field)

    def value(self, leaf: Leaf, known: FormField | None = None) -> str:
        """One value in words."""
        key = leaf.path.split("/")[-1]
        if isinstance(leaf.value, str) and leaf.value.startswith("P") and _is_duration(leaf.value):
            return self._duration(leaf.value)
        if isinstance(leaf.value, str) and known is not None and not known.codes and known.kind not in ("", "views"):
            own = _tables()["codes"].get(leaf.value) if known.kind in ("heart_size", "side", "condition") else None
            return own[self.language.value] if own is not None else leaf.value
        if isinstance(leaf.value, str) and key in ("location", "name", "reason", "reaction", *_NAMES[:8]):
            return leaf.value
        return self.code(leaf.value)

    def _entry(self, label: str, row: Row) -> RowText:
        by_key: dict[str, list[Leaf]] = {}
        for leaf in row.leaves:
            by_key.setdefault(leaf.name.split("/")[0], []).append(leaf)
        name_key = next((key for key in _NAMES if key in by_key), next(iter(by_key)))
        name = self._values(by_key, name_key)
        presence = by_key.get("presence")
        if presence is not None and (shape := _tables()["presence"].get(str(presence[0].value))) is not None:
            name = shape[self.language.value].format(name=name)
        keys: list[str] = [key for key in _DETAILS if key in by_key and key != name_key]
        keys += [key for key in by_key if key not in (name_key, *keys, *_SILENT)]
        details = [self._values(by_key, key) for key in keys]
        location = self._values(by_key, "location") if "location" in by_key else ""
        if "laterality" in keys and (side := self._values(by_key, "laterality")) in location:
            details.remove(side)
        joint = "，" if self.language is Language.ZH else ", "
        return RowText(label, _capital(name), joint.join(detail for detail in details if detail))

    def _values(self, by_key: Mapping[str, list[Leaf]], key: str) -> str:
        shown = [self.value(leaf) for leaf in by_key[key]]
        if key == "dose":
            return " ".join([*shown, *(self.code(leaf.value) for leaf in by_key.get("dose_unit", ()))])
        if key == "value":
            return " ".join([*shown, *(str(leaf.value) for leaf in by_key.get("unit", ()))])
        if key == "count":
            return f"× {shown[0]}"
        return self._with_unit(" × ".join(shown), key) if key.endswith("_mm") else ", ".join(shown)

    def _with_unit(self, shown: str, key: str) -> str:
        unit = _tables()["units"].get(key.rpartition("_")[2]) if "_" in key else None
        return f"{shown} {unit[self.language.value]}" if unit is not None else shown

    def _duration(self, value: str) -> str:
        days, _, times = value.removeprefix("P").partition("T")
        parts = [(count, letter) for count, letter in _PART.findall(days)]
        parts += [(count, f"T{letter}") for count, letter in _PART.findall(times)]
        shown = []
        for count, letter in parts:
            said = _tables()["durations"][letter]
            one = said.get("one") if self.language is Language.EN and count == "1" else None
            shown.append(one or said[self.language.value].format(count=count))
        return ("" if self.language is Language.ZH else " ").join(shown)


def _is_duration(value: str) -> bool:
    return bool(re.fullmatch(r"P(?=.)(\d+(\.\d+)?[YMWD])*(T(\d+(\.\d+)?[HMS])+)?", value))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
