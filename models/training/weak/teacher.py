"""What rules and lexicon say of a text, in our labels and with our boundaries.

Owns collecting the product's mentions, terms, cues and quantities as labelled spans and deciding between those that
overlap. Must not know which of them are right often enough to learn from: `agreement` measures that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from models.training.examples import Entity
from models.training.gold.boundaries import Boundaries
from models.training.weak.patterns import DATE_EN, DATE_ZH, GONE_BY, RESULT, WORD_RESULT
from wardscribe_lexicons import TermClass, load
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.understanding.assertion import assert_all
from wardscribe_server.pipeline.understanding.dates import dates
from wardscribe_server.pipeline.understanding.drugs import find_drugs
from wardscribe_server.pipeline.understanding.entities import find_mentions
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.quantities import ages, durations, sizes
from wardscribe_server.pipeline.understanding.reading import Reader, Reading, has_class
from wardscribe_server.pipeline.values import Assertion, Label

_TERMS: Final = {
    TermClass.ANATOMY: "anatomy",
    TermClass.DRUG: "drug",
    TermClass.TEST: "test",
    TermClass.PROCEDURE: "procedure",
    TermClass.DEVICE: "device",
    TermClass.ORGANISM: "organism",
    TermClass.SPECIMEN: "specimen",
}
_CUES: Final = {
    "laterality": "laterality",
    "severity": "severity",
    "change": "change",
    "route": "route",
    "frequency": "frequency",
    "relation": "relation",
    "sex": "sex",
    "device": "device",
    "lab_test": "test",
}
_PROBLEMS: Final = frozenset(("finding", "symptom", "disease"))
_NAMES: Final = frozenset(("finding", "symptom", "disease", "drug", "anatomy", "test", "procedure", "device"))


@dataclass(frozen=True, slots=True)
class Taught:
    """A labelled span and which rule gave it: the kind of rule, finer than the label."""

    entity: Entity
    rule: str


class Teacher:
    """Labels texts of one language by rule. Immutable after building."""

    def __init__(self, language: str) -> None:
        self._language = Language(language)
        self._reader = Reader(lexicon=load(language), language=self._language)
        self._boundaries = Boundaries(language)

    def taught(self, text: str) -> tuple[Taught, ...]:
        """The labelled spans of `text`, in order, not overlapping."""
        reading = self._reader.read(text)
        mentions, _ = find_mentions(reading)
        spans = [
            *_quantities(reading),
            *_drugs(reading),
            *self._mentions(text, mentions),
            *self._terms(reading),
            *_cues(reading),
            *_results(reading),
        ]
        kept: list[Taught] = []
        for one in sorted(spans, key=_rank):
            if all(one.entity.end <= other.entity.start or other.entity.end <= one.entity.start for other in kept):
                kept.append(one)
        return tuple(self._reactions(reading, sorted(kept, key=lambda one: one.entity.start)))

    def is_term(self, surface: str) -> bool:
        """Whether the lexicon has the surface as a whole."""
        return bool(self._reader.lexicon.lookup(surface))

    def asserted(self, text: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
        """The entities with all four axes by rule on problems that have none; what a source says of presence stays."""
        reading = self._reader.read(text)
        places = [at for at, entity in enumerate(entities) if entity.label in _PROBLEMS]
        mentions = [
            Mention(
                entities[at].start,
                entities[at].end,
                text[entities[at].start : entities[at].end],
                (Label(str(entities[at].label)),),
                zone=entities[at].start,
            )
            for at in places
        ]
        filled = list(entities)
        for at, mention in zip(places, assert_all(reading, mentions), strict=True):
            filled[at] = _with_axes(entities[at], mention.assertion)
        return tuple(filled)

    def _mentions(self, text: str, mentions: tuple[Mention, ...]) -> Iterator[Taught]:
        for mention in mentions:
            if mention.manner is not Manner.NAMED or "\n" in text[mention.start : mention.end]:
                continue
            label = mention.labels[0].value
            for entity in self._boundaries.ours(text, mention.start, mention.end, (label,), ""):
                known = "term" if entity.label == label else "part"
                axes = _with_axes(entity, mention.assertion) if entity.label in _PROBLEMS else entity
                yield Taught(axes, f"mention/{entity.label}/{known}")

    def _reactions(self, reading: Reading, kept: list[Taught]) -> Iterator[Taught]:
        """What stands in a clause with an allergen is what it does."""
        clauses = {reading.clause_at(one.entity.start).start for one in kept if one.entity.label == "allergen"}
        for one in kept:
            if one.entity.label in _PROBLEMS and reading.clause_at(one.entity.start).start in clauses:
                yield Taught(replace(one.entity, label="reaction"), "reaction")
            else:
                yield one

    def _terms(self, reading: Reading) -> Iterator[Taught]:
        for hit in reading.hits:
            label = _TERMS.get(hit.term.term_class)
            if hit.nested or label is None:
                continue
            if has_class(hit, TermClass.ALLERGEN) and self._is_allergen(reading, hit.start, hit.end):
                label = "allergen"
            for entity in self._boundaries.ours(reading.text, hit.start, hit.end, (label,), ""):
                yield Taught(entity, f"term/{entity.label}")

    def _is_allergen(self, reading: Reading, start: int, end: int) -> bool:
        clause = reading.clause_at(start)
        return any(
            cue.end <= start or cue.start >= end for cue in reading.cues.within("allergy", clause.start, clause.end)
        )


def _with_axes(entity: Entity, assertion: Assertion) -> Entity:
    said = entity.presence is not None
    return replace(
        entity,
        presence=entity.presence if said else assertion.presence.value,
        certainty=entity.certainty if said else assertion.certainty.value,
        time=entity.time or assertion.time.value,
        subject=entity.subject or assertion.subject.value,
    )


def _quantities(reading: Reading) -> Iterator[Taught]:
    text, language = reading.text, reading.language
    for size in sizes(text):
        yield Taught(Entity(start=size.start, end=size.end, label="measurement"), "size")
    for age in ages(text, language):
        yield Taught(Entity(start=age.start, end=age.end, label="age"), "age")
    pattern = DATE_ZH if reading.is_zh else DATE_EN
    for match in pattern.finditer(text):
        start = match.start("year") if "year" in match.groupdict() and match["year"] else match.start()
        yield Taught(Entity(start=start, end=match.end(), label="date"), "date/relative")
    for date in dates(text):
        yield Taught(Entity(start=date.start, end=date.end, label="date"), "date/calendar")
    for item in durations(text, language):
        if not GONE_BY.match(text, item.end):
            yield Taught(Entity(start=item.start, end=item.end, label="duration"), "duration")


def _drugs(reading: Reading) -> Iterator[Taught]:
    for drug in find_drugs(reading):
        if drug.dose is not None:
            end = max(drug.dose[2], drug.unit.end if drug.unit is not None else 0)
            yield Taught(Entity(start=drug.dose[1], end=end, label="dose"), "drug/dose")
        for part, label in ((drug.route, "route"), (drug.frequency, "frequency")):
            if part is not None:
                yield Taught(Entity(start=part.start, end=part.end, label=label), f"drug/{label}")


def _cues(reading: Reading) -> Iterator[Taught]:
    for kind, label in _CUES.items():
        for cue in reading.cues.of(kind):
            if kind == "severity" and reading.is_zh and (cue.end - cue.start == 1 or _is_denied(reading, cue.start)):
                continue  # 不少, 加重, 无明显诱因
            yield Taught(Entity(start=cue.start, end=cue.end, label=label), f"cue/{kind}")


def _is_denied(reading: Reading, at: int) -> bool:
    return reading.text[max(at - 1, 0) : at] in ("无", "不", "较")


def _results(reading: Reading) -> Iterator[Taught]:
    ends = [hit.end for hit in reading.hits if not hit.nested and has_class(hit, TermClass.TEST)]
    ends += [cue.end for kind in ("lab_test", "vital") for cue in reading.cues.of(kind)]
    for end in sorted(set(ends)):
        if (found := RESULT.match(reading.text, end)) and found.start("value") - end <= 14:
            yield Taught(Entity(start=found.start("value"), end=found.end("value"), label="value"), "result/value")
            if found["unit"]:
                yield Taught(Entity(start=found.start("unit"), end=found.end("unit"), label="unit"), "result/unit")
        elif found := WORD_RESULT.match(reading.text, end):
            yield Taught(Entity(start=found.start("value"), end=found.end("value"), label="value"), "result/word")


def _rank(one: Taught) -> tuple[int, int, int]:
    """Quantities and results first, then names by length, then cues."""
    first = 0 if one.rule.split("/")[0] in ("size", "age", "result", "drug", "date") else 1
    return first, one.entity.start - one.entity.end, 0 if one.entity.label in _NAMES else 1
