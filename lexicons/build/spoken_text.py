"""Clinical text as it is said: what the language model is counted on.

Owns the reading of corpora and their spoken form: digits as one number mark, unit signs as words, commas now and then
as the word that is dictated for them. Knows nothing of counts.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NUMBER = "<n>"
LATIN = "<l>"

_UNIT_WORDS = {
    "mmol/l": "毫摩尔每升",
    "umol/l": "微摩尔每升",
    "μmol/l": "微摩尔每升",
    "mg/l": "毫克每升",
    "g/l": "克每升",
    "mmhg": "毫米汞柱",
    "ng/ml": "纳克每毫升",
    "mg": "毫克",
    "ug": "微克",
    "μg": "微克",
    "kg": "公斤",
    "mm": "毫米",
    "cm": "厘米",
    "ml": "毫升",
    "gy": "戈瑞",
    "℃": "度",
    "g": "克",
    "l": "升",
    "u": "单位",
    "d": "天",
    "h": "小时",
}
_UNIT_AFTER_NUMBER = re.compile(r"(?<=\d)\s*(" + "|".join(map(re.escape, _UNIT_WORDS)) + r")(?![a-z])", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-.]\d{1,2}[-.]\d{1,2}日?")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TIMES = re.compile(r"(?<=\d)\s*(?:cm|mm|厘米|毫米)?\s*[*×xX]\s*(?=\d)")
_RANGE = re.compile(r"(?<=\d)\s*[-~～—]+\s*(?=\d)")
_RATIO = re.compile(r"(?<=\d)\s*/\s*(?=\d)")
_ENDS = re.compile(r"[。；;！!？?\n]|\\n")
_NOISE = re.compile(r'["“”\\叒\u0004]|\*{2,}')
_PIECE = re.compile(r"[\u4e00-\u9fff]+|<[nl]>|[A-Za-z][A-Za-z\-]*|[，,、：:]")
_SAID = {"，": "逗号", ",": "逗号", "、": "顿号", "：": "冒号", ":": "冒号"}
# cEHRNER as released has these characters exchanged, each for the other, throughout.
_EXCHANGED = str.maketrans("上下双两", "下上两双")


@dataclass(frozen=True, slots=True)
class Corpus:
    """A file of texts, how much one of its words counts, and whether it is the exchanged kind."""

    path: Path
    weight: float
    exchanged: bool = False


def lines(corpus: Corpus) -> Iterator[str]:
    """The texts of a corpus: plain text, one a line, or JSON lines with a `text`."""
    with corpus.path.open(encoding="utf-8") as file:
        for line in file:
            if corpus.path.suffix == ".json":
                text = str(json.loads(line)["text"])
                yield text.translate(_EXCHANGED) if corpus.exchanged else text
            elif line.strip() and not line.startswith("#"):
                yield line.strip()


def sentences(text: str) -> Iterator[list[str]]:
    """Runs of Han characters, numbers, Latin words and marks of one sentence at a time."""
    text = _NOISE.sub("", text)
    text = _DATE.sub("0年0月0日", text)
    text = _PERCENT.sub(r"百分之\1", text)
    text = _TIMES.sub("乘", text)
    text = _RANGE.sub("到", text)
    text = _RATIO.sub("比", text)
    text = _UNIT_AFTER_NUMBER.sub(lambda match: _UNIT_WORDS[match.group(1).lower()], text)
    text = _DIGITS.sub(NUMBER, text)
    for sentence in _ENDS.split(text):
        pieces = _PIECE.findall(sentence)
        if pieces:
            yield pieces


def dictated(pieces: list[str], *, aloud: bool) -> list[str]:
    """A sentence with its marks said, or without them."""
    if aloud:
        return [*(_SAID.get(piece, piece) for piece in pieces), "句号"]
    return [piece for piece in pieces if piece not in _SAID]
