import pytest

from models.training.examples import Entity


def said(teacher, text):
    return [(text[one.entity.start : one.entity.end], one.entity.label) for one in teacher.taught(text)]


def test_rules_label_what_an_english_sentence_says(teacher):
    text = (
        "A 61-year-old woman takes bisoprolol 2.5 mg by mouth once daily; sodium 131 mmol/L, 14 mm cyst on the right."
    )

    assert said(teacher, text) == [
        ("61-year-old", "age"),
        ("woman", "sex"),
        ("bisoprolol", "drug"),
        ("2.5 mg", "dose"),
        ("by mouth", "route"),
        ("once daily", "frequency"),
        ("sodium", "test"),
        ("131", "value"),
        ("mmol/L", "unit"),
        ("14 mm", "measurement"),
        ("cyst", "finding"),
        ("right", "laterality"),
    ]


def test_rules_label_what_a_chinese_sentence_says(chinese_teacher):
    text = "2个月前出现头晕，左肾见8毫米囊肿，血钠131mmol/L，父亲有糖尿病。"

    assert said(chinese_teacher, text) == [
        ("2个月前", "date"),
        ("头晕", "symptom"),
        ("左", "laterality"),
        ("肾", "anatomy"),
        ("8毫米", "measurement"),
        ("囊肿", "finding"),
        ("血钠", "test"),
        ("131", "value"),
        ("mmol/L", "unit"),
        ("父亲", "relation"),
        ("糖尿病", "disease"),
    ]


def test_of_a_phrase_that_is_no_term_only_its_last_term_is_learned(teacher):
    assert said(teacher, "There is a rubbery swelling.")[-1] == ("swelling", "finding")


def test_what_somebody_is_allergic_to_and_what_it_does_have_their_own_labels(teacher):
    assert said(teacher, "Allergic to codeine, which causes vomiting.") == [
        ("codeine", "allergen"),
        ("vomiting", "reaction"),
    ]


def test_what_somebody_has_besides_an_allergy_is_no_reaction(teacher):
    assert ("asthma", "disease") in said(teacher, "asthma, allergic to codeine.")
    assert ("asthma", "disease") in said(teacher, "allergic to codeine. asthma.")


def test_a_word_that_is_too_often_something_else_is_left_open(teacher):
    assert ("discharge", "unknown") in said(teacher, "Medications on discharge are unchanged.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cyst has increased.", ("increased", "change")),
        ("Use hydrocortisone cream.", ("cream", "form")),
        ("A cyst is seen on the left.", ("left", "laterality")),
        ("Give heparin 5,000 units.", ("5,000 units", "dose")),
    ],
)
def test_what_only_leads_to_a_word_is_left_out(teacher, text, expected):
    assert expected in said(teacher, text)


@pytest.mark.parametrize("text", ["Mr Quillfeather came.", "He comes twice a day."])
def test_titles_are_no_sex_and_rates_no_duration(teacher, text):
    assert not {label for _, label in said(teacher, text)} & {"sex", "duration"}


@pytest.mark.parametrize("text", ["在家服药。", "病理为IV期。", "发作两三次。"])
def test_verbs_stages_and_counts_are_no_route_and_no_side(chinese_teacher, text):
    assert not {label for _, label in said(chinese_teacher, text)} & {"route", "laterality"}


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("No wheezing was heard.", ("absent", "certain", "now", "patient")),
        ("Possible wheezing at night.", ("possible", "hedged", "now", "patient")),
        ("History of wheezing.", ("present", "certain", "past", "patient")),
        ("His brother has wheezing.", ("present", "certain", "now", "family")),
    ],
)
def test_mentions_of_people_are_asserted_by_rule(teacher, text, axes):
    at = text.index("wheezing")
    mention = Entity(start=at, end=at + 8, label="finding")

    (done,) = teacher.asserted(text, (mention,))

    assert (done.presence, done.certainty, done.time, done.subject) == axes


@pytest.mark.parametrize(
    ("text", "presence", "time", "subject"),
    [
        ("无潮热盗汗。", "absent", "now", "patient"),
        ("无诱因出现盗汗。", "present", "now", "patient"),
        ("术后出现盗汗。", "present", None, "patient"),
        ("被家属发现盗汗。", "present", "now", "patient"),
        ("母亲有盗汗。", "present", "now", "family"),
    ],
)
def test_chinese_mentions_are_asserted_by_rule(chinese_teacher, text, presence, time, subject):
    at = text.index("盗汗")

    (done,) = chinese_teacher.asserted(text, (Entity(start=at, end=at + 2, label="symptom"),))

    assert (done.presence, done.time, done.subject) == (presence, time, subject)


def test_an_illness_named_after_its_operation_is_past(chinese_teacher):
    (done,) = chinese_teacher.asserted("诊断胃癌术后。", (Entity(start=2, end=6, label="disease"),))

    assert done.time == "past"


def test_what_people_said_of_presence_stays(teacher):
    mention = Entity(start=3, end=11, label="finding", presence="present", certainty="certain")

    (done,) = teacher.asserted("No wheezing now.", (mention,))

    assert (done.presence, done.certainty, done.subject) == ("present", "certain", "patient")


def test_what_has_gone_is_present_with_a_change(chinese_teacher):
    text = "胸腔积液消失。"
    found = [
        (text[one.entity.start : one.entity.end], one.entity.label, one.entity.presence)
        for one in chinese_teacher.taught(text)
    ]

    assert found == [("胸腔积液", "finding", "present"), ("消失", "change", None)]
