"""Nothing dangerous happens to a dose, a side or a negation: ten thousand generated sentences."""

import random
import re
from collections import Counter

import pytest

from tests.server.written_form.speaking import chinese_decimal, chinese_number, english_decimal, english_number
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import write

SENTENCES = 5_000
DRUGS = ("metformin", "lisinopril", "digoxin", "furosemide", "warfarin", "vancomycin", "morphine", "apixaban")
UNITS = {"milligrams": "mg", "micrograms": "mcg", "grams": "g", "units": "units", "milliliters": "mL"}
LENGTHS = {"millimeters": "mm", "centimeters": "cm"}
FREQUENCIES = ("daily", "twice daily", "b i d", "q six hours", "at bedtime", "every eight hours", "p r n")
SIDES = ("left", "right", "bilateral")
NEGATIONS = ("no", "without", "denies", "not", "never", "no evidence of")
FINDINGS = ("effusion", "fracture", "nodule", "pneumothorax", "chest pain", "calcification", "stenosis")
ENGLISH_GUARDED = re.compile(r"\b(?:left|right|bilateral|no|without|denies|not|never)\b")

HAN_DRUGS = ("二甲双胍", "氨氯地平", "华法林", "呋塞米", "万古霉素", "七叶皂苷钠", "四环素", "三七片")
HAN_UNITS = ("毫克", "微克", "克", "单位", "毫升")
HAN_FREQUENCIES = ("每日一次", "每日两次", "每晚一次", "每八小时一次", "一天三次")
HAN_SIDES = ("左侧", "右侧", "双侧", "左", "右")
HAN_NEGATIONS = ("无", "未见", "否认", "没有", "不伴")
HAN_FINDINGS = ("胸腔积液", "骨折", "结节", "气胸", "十二指肠溃疡", "三尖瓣反流", "四肢水肿", "不对称增大")
HAN_GUARDED = re.compile("左|右|双|无|未|否认|没有|不")


def english_sentence(dice: random.Random) -> tuple[str, list[str]]:
    """A sentence and the quantities that it says, as they must be written."""
    spoken, written = english_quantity(dice)
    side, finding, negation = dice.choice(SIDES), dice.choice(FINDINGS), dice.choice(NEGATIONS)
    match dice.randrange(4):
        case 0:
            unit = dice.choice(tuple(UNITS))
            dose = re.sub(r"\.?0+$", "", written) if "." in written else written
            text = f"{dice.choice(DRUGS)} {spoken} {unit} {dice.choice(FREQUENCIES)} {negation} {side} {finding}"
            return text, [f"{dose} {UNITS[unit]}"]
        case 1:
            unit = dice.choice(tuple(LENGTHS))
            return f"{side} {finding} measuring {spoken} {unit} {negation} {finding}", [f"{written} {LENGTHS[unit]}"]
        case 2:
            other, other_written = english_quantity(dice)
            unit = dice.choice(tuple(LENGTHS))
            text = f"{negation} {finding} in the {side} lobe size {spoken} by {other} {unit}"
            return text, [f"{written} x {other_written} {LENGTHS[unit]}"]
        case _:
            upper, lower = dice.randrange(80, 220), dice.randrange(40, 110)
            text = f"blood pressure {english_number(upper)} over {english_number(lower)} {negation} {side} {finding}"
            return text, [f"{upper}/{lower}"]


def english_quantity(dice: random.Random) -> tuple[str, str]:
    whole = dice.randrange(1, 1000)
    if dice.random() < 0.5:
        return english_number(whole), str(whole)
    decimals = "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 3)))
    return english_decimal(whole, decimals), f"{whole}.{decimals}"


def chinese_sentence(dice: random.Random) -> tuple[str, list[str]]:
    """A sentence and the quantities that it says, as they must be written."""
    spoken, written = chinese_quantity(dice)
    side, finding, negation = dice.choice(HAN_SIDES), dice.choice(HAN_FINDINGS), dice.choice(HAN_NEGATIONS)
    match dice.randrange(4):
        case 0:
            unit = dice.choice(HAN_UNITS)
            dose = re.sub(r"\.?0+$", "", written) if "." in written else written
            text = f"{dice.choice(HAN_DRUGS)}{spoken}{unit}{dice.choice(HAN_FREQUENCIES)}{negation}{side}{finding}"
            return text, [f"{dose}{unit}"]
        case 1:
            return f"{side}见{finding}大小{spoken}厘米{negation}{finding}", [f"{written}厘米"]
        case 2:
            other, other_written = chinese_quantity(dice)
            return f"{negation}{side}{finding}直径{spoken}乘以{other}毫米", [f"{written}×{other_written}毫米"]
        case _:
            upper, lower = dice.randrange(90, 220), dice.randrange(40, 90)
            text = f"血压{chinese_number(upper)}比{chinese_number(lower)}{negation}{side}{finding}"
            return text, [f"{upper}/{lower}"]


def chinese_quantity(dice: random.Random) -> tuple[str, str]:
    whole = dice.randrange(1, 1000)
    if dice.random() < 0.5:
        return chinese_number(whole), str(whole)
    decimals = "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 3)))
    return chinese_decimal(whole, decimals), f"{whole}.{decimals}"


def test_no_dose_side_or_negation_changes_in_english() -> None:
    dice = random.Random(20261123)
    for _ in range(SENTENCES):
        spoken, quantities = english_sentence(dice)
        text = write(words_from_text(spoken), language=Language.EN).text
        assert all(re.search(rf"(?<![\w.]){re.escape(quantity)}(?![\w])", text) for quantity in quantities), text
        assert Counter(ENGLISH_GUARDED.findall(text)) == Counter(ENGLISH_GUARDED.findall(spoken)), text
        assert write(words_from_text(text), language=Language.EN).text == text


def test_no_dose_side_or_negation_changes_in_chinese() -> None:
    dice = random.Random(20261123)
    for _ in range(SENTENCES):
        spoken, quantities = chinese_sentence(dice)
        text = write(words_from_text(spoken), language=Language.ZH).text
        assert all(re.search(rf"(?<![\d.]){re.escape(quantity)}", text) for quantity in quantities), (spoken, text)
        assert Counter(HAN_GUARDED.findall(text)) == Counter(HAN_GUARDED.findall(spoken)), text
        assert write(words_from_text(text), language=Language.ZH).text == text


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
        ("impression one twelve millimeter nodule", "impression 1 12 mm nodule"),
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
