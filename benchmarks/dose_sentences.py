"""Numbers as they are said, and generated sentences in which a slip of the written form would be dangerous.

The inverse of what the formatter does, written independently of it: each sentence comes with the quantities that it
says, as they must be written, so that a changed dose, side or negation can be counted.
"""

import random
import re
from collections import Counter
from dataclasses import dataclass

from wardscribe_protocol.record import Language

DRUGS = (
    "metformin",
    "lisinopril",
    "digoxin",
    "furosemide",
    "warfarin",
    "vancomycin",
    "morphine",
    "apixaban",
    "bisoprolol",
    "amlodipine",
    "acetaminophen",
    "valsartan",
)
UNITS = {"milligrams": "mg", "micrograms": "mcg", "grams": "g", "units": "units", "milliliters": "mL"}
LENGTHS = {"millimeters": "mm", "centimeters": "cm"}
FREQUENCIES = ("daily", "twice daily", "b i d", "q six hours", "at bedtime", "every eight hours", "p r n")
ROUTES = ("p o", "i v", "sub q", "intramuscularly", "by mouth")
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
ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
HAN = "零一二三四五六七八九"


def english_number(value: int) -> str:
    """ "two hundred fifteen"."""
    if value < 20:
        return ONES[value]
    if value < 100:
        ones = f" {ONES[value % 10]}" if value % 10 else ""
        return TENS[value // 10 - 2] + ones
    if value < 1000:
        rest = f" {english_number(value % 100)}" if value % 100 else ""
        return f"{ONES[value // 100]} hundred{rest}"
    rest = f" {english_number(value % 1000)}" if value % 1000 else ""
    return f"{english_number(value // 1000)} thousand{rest}"


def english_decimal(whole: int, decimals: str) -> str:
    """ "four point zero five"."""
    return f"{english_number(whole)} point {' '.join(ONES[int(figure)] for figure in decimals)}"


def chinese_number(value: int) -> str:
    """两百一十五 as 二百一十五."""
    if value >= 10_000:
        low = value % 10_000
        zero = "零" if low and low < 1000 else ""
        return chinese_number(value // 10_000) + "万" + zero + (_thousands(low) if low else "")
    text = _thousands(value)
    return text[1:] if text.startswith("一十") else text


def _thousands(value: int) -> str:
    text, zero = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure, value = divmod(value, scale)
        if figure:
            text += ("零" if zero and text else "") + HAN[figure] + name
            zero = False
        else:
            zero = True
    return text or "零"


def chinese_decimal(whole: int, decimals: str) -> str:
    """四点零五."""
    return (chinese_number(whole) if whole else "零") + "点" + "".join(HAN[int(figure)] for figure in decimals)


def english_sentence(dice: random.Random) -> tuple[str, list[str]]:
    """A sentence and the quantities that it says, as they must be written."""
    spoken, written = english_quantity(dice)
    side, finding, negation = dice.choice(SIDES), dice.choice(FINDINGS), dice.choice(NEGATIONS)
    match dice.randrange(6):
        case 4:
            dose, low = dice.choice(tuple(UNITS)), dice.randrange(1, 90)
            high = low + dice.randrange(1, 90)
            span = f"{english_number(low)} to {english_number(high)}"
            text = f"{dice.choice(DRUGS)} {span} {dose} {dice.choice(FREQUENCIES)}"
            return f"{text} {negation} {side} {finding}", [f"{low} to {high} {UNITS[dose]}"]
        case 5:
            amount = dice.randrange(1, 900)
            text = f"{negation} {side} {finding} {dice.choice(DRUGS)} {english_number(amount)} micrograms per kilogram"
            return f"{text} {dice.choice(ROUTES)} {dice.choice(FREQUENCIES)}", [f"{amount} mcg/kg"]
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
    """A number as it is said and as it is written."""
    whole = dice.randrange(1, 1000)
    if dice.random() < 0.5:
        return english_number(whole), str(whole)
    decimals = "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 3)))
    return english_decimal(whole, decimals), f"{whole}.{decimals}"


def chinese_sentence(dice: random.Random) -> tuple[str, list[str]]:
    """A sentence and the quantities that it says, as they must be written."""
    spoken, written = chinese_quantity(dice)
    side, finding, negation = dice.choice(HAN_SIDES), dice.choice(HAN_FINDINGS), dice.choice(HAN_NEGATIONS)
    match dice.randrange(6):
        case 4:
            unit, low = dice.choice(HAN_UNITS), dice.randrange(1, 90)
            high = low + dice.randrange(1, 90)
            span = f"{chinese_number(low)}到{chinese_number(high)}"
            text = f"{dice.choice(HAN_DRUGS)}{span}{unit}{dice.choice(HAN_FREQUENCIES)}"
            return f"{text}{negation}{side}{finding}", [f"{low}到{high}{unit}"]
        case 5:
            amount = dice.randrange(1, 900)
            text = f"{negation}{side}{finding}予{dice.choice(HAN_DRUGS)}{chinese_number(amount)}微克每公斤每分钟"
            return text, [f"{amount}微克每公斤每分钟"]
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
    """A number as it is said and as it is written."""
    whole = dice.randrange(1, 1000)
    if dice.random() < 0.5:
        return chinese_number(whole), str(whole)
    decimals = "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 3)))
    return chinese_decimal(whole, decimals), f"{whole}.{decimals}"


@dataclass(frozen=True, slots=True)
class Slips:
    """What became of one sentence: whether a quantity, a side or a negation is no longer what was said."""

    quantity: bool
    guarded: bool

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return self.quantity or self.guarded


def sentence(dice: random.Random, *, language: Language) -> tuple[str, list[str]]:
    """A sentence and the quantities that it says, as they must be written."""
    return english_sentence(dice) if language is Language.EN else chinese_sentence(dice)


def slips(spoken: str, written: str, quantities: list[str], *, language: Language) -> Slips:
    """What the written form of a sentence changed that it must not change."""
    if language is Language.EN:
        kept = all(re.search(rf"(?<![\w.]){re.escape(quantity)}(?![\w])", written) for quantity in quantities)
        guarded = ENGLISH_GUARDED
    else:
        kept = all(re.search(rf"(?<![\d.]){re.escape(quantity)}", written) for quantity in quantities)
        guarded = HAN_GUARDED
    return Slips(not kept, Counter(guarded.findall(written)) != Counter(guarded.findall(spoken)))
