"""The lexicon as urns to draw terms from: by class and specialty, each split with terms of its own.

Owns which tables and terms are fit for drawing and which split a term belongs to. Must not know sentences.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

from models.training.generator.grammar import split_of
from wardscribe_lexicons import Lexicon, Term, load

SHARES: Final = {"train": 85, "dev": 5, "test": 10}  # percent of the terms
_CORE: Final = "core_"
# Combined forms hold a place and a finding in one ("left basilar mass"); two entities, and the grammar makes them.
_COMBINED: Final = frozenset(
    ("wide_abdomen", "wide_chest", "wide_clinic", "wide_exam", "wide_musculoskeletal", "wide_organs", "wide_surgery",
     "wide_vessels_nerves", "wide_tests", "wide_scales_tcm", "wide_scales_drugs")
)  # fmt: skip
_NEVER_COMBINED: Final = frozenset(("finding", "symptom", "allergen", "disease"))
_ODD: Final = re.compile(r"[,;:()\[\]，；：（）/|%+]|^\d|\bunspecified\b|\bother\b|其他|未特指")
_MOST_WORDS, _MOST_HAN = 5, 12
_CORE_SHARE: Final = 0.7
_VARIANT_SHARE: Final = 0.3


class Terms:
    """What can be drawn in one split of one language."""

    def __init__(self, lexicon: Lexicon, split: str) -> None:
        self.language = lexicon.language
        preferred = {term.preferred for term in lexicon.terms}
        self._core: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._other: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for term in lexicon.terms:
            if not _fit(term) or split_of(_identity(term), SHARES) != split:
                continue
            surfaces = tuple(
                surface for surface in term.surfaces() if _sayable(surface) and (surface == term.preferred or surface not in preferred)
            )
            if not surfaces:
                continue
            urns = self._core if term.table.startswith(_CORE) else self._other
            urns[term.term_class].append(surfaces)
            if term.specialty:
                urns[f"{term.term_class}.{term.specialty}"].append(surfaces)

    def drawn(self, name: str, rng: random.Random) -> str:
        """A surface for a slot: `class` or `class.specialty.specialty`."""
        term_class, *specialties = name.split(".")
        names = [f"{term_class}.{specialty}" for specialty in specialties] or [term_class]
        urns = self._core if rng.random() < _CORE_SHARE else self._other
        filled = [urns[one] for one in names if urns.get(one)] or [self._core[one] for one in names if self._core.get(one)]
        urn = rng.choices(filled, [len(one) for one in filled])[0] if filled else self._core[term_class]
        surfaces = rng.choice(urn)
        return rng.choice(surfaces) if rng.random() < _VARIANT_SHARE else surfaces[0]

    def surfaces(self) -> Iterable[str]:
        """All that can be drawn."""
        for urns in (self._core, self._other):
            for urn in urns.values():
                for surfaces in urn:
                    yield from surfaces


@cache
def terms(language: str, split: str) -> Terms:
    """The urns of a language and split."""
    return Terms(load(language), split)


def _identity(term: Term) -> str:
    return (term.concept or term.preferred).lower()


def _fit(term: Term) -> bool:
    return not (term.table in _COMBINED and term.term_class in _NEVER_COMBINED)


def _sayable(surface: str) -> bool:
    return not _ODD.search(surface) and len(surface.split()) <= _MOST_WORDS and (surface.isascii() or len(surface) <= _MOST_HAN)
