"""Lines of text as targets: written form, lexicon, entities and records from whatever can be typed or dictated.

Every line gives a result that can be stored and sent. Knows no files.
"""

from collections.abc import Callable
from functools import cache

from fuzzing.targets import Broken, Target, as_bytes, as_text, text_changer
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.messages import Closed, FieldState, FieldUpdate
from wardscribe_protocol.record import Language, Record
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.lexicon.correction import correct
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.pipeline.understanding.entities import find_entities
from wardscribe_server.pipeline.understanding.report import render_text
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.written_form import format_line

_LONGEST = 2000  # characters of a line
_LONGEST_CORRECTED = 600  # the lexicon's search takes a hundred times as long as the rest
_SAID = {
    Language.EN: (
        "comparison none period there is a seven point two by five millimeter nodule in the right upper lobe comma",
        "start amlodipine five milligrams p o daily | no known drug allergies period pressure one forty over ninety",
        "scratch that | new paragraph impression colon number one pneumonia number two no effusion | undo that twice",
        "gleason three plus four equals seven, t two a n zero m x, third of may twenty twenty six at half past nine",
        "L four L five disc, grade two to three, one in five thousand units per kilogram, go to impression select it",
    ),
    Language.ZH: (
        "右肺上叶见七点二乘五毫米结节逗号边界清句号左侧胸腔少量积液",
        "阿莫西林零点五克口服每日三次 | 血压一百四十到九十毫米汞柱，体温三十八度五，否认药物过敏",
        "撤销 | 另起一段印象冒号一肺炎二未见气胸 | 删除上一句 | 转到印象部分",
        "二零二六年五月三日入院，四分之三，百分之九十五，三到五天，第二腰椎，T二N零M零",
        "甲状腺右叶低回声结节，大小约一点二厘米乘零点八厘米，TI-RADS四类，CT示MRI",
    ),
}
_TOKENS = {
    Language.EN: (
        *("point ", "twenty ", "hundred thousand million ", "over ", "per ", "slash ", "minus ", "and a half "),
        *("scratch that ", "| undo | ", "no ", "right ", "select all ", "number one ", "million " * 40, "one " * 60),
        *("spell a b c ", "all caps on ", "twelve o'clock ", "b.i.d. ", "mcg ", "\ue000", "5.", ".5", "1/2/3", "("),
    ),
    Language.ZH: (
        *("点", "十", "百万亿", "分之", "毫克", "句号", "负", "半", "删除", "| 撤销 | ", "无", "右", "第一", "零" * 60),
        *("大写", "℃", "\ue000", "５", "年月日", "时分秒", "至", "或", "不除外", "mg/d", "（", "１／２", "万" * 30),
    ),
}
_TEMPLATES = (
    *("chest_xray", "outpatient", "us_thyroid", "operative"),
    *("discharge", "pathology_gross", "ward_round", "ct_chest"),
)


def targets() -> list[Target]:
    """Four a language."""
    made = []
    for language in Language:
        seeds, change = [as_bytes(line) for line in _SAID[language]], text_changer(_TOKENS[language])
        for name, judge in (
            ("format", _formatted),
            ("correct", _corrected),
            ("entities", _tagged),
            ("fill", _filled),
        ):
            made.append(Target(f"{name}_{language.value}", seeds, judge(language), change))
    return made


@cache
def readers() -> Readers:
    """The shipped tables, loaded once."""
    return Readers(ServerSettings())


def _line(data: bytes, longest: int = _LONGEST) -> str:
    """A line as the command reads it: valid text without a line break."""
    return as_text(data).encode(errors="ignore").decode().replace("\n", " ").replace("\r", " ")[:longest]


def _printable(text: str) -> str:
    if "\n" in text:
        raise Broken("one line became two")
    text.encode()
    return text


def _formatted(language: Language) -> Callable[[bytes], str]:
    return lambda data: _kind(_printable(format_line(_line(data), language=language)))


def _corrected(language: Language) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        corrector = readers().corrector(language)
        assert corrector is not None
        return _kind(_printable(correct(_line(data, _LONGEST_CORRECTED), corrector).text))

    return judge


def _tagged(language: Language) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        line = _line(data)
        found = find_entities(line, reader=readers().understander(language).reader)
        for entity in found:
            if not 0 <= entity.start < entity.end <= len(line):
                raise Broken("an entity is not in the line")
        return " ".join(sorted({f"{entity.label.value}{entity.assertion.presence.value}" for entity in found}))

    return judge


def _filled(language: Language) -> Callable[[bytes], str]:
    """A dictation: the record can be stored, sent, read again and printed."""

    def judge(data: bytes) -> str:
        template = _TEMPLATES[data[0] % len(_TEMPLATES)] if data else _TEMPLATES[0]
        composer = readers().composer(template=template, language=language, recognised=False)
        record = composer.compose(words_from_text(_line(data))).record
        _sound(record)
        render_text(record, readers().template(template)).encode()
        return f"{template} {' '.join(sorted(record.fields))}"

    return judge


def _sound(record: Record) -> None:
    text = record.to_json()
    if Record.model_validate_json(text) != record:
        raise Broken("a record is another one when read again")
    encode_message(Closed.of(record, total_samples=0))
    for pointer, value in leaves(dict(record.fields)).items():
        evidence = record.evidence[pointer]
        encode_message(FieldUpdate(path=pointer, value=value, evidence=evidence, state=FieldState.PROPOSED))
        if evidence.chars is not None and record.transcript.text[slice(*evidence.chars)] != evidence.text:
            raise Broken("evidence is not where it says")


def _kind(text: str) -> str:
    """How a line looks, roughly: which sorts of characters, and how long."""
    return "".join(sorted({_sort(character) for character in text})) + str(len(text).bit_length())


def _sort(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "a"
    return character if character.isascii() and character.isprintable() else "?"
