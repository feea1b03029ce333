"""Writes derived tables with their heads, sorted, so that a rebuild shows as a small difference."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "wardscribe_lexicons"
sys.path.insert(0, str(PACKAGE.parent))

from wardscribe_lexicons.spelling import Spelling, han_key  # noqa: E402 - the package beside, not an installed one

COLUMNS = ("preferred", "class", "variants", "specialty", "weight", "concept", "pronounced")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a derived table; `extra` goes under the table's own column."""

    preferred: str
    term_class: str
    weight: float
    concept: str = ""
    extra: str = ""
    variants: tuple[str, ...] = ()
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class TableHead:
    """What the head file says."""

    name: str
    language: str
    source: str
    licence: str
    version: str
    built: str


@dataclass(slots=True)
class Trusted:
    """Every surface of the tables that mentions are taken from, by its look-up key."""

    language: str
    concepts: dict[str, str] = field(default_factory=dict)
    surfaces: list[tuple[str, str]] = field(default_factory=list)  # with their class
    _spelling: Spelling = field(default_factory=Spelling)

    @classmethod
    def of(cls, language: str) -> "Trusted":
        """Reads the trusted tables as they stand in the package."""
        trusted = cls(language)
        for path in sorted(
            (PACKAGE / language).glob("*.tsv"), key=lambda path: (not path.name.startswith("core"), path.name)
        ):
            if path.name.startswith("wide_"):
                continue
            columns, *lines = path.read_text(encoding="utf-8").split("\n")
            for line in lines:
                if line and not line.startswith("#"):
                    cells = dict(zip(columns.split("\t"), line.split("\t"), strict=False))
                    for surface in (cells["preferred"], *cells.get("variants", "").split("|")):
                        if surface:
                            trusted.surfaces.append((surface, cells["class"]))
                            for key in trusted.keys(surface):
                                trusted.concepts.setdefault(key, cells["preferred"])
        return trusted

    def key(self, surface: str) -> str:
        """What makes two surfaces the same."""
        return han_key(surface) if self.language == "zh" else self._spelling.key(surface)

    def keys(self, surface: str) -> Iterable[str]:
        """All keys under which the loader finds a surface."""
        return (self.key(surface),) if self.language == "zh" else self._spelling.keys(surface)

    def new(self, row: Row, taken: set[str]) -> Row | None:
        """What of `row` no trusted table and no row before (`taken`, which grows) holds; None when that is nothing."""
        concept = row.concept
        fresh = []
        for surface in (row.preferred, *row.variants):
            key = self.key(surface)
            known = next(filter(None, map(self.concepts.get, self.keys(surface))), None)
            concept = concept or known or ""
            if known is None and key and key not in taken:
                taken.add(key)
                fresh.append(surface)
        if not fresh:
            return None
        return replace(
            row, preferred=fresh[0], variants=tuple(fresh[1:]), concept="" if concept == fresh[0] else concept
        )


def read_words(name: str) -> frozenset[str]:
    """The words of a list beside this file."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n")
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def write_table(
    stem: str, head: TableHead, rows: Iterable[Row], *, extra_column: str = "", tier: str = "trusted"
) -> None:
    """Writes `LANGUAGE/STEM.tsv` and its head and says the count; the first of two rows of one form and class stays."""
    unique: dict[tuple[str, str], Row] = {}
    for row in rows:
        unique.setdefault((row.preferred, row.term_class), row)
    folder = PACKAGE / head.language
    lines = ["\t".join(COLUMNS[:-1] + ((extra_column,) if extra_column else ()))]
    for row in sorted(unique.values(), key=lambda row: (row.term_class, row.preferred)):
        cells = [row.preferred, row.term_class, "|".join(row.variants), row.specialty, f"{row.weight:g}", row.concept]
        lines.append("\t".join([*cells, row.extra] if extra_column else cells))
    (folder / f"{stem}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / f"{stem}.toml").write_text(
        f'name = "{head.name}"\nlanguage = "{head.language}"\nkind = "derived"\ntier = "{tier}"\n'
        f'source = "{head.source}"\nlicence = "{head.licence}"\nversion = "{head.version}"\nbuilt = "{head.built}"\n',
        encoding="utf-8",
    )
    n_forms = sum(1 + len(row.variants) for row in unique.values())
    sys.stdout.write(f"{stem}: {len(unique)} terms, {n_forms} forms\n")
