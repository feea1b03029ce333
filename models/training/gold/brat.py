"""Reads brat standoff files: a text, mentions by offset, events, attributes and relations.

Owns the meaning of the lines of an `.ann` file. Must not know which labels we have.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.training.gold.iob import BadGold


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A mention; `divided` when it stands in several places, of which `[start, end)` is the hull."""

    id: str
    kind: str
    start: int
    end: int
    divided: bool
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with its mentions in order and its relations (type, first mention's id, second mention's id)."""

    name: str
    text: str
    mentions: tuple[Mention, ...]
    relations: tuple[tuple[str, str, str], ...]


def documents(folder: Path) -> Iterator[Document]:
    """All documents of a folder by name.

    Raises:
        BadGold: a line does not read as standoff.
    """
    for annotation in sorted(folder.glob("*.ann")):
        with annotation.with_suffix(".txt").open(encoding="utf-8", newline="") as file:
            yield _document(annotation, file.read())


def _document(path: Path, text: str) -> Document:
    mentions: dict[str, tuple[str, int, int, bool]] = {}
    events: dict[str, str] = {}
    attributes: dict[str, dict[str, str]] = {}
    relations: list[tuple[str, str, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        key, _, rest = line.partition("\t")
        try:
            match key[:1]:
                case "T":
                    mentions[key] = _place(rest)
                case "E":
                    events[key] = rest.split()[0].split(":")[1]
                case "A":
                    name, owner, *value = rest.split()
                    attributes.setdefault(owner, {})[name] = value[0] if value else "yes"
                case "R":
                    kind, first, second = rest.split()[:3]
                    relations.append((kind, first.split(":")[1], second.split(":")[1]))
                case _:
                    continue
        except (ValueError, IndexError):
            raise BadGold(f"{path}:{number}: not a line of standoff; fetch the corpus again") from None
    said: dict[str, dict[str, str]] = {}
    for owner, values in attributes.items():
        said.setdefault(events.get(owner, owner), {}).update(values)
    found = (
        Mention(id=key, kind=kind, start=start, end=end, divided=divided, attributes=said.get(key, {}))
        for key, (kind, start, end, divided) in mentions.items()
        if 0 <= start < end <= len(text)
    )
    return Document(
        name=path.stem,
        text=text,
        mentions=tuple(sorted(found, key=lambda mention: (mention.start, mention.end))),
        relations=tuple(
            (kind, events.get(first, first), events.get(second, second)) for kind, first, second in relations
        ),
    )


def _place(rest: str) -> tuple[str, int, int, bool]:
    kind, _, offsets = rest.split("\t")[0].partition(" ")
    parts = [part.split() for part in offsets.split(";")]
    return kind, min(int(first) for first, _ in parts), max(int(last) for _, last in parts), len(parts) > 1
