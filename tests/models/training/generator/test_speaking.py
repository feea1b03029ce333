import random

from models.training.generator.speaking import bare, hesitant, voiced, written

ORDER = "<[drug metoprolol] [dose twenty five milligrams] [frequency b i d]>, no <absent: [symptom dizziness]>."


def _written(draft):
    """The first written form that comes from words without marks."""
    return next(example for seed in range(50) if (example := written(draft, random.Random(seed))) is not None)


def test_written_entities_stand_where_the_formatter_put_them(english, draft_of, told):
    example = _written(draft_of(english, ORDER))
    assert ("dose", "25 mg") in told(example)
    assert ("frequency", "b.i.d.") in told(example)
    assert example.form == "written"
    assert example.relations == ((1, 0), (2, 0))


def test_written_chinese_measurements_are_one_mention(chinese, draft_of, told):
    draft = draft_of(chinese, "<[anatomy 肺上叶]见[finding 结节]，大小约[measurement 十二乘九毫米]>。")
    assert ("measurement", "12×9毫米") in told(_written(draft))


def test_bare_speech_has_no_marks_and_voiced_speech_says_them(english, draft_of, told):
    draft = draft_of(english, ORDER)
    assert not set(bare(draft, random.Random(1)).text) & set(",.")
    assert " comma no dizziness " in voiced(draft, random.Random(1)).text
    assert told(voiced(draft, random.Random(1)))[-1] == ("symptom", "dizziness")


def test_a_hesitation_never_stands_inside_a_mention(monkeypatch, chinese, draft_of, told):
    monkeypatch.setattr("models.training.generator.speaking._FILLED", 1.0)
    draft = draft_of(chinese, "<[symptom 咳嗽][duration 三天]>，无<absent: [symptom 发热]>。")
    example = bare(hesitant(draft, random.Random(2)), random.Random(2))
    assert told(example) == [("symptom", "咳嗽"), ("duration", "三天"), ("symptom", "发热")]
    assert len(example.text) > len("咳嗽三天无发热")


def test_nor_inside_an_english_one(monkeypatch, english, draft_of, told):
    monkeypatch.setattr("models.training.generator.speaking._FILLED", 1.0)
    draft = draft_of(english, "no <absent: [symptom shortness of breath]> today")
    assert told(bare(hesitant(draft, random.Random(2)), random.Random(3))) == [("symptom", "shortness of breath")]


def test_an_article_fits_its_word(english, example_of):
    for words, expected in (
        ("a effusion", "an effusion"),
        ("a MRI", "an MRI"),
        ("a ulcer", "an ulcer"),
        ("a unilateral cyst", "a unilateral cyst"),
        ("a CT", "a CT"),
        ("a eight centimeter cyst", "an eight centimeter cyst"),
    ):
        assert example_of(english, f"there is {words}.").text.lower() == f"there is {expected}.".lower()
