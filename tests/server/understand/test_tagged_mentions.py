"""What the tagger adds to the mentions of the rules, what it takes away, and what it leaves alone."""

from tests.server.understand.reading_tools import understander
from wardscribe_protocol.record import Language
from wardscribe_server.engines.fake import ScriptedTagger
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.understanding.entities import find_mentions
from wardscribe_server.pipeline.understanding.mentions import Manner, Mention
from wardscribe_server.pipeline.understanding.tagged import TagMemory
from wardscribe_server.pipeline.values import Assertion, Certainty, Label, Presence, words_from_text


def mentions(text: str, tagger: ScriptedTagger | None, language: str = "en") -> dict[str, Mention]:
    reading = understander(language).reader.read(text)
    found, _ = find_mentions(reading, TagMemory(tagger).tagged(text))
    return {mention.name: mention for mention in found}


def fields(text: str, tagger: ScriptedTagger, *, template: str, language: str = "en") -> dict[str, object]:
    composer = Composer(understander(language), template=template, language=Language(language), tags=TagMemory(tagger))
    return dict(composer.compose(words_from_text(text)).record.fields)


def test_a_term_that_no_list_knows_becomes_a_finding_with_what_is_said_of_it() -> None:
    text = "Findings: moderate glimmer quelling in the right lower lobe."
    assert "glimmer quelling" not in mentions(text, None)
    tagger = ScriptedTagger({"glimmer quelling": Label.FINDING})
    found = fields(text, tagger, template="chest_xray")["findings"]
    assert found == [
        {
            "finding": "glimmer quelling",
            "presence": "present",
            "laterality": "right",
            "location": "right lower lobe",
            "severity": "moderate",
        }
    ]


def test_a_cue_reaches_a_term_that_only_the_tagger_knows() -> None:
    tagger = ScriptedTagger({"quellsucht": Label.SYMPTOM, "银屑样瞬痛": Label.SYMPTOM})
    assert mentions("Reports cough, denies fever or quellsucht.", tagger)["quellsucht"].assertion.presence == "absent"
    assert mentions("患者诉银屑样瞬痛3天。", tagger, "zh")["银屑样瞬痛"].assertion.presence == "present"


def test_what_the_rules_know_is_theirs() -> None:
    tagger = ScriptedTagger({"effusion": Label.DISEASE, "amoxicillin": Label.SYMPTOM})
    text = "Small effusion. Takes amoxicillin 500 mg."
    with_tags, without = mentions(text, tagger), mentions(text, None)
    assert with_tags == without
    assert with_tags["effusion"].labels[0] is not Label.DISEASE
    heading = ScriptedTagger({"Impression": Label.FINDING})
    assert fields("Impression: clear lungs.", heading, template="chest_xray") == fields(
        "Impression: clear lungs.", ScriptedTagger({}), template="chest_xray"
    )


def test_an_unknown_phrase_that_the_tagger_is_sure_is_nothing_is_dropped() -> None:
    text = "There is nothing further to add."
    assert [mention.manner for mention in mentions(text, None).values()] == [Manner.OPEN], "the rule guesses"
    assert not mentions(text, ScriptedTagger({"lung": Label.ANATOMY}))
    assert not mentions(text, ScriptedTagger({"nothing": Label.DEVICE}))
    assert mentions(text, ScriptedTagger({"nothing": Label.SEVERITY})), "it is something"
    assert mentions("There is an effusion.", ScriptedTagger({"lung": Label.ANATOMY})), "the lexicon knows"


def test_what_is_claimed_is_the_rules_to_say() -> None:
    absent = Assertion(presence=Presence.ABSENT, certainty=Certainty.CERTAIN)
    tagger = ScriptedTagger({"effusion": Label.FINDING}, claims={"effusion": absent})
    assert mentions("The effusion has drained away.", tagger)["effusion"].assertion.presence is Presence.PRESENT


def test_a_drug_that_no_list_knows_gets_its_dose() -> None:
    text = "Medications: quellomab 40 units subcutaneously weekly."
    tagger = ScriptedTagger({"quellomab": Label.DRUG, "40 units": Label.DOSE})
    (drug,) = fields(text, tagger, template="outpatient")["medications"]
    assert drug["drug"] == "quellomab"
    assert (drug["dose"], drug["dose_unit"], drug["frequency"]) == (40, "unit", "weekly")
    for unknown in ({}, {"quellomab": Label.DRUG}):
        assert "medications" not in fields(text, ScriptedTagger(unknown), template="outpatient")


def test_words_that_the_rules_know_as_something_else_are_no_findings() -> None:
    tagger = ScriptedTagger({"mediastinum": Label.FINDING, "solid": Label.FINDING, "tablets": Label.DRUG})
    text = "Findings: mediastinum is midline. Solid lesion. Takes tablets."
    assert mentions(text, tagger) == mentions(text, None)
