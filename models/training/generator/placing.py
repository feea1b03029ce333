"""Findings at places where they can be, taken from the combined tables of the lexicon.

Owns the dividing of a combined term into side, place and finding. Must not know urns or sentences.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models.training.generator.edges import side_of
from wardscribe_lexicons import Lexicon, Term

COMBINED: Final = frozenset(
    ("wide_abdomen", "wide_chest", "wide_clinic", "wide_exam", "wide_musculoskeletal", "wide_organs", "wide_surgery",
     "wide_vessels_nerves", "wide_tests", "wide_scales_tcm", "wide_scales_drugs")
)  # fmt: skip
_KINDS: Final = ("finding", "symptom", "disease")
_SHORTEST_HAN: Final = 2  # 癌 alone is no mention: 降结肠癌 is one


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding (symptom, disease) with its place; `side` is empty where none is said."""

    side: str
    place: str
    thing: str
    label: str
    specialty: str
    thing_identity: str


class PlacedTerms:
    """All combined terms that can be divided into terms of the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._things: dict[str, Term] = {}
        self._places: set[str] = set()
        for term in lexicon.terms:
            for surface in term.surfaces():
                if term.term_class in _KINDS and term.table.startswith("core_"):
                    self._things.setdefault(surface, term)
                elif term.term_class == "anatomy" and term.table.startswith(("core_", "wide_")):
                    self._places.add(surface)

    def __iter__(self) -> Iterator[Placed]:
        for term in self._lexicon.terms:
            if term.table in COMBINED and term.term_class in _KINDS and (placed := self._divided(term)):
                yield placed

    def _divided(self, term: Term) -> Placed | None:
        han = self._lexicon.language == "zh"
        side, rest = side_of(term.preferred, self._lexicon.language)
        words = list(rest) if han else rest.split()
        glue = "" if han else " "
        if rest in self._things:
            return None
        for cut in range(len(words) - (_SHORTEST_HAN if han else 1), 0, -1):
            place, thing = glue.join(words[:cut]), glue.join(words[cut:])
            if place in self._places and (found := self._things.get(thing)):
                identity = (found.concept or found.preferred).lower()
                return Placed(side, place, thing, found.term_class, term.specialty, identity)
        return None
