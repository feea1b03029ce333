"""Mandarin re-decoding: what it puts right, how sure it says it is, and what it never touches."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_lexicons import Lexicon, Term, TermClass, load
from wardscribe_server.lexicon.correction import Alternative, apply, correct
from wardscribe_server.lexicon.mandarin import MandarinCorrector

_GOLDEN = Path(__file__).parent / "mandarin.tsv"
_NEVER_LOST = re.compile(r"[左右双不无未没非否勿0-9]")


@pytest.fixture(scope="module")
def corrector() -> MandarinCorrector:
    return MandarinCorrector(load("zh"))


def _golden() -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in _GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(heard, written) for heard, written in rows[1:]]


@pytest.mark.parametrize(("heard", "written"), _golden())
def test_a_line_is_written_as_in_the_golden_table(corrector: MandarinCorrector, heard: str, written: str) -> None:
    assert correct(heard, corrector).text == written


def test_a_correction_says_what_where_why_and_how_sure(corrector: MandarinCorrector) -> None:
    text = "患者胸闷，双下支水种"
    found = corrector.propose(text)
    assert found
    for correction in found:
        assert text[correction.start : correction.end] == correction.heard
        assert correction.heard != correction.written
        assert correction.why in ("same_sound", "near_sound", "alternative")
        assert 0 < correction.score <= 1
    assert [correction.start for correction in found] == sorted(correction.start for correction in found)


def test_an_alternative_makes_surer(corrector: MandarinCorrector) -> None:
    heard = "双侧胸腔积夜"
    (alone,) = corrector.propose(heard)
    (voted,) = corrector.propose(heard, alternatives=[Alternative(heard, -0.4), Alternative("双侧胸腔积液", -0.42)])
    assert (alone.why, voted.why) == ("same_sound", "alternative")
    assert voted.score > alone.score


def test_readings_hold_the_text_as_heard_and_the_corrected_one_best_first(corrector: MandarinCorrector) -> None:
    heard = "假装线左叶见低回生结节"
    readings = corrector.readings(heard, [Alternative(heard, -0.5)])
    texts = [reading.text for reading in readings]
    assert texts[0] == "甲状腺左叶见低回声结节"
    assert heard in texts
    assert 2 <= len(texts) == len(set(texts)) <= 5
    scores = [reading.score for reading in readings]
    assert scores == sorted(scores, reverse=True)
    for reading in readings:
        assert apply(heard, reading.corrections).text == reading.text


def test_a_text_that_is_right_has_one_reading(corrector: MandarinCorrector) -> None:
    (reading,) = corrector.readings("双肺纹理增粗", [])
    assert (reading.text, reading.corrections) == ("双肺纹理增粗", ())


def test_a_term_may_be_heard_with_a_syllable_too_many_or_too_few(corrector: MandarinCorrector) -> None:
    for heard in ("行经皮冠状动脉介入入治疗术", "给予头孢哌酮舒坦静滴"):
        written = {correction.written for correction in corrector.propose(heard)}
        assert written & {"经皮冠状动脉介入治疗术", "经皮冠状动脉介入治疗", "头孢哌酮舒巴坦"}


def test_a_valid_term_is_not_replaced_by_another_on_sound_alone(corrector: MandarinCorrector) -> None:
    for text in ("心率八十次每分", "心律齐", "右肺上野密度增高", "右肺上叶密度增高", "既往有肺结核病史"):
        assert correct(text, corrector).text == text


def test_a_lone_negation_or_side_that_was_not_heard_is_never_sure(corrector: MandarinCorrector) -> None:
    found = [
        correction
        for text in ("患者武发热武咳嗽", "腹软物压痛", "坐侧胸腔积液")
        for correction in corrector.propose(text)
        if correction.written in ("无", "左", "右", "双", "不", "未")
    ]
    assert found
    assert all(correction.unsure for correction in found)


def test_general_speech_is_left_alone(corrector: MandarinCorrector) -> None:
    for text in ("明天晚上一起去看店影吧", "这个城市的房价又上张了", "请播放一首轻快的音月"):
        assert correct(text, corrector).text == text


def test_a_site_term_is_found_by_its_sound() -> None:
    lexicon = Lexicon("zh", (Term("佐贝林片", TermClass.DRUG),))
    found = MandarinCorrector(lexicon).propose("口服左贝林片每日一次")
    assert "佐贝林片" not in [correction.written for correction in found]  # 左 is a side
    found = MandarinCorrector(lexicon).propose("口服坐背林片每日一次")
    assert "佐贝林片" in [correction.written for correction in found]


@pytest.mark.parametrize("text", ["", "，。", "ABC 123", "12.5/80", "啊", "𠮷", "a\nb", " 双肺 "])
def test_any_text_can_be_proposed_for(corrector: MandarinCorrector, text: str) -> None:
    assert correct(text, corrector).text == text


_PIECES = """
左肺 右肺 双肺 无 未见 不伴 没有 有 胸强积夜 低回生结节 水种 大小约
三乘二厘米 12毫米 0.5克 每日三次 二尖瓣 五 一百二十八 飞 肥 野 高血牙 ， 。 CT 患者 部
"""
_SAID = st.sampled_from(_PIECES.split())


@settings(max_examples=60, deadline=None)
@given(st.lists(_SAID, max_size=8).map("".join), st.lists(_SAID, max_size=8).map("".join))
def test_no_side_negation_or_digit_is_lost_or_turned(corrector: MandarinCorrector, text: str, other: str) -> None:
    alternatives = [Alternative(text, -0.5), Alternative(other, -0.6)] if other else []
    for correction in corrector.propose(text, alternatives=alternatives):
        written = correction.written
        if correction.heard[:2] == "12":
            continue  # 十二指肠
        kept = iter(written.replace("二", "2").replace("三", "3").replace("一", "1").replace("四", "4"))
        assert all(char in kept for char in _NEVER_LOST.findall(correction.heard))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from("零一二三四五六七八九十百千点半") | st.sampled_from("0123456789./"), min_size=1).map(
        "".join
    )
)
def test_a_number_stays_in_a_sentence_full_of_errors(corrector: MandarinCorrector, number: str) -> None:
    text = f"结节大小约{number}毫米，胸强积夜"
    done = correct(text, corrector).text
    assert f"约{number}毫米" in done


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=25))
def test_spans_never_overlap_and_cut_the_text_they_say(corrector: MandarinCorrector, text: str) -> None:
    at = 0
    for correction in corrector.propose(text):
        assert at <= correction.start < correction.end <= len(text)
        assert text[correction.start : correction.end] == correction.heard
        at = correction.end


def test_what_text_does_not_settle_is_a_question_for_the_audio(corrector: MandarinCorrector) -> None:
    text = "予以头孢曲松那抗感染治疗"
    (doubt,) = corrector.doubts(text)
    assert (doubt.correction.heard, doubt.correction.written) == ("头孢曲松那", "头孢曲松钠")
    assert doubt.correction.unsure


def test_no_doubt_is_about_a_side_a_negation_or_a_numeral(corrector: MandarinCorrector) -> None:
    for text in ("坐肺上叶结节", "误发热", "直径约诗毫米", "右侧胸腔无积夜"):
        for doubt in corrector.doubts(text):
            assert not _NEVER_LOST.search(doubt.correction.heard)
            assert sorted(_NEVER_LOST.findall(doubt.correction.written)) == []
