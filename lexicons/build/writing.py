"""Writes derived tables with their heads, sorted, so that a rebuild shows as a small difference."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "wardscribe_lexicons"
COLUMNS = ("preferred", "class", "variants", "specialty", "weight", "concept")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a derived table; `extra` goes under the table's own column."""

    preferred: str
    term_class: str
    weight: float
    concept: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class TableHead:
    """What the head file says."""

    name: str
    language: str
    source: str
    licence: str
    version: str
    built: str


def read_words(name: str) -> frozenset[str]:
    """The words of a list beside this file."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n")
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def write_table(stem: str, head: TableHead, rows: Iterable[Row], *, extra_column: str = "") -> None:
    """Writes `LANGUAGE/STEM.tsv` and its head and says the count; the first of two rows of one form and class stays."""
    unique: dict[tuple[str, str], Row] = {}
    for row in rows:
        unique.setdefault((row.preferred, row.term_class), row)
    folder = PACKAGE / head.language
    lines = ["\t".join(COLUMNS + ((extra_column,) if extra_column else ()))]
    for row in sorted(unique.values(), key=lambda row: (row.term_class, row.preferred)):
        cells = [row.preferred, row.term_class, "", "", f"{row.weight:g}", row.concept]
        lines.append("\t".join([*cells, row.extra] if extra_column else cells))
    (folder / f"{stem}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / f"{stem}.toml").write_text(
        f'name = "{head.name}"\nlanguage = "{head.language}"\nkind = "derived"\nsource = "{head.source}"\n'
        f'licence = "{head.licence}"\nversion = "{head.version}"\nbuilt = "{head.built}"\n',
        encoding="utf-8",
    )
    sys.stdout.write(f"{stem}: {len(unique)} terms\n")
