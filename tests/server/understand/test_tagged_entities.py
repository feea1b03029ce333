"""The flat list of entities: who is believed where tagger and rules both speak."""

import itertools

from tests.server.understand.reading_tools import understander
from wardscribe_server.engines.fake import ScriptedTagger
from wardscribe_server.pipeline.understanding.entities import find_entities
from wardscribe_server.pipeline.understanding.tagged import NOT_TAGGED, Outside, TaggedSpan, TaggedText, TagMemory
from wardscribe_server.pipeline.understanding.tagged_entities import Layer
from wardscribe_server.pipeline.values import Assertion, Entity, Label, Presence

TEXT = "No glimmer quelling, small effusion of 12 mm."


def found(text: str, tagged: TaggedText, layer: Layer = Layer.BOTH) -> dict[str, Entity]:
    entities = find_entities(text, reader=understander("en").reader, tagged=tagged, layer=layer)
    return {text[entity.start : entity.end]: entity for entity in entities}


def test_without_a_tagger_the_rules_speak_alone() -> None:
    assert found(TEXT, NOT_TAGGED)["effusion"].label is Label.FINDING
    assert found(TEXT, NOT_TAGGED, Layer.TAGGER) == {}


def test_spans_of_the_tagger_stand_and_the_cue_of_a_rule_says_what_is_claimed() -> None:
    claims = {"glimmer quelling": Assertion(Presence.PRESENT), "small effusion": Assertion(Presence.POSSIBLE)}
    terms = {"glimmer quelling": Label.DISEASE, "small effusion": Label.FINDING, "12 mm": Label.MEASUREMENT}
    tagged = TagMemory(ScriptedTagger(terms, claims=claims)).tagged(TEXT)
    entities = found(TEXT, tagged)
    assert list(entities) == ["glimmer quelling", "small effusion", "12 mm"]
    assert entities["glimmer quelling"].label is Label.DISEASE
    assert entities["glimmer quelling"].assertion.presence is Presence.ABSENT, "the rule has a cue"
    assert entities["small effusion"].assertion.presence is Presence.POSSIBLE, "the rule has none"


def test_of_the_rules_stays_what_the_tagger_is_not_sure_is_nothing() -> None:
    start = TEXT.index("effusion")
    tokens = (Outside(0, start, 0.99), Outside(start, start + 8, 0.3), Outside(start + 8, len(TEXT), 0.99))
    tagged = TaggedText((TaggedSpan(0, 2, Label.CHANGE, 0.4),), tokens)
    entities = found(TEXT, tagged)
    assert set(entities) == {"No", "effusion"}
    assert 0 < entities["effusion"].score < 1


def test_entities_are_in_order_and_do_not_overlap_where_a_tagger_is() -> None:
    text = "CT: a 2.4 x 1.8 cm spiculated nodule in the right upper lobe; amoxicillin 500 mg tid for 7 days."
    unsure = TaggedText((), tuple(Outside(at, at + 1, 0.3) for at in range(len(text)) if not text[at].isspace()))
    entities = list(found(text, unsure).values())
    assert len(entities) > 5
    assert all(one.end <= other.start for one, other in itertools.pairwise(entities))
    assert "2.4 x 1.8 cm" in found(text, unsure), "the longer before the shorter"


def test_a_term_of_the_lexicon_has_its_label_where_the_tagger_is_not_sure_of_another() -> None:
    text = "Takes amoxicillin."
    tokens = (Outside(0, len(text), 0.99),)

    def label(score: float) -> Label:
        tagged = TaggedText((TaggedSpan(6, 17, Label.DISEASE, score),), tokens)
        return found(text, tagged)["amoxicillin"].label

    assert label(0.7) is Label.DRUG
    assert label(0.95) is Label.DISEASE
