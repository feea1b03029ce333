"""Labelled sentences and the file format that they travel in: one JSON object a line, gzipped where the name says so.

Owns the shape of an example, its reading, writing and validation. Must not know where examples come from nor what is
trained on them.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO, cast

from models.training.labels import AXES, LABELS, SECTIONS, UNKNOWN

LANGUAGES: Final = ("en", "zh")
FORMS: Final = ("written", "spoken", "heard")
_LABELS: Final = frozenset((*LABELS, UNKNOWN))
_ENTITY_KEYS: Final = frozenset(("start", "end", "label", "allowed", "scheme", *AXES))
_EXAMPLE_KEYS: Final = frozenset(
    ("id", "source", "language", "form", "text", "entities", "relations", "section", "scheme")
)


class BadExample(ValueError):
    """A line that does not follow the format. Names file and line, never the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A mention: characters `[start, end)` of the text and what the source says of it.

    `label` is a product label, `unknown` (the product head is not trained on these characters), or None: the source's
    own scheme has a type here that is no label of ours, so that the product head sees "outside". Where `allowed` is not
    empty, any of these labels is right (the source's type is wider than ours) and `label` is the likeliest. `scheme` is
    the source's own type, empty where the source does not know this mention (it was added by rule).
    An axis that is None is not said by the source and not trained.
    """

    start: int
    end: int
    label: str | None
    allowed: tuple[str, ...] = ()
    scheme: str = ""
    presence: str | None = None
    certainty: str | None = None
    time: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSpan:
    """Characters `[start, end)` that the source's own scheme gives the type `kind`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A sentence, or a few, with all its mentions in order of place; none overlaps another.

    `relations` are pairs (dependent, head) of positions in `entities`; None where the source says nothing of relations.
    `scheme` holds the source's own mentions where their boundaries are not ours ("left lung" is laterality and anatomy
    here, one mention there); None where the entities say it all: read `scheme_spans`.
    """

    id: str
    source: str
    language: str
    form: str
    text: str
    entities: tuple[Entity, ...]
    relations: tuple[tuple[int, int], ...] | None = None
    section: str | None = None
    scheme: tuple[SchemeSpan, ...] | None = None

    @property
    def scheme_spans(self) -> tuple[SchemeSpan, ...]:
        """The mentions as the source's own scheme has them, in order, not overlapping."""
        if self.scheme is not None:
            return self.scheme
        return tuple(
            SchemeSpan(start=entity.start, end=entity.end, kind=entity.scheme)
            for entity in self.entities
            if entity.scheme
        )


def read(path: Path) -> Iterator[Example]:
    """The examples of a file, in order.

    Raises:
        BadExample: a line does not follow the format.
    """
    with _opened(path, "rt") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield parsed(json.loads(line))
            except (ValueError, KeyError, TypeError) as problem:
                raise BadExample(f"{path}:{number}: {_said(problem)}; write the file again from its source") from None


def write(path: Path, examples: Iterable[Example]) -> int:
    """Write a whole file, seen under its name only when complete; says how many examples it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    count = 0
    with _opened(unfinished, "wt", compressed=path.suffix == ".gz") as out:
        for count, example in enumerate(examples, start=1):  # noqa: B007 - the last count is returned
            check(example)
            out.write(json.dumps(as_json(example), ensure_ascii=False, separators=(",", ":")) + "\n")
    unfinished.replace(path)
    return count


def parsed(row: Mapping[str, object]) -> Example:
    """The example that a JSON object says.

    Raises:
        BadExample: the object does not follow the format.
    """
    _only(row, _EXAMPLE_KEYS, "example")
    relations = row.get("relations")
    example = Example(
        id=_text(row, "id"),
        source=_text(row, "source"),
        language=_text(row, "language"),
        form=_text(row, "form"),
        text=_text(row, "text"),
        entities=tuple(_entity(entity) for entity in _rows(row["entities"])),
        relations=None if relations is None else tuple(_pair(pair) for pair in cast("list[object]", relations)),
        section=None if row.get("section") is None else _text(row, "section"),
        scheme=None if row.get("scheme") is None else tuple(_scheme(span) for span in _rows(row["scheme"])),
    )
    check(example)
    return example


def as_json(example: Example) -> dict[str, object]:
    """The JSON object of an example; what is not said is left out."""
    row: dict[str, object] = {
        "id": example.id,
        "source": example.source,
        "language": example.language,
        "form": example.form,
        "text": example.text,
        "entities": [_entity_json(entity) for entity in example.entities],
    }
    if example.relations is not None:
        row["relations"] = [list(pair) for pair in example.relations]
    if example.section is not None:
        row["section"] = example.section
    if example.scheme is not None:
        row["scheme"] = [{"start": span.start, "end": span.end, "kind": span.kind} for span in example.scheme]
    return row


def check(example: Example) -> None:
    """Whether the example follows the format.

    Raises:
        BadExample: it does not.
    """
    _one_of(example.language, LANGUAGES, "language")
    _one_of(example.form, FORMS, "form")
    if example.section is not None:
        _one_of(example.section, SECTIONS, "section")
    _in_order(example.entities, len(example.text), "entity")
    _in_order(example.scheme or (), len(example.text), "scheme span")
    for place, entity in enumerate(example.entities):
        if entity.label is not None:
            _one_of(entity.label, _LABELS, "label")
        for label in entity.allowed:
            _one_of(label, LABELS, "allowed label")
        if entity.allowed and entity.label not in entity.allowed:
            raise BadExample(f"entity {place} has a label that it does not allow")
        for axis, values in AXES.items():
            value = cast("str | None", getattr(entity, axis))
            if value is not None:
                _one_of(value, values, axis)
    for pair in example.relations or ():
        if pair[0] == pair[1] or not all(0 <= place < len(example.entities) for place in pair):
            raise BadExample("a relation points outside the entities or to itself")


def settled(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities in order of place without overlap: of two that overlap the longer one stays, then the earlier."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda one: (one.start - one.end, one.start)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return tuple(sorted(kept, key=lambda one: one.start))


def _in_order(spans: Iterable[Entity | SchemeSpan], length: int, what: str) -> None:
    reached = 0
    for place, span in enumerate(spans):
        if not reached <= span.start < span.end <= length:
            raise BadExample(f"{what} {place} is empty, outside the text or overlaps the one before it")
        reached = span.end


def _scheme(row: Mapping[str, object]) -> SchemeSpan:
    _only(row, frozenset(("start", "end", "kind")), "scheme span")
    return SchemeSpan(start=_place(row, "start"), end=_place(row, "end"), kind=_text(row, "kind"))


def _place(row: Mapping[str, object], key: str) -> int:
    value = row[key]
    if not isinstance(value, int):
        raise BadExample(f"{key} is a whole number")
    return value


def _entity(row: Mapping[str, object]) -> Entity:
    _only(row, _ENTITY_KEYS, "entity")
    axes = {axis: _text(row, axis) for axis in AXES if row.get(axis) is not None}
    return Entity(
        start=_place(row, "start"),
        end=_place(row, "end"),
        label=None if row["label"] is None else _text(row, "label"),
        allowed=tuple(str(label) for label in cast("list[object]", row.get("allowed", []))),
        scheme=str(row.get("scheme", "")),
        **axes,
    )


def _entity_json(entity: Entity) -> dict[str, object]:
    row: dict[str, object] = {"start": entity.start, "end": entity.end, "label": entity.label}
    if entity.allowed:
        row["allowed"] = list(entity.allowed)
    if entity.scheme:
        row["scheme"] = entity.scheme
    row.update({axis: value for axis in AXES if (value := getattr(entity, axis)) is not None})
    return row


def _rows(value: object) -> Iterator[Mapping[str, object]]:
    if not isinstance(value, list):
        raise BadExample("entities is a list of objects")
    for row in cast("list[object]", value):
        if not isinstance(row, dict):
            raise BadExample("entities is a list of objects")
        yield cast("dict[str, object]", row)


def _pair(value: object) -> tuple[int, int]:
    match value:
        case [int(dependent), int(head)]:
            return dependent, head
        case _:
            raise BadExample("a relation is a pair of whole numbers")


def _text(row: Mapping[str, object], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value:
        raise BadExample(f"{key} is a text that is not empty")
    return value


def _only(row: Mapping[str, object], keys: frozenset[str], what: str) -> None:
    if unknown := sorted(set(row) - keys):
        raise BadExample(f"an {what} has no key {unknown[0]}")


def _one_of(value: str, values: Iterable[str], what: str) -> None:
    if value not in values:
        raise BadExample(f"{what} is one of {', '.join(sorted(values))}")


def _said(problem: Exception) -> str:
    if isinstance(problem, KeyError):
        return f"{problem.args[0]} is missing"
    return str(problem) if isinstance(problem, BadExample) else "not a JSON object of the format"


def _opened(path: Path, mode: str, *, compressed: bool | None = None) -> TextIO:
    if path.suffix == ".gz" if compressed is None else compressed:
        return cast("TextIO", gzip.open(path, mode, encoding="utf-8", compresslevel=6))
    return cast("TextIO", path.open(mode.removesuffix("t"), encoding="utf-8"))
