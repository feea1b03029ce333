import pytest

from models.training.examples import Entity
from models.training.labels import UNKNOWN

PROBLEM = ("disease", "finding", "symptom")


def divided(boundaries, text, labels, kind="Kind"):
    found = boundaries.ours(text, 0, len(text), labels, kind)
    return [(text[one.start : one.end], one.label) for one in found]


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("left lower lobe", ("anatomy",), [("left", "laterality"), ("lower lobe", "anatomy")]),
        ("left ventricle", ("anatomy",), [("left ventricle", "anatomy")]),
        ("bilateral", ("anatomy",), [("bilateral", "laterality")]),
        ("of the antrum", ("anatomy",), [("antrum", "anatomy")]),
        (
            "severe right knee pain",
            PROBLEM,
            [("severe", "severity"), ("right", "laterality"), ("knee pain", "symptom")],
        ),
        ("small bowel obstruction", PROBLEM, [("small bowel obstruction", "disease")]),
        ("left ventricular hypertrophy", PROBLEM, [("left ventricular hypertrophy", "disease")]),
        ("the rash", PROBLEM, [("rash", "finding")]),
        ("14.1 g/dL", ("value",), [("14.1", "value"), ("g/dL", "unit")]),
        ("80%", ("value",), [("80", "value"), ("%", "unit")]),
        ("negative", ("value",), [("negative", "value")]),
        ("decreased", ("value",), [("decreased", "change")]),
        ("3 x 2 cm", ("value",), [("3 x 2 cm", "measurement")]),
        ("20 mg daily", ("dose",), [("20 mg", "dose"), ("daily", "frequency")]),
        ("every 8 hours", ("dose",), [("every 8 hours", "frequency")]),
        ("20 mg/day", ("dose",), [("20 mg/day", "dose")]),
        ("tablets", ("route",), [("tablets", "form")]),
        ("by mouth", ("route",), [("by mouth", "route")]),
        ("5 cm", ("measurement",), [("5 cm", "measurement")]),
        ("large", ("measurement",), [("large", "severity")]),
        ("approximately 4 cm", ("measurement",), [("4 cm", "measurement")]),
        ("over the past 16 years", ("duration",), [("16 years", "duration")]),
        ("for ages", ("duration",), [("for ages", "duration")]),
        ("14 years of age", ("date",), [("14 years of age", "age")]),
        ("next morning", ("date",), [("next morning", "date")]),
        ("tapered", ("dose",), [("tapered", UNKNOWN)]),
        ("high-dose", ("dose",), [("high-dose", "dose")]),
        ("woman", ("sex",), [("woman", "sex")]),
        ("she", ("sex",), [("she", UNKNOWN)]),
        ("whole clause.", (UNKNOWN,), [("whole clause", UNKNOWN)]),
    ],
)
def test_a_mention_of_a_scheme_becomes_ours_in_english(english, text, labels, expected):
    assert divided(english, text, labels) == expected


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("左肺下叶", ("anatomy",), [("左", "laterality"), ("肺下叶", "anatomy")]),
        ("双侧颈部", ("anatomy",), [("双侧", "laterality"), ("颈部", "anatomy")]),
        ("左心室", ("anatomy",), [("左心室", "anatomy")]),
        ("左半结肠", ("anatomy",), [("左半结肠", "anatomy")]),
        ("消炎药", ("procedure", "drug"), [("消炎药", "drug")]),
        ("重度贫血", PROBLEM, [("重度", "severity"), ("贫血", "disease")]),
        ("右肾囊肿", PROBLEM, [("右", "laterality"), ("肾囊肿", "finding")]),
    ],
)
def test_a_mention_of_a_scheme_becomes_ours_in_chinese(chinese, text, labels, expected):
    assert divided(chinese, text, labels) == expected


@pytest.mark.parametrize(
    ("kind", "text", "label"),
    [
        ("Detailed_description", "left", "laterality"),
        ("Detailed_description", "mild", "severity"),
        ("Detailed_description", "lobulated", None),
        ("Nonbiological_location", "Millbrook General Hospital", "place"),
        ("Nonbiological_location", "emergency room", None),
        ("Nonbiological_location", "Department of Clinical Genetics", None),
        ("crowd", "女性", "sex"),
        ("crowd", "母亲", "relation"),
        ("crowd", "孩子", UNKNOWN),
        ("feature", "轻度", "severity"),
        ("feature", "17岁", "age"),
        ("feature", "局部", None),
    ],
)
def test_a_type_without_a_label_has_one_by_its_words(english, kind, text, label):
    assert divided(english, text, (), kind) == [(text, label)]


def test_the_scheme_stays_only_with_a_mention_that_is_all_of_it(english):
    (whole,) = english.ours("pleura", 0, 6, ("anatomy",), "Organ")
    parts = english.ours("left pleura", 0, 11, ("anatomy",), "Organ")

    assert whole.scheme == "Organ"
    assert [part.scheme for part in parts] == ["", ""]


def test_the_lexicon_chooses_among_labels_and_the_others_stay_allowed(english):
    (found,) = english.ours("productive cough", 0, 16, PROBLEM, "")

    assert (found.label, found.allowed) == ("symptom", PROBLEM)


def test_a_place_joins_the_term_of_the_lexicon_and_any_test(english):
    text = "renal scintigraphy and abdominal pain, hepatic mass"
    entities = [
        Entity(start=0, end=5, label="anatomy"),
        Entity(start=6, end=18, label="test"),
        Entity(start=23, end=32, label="anatomy"),
        Entity(start=33, end=37, label="symptom", presence="present"),
        Entity(start=39, end=46, label="anatomy"),
    ]
    joined = sorted(set(english.joined(text, entities).values()), key=lambda one: one.start)

    assert [(text[one.start : one.end], one.label, one.presence) for one in joined] == [
        ("renal scintigraphy", "test", None),
        ("abdominal pain", "symptom", "present"),
        ("hepatic", "anatomy", None),
    ]
