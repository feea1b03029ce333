"""The lexicon as urns to draw terms from: by class and specialty, each split with terms of its own.

Owns which tables and terms are fit for drawing and which split a term belongs to. Must not know sentences.

    finding   disease.cardiology   finding.free (says no place)   drug@en (of the other language)
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

from models.training.generator.edges import bodily, without_side
from models.training.generator.grammar import split_of
from models.training.generator.placing import COMBINED, Placed, PlacedTerms
from wardscribe_lexicons import Lexicon, Term, load

SHARES: Final = {"train": 85, "dev": 5, "test": 10}  # percent of the terms
_CORE: Final = "core_"
# Coded findings ("elevated urine levels of 17-ketosteroids") that nobody says of himself.
_CODED: Final = frozenset(("diseases_icd10cm", "wide_diseases_icd10cm", "wide_diseases_do", "diseases_do"))
_PLACEABLE: Final = frozenset(("finding", "symptom", "disease"))
# Their combined forms hold a place and a finding in one ("left basilar mass"): see `placing`.
_NEVER_COMBINED: Final = _PLACEABLE | {"allergen"}
_ODD: Final = re.compile(
    r"[,;:()\[\]{}<>，；：（）/|%+]|^\d|\bunspecified\b|\bother\b|其他|未特指| of the |^(?:organism|patient|患者)$"
)
_MOST_WORDS, _MOST_HAN = 5, 12
_CORE_SHARE: Final = 0.7
_VARIANT_SHARE: Final = 0.3

Urns = dict[str, list[tuple[str, ...]]]


class Terms:
    """What can be drawn in one split of one language."""

    def __init__(self, lexicon: Lexicon, split: str) -> None:
        self.language, self._split = lexicon.language, split
        self._preferred = {term.preferred for term in lexicon.terms}
        self._core: Urns = defaultdict(list)
        self._other: Urns = defaultdict(list)
        body = bodily(lexicon)
        for term in lexicon.terms:
            if self._fit(term) and (surfaces := self._surfaces(term)):
                urns = self._core if term.table.startswith(_CORE) else self._other
                urns[term.term_class].append(surfaces)
                if term.specialty:
                    urns[f"{term.term_class}.{term.specialty}"].append(surfaces)
                if term.term_class in _PLACEABLE and not body.search(without_side(term.preferred, self.language)):
                    urns[f"{term.term_class}.free"].append(surfaces)
        self._placed: dict[str, list[Placed]] = defaultdict(list)
        for placed in PlacedTerms(lexicon):
            if split_of(placed.thing_identity, SHARES) == split:
                self._placed[""].append(placed)
                self._placed[placed.specialty].append(placed)

    def drawn(self, name: str, rng: random.Random) -> str:
        """A surface for a slot: `class`, `class.specialty.specialty`, either with `@en` behind it."""
        name, _, language = name.partition("@")
        if language:
            return terms(language, self._split).drawn(name, rng)
        term_class, *specialties = name.split(".")
        names = [f"{term_class}.{specialty}" for specialty in specialties] or [term_class]
        urns = self._core if rng.random() < _CORE_SHARE else self._other
        filled = [urns[one] for one in names if urns.get(one)]
        filled = filled or [self._core[one] for one in names if self._core.get(one)] or [self._core[term_class]]
        surfaces = rng.choice(rng.choices(filled, [len(urn) for urn in filled])[0])
        return rng.choice(surfaces) if rng.random() < _VARIANT_SHARE else surfaces[0]

    def placed(self, specialty: str, rng: random.Random) -> Placed:
        """A finding at a place where it can be: of a specialty, or any."""
        return rng.choice(self._placed.get(specialty) or self._placed[""])

    def surfaces(self) -> Iterable[str]:
        """All that can be drawn by class."""
        for urns in (self._core, self._other):
            for urn in urns.values():
                for surfaces in urn:
                    yield from surfaces

    def _fit(self, term: Term) -> bool:
        if term.table in _CODED and term.term_class == "symptom":
            return False
        if term.table in COMBINED and term.term_class in _NEVER_COMBINED:
            return False
        return split_of((term.concept or term.preferred).lower(), SHARES) == self._split

    def _surfaces(self, term: Term) -> tuple[str, ...]:
        """The preferred form first; a form that is another term's preferred one belongs to that one."""
        own = (term.preferred, *(one for one in term.variants if one not in self._preferred))
        return tuple(surface for surface in own if _sayable(surface))


@cache
def terms(language: str, split: str) -> Terms:
    """The urns of a language and split."""
    return Terms(load(language), split)


def _sayable(surface: str) -> bool:
    is_short = len(surface.split()) <= _MOST_WORDS and (surface.isascii() or len(surface) <= _MOST_HAN)
    return is_short and not _ODD.search(surface)
