"""Entities of written text with what is claimed of them.

Owns putting mentions, assertion and relations together, and the flat list of entities with their labels. Must not know
templates or fields.
"""

from wardscribe_lexicons import TermClass
from wardscribe_server.pipeline.understanding.assertion import assert_all
from wardscribe_server.pipeline.understanding.chinese_mentions import chinese_mentions
from wardscribe_server.pipeline.understanding.english_mentions import english_mentions
from wardscribe_server.pipeline.understanding.mentions import Mention
from wardscribe_server.pipeline.understanding.open_mentions import with_open_mentions
from wardscribe_server.pipeline.understanding.places import Place, find_places
from wardscribe_server.pipeline.understanding.quantities import durations, sizes
from wardscribe_server.pipeline.understanding.reading import Reader, Reading
from wardscribe_server.pipeline.understanding.relations import relate
from wardscribe_server.pipeline.understanding.tagged import NOT_TAGGED, TaggedText
from wardscribe_server.pipeline.understanding.tagged_entities import Layer, merged
from wardscribe_server.pipeline.understanding.tagged_mentions import (
    with_tagged_mentions,
    without_doubted,
)
from wardscribe_server.pipeline.values import Entity, Label

_LABELS = {
    TermClass.ANATOMY: Label.ANATOMY,
    TermClass.DRUG: Label.DRUG,
    TermClass.TEST: Label.TEST,
    TermClass.PROCEDURE: Label.PROCEDURE,
    TermClass.DEVICE: Label.DEVICE,
    TermClass.ALLERGEN: Label.ALLERGEN,
    TermClass.ORGANISM: Label.ORGANISM,
    TermClass.SPECIMEN: Label.SPECIMEN,
    TermClass.UNIT: Label.UNIT,
}
_TERM_LABELS = _LABELS | {
    TermClass.FINDING: Label.FINDING,
    TermClass.SYMPTOM: Label.SYMPTOM,
    TermClass.DISEASE: Label.DISEASE,
}
_CUES = {
    "laterality": Label.LATERALITY,
    "severity": Label.SEVERITY,
    "change": Label.CHANGE,
    "route": Label.ROUTE,
    "frequency": Label.FREQUENCY,
    "relation": Label.RELATION,
    "sex": Label.SEX,
    "lab_test": Label.TEST,
    "device": Label.DEVICE,
}


def find_mentions(reading: Reading, tagged: TaggedText = NOT_TAGGED) -> tuple[tuple[Mention, ...], tuple[Place, ...]]:
    """Asserted and related mentions of the text, and its places."""
    places = find_places(reading)
    mentions = chinese_mentions(reading, places) if reading.is_zh else english_mentions(reading, places)
    mentions = with_tagged_mentions(reading, mentions, tagged)
    mentions = without_doubted(with_open_mentions(reading, mentions), tagged)
    return assert_all(reading, relate(reading, mentions, places)), places


def find_entities(
    text: str, *, reader: Reader, tagged: TaggedText = NOT_TAGGED, layer: Layer = Layer.BOTH
) -> tuple[Entity, ...]:
    """Entities of `text` in order, assertion filled; `tagged` is what a tagger says of it."""
    if layer is Layer.TAGGER:
        return merged((), tagged, terms={})
    reading = reader.read(text)
    mentions, _ = find_mentions(reading)
    return merged(entities_of(reading, mentions), tagged, terms=_terms(reading))


def _terms(reading: Reading) -> dict[tuple[int, int], tuple[Label, ...]]:
    """What the lexicon takes its terms for, by their characters, likeliest first."""
    return {
        (hit.start, hit.end): labels
        for hit in reading.hits
        if not hit.nested
        and (
            labels := tuple(
                _TERM_LABELS[term.term_class] for term in (hit.term, *hit.also) if term.term_class in _TERM_LABELS
            )
        )
    }


def entities_of(reading: Reading, mentions: tuple[Mention, ...]) -> tuple[Entity, ...]:
    """The flat list of entities behind a reading."""
    found = [
        Entity(mention.labels[0], mention.start, mention.end, mention.name, 1.0, mention.assertion)
        for mention in mentions
    ]
    found += [
        Entity(_LABELS[hit.term.term_class], hit.start, hit.end, hit.term.preferred, 1.0)
        for hit in reading.hits
        if not hit.nested and hit.term.term_class in _LABELS
    ]
    spans = {(entity.start, entity.end) for entity in found}
    found += [
        Entity(label, cue.start, cue.end, cue.value, 1.0)
        for kind, label in _CUES.items()
        for cue in reading.cues.of(kind)
        if (cue.start, cue.end) not in spans
    ]
    found += [
        Entity(Label.DURATION, item.start, item.end, item.iso, 1.0)
        for item in durations(reading.text, reading.language)
    ]
    found += [
        Entity(Label.MEASUREMENT, size.start, size.end, "x".join(map(str, size.mm)), 1.0)
        for size in sizes(reading.text)
    ]
    return tuple(sorted(found, key=lambda entity: (entity.start, entity.end, entity.label.value)))
