"""A term, the head of its table, and the lexicon that finds terms by what was written.

Owns the look-up keys: two surfaces with one key are the same words in another spelling or number. Must not know where
tables lie or what a text is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from wardscribe_lexicons import spelling

Value = TypeVar("Value")


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
    tier: str = "trusted"  # or "wide": good to correct towards, too many to take mentions from


@dataclass(frozen=True, slots=True)
class Term:
    """A preferred form with the surfaces that stand for it.

    `concept` is the preferred form of the term that means the same ("high blood pressure": `hypertension`).
    `pronounced` says how it sounds where the spelling misleads: English as it would be spelled by ear ("zole-air"),
    Chinese as syllables with tone numbers ("tan2 huang2 quan1"). What is not `trusted` stands in a wide table.
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
    pronounced: tuple[str, ...] = ()
    trusted: bool = True

    @property
    def identity(self) -> tuple[str, TermClass]:
        """What makes a term of another table the same term."""
        return self.preferred, self.term_class

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


class Overlay(Mapping[str, Value]):
    """A mapping with the entries of another behind it."""

    def __init__(self, above: Mapping[str, Value], below: Mapping[str, Value]) -> None:
        self._above = above
        self._below = below

    def __getitem__(self, key: str) -> Value:
        found = self._above.get(key)
        return self._below[key] if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield from self._above
        yield from (key for key in self._below if key not in self._above)

    def __len__(self) -> int:
        return len(self._below) + sum(key not in self._below for key in self._above)


@dataclass(frozen=True, slots=True)
class _Layer:
    """What was laid over `base`: terms added to it, and its terms that went."""

    base: "Lexicon"
    added: tuple[Term, ...]
    gone: tuple[Term, ...]


@dataclass(frozen=True)
class Lexicon:
    """All terms of a language, best first: local tables, then core, then derived, then wide.

    `under` lays terms over a lexicon: what is worked out from its tens of thousands of terms is worked out once,
    however many wards and physicians have terms of their own.
    """

    language: str
    terms: tuple[Term, ...]
    heads: tuple[Head, ...] = ()
    _layer: "_Layer | None" = field(default=None, repr=False)
    _words: spelling.Spelling = field(default_factory=spelling.Spelling, repr=False)

    def under(self, terms: Sequence[Term], heads: Sequence[Head] = ()) -> "Lexicon":
        """This lexicon with `terms` on top, first ones first.

        A term takes the place of the one with its preferred form and class; weight 0 only removes that.
        """
        own: dict[tuple[str, TermClass], Term] = {}
        for term in terms:
            own.setdefault(term.identity, term)
        kept = (term for term in self.terms if term.identity not in own)
        added = tuple(term for term in own.values() if term.weight > 0)
        gone = tuple(term for term in self.terms if term.identity in own)
        layer = _Layer(self, added, gone)
        return Lexicon(self.language, (*added, *kept), (*heads, *self.heads), layer, self._words)

    @cached_property
    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """Key -> trusted surfaces with that key; the first entry is the preferred reading."""
        if self._layer is None:
            return self._index(term for term in self.terms if term.trusted)
        return self._layered(self._layer, self._layer.base.entries)

    @cached_property
    def wide_entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """The same over all terms."""
        if self._layer is None:
            return self._index(self.terms)
        return self._layered(self._layer, self._layer.base.wide_entries)

    @cached_property
    def lengths(self) -> Mapping[str, tuple[int, ...]]:
        """First unit of a key (word, in Chinese character) -> numbers of units of the `entries` that begin with it."""
        if self._layer is None:
            return self._lengths(self.entries, {})
        base = self._layer.base.lengths
        return Overlay(self._lengths(self._layered_keys(self._layer), base), base)

    @cached_property
    def wide_lengths(self) -> Mapping[str, tuple[int, ...]]:
        """The same over the `wide_entries`."""
        if self._layer is None:
            return self._lengths(self.wide_entries, {})
        base = self._layer.base.wide_lengths
        return Overlay(self._lengths(self._layered_keys(self._layer), base), base)

    def _index(self, terms: Iterable[Term]) -> dict[str, tuple[Entry, ...]]:
        found: dict[str, tuple[Entry, ...]] = {}
        for term in terms:
            for key, surface in self._keys(term):
                here = found.get(key, ())
                if not any(entry.term.term_class is term.term_class for entry in here):
                    found[key] = (*here, Entry(surface, term, term.case_exact))
        return found

    def _layered(self, layer: "_Layer", base: Mapping[str, tuple[Entry, ...]]) -> Mapping[str, tuple[Entry, ...]]:
        """`base` under the keys that the layer changes; a key without entries is one whose term was removed."""
        gone = {term.identity for term in layer.gone}
        own = self._index(layer.added)
        changed: dict[str, tuple[Entry, ...]] = {}
        for key in self._layered_keys(layer):
            here = own.get(key, ())
            classes = {entry.term.term_class for entry in here}
            behind = (
                entry
                for entry in base.get(key, ())
                if entry.term.identity not in gone and entry.term.term_class not in classes
            )
            changed[key] = (*here, *behind)
        return Overlay(changed, base)

    def _layered_keys(self, layer: "_Layer") -> set[str]:
        return {key for term in (*layer.added, *layer.gone) for key, _ in self._keys(term)}

    def _lengths(self, keys: Iterable[str], known: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        lengths: dict[str, set[int]] = {}
        for key in keys:
            if key:
                units: Sequence[str] = key if self.language == "zh" else key.split(" ")
                lengths.setdefault(units[0], set(known.get(units[0], ()))).add(len(units))
        return {head: tuple(sorted(found)) for head, found in lengths.items()}

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

    def lookup(self, surface: str, *, wide: bool = False) -> tuple[Term, ...]:
        """Trusted terms that `surface` stands for, `wide` all; best first, at most one a class; empty when none."""
        entries = self.wide_entries if wide else self.entries
        return tuple(
            entry.term
            for entry in entries.get(self.key(surface), ())
            if not entry.case_exact or entry.surface == surface
        )

    def of_class(self, term_class: TermClass) -> tuple[Term, ...]:
        """All terms of one class."""
        return tuple(term for term in self.terms if term.term_class is term_class)

    def head(self, term: Term) -> Head | None:
        """The head of the table that `term` stands in."""
        return next((head for head in self.heads if head.table == term.table), None)
