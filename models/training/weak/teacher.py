"""What rules and lexicon say of a text, in our labels and with our boundaries.

Owns collecting the product's mentions, terms, cues and quantities as labelled spans and deciding between those that
overlap. Must not know which of them are right often enough to learn from: `agreement` measures that.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, cast

from models.training.examples import Entity
from models.training.gold.boundaries import PROBLEMS, Boundaries
from models.training.labels import UNKNOWN
from models.training.weak.patterns import (
    AUXILIARY,
    CAUSES,
    CLEARLY_PAST,
    COUNTED,
    DATE_EN,
    DATE_ZH,
    FORM,
    GONE_BY,
    LEADING,
    NEGATED_PAIR,
    NO_ROUTE,
    RESULT,
    THOUSANDS,
    TITLE,
    TRAILING,
    WORD_RESULT,
)
from wardscribe_lexicons import TermClass
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
_RULES: Final = Path(__file__).with_name("rules.toml")
_NAMES: Final = frozenset(("finding", "symptom", "disease", "drug", "anatomy", "test", "procedure", "device"))


@dataclass(frozen=True, slots=True)
class Taught:
    """A labelled span and which rule gave it: the kind of rule, finer than the label."""

    entity: Entity
    rule: str


class Teacher:
    """Labels texts of one language by rule. Immutable after building."""

    def __init__(self, language: str, boundaries: Boundaries | None = None) -> None:
        self._language = Language(language)
        self._boundaries = Boundaries(language) if boundaries is None else boundaries
        self._reader = Reader(lexicon=self._boundaries.lexicon, language=self._language)

    def taught(self, text: str) -> tuple[Taught, ...]:
        """The labelled spans of `text`, in order, not overlapping."""
        reading = self._reader.read(text)
        mentions, _ = find_mentions(reading)
        spans = [
            *_quantities(reading),
            *_drugs(reading),
            *self._mentions(reading, mentions),
            *self._terms(reading),
            *_cues(reading),
            *_results(reading),
        ]
        kept: list[Taught] = []
        for one in sorted(spans, key=_rank):
            if all(one.entity.end <= other.entity.start or other.entity.end <= one.entity.start for other in kept):
                kept.append(one)
        return tuple(self._reactions(reading, sorted(kept, key=lambda one: one.entity.start)))

    def is_problem(self, surface: str) -> bool:
        """Whether the lexicon has the surface as a whole as a finding, symptom or disease."""
        return self._boundaries.is_problem(surface)

    def asserted(self, text: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
        """The entities with all four axes by rule on problems that have none; what a source says of presence stays."""
        reading = self._reader.read(text)
        places = [at for at, entity in enumerate(entities) if entity.label in PROBLEMS]
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
            filled[at] = _with_axes(entities[at], mention.assertion, reading)
        return tuple(filled)

    def _mentions(self, reading: Reading, mentions: tuple[Mention, ...]) -> Iterator[Taught]:
        text = reading.text
        for mention in mentions:
            if text[mention.start : mention.end].casefold() in contested():
                yield Taught(Entity(start=mention.start, end=mention.end, label=UNKNOWN), "open")
                continue
            if mention.manner is not Manner.NAMED or "\n" in text[mention.start : mention.end]:
                continue
            label = mention.labels[0].value
            start = self._term_start(text, mention.start, mention.end)
            if start is None or start > mention.start:
                yield Taught(Entity(start=mention.start, end=start or mention.end, label=UNKNOWN), "open")
            if start is None:
                continue
            for entity in self._boundaries.ours(text, start, mention.end, (label,), ""):
                known = "term" if entity.label == label else "part"
                axes = _with_axes(entity, mention.assertion, reading) if entity.label in PROBLEMS else entity
                yield Taught(axes, f"mention/{entity.label}/{known}")

    def _term_start(self, text: str, start: int, end: int) -> int | None:
        """Where the longest term that the phrase ends with begins, a side or degree before it included."""
        starts = [start]
        if self._language is Language.ZH:
            starts += range(start + 1, end - 1)
        else:
            starts += [at for at in range(start + 1, end) if text[at - 1] in " -" and text[at] not in " -"]
        for at in starts:
            led = self._boundaries.ours(text, at, end, ("finding",), "")
            if self.is_problem(text[led[-1].start : end]):
                return at
        return None

    def _reactions(self, reading: Reading, kept: list[Taught]) -> Iterator[Taught]:
        """What an allergen is said to cause is a reaction."""
        last: Entity | None = None
        for one in kept:
            entity = one.entity
            if entity.label == "allergen":
                last = entity
            elif entity.label in PROBLEMS and last is not None and CAUSES.search(reading.text[last.end : entity.start]):
                yield Taught(replace(entity, label="reaction"), "reaction")
                continue
            yield one

    def _terms(self, reading: Reading) -> Iterator[Taught]:
        for hit in reading.hits:
            label = _TERMS.get(hit.term.term_class)
            if hit.nested or label is None:
                continue
            if label == "specimen" or hit.surface.casefold() in contested():
                yield Taught(Entity(start=hit.start, end=hit.end, label=UNKNOWN), "open")
                continue
            if has_class(hit, TermClass.ALLERGEN) and self._is_allergen(reading, hit.start, hit.end):
                label = "allergen"
            also = {_TERMS[term.term_class] for term in hit.also if term.term_class in _TERMS} - {"specimen"}
            start = hit.start + (0 if reading.text[hit.start].isalnum() else 1)
            for entity in self._boundaries.ours(reading.text, start, hit.end, (label,), ""):
                both = (label, *sorted(also - {label})) if also - {label} and entity.label == label else ()
                yield Taught(replace(entity, allowed=both), f"term/{entity.label}")

    def _is_allergen(self, reading: Reading, start: int, end: int) -> bool:
        clause = reading.clause_at(start)
        return any(
            cue.end <= start or cue.start >= end for cue in reading.cues.within("allergy", clause.start, clause.end)
        )


@cache
def contested() -> frozenset[str]:
    """Words that are terms of the lexicon and too often something else."""
    with _RULES.open("rb") as file:
        return frozenset(cast("list[str]", tomllib.load(file)["contested"]["words"]))


def _with_axes(entity: Entity, assertion: Assertion, reading: Reading) -> Entity:
    """What is not said already, by rule; a past that no clear word says is left open, and what went is present."""
    said = entity.presence is not None
    presence, time, subject = assertion.presence.value, assertion.time.value, assertion.subject.value
    clause = reading.clause_at(entity.start)
    before = reading.text[clause.start : entity.start]
    if assertion.cue is not None and reading.text[slice(*assertion.cue)].endswith("消失"):
        presence = "present"
    elif presence == "present" and NEGATED_PAIR.search(before):
        presence = "absent"
    clear = (
        time != "past"
        or CLEARLY_PAST.search(reading.text[clause.start : clause.end]) is not None
        or "术后" in reading.text[entity.end - 2 : entity.end + 2]
    )
    witness = subject == "family" and "家属" in reading.text[clause.start : clause.end]  # who tells, not who is ill
    return replace(
        entity,
        presence=entity.presence if said else presence,
        certainty=entity.certainty if said else assertion.certainty.value,
        time=entity.time or (time if clear else None),
        subject=entity.subject or ("patient" if witness else subject),
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
        if text[item.start : item.start + 2].lower() in ("a ", "an"):
            yield Taught(Entity(start=item.start, end=item.end, label=UNKNOWN), "open")  # "twice a day"
        elif not GONE_BY.match(text, item.end):
            yield Taught(Entity(start=item.start, end=item.end, label="duration"), "duration")


def _drugs(reading: Reading) -> Iterator[Taught]:
    for drug in find_drugs(reading):
        if drug.dose is not None:
            end = max(drug.dose[2], drug.unit.end if drug.unit is not None else 0)
            start = drug.dose[1]
            thousands = THOUSANDS.search(reading.text[max(0, start - 8) : start])
            start -= len(thousands.group()) if thousands else 0
            yield Taught(Entity(start=start, end=end, label="dose"), "drug/dose")
        for part, label in ((drug.route, "route"), (drug.frequency, "frequency")):
            if part is not None and not (label == "route" and NO_ROUTE.fullmatch(reading.text, part.start, part.end)):
                yield Taught(_trimmed(reading.text, part.start, part.end, label), f"drug/{label}")


def _cues(reading: Reading) -> Iterator[Taught]:
    for kind, label in _CUES.items():
        for cue in reading.cues.of(kind):
            surface = reading.text[cue.start : cue.end]
            if kind == "severity" and reading.is_zh and (len(surface) == 1 or _is_denied(reading, cue.start)):
                continue  # 不少, 加重, 无明显诱因
            if (kind == "route" and NO_ROUTE.fullmatch(surface)) or (kind == "sex" and TITLE.fullmatch(surface)):
                continue
            if COUNTED.match(reading.text, cue.end) and surface in ("两", "双", "IV", "iv"):
                continue  # 两三次, IV期
            if surface.casefold() in contested():
                yield Taught(Entity(start=cue.start, end=cue.end, label=UNKNOWN), "open")
                continue
            yield Taught(_trimmed(reading.text, cue.start, cue.end, label), f"cue/{kind}")


def _trimmed(text: str, start: int, end: int, label: str) -> Entity:
    """A cue's words without what only leads to them: "on the left", "has increased", "no change in"."""
    if label == "route" and FORM.fullmatch(text, start, end):
        return Entity(start=start, end=end, label="form")
    leading = {"laterality": LEADING, "change": AUXILIARY}.get(label)
    if leading is not None and (led := leading.match(text, start, end)) and led.end() < end:
        start = led.end()
    if label == "change" and (trailed := TRAILING.search(text[start:end])):
        end = start + trailed.start()
    return Entity(start=start, end=end, label=label)


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
