"""Builds the composed tables: the project's own term lists, combined by patterns as physicians combine them.

    python lexicons/build/composed.py

The lists and patterns are `composed/LANGUAGE/*.toml`. A form that a trusted table already holds is not written again;
its other forms then stand for the same concept.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from writing import Row, TableHead, Trusted, write_table

_LISTS = Path(__file__).parent / "composed"
_SLOT = re.compile(r"\{(\w+)\}")


def main() -> None:
    """Builds all tables of both languages."""
    for language in ("en", "zh"):
        trusted = Trusted.of(language)
        taken: set[str] = set()
        for path in sorted((_LISTS / language).glob("*.toml")):
            head = TableHead(
                f"Composed terms: {path.stem.replace('_', ' ')}",
                language,
                "Wardscribe project, hand-curated lists and patterns",
                "Apache-2.0",
                "1",
                "lexicons/build/composed.py",
            )
            rows = (row for row in (trusted.new(row, taken) for row in _rows(path)) if row is not None)
            write_table(f"wide_{path.stem}", head, rows, tier="wide")


def _rows(path: Path) -> Iterator[Row]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    shared = _lists(document.get("lists", {}))
    for block in document["block"]:
        lists = shared | _lists(block.get("lists", {}))
        for line in block["patterns"].strip().split("\n"):
            term_class, _, forms = line.strip().partition(" ")
            yield from _expanded(
                forms, lists, Row("", term_class, block.get("weight", 0.5), specialty=block["specialty"])
            )


def _lists(values: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [item.strip() for item in re.split("[,\n]", items) if item.strip()] for name, items in values.items()}


def _filled(form: str, items: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: items[slot[1]], form)


def _expanded(forms: str, lists: Mapping[str, Sequence[str]], like: Row) -> Iterator[Row]:
    names = list(dict.fromkeys(_SLOT.findall(forms)))
    for items in product(*(lists[name] for name in names)):
        filled = dict(zip(names, items, strict=True))
        written = [_filled(form, filled).strip() for form in forms.split("|")]
        surfaces = list(dict.fromkeys(_once(form) for form in written))
        yield Row(surfaces[0], like.term_class, like.weight, variants=tuple(surfaces[1:]), specialty=like.specialty)


def _once(form: str) -> str:
    """`form` without a word said twice: shoulder joint joint, femoral nerve nerve."""
    return re.sub(r"\b(\w+) \1\b", r"\1", form)


if __name__ == "__main__":
    main()
