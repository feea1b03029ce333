"""What is known of each source of examples: `sources.toml`, read and checked.

Owns the table of sources and what follows from it for training: which labels a source leaves open. Must not know texts.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from models.training.labels import LABELS, UNKNOWN

_TABLE: Final = Path(__file__).with_name("sources.toml")
_TEXTS: Final = ("title", "licence", "url", "language", "folder", "reader")


class BadSource(ValueError):
    """An entry of the table that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source: where it is from, which labels it annotates completely and how its types map to ours."""

    name: str
    title: str
    licence: str
    url: str
    language: str
    folder: str  # below the folder of shared texts; empty where the examples are made here
    reader: str
    labels: frozenset[str]
    completed: frozenset[str] = frozenset()  # complete once the rules have added theirs (`training.weak`)
    scheme: tuple[str, ...] = ()
    maps: Mapping[str, str] = field(default_factory=dict[str, str])
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    choose: str = ""
    report: str = ""

    @property
    def open_labels(self) -> tuple[str, ...]:
        """Labels that may stand where the source says nothing, in the order of the tagger."""
        return tuple(label for label in LABELS if label not in self.labels | self.completed)

    def mapped(self, kind: str) -> tuple[str, ...]:
        """Our labels for a type of the scheme, the likeliest first; `unknown` alone, or none when it is no label."""
        if kind in self.loose:
            return self.loose[kind]
        label = self.maps[kind]
        return (label,) if label else ()


def sources(path: Path = _TABLE) -> Mapping[str, Source]:
    """All sources by name.

    Raises:
        BadSource: an entry cannot be used; the message names it.
    """
    with path.open("rb") as file:
        table = tomllib.load(file)
    return {name: _source(name, cast("Mapping[str, object]", entry), path) for name, entry in table.items()}


def _source(name: str, entry: Mapping[str, object], path: Path) -> Source:
    texts = {key: entry.get(key, "") for key in _TEXTS}
    if missing := [key for key in ("title", "licence", "url", "language", "reader") if not texts[key]]:
        raise BadSource(f"{path}: source {name} has no {missing[0]}; add it")
    loose = cast("dict[str, list[str]]", entry.get("loose", {}))
    source = Source(
        name=name,
        **cast("dict[str, str]", texts),
        labels=frozenset(cast("list[str]", entry.get("labels", []))),
        completed=frozenset(cast("list[str]", entry.get("completed", []))),
        scheme=tuple(cast("list[str]", entry.get("scheme", []))),
        maps=cast("dict[str, str]", entry.get("maps", {})),
        loose={kind: tuple(labels) for kind, labels in loose.items()},
        choose=str(entry.get("choose", "")),
        report=str(entry.get("report", "")),
    )
    used = {*source.labels, *source.completed, *(label for labels in source.loose.values() for label in labels)}
    if strange := sorted((used - set(LABELS)) | (set(source.maps.values()) - {*LABELS, UNKNOWN, ""})):
        raise BadSource(f"{path}: source {name} names {strange[0]}, which is no label; labels.py has the list")
    if unmapped := [kind for kind in source.scheme if kind not in source.maps and kind not in source.loose]:
        raise BadSource(f"{path}: type {unmapped[0]} of source {name} has no entry under maps or loose; add one")
    return source
