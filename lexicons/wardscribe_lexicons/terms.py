"""A term, the head of its table, and the lexicon that finds terms by what was written.

Owns the look-up keys: two surfaces with one key are the same words in another spelling or number. Must not know where
tables lie or what a text is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from wardscribe_lexicons import spelling


class LexiconError(ValueError):
    """A table that cannot be used; the text names file, line and remedy."""


class TermClass(StrEnum):
    """What kind of thing a term names."""

    FINDING = "finding"
    SYMPTOM = "symptom"
    DISEASE = "disease"
    DRUG = "drug"
    ANATOMY = "anatomy"
    PROCEDURE = "procedure"
    TEST = "test"
    DEVICE = "device"
    ALLERGEN = "allergen"
    ORGANISM = "organism"
    SPECIMEN = "specimen"
    UNIT = "unit"
    ABBREVIATION = "abbreviation"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a table comes from and on what terms."""

    table: str
    language: str
    kind: str  # "core" (our own), "derived" (built from an open source) or "site"
    source: str
    licence: str
    version: str
    built: str


@dataclass(frozen=True, slots=True)
class Term:
    """A preferred form with the surfaces that stand for it.

    `concept` is the preferred form of the term that means the same ("high blood pressure": `hypertension`).
    """

    preferred: str
    term_class: TermClass
    variants: tuple[str, ...] = ()
    specialty: str = ""
    weight: float = 1.0
    concept: str = ""
    case_exact: bool = False
    table: str = ""
    extras: tuple[tuple[str, str], ...] = ()

    def surfaces(self) -> tuple[str, ...]:
        """The preferred form and all variants."""
        return (self.preferred, *self.variants)

    def extra(self, column: str) -> str:
        """The value of a table's own column (`icd10`, `ucum` ...), empty where there is none."""
        return dict(self.extras).get(column, "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A surface of a term under its key; `case_exact` wants the text in the very same capitals."""

    surface: str
    term: Term
    case_exact: bool


@dataclass(frozen=True)
class Lexicon:
    """All terms of a language, best first: site tables, then core, then derived."""

    language: str
    terms: tuple[Term, ...]
    heads: tuple[Head, ...] = ()
    _words: spelling.Spelling = field(default_factory=spelling.Spelling, repr=False)

    @cached_property
    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """Key -> surfaces with that key; the first entry is the preferred reading."""
        found: dict[str, tuple[Entry, ...]] = {}
        for term in self.terms:
            for key, surface in self._keys(term):
                here = found.get(key, ())
                if not any(entry.term.term_class is term.term_class for entry in here):
                    found[key] = (*here, Entry(surface, term, term.case_exact))
        return found

    def _keys(self, term: Term) -> Iterable[tuple[str, str]]:
        for surface in term.surfaces():
            if self.language == "zh":
                yield spelling.han_key(surface), surface
            else:
                for key in self._words.keys(surface):
                    yield key, surface

    def key(self, surface: str) -> str:
        """The look-up key of `surface`."""
        return spelling.han_key(surface) if self.language == "zh" else self._words.key(surface)

    @property
    def words(self) -> spelling.Spelling:
        """The spelling rules behind the keys (English only)."""
        return self._words

    def lookup(self, surface: str) -> tuple[Term, ...]:
        """Terms that `surface` stands for, best first, at most one a class; empty when it is none."""
        return tuple(
            entry.term
            for entry in self.entries.get(self.key(surface), ())
            if not entry.case_exact or entry.surface == surface
        )

    def of_class(self, term_class: TermClass) -> tuple[Term, ...]:
        """All terms of one class."""
        return tuple(term for term in self.terms if term.term_class is term_class)

    def head(self, term: Term) -> Head | None:
        """The head of the table that `term` stands in."""
        return next((head for head in self.heads if head.table == term.table), None)
