"""Text-only correction: what it repairs, and above all what it leaves alone."""

import pytest

from wardscribe_lexicons import Lexicon, Term, TermClass
from wardscribe_server.lexicon.correction import Corrector, correct
from wardscribe_server.lexicon.correctors import correct_line, corrector_for


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("small apical pneumothorex on the left", "small apical pneumothorax on the left"),
        ("Bronchectasis in both bases", "Bronchiectasis in both bases"),
        ("a trace plurel effusion", "a trace pleural effusion"),
        ("there is a telectasis", "there is atelectasis"),
        ("continue hydrochlorthiazide 25 mg", "continue hydrochlorothiazide 25 mg"),
        ("take amoxacillin three times daily", "take amoxicillin three times daily"),
    ],
)
def test_a_misheard_english_term_is_written(english: Corrector, heard: str, written: str) -> None:
    assert correct(heard, english).text == written


@pytest.mark.parametrize(
    "line",
    [
        "no left pleural effusion, right base clear",
        "take two point five milligrams twice a day for ten days",
        "the patient was seen by Mr Pneumothorex in clinic",  # a name in the middle of a sentence
        "she felt exhausted after travelling and gardening",
        "hypotension and hypertension, ileum and ilium, abduction and adduction",
        "hydralazine and hydroxyzine, cefuroxime and cefotaxime",
        "bp 122/80, spo2 97%, L4-L5, T2N0M0",
        "denies chest pain",
        "",
    ],
)
def test_english_that_is_right_or_doubtful_stays(english: Corrector, line: str) -> None:
    assert correct(line, english).text == line


def test_a_correction_never_crosses_to_the_opposite_prefix(english: Corrector) -> None:
    for correction in english.propose("hypertropia hyperkalemea hypokalemea tachycardea bradycardea"):
        assert correction.heard[:4] == correction.written[:4]


def test_two_english_terms_equally_near_leave_the_word_alone() -> None:
    one = Term("zorbelin", TermClass.DRUG)
    other = Term("zorbolin", TermClass.DRUG)
    heard = "continue zorbulin 5 mg"
    assert correct(heard, corrector_for(Lexicon("en", (one,)))).text == "continue zorbelin 5 mg"
    assert correct(heard, corrector_for(Lexicon("en", (one, other)))).text == heard


def test_a_correction_says_what_where_and_why(english: Corrector) -> None:
    text = "New pneumothorex."
    done = correct(text, english)
    (correction,) = done.corrections
    assert (correction.heard, correction.written) == ("pneumothorex", "pneumothorax")
    assert text[correction.start : correction.end] == correction.heard
    assert correction.why.startswith("sounds_like")
    assert 0.5 < correction.score < 1


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("右肺上叶见斑片赢", "右肺上叶见斑片影"),
        ("双侧胸强积夜", "双侧胸腔积液"),
        ("假装线左叶见低回生结节", "甲状腺左叶见低回声结节"),
        ("纵格淋巴结肿大", "纵隔淋巴结肿大"),
        ("支气管括张", "支气管扩张"),
    ],
)
def test_a_misheard_chinese_term_is_written(chinese: Corrector, heard: str, written: str) -> None:
    assert correct(heard, chinese).text == written


@pytest.mark.parametrize(
    "line",
    [
        "患者今天精神好，饮食睡眠可，二便正常。",
        "左侧胸腔无积液，右侧少量积液。",
        "测血压一百二十八比七十六，体温三十六度五。",
        "口服左氧氟沙星零点五克每日一次，停用头孢。",
        "右肾区无叩击痛，左肾区叩击痛。",
        "今天天气很好，我们去公园散步。",
        "CT ABC 123",
        "",
    ],
)
def test_chinese_that_is_right_stays(chinese: Corrector, line: str) -> None:
    assert correct(line, chinese).text == line


@pytest.mark.parametrize("heard", ["右侧胸强积夜", "左侧胸强积夜", "无胸强积夜", "三处胸强积夜", "未见胸强积夜"])
def test_sides_numbers_and_negation_stay_beside_a_chinese_correction(chinese: Corrector, heard: str) -> None:
    assert correct(heard, chinese).text == heard.replace("胸强积夜", "胸腔积液")


def test_a_small_word_is_not_taken_for_half_a_chinese_term(chinese: Corrector) -> None:
    assert correct("考虑为恶性肿瘤", chinese).text == "考虑为恶性肿瘤"
    assert correct("复查造影及血常规", chinese).text == "复查造影及血常规"


def test_a_near_sound_is_said_to_be_one(chinese: Corrector) -> None:
    (correction,) = correct("美罗陪兰静滴", chinese).corrections
    assert (correction.written, correction.why) == ("美罗培南", "near_sound")


def test_corrected_text_is_left_as_it_is_the_second_time(english: Corrector, chinese: Corrector) -> None:
    for corrector, line in ((english, "plurel effusion and a telectasis"), (chinese, "假装线左叶见低回生结节")):
        once = correct(line, corrector).text
        assert correct(once, corrector).text == once


def test_a_line_needs_the_lexicon_of_its_language(english_lexicon: Lexicon) -> None:
    assert correct_line("no pneumothorex", "en", english_lexicon) == "no pneumothorax"
    with pytest.raises(ValueError, match="language"):
        correct_line("咳嗽", "zh", english_lexicon)
