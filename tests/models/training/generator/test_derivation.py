import pytest

from models.training.generator.derivation import Derivation


def _pairs(example):
    return {
        (example.text[example.entities[a].start : example.entities[a].end],
         example.text[example.entities[b].start : example.entities[b].end])
        for a, b in example.relations
    }  # fmt: skip


def test_all_members_of_a_denied_list_are_absent(chinese, example_of):
    example = example_of(chinese, "无<absent: [symptom 发热]、[symptom 咳嗽]>，有[symptom 胸痛]。")
    assert [entity.presence for entity in example.entities] == ["absent", "absent", "present"]


def test_claims_add_up(english, example_of):
    example = example_of(english, "no family history of <absent family past: [disease stroke]>.")
    (stroke,) = example.entities
    assert (stroke.presence, stroke.subject, stroke.time, stroke.certainty) == ("absent", "family", "past", "certain")


def test_places_and_sizes_carry_no_claim(english, example_of):
    example = example_of(english, "<absent: <[finding mass] in the [anatomy liver]>>.")
    assert [entity.presence for entity in example.entities] == ["absent", None]


def test_a_dependent_belongs_to_all_heads_of_its_group_and_to_none_outside(english, example_of):
    example = example_of(english, "<[finding edema] and [finding ulcer] of the [anatomy foot]>, [finding mass].")
    assert _pairs(example) == {("foot", "edema"), ("foot", "ulcer")}


def test_the_inner_group_binds_first(english, example_of):
    example = example_of(english, "<<[severity mild] [finding edema]> and [finding ulcer] on the [laterality left]>.")
    assert _pairs(example) == {("mild", "edema"), ("left", "edema"), ("left", "ulcer")}


def test_dose_route_and_frequency_belong_to_the_drug(chinese, example_of):
    line = "<[drug 阿司匹林][dose 一百毫克][route 口服][frequency 每日一次]>治疗[disease 冠心病]。"
    assert _pairs(example_of(chinese, line)) == {
        ("一百毫克", "阿司匹林"),
        ("口服", "阿司匹林"),
        ("每日一次", "阿司匹林"),
    }


def test_a_side_at_the_front_of_a_term_is_a_mention_of_its_own(english, example_of, told):
    example = example_of(english, "[anatomy left kidney] and [anatomy left ventricle].")
    assert told(example) == [("laterality", "left"), ("anatomy", "kidney"), ("anatomy", "left ventricle")]
    assert _pairs(example) == {("left", "kidney")}


def test_a_divided_side_belongs_to_the_finding_at_its_place(chinese, example_of):
    example = example_of(chinese, "<[anatomy 右侧卵巢]见[finding 囊肿]>。")
    assert _pairs(example) == {("右侧", "囊肿"), ("卵巢", "囊肿")}


def test_a_side_is_not_said_twice(chinese, example_of, told):
    example = example_of(chinese, "[laterality 左侧][anatomy 右肾]。")
    assert told(example) == [("laterality", "左侧"), ("anatomy", "肾")]


def test_a_degree_at_the_front_of_a_disease_is_a_mention_of_its_own(english, example_of, told):
    assert told(example_of(english, "[disease mild anemia].")) == [("severity", "mild"), ("disease", "anemia")]


def test_a_place_and_a_thing_that_are_one_term_are_one_mention(english, example_of, told):
    line = "<[laterality left] [anatomy knee] [symptom pain]>, <[anatomy foot] [finding density]>."
    example = example_of(english, line)
    assert told(example)[:2] == [("laterality", "left"), ("symptom", "knee pain")]
    assert told(example)[2:] == [("anatomy", "foot"), ("finding", "density")]


def test_a_word_of_several_kinds_may_have_any_of_their_labels(chinese, example_of):
    example = example_of(chinese, "[finding 水肿]，[anatomy 肾]，[drug 阿司匹林]。")
    assert [entity.allowed for entity in example.entities] == [("finding", "symptom", "disease"), (), ()]


def test_the_outermost_mention_has_the_words(english, example_of, told):
    assert told(example_of(english, "[test [anatomy chest] CT].")) == [("test", "chest CT")]


def test_what_was_misspoken_is_no_mention(monkeypatch, english, example_of, told):
    monkeypatch.setattr("models.training.generator.derivation._SLIP_SHARE", 1.0)
    example = example_of(english, "pain for [duration {#2-900} days].", seed=3)
    assert len(example.entities) == 1
    assert example.text.count("days") == 2
    assert example.text.index("days") < example.entities[0].start


def test_a_sentence_does_not_draw_a_term_twice(monkeypatch, english, draft_of):
    drawn = iter(["cough", "cough", "fever"])
    monkeypatch.setattr("models.training.generator.terms.Terms.drawn", lambda *_: next(drawn))
    draft = draft_of(english, "[symptom {@symptom}] and [symptom {@symptom}]")
    assert [token.text for token in draft.tokens] == ["cough", "and", "fever"]


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_a_finding_is_placed_where_the_lexicon_has_it(language, request, example_of, told):
    grammar = request.getfixturevalue(language)
    for seed in range(20):
        example = example_of(grammar, "{@located.chest}", seed)
        labels = [label for label, _ in told(example)]
        assert "anatomy" in labels
        assert {"finding", "symptom", "disease"} & set(labels)
        assert example.relations


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_every_frame_can_be_filled(language, request, draft_of):
    grammar = request.getfixturevalue(language)
    assert Derivation
    for frame in grammar.frames:
        assert draft_of(grammar, frame.line).tokens, frame.line
