"""What Whisper writes itself: its digits are tidied, its punctuation kept or dropped."""

import pytest

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import Span
from wardscribe_server.pipeline.values import Utterance, Word, WordId, words_from_text
from wardscribe_server.pipeline.writing.written_form import format_line, write


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("A 1.5-centimeter nodule.", "A 1.5 cm nodule."),
        ("BP 118 over 76.", "BP 118/76."),
        ("She takes Lasix 20mg BID.", "She takes Lasix 20 mg BID."),
        ("Insulin 8 U at 2.15 p.m.", "Insulin 8 units at 2:15 p.m."),
        ("Warfarin 2.0 mg QD, then .5 mg.", "Warfarin 2 mg daily, then 0.5 mg."),
        ("A 70 year old man with a 3x4 cm mass.", "A 70-year-old man with a 3 x 4 cm mass."),
        ("Temperature 37.0, creatinine 1.0.", "Temperature 37.0, creatinine 1.0."),
        ("Dr. Lee saw him at 9 a.m. yesterday.", "Dr. Lee saw him at 9 a.m. yesterday."),
    ],
)
def test_digits_of_the_recogniser_are_tidied(heard: str, written: str) -> None:
    assert format_line(heard, language=Language.EN) == written


def test_the_recognisers_marks_stay_when_none_are_dictated() -> None:
    text = "The liver is normal. No stones, no wall thickening."
    assert format_line(text, language=Language.EN) == text
    assert format_line("肝脏正常，未见结石。", language=Language.ZH) == "肝脏正常，未见结石。"


def test_the_speakers_marks_win() -> None:
    heard = "The liver is normal, period. No stones, comma, no wall thickening, period."
    assert format_line(heard, language=Language.EN) == "The liver is normal. No stones, no wall thickening."
    assert (
        format_line("肝脏正常，句号。未见，结石，逗号胆囊大，句号。", language=Language.ZH)
        == "肝脏正常。未见结石，胆囊大。"
    )


def test_hesitations_take_their_commas_along() -> None:
    assert format_line("Um, he, uh, has pain.", language=Language.EN) == "he has pain."
    assert format_line("嗯，患者头痛。", language=Language.ZH) == "患者头痛。"


def test_evidence_leads_from_a_written_quantity_to_its_sound() -> None:
    texts = ["nodule", "of", "two", "point", "five", "centimeters", "seen"]
    words = tuple(
        Word(WordId(index), text, Span(index * 100, index * 100 + 90), 0.5 + index / 100)
        for index, text in enumerate(texts)
    )
    written = write((Utterance(words),), language=Language.EN)
    assert written.text == "nodule of 2.5 cm seen"
    assert written.audio(10, 13) == Span(200, 490)
    assert [word.text for word in written.words(14, 16)] == ["centimeters"]
    assert written.confidence(10, 16) == 0.52


def heard(*utterances: str) -> tuple[Utterance, ...]:
    words = (
        tuple(
            Word(WordId(10 * row + column), text, Span(column, column + 1), 1.0)
            for column, text in enumerate(line.split())
        )
        for row, line in enumerate(utterances)
    )
    return tuple(Utterance(line) for line in words)


@pytest.mark.parametrize(
    ("utterances", "written"),
    [
        (("cyst 3 .5 by", "2 .1 cm"), "cyst 3.5 x 2.1 cm"),
        (("follow -up at 4 o 'clock",), "follow-up at 4 o'clock"),
        (("a 60 -year -old man",), "a 60-year-old man"),
        (("cyst 3", ".5 cm"), "cyst 3.5 cm"),
        (("cyst 1 .4 4 by 1 .3 cm",), "cyst 1.4 4 x 1.3 cm"),
        (("no nodes, comma. No mass period.", "spleen normal period."), "no nodes, no mass. spleen normal."),
    ],
)
def test_what_the_recogniser_splits_is_joined(utterances: tuple[str, ...], written: str) -> None:
    assert write(heard(*utterances), language=Language.EN).text.lower() == written


def test_figures_that_the_recogniser_splits_are_joined_in_chinese() -> None:
    assert write(heard("入 量 15 50 毫 升 CC U 3 床"), language=Language.ZH).text == "入量1550毫升CCU3床"
    assert write(words_from_text("CA199 37.5"), language=Language.ZH).text == "CA199 37.5"


def test_a_chinese_times_that_was_misheard_between_numbers_is_a_times_sign() -> None:
    assert write(words_from_text("大小约48成18成16毫米"), language=Language.ZH).text == "大小约48×18×16毫米"


def test_words_taken_back_leave_no_trace() -> None:
    written = write(words_from_text("mass in the left correction right kidney"), language=Language.EN)
    assert {word.text for piece in written.pieces for word in piece.words} == {"mass", "in", "the", "right", "kidney"}


def test_nothing_said_gives_nothing() -> None:
    for language in Language:
        written = write((), language=language)
        assert (written.text, written.pieces, written.marks) == ("", (), ())


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("血压10668心率92", "血压106/68心率92"),
        ("血压136.84", "血压136/84"),
        ("血压136 84", "血压136/84"),
        ("血压120，80岁", "血压120，80岁"),
        ("血压118", "血压118"),
        ("血糖136.84", "血糖136.84"),
    ],
)
def test_two_pressures_heard_as_one_number_are_two(heard: str, written: str) -> None:
    assert format_line(heard, language=Language.ZH) == written
