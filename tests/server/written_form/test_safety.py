"""Nothing dangerous happens to a dose, a side or a negation: ten thousand generated sentences."""

import random

import pytest

from benchmarks.dose_sentences import sentence, slips
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import write

SENTENCES = 5_000


@pytest.mark.parametrize("language", list(Language))
def test_no_dose_side_or_negation_changes(language: Language) -> None:
    dice = random.Random(20261123)
    for _ in range(SENTENCES):
        spoken, quantities = sentence(dice, language=language)
        text = write(words_from_text(spoken), language=language).text
        assert not slips(spoken, text, quantities, language=language).any, (spoken, text)
        assert write(words_from_text(text), language=language).text == text


@pytest.mark.parametrize(
    "text",
    [
        "no effusion on the left no effusion on the right",
        "there is no left no right hydronephrosis",
        "tenderness on the left no right sided weakness",
        "both right and left kidneys are normal",
        "he waited no more than an hour",
        "sodium correction was slow",
        "the patient is actually better",
    ],
)
def test_an_english_negation_is_no_correction(text: str) -> None:
    assert write(words_from_text(text), language=Language.EN).text == text


@pytest.mark.parametrize(
    "text",
    [
        "病变位于左叶不是右叶",
        "左侧疼痛右侧不痛",
        "双侧瞳孔不对称",
        "血压偏高予对症治疗",
        "考虑炎症应该是良性",
        "未见骨折不对可见骨折",
        "更正药物剂量",
    ],
)
def test_a_chinese_negation_is_no_correction(text: str) -> None:
    assert write(words_from_text(text), language=Language.ZH).text == text


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("five hyphen ten milligrams", "5-10 mg"),
        ("five dash ten milligrams", "5-10 mg"),
        ("at this point five drugs have failed", "at this point 5 drugs have failed"),
        ("temperature one hundred two", "temperature 102"),
        ("impression one twelve millimeter nodule", "impression 1. 12 mm nodule"),
        ("vitamin D three thousand units", "vitamin D 3000 units"),
        ("metformin twenty milligrams no forty daily", "metformin 40 mg daily"),
        ("heparin 5 U", "heparin 5 units"),
        ("a specimen of three point zero grams weighs three point zero grams", "a specimen of 3.0 g weighs 3.0 g"),
    ],
)
def test_an_english_quantity_keeps_its_value(spoken: str, written: str) -> None:
    assert write(words_from_text(spoken), language=Language.EN).text == written


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("血压一百三十到一百五十比八十到九十", "血压130到150/80到90"),
        ("收缩压一百三十", "收缩压130"),
        ("三四天前", "三四天前"),
        ("二百五十不对五十毫克", "50毫克"),
        ("华法林四十毫克不对六十每日一次", "华法林60毫克每日一次"),
        ("血红蛋白一百二十点零克每升", "血红蛋白120.0克每升"),
    ],
)
def test_a_chinese_quantity_keeps_its_value(spoken: str, written: str) -> None:
    assert write(words_from_text(spoken), language=Language.ZH).text == written
