"""What a reader of a growing dictation may rely on: text stays, or a revision says what became of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import Utterance, Written, words_from_text
from wardscribe_server.pipeline.writing.revisions import held_back, revised, revisions, shown
from wardscribe_server.pipeline.writing.written_form import write

ENGLISH = [
    "the liver is normal.",
    "no effusion, correction, small effusion",
    "nodule of two point five centimeters",
    "blood pressure one twenty over eighty",
    "scratch that",
    "undo",
    "new line",
    "comma no fracture period",
    "metoprolol twenty five milligrams b i d",
    "no make that fifty milligrams",
    "stage three",
    "lung cancer.",
    "period",
    "on the third of June",
    "Spleen normal. No stones.",
    "impression one eight millimeter nodule two no effusion",
]
CHINESE = [
    "肝脏正常。",
    "无发热不对有低热",
    "结节二点五乘三厘米",
    "血压一百二十比八十",
    "删除上一句",
    "撤销",
    "换行",
    "逗号未见骨折句号",
    "十二指肠溃疡",
    "印象一右肺结节二胸腔积液",
    "不对五十毫克",
    "二零二六年三月五日",
]
LANGUAGES = {Language.EN: ENGLISH, Language.ZH: CHINESE}


def dictation(lines: list[str]) -> tuple[Utterance, ...]:
    return words_from_text(" | ".join(lines))


def written(lines: list[str], language: Language) -> Written:
    return write(dictation(lines), language=language)


@pytest.mark.parametrize("language", list(Language))
@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_revisions_lead_from_what_was_shown_to_what_is_shown(language: Language, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(LANGUAGES[language]), min_size=2, max_size=7))
    cut = data.draw(st.integers(min_value=1, max_value=len(lines) - 1))
    before, after = written(lines[:cut], language), written(lines, language)
    changes = revisions(before, after)
    assert revised(before.text, changes) == after.text[: shown(before, after)]
    assert all(before.text[change.start : change.end] == change.was for change in changes)
    assert all(change.was != change.became for change in changes)


@pytest.mark.parametrize("language", list(Language))
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_plain_sentences_are_never_revised(language: Language, data: st.DataObject) -> None:
    plain = {
        Language.EN: [
            "The liver is normal.",
            "no effusion period",
            "heart size is normal, no stones.",
            "five days ago",
            "comma no mass period",
        ],
        Language.ZH: ["肝脏正常。", "未见积液句号", "心影不大，未见结石。", "五天前发病", "体温三十七度"],
    }[language]
    lines = data.draw(st.lists(st.sampled_from(plain), min_size=2, max_size=8))
    for cut in range(1, len(lines)):
        before, after = written(lines[:cut], language), written(lines[: cut + 1], language)
        changes = [
            change
            for change in revisions(before, after)
            if change.was.rstrip(" .,，。") != change.became.rstrip(" .,，。")
        ]
        assert changes == []


def test_the_recognisers_marks_stay_where_the_speaker_begins_to_punctuate_later() -> None:
    before = written(["The liver is normal, no stones."], Language.EN)
    after = written(["The liver is normal, no stones.", "Spleen normal period No mass period"], Language.EN)
    assert revisions(before, after) == ()
    assert after.text.startswith("The liver is normal, no stones. Spleen normal.")


def test_a_speaker_who_punctuates_keeps_the_word_over_later_marks_of_the_recogniser() -> None:
    lines = ["no effusion period no mass period", "heart, size normal period"]
    assert written(lines, Language.EN).text == "no effusion. no mass. heart size normal."


def test_a_correction_in_the_next_utterance_is_one_revision_of_the_words_it_takes_back() -> None:
    before = written(["metoprolol twenty five milligrams"], Language.EN)
    after = written(["metoprolol twenty five milligrams", "no make that fifty milligrams"], Language.EN)
    (change,) = revisions(before, after)
    assert (change.was, change.became) == (" 25 mg", "")
    assert [word.text for word in change.words] == ["twenty", "five", "milligrams"]
    assert after.text == "metoprolol 50 mg"


def test_a_scratched_utterance_is_a_revision_to_nothing() -> None:
    before = written(["no fever", "chills"], Language.EN)
    (change,) = revisions(before, written(["no fever", "chills", "scratch that"], Language.EN))
    assert (change.was, change.became) == (" chills", "")


def test_a_cancer_named_later_makes_its_stage_roman_by_a_revision() -> None:
    before, after = (written(["stage four", "lung cancer"][:size], Language.EN) for size in (1, 2))
    assert [(change.was, change.became) for change in revisions(before, after)] == [(" 4", " IV")]


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("nodule of two point", 2),
        ("weight one hundred and", 3),
        ("mass three by", 2),
        ("seen on the third of", 3),
        ("blood pressure one twenty over", 3),
        ("morphine two milligrams q", 3),
        ("expression of Ki sixty", 2),
        ("is this a question", 1),
        ("stage four metastatic", 2),
        ("the liver is normal", 0),
        ("no effusion", 0),
    ],
)
def test_english_words_that_may_still_grow_are_held_back(said: str, held: int) -> None:
    assert held_back(dictation([said]), language=Language.EN) == held


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("直径三点", 2),
        ("大小二乘", 2),
        ("阳性率百分之", 3),
        ("血压一百二十比", 5),
        ("十二指", 3),
        ("腰五", 2),
        ("肝脏正常", 0),
        ("未见骨折", 0),
    ],
)
def test_chinese_characters_that_may_still_grow_are_held_back(said: str, held: int) -> None:
    assert held_back(dictation([said]), language=Language.ZH) == held


def test_nothing_said_holds_nothing_back() -> None:
    for language in Language:
        assert held_back((), language=language) == 0


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.EN, "the cyst measures four point three by three point eight centimeters in the left lobe"),
        (Language.EN, "acetaminophen six hundred and fifty milligrams p o q six hours p r n for pain"),
        (Language.EN, "seen on the second of February nineteen forty eight at three forty five p m yesterday"),
        (
            Language.EN,
            "blood pressure one sixty eight over ninety six pulse one oh two temperature ninety eight point six",
        ),
        (Language.EN, "stage four small cell lung cancer with L four L five disc herniation"),
        (Language.ZH, "右肺上叶结节大小约八点五乘六点二毫米边缘毛糙"),
        (Language.ZH, "培哚普利四毫克每日一次血压一百五十二比九十四毫米汞柱心率八十次每分"),
        (Language.ZH, "患者二零二五年三月十二日行胃癌根治术术后病理示十二指肠切缘阴性"),
        (Language.ZH, "腰四五椎间盘突出腰五骶一椎间隙变窄"),
    ],
)
def test_a_stream_that_holds_back_never_revises_a_plain_dictation(language: Language, said: str) -> None:
    (utterance,) = dictation([said])
    before = write((), language=language)
    released = 0
    for size in range(1, len(utterance.words) + 1):
        so_far = (Utterance(utterance.words[:size]),)
        released = max(released, size - held_back(so_far, language=language))
        after = write((Utterance(utterance.words[:released]),) if released else (), language=language)
        assert revisions(before, after) == ()
        before = after
