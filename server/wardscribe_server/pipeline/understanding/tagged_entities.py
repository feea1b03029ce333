"""The flat list of entities of a text, from the tagger and the rules together.

Owns which of the two is believed where both speak. Must not know templates or fields.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from wardscribe_server.pipeline.understanding.tagged import TaggedSpan, TaggedText
from wardscribe_server.pipeline.values import Assertion, Entity, Label

# Chosen on the development halves of generated and public sentences, where a lower bar added more wrong than right.
_DOUBT = 0.4  # what the tagger takes for nothing with at least this, a rule does not make an entity
_SURE = 0.9  # of its label, the tagger is believed against the lexicon from here on
_RULE_SCORE = 0.5  # of what a rule alone finds


class Layer(StrEnum):
    """Who finds entities."""

    BOTH = "both"
    RULES = "rules"
    TAGGER = "tagger"


def merged(
    rules: Sequence[Entity], tagged: TaggedText, *, terms: Mapping[tuple[int, int], Sequence[Label]]
) -> tuple[Entity, ...]:
    """Entities in order of place; without a tagger those of the rules as they are.

    The tagger's spans stand. What is exactly a term of the lexicon (`terms`) has the lexicon's label where the tagger
    is not sure of another; where a rule has a cue, the rule says what is claimed. Of the rules' own, those stay that
    lie where the tagger found nothing and is not sure that nothing is there, the longer before the shorter.
    """
    if not tagged.outside:
        return tuple(rules)
    found = [_entity(span, rules, terms.get((span.start, span.end), ())) for span in tagged.spans]
    taken = [(entity.start, entity.end) for entity in found]
    for entity in sorted(rules, key=lambda each: (each.start - each.end, each.start)):
        outside = tagged.outside_score(entity.start, entity.end)
        if _is_free(entity.start, entity.end, taken) and (outside is None or outside < _DOUBT):
            found.append(replace(entity, score=_RULE_SCORE))
            taken.append((entity.start, entity.end))
    return tuple(sorted(found, key=lambda entity: entity.start))


def _entity(span: TaggedSpan, rules: Sequence[Entity], labels: Sequence[Label]) -> Entity:
    same = next((each for each in rules if (each.start, each.end) == (span.start, span.end)), None)
    preferred = same.preferred if same is not None else ""
    label = labels[0] if labels and span.label not in labels and span.score < _SURE else span.label
    return Entity(label, span.start, span.end, preferred, span.score, _claimed(span, rules))


def _claimed(span: TaggedSpan, rules: Sequence[Entity]) -> Assertion:
    for entity in rules:
        if entity.start < span.end and span.start < entity.end and entity.assertion.cue is not None:
            return entity.assertion
    return span.assertion


def _is_free(start: int, end: int, taken: Iterable[tuple[int, int]]) -> bool:
    return all(end <= other_start or other_end <= start for other_start, other_end in taken)
