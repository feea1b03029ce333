"""MACCROBAT's documents as examples: sentences with our labels, relations and assertion.

Owns what a type, an attribute and a relation of MACCROBAT mean for us. Must not know the standoff format.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Final

from models.training.examples import Entity, Example, SchemeSpan, settled
from models.training.gold.boundaries import PROBLEMS, Boundaries
from models.training.gold.brat import Document, Mention
from models.training.gold.sentences import sentences
from models.training.labels import DEPENDENTS, HEADS, UNKNOWN
from models.training.sources import Source

LONGEST: Final = 480
_HELD_OUT: Final = (20, 30)  # documents to choose by, documents to report
_ASSERTED: Final = frozenset(("Sign_symptom", "Disease_disorder"))
_NEGATION: Final = re.compile(
    r"\b(?:no|not|none|without|neither|nor|never|absen\w+|negative|den(?:y|ie[sd])|free of|exclude\w*|ruled?|fail\w*"
    r"|lack\w*)\b",
    re.I,
)
_HEDGE: Final = re.compile(
    r"\b(?:possib\w*|probab\w*|suspect\w*|suspicio\w*|likely|suggest\w*|consistent|compatible|differential|consider\w*|may|might"
    r"|could|rule[ds]?|exclud\w*|concern\w*|potential\w*|presum\w*|question\w*|appear\w*|seem\w*|indicat\w*|diagnos\w*|risk)\b",
    re.I,
)
_SAID: Final = {"NEG": _NEGATION, "MAYBE_NEG": _HEDGE, "MAYBE_POS": _HEDGE, "UNCERTAIN": _HEDGE}
_POLARITY: Final = {
    "NEG": ("absent", "certain"),
    "MAYBE_NEG": ("possible", "hedged"),
    "MAYBE_POS": ("possible", "hedged"),
    "UNCERTAIN": ("possible", "hedged"),
}


def part_of(names: list[str]) -> dict[str, str]:
    """Document name -> "train", "dev" or "test": by a fixed hash of the name, so that the parts never change."""
    order = sorted(names, key=lambda name: sha256(f"wardscribe {name}".encode()).hexdigest())
    dev, test = _HELD_OUT
    return {name: "test" if at < test else "dev" if at < test + dev else "train" for at, name in enumerate(order)}


class CaseReports:
    """The documents of MACCROBAT as examples, one after another."""

    def __init__(self, source: Source, boundaries: Boundaries) -> None:
        self._source = source
        self._boundaries = boundaries

    def examples(self, document: Document) -> Iterator[Example]:
        """The sentences of a document."""
        kinds = {mention.id: mention.kind for mention in document.mentions}
        modifies = {first: kinds.get(second, "") for kind, first, second in document.relations if kind == "MODIFY"}
        for number, (start, end) in enumerate(sentences(document.text, language="en", longest=LONGEST)):
            text = document.text[start:end]
            made: dict[Entity, str] = {}
            spans: list[Entity] = []
            for mention in document.mentions:
                first, last = mention.start - start, mention.end - start
                if first >= 0 and last <= len(text):
                    spans.append(Entity(start=first, end=last, label=None, scheme=mention.kind))
                    for entity in self._ours(text, mention, (first, last), modifies.get(mention.id, "")):
                        made[entity] = mention.id
                elif first < len(text) and last > 0:  # runs over the end of a sentence
                    made[Entity(start=max(first, 0), end=min(last, len(text)), label=UNKNOWN)] = mention.id
            becomes = self._boundaries.joined(text, made)
            made = {becomes[entity]: owner for entity, owner in made.items() if entity in becomes}
            entities = settled(made)
            scheme = tuple(SchemeSpan(start=one.start, end=one.end, kind=one.scheme) for one in settled(spans))
            plain = tuple(SchemeSpan(start=one.start, end=one.end, kind=one.scheme) for one in entities if one.scheme)
            yield Example(
                id=f"{self._source.name}/{document.name}/{number}",
                source=self._source.name,
                language="en",
                form="written",
                text=text,
                entities=entities,
                relations=tuple(_relations(document, entities, [made[entity] for entity in entities])),
                scheme=None if scheme == plain else scheme,
            )

    def _ours(self, text: str, mention: Mention, span: tuple[int, int], modifies: str) -> Iterator[Entity]:
        labels = (UNKNOWN,) if mention.divided else self._source.mapped(mention.kind)
        if labels == ("value",) and modifies == "Medication" and text[span[0]].isdigit():
            labels = ("dose",)
        axes: dict[str, str] = {}
        if mention.kind == "History" and self._boundaries.is_problem(text[slice(*span)]):
            labels = self._source.mapped("Disease_disorder")  # an illness alone, not a clause about the past
            axes["presence"], axes["certainty"], axes["time"] = "present", "certain", "past"
        if mention.kind in _ASSERTED:
            polarity = mention.attributes.get("POLARITY", "")
            said = _SAID.get(polarity)
            if said is None or said.search(text):  # what went away is NEG or MAYBE there too; ours is a change
                axes["presence"], axes["certainty"] = _POLARITY.get(polarity, ("present", "certain"))
        for entity in self._boundaries.ours(text, *span, labels, mention.kind):
            if entity.label in PROBLEMS:
                yield replace(entity, **axes)
            elif entity.label == "value" and modifies in _ASSERTED and not text[entity.start].isdigit():
                yield replace(entity, label=UNKNOWN)  # "acute" of a symptom is no value of a test
            else:
                yield entity


def _relations(document: Document, entities: tuple[Entity, ...], owners: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of dependent and head where MACCROBAT says MODIFY; a side modifies what its place modifies."""
    modified: dict[str, set[str]] = {}
    for kind, first, second in document.relations:
        if kind == "MODIFY":
            modified.setdefault(first, set()).add(second)
    pairs: set[tuple[int, int]] = set()
    for dependent, owner in enumerate(owners):
        if entities[dependent].label not in DEPENDENTS:
            continue
        targets = modified.get(owner, set())
        beyond = {further for target in targets for further in modified.get(target, set())}
        for head, other in enumerate(owners):
            if other in targets | beyond and entities[head].label in HEADS - {"anatomy"} and head != dependent:
                pairs.add((dependent, head))
    yield from sorted(pairs)
