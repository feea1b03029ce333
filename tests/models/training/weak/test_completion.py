import pytest

from models.training.examples import Entity, Example, SchemeSpan
from models.training.sources import BadSource, sources
from models.training.weak.agreement import measure
from models.training.weak.completion import completed, fillings
from models.training.weak.identities import Identities
from models.training.weak.labelling import Labeller


def example(text, *entities, language="en", source="bc5cdr", relations=None):
    return Example(
        id="own/1",
        source=source,
        language=language,
        form="written",
        text=text,
        entities=tuple(entities),
        relations=relations,
    )


def named(done):
    return [(done.text[one.start : one.end], one.label) for one in done.entities]


def test_rules_fill_labels_that_the_scheme_has_no_type_for(teacher):
    gold = example("Zorbate at 50 years old with a 9 mm cyst.", Entity(start=0, end=7, label="drug", scheme="Chemical"))

    done = completed(gold, teacher, rules=frozenset(("age", "size")), own=frozenset(("drug",)), asserted=False)

    assert named(done) == [("Zorbate", "drug"), ("50 years old", "age"), ("9 mm", "measurement")]
    assert done.scheme_spans == (SchemeSpan(start=0, end=7, kind="Chemical"),)


def test_a_label_that_people_annotate_completely_is_not_added(teacher):
    gold = example("A 50-year-old man.")

    done = completed(gold, teacher, rules=frozenset(("age", "cue/sex")), own=frozenset(("age",)), asserted=False)

    assert named(done) == [("man", "sex")]


def test_rules_do_not_touch_what_stands_or_is_unknown(teacher):
    gold = example("A 50-year-old man.", Entity(start=2, end=17, label="unknown"))

    done = completed(gold, teacher, rules=frozenset(("age", "cue/sex")), own=frozenset(), asserted=False)

    assert done.entities == gold.entities


def test_a_term_that_the_scheme_cut_is_whole_again_and_relations_follow(chinese_teacher):
    gold = example(
        "左上腹痛。",
        Entity(start=0, end=1, label="laterality"),
        Entity(start=1, end=3, label="anatomy", scheme="部位"),
        language="zh",
        relations=((0, 1),),
    )

    done = completed(gold, chinese_teacher, rules=frozenset(), own=frozenset(), asserted=True)

    assert named(done) == [("左", "laterality"), ("上腹痛", "symptom")]
    assert done.entities[1].presence == "present"
    assert done.relations == ()
    assert done.scheme_spans == (SchemeSpan(start=1, end=3, kind="部位"),)


def test_the_rules_of_each_source_are_known_and_a_wrong_group_is_named(tmp_path):
    assert set(fillings()) <= set(sources())
    path = tmp_path / "rules.toml"
    path.write_text('[fill]\nsmall = ["age"]\n[gold.own]\nfill = ["large"]\n', encoding="utf-8")

    with pytest.raises(BadSource, match="own fills with large"):
        fillings(path)


def test_agreement_counts_only_what_people_annotate_completely(teacher):
    text = "Nausea and a cough after lisinopril and after zorbate."
    gold = example(text, Entity(start=0, end=6, label="symptom"), Entity(start=25, end=35, label="disease"))

    found = measure([gold], teacher, sources())

    assert found.surfaces[("nausea", "symptom")].precision == 1.0
    assert found.surfaces[("cough", "symptom")].precision == 0.0
    assert found.surfaces[("lisinopril", "drug")].precision == 0.0
    assert found.found["symptom"] == (1, 1)


def test_what_people_contradict_is_left_open_in_open_text(teacher):
    contradicted = [example("Cough again.") for _ in range(3)]
    plain = Labeller(teacher, "en")
    wary = Labeller(teacher, "en", measure(contradicted, teacher, sources()))

    assert named(plain.written("Cough.", name="1", source="own")) == [("Cough", "symptom")]
    assert named(wary.written("Cough.", name="1", source="own")) == [("Cough", "unknown")]


def test_names_in_notes_are_found_by_their_title(teacher):
    text = "Dr. Quillfeather saw her; Ada Brook is a 30-year-old nurse."

    assert ("Quillfeather", "name") in named(Labeller(teacher, "en").written(text, name="1", source="own"))


def test_a_dictated_line_comes_in_both_forms_with_the_same_mentions(chinese_teacher):
    written, spoken = Labeller(chinese_teacher, "zh").dictated("左肾囊肿，大小约九毫米", name="1", source="own")

    assert (written.form, spoken.form) == ("written", "spoken")
    assert named(written)[-1] == ("9毫米", "measurement")
    assert named(spoken)[-1] == ("九毫米", "measurement")
    assert [label for _, label in named(written)] == [label for _, label in named(spoken)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_made_up_identities_are_labelled_where_they_stand_and_repeat_with_their_seed(language):
    drawn = list(Identities(language, seed=5).examples(200))

    assert drawn == list(Identities(language, seed=5).examples(200))
    assert drawn != list(Identities(language, seed=6).examples(200))
    assert {entity.label for one in drawn for entity in one.entities} == {"name", "id", "place", "phone"}
    assert all("{" not in one.text for one in drawn)
