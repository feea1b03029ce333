"""The recogniser's full stops inside a sentence go; typed ones, spoken ones and those the judge leaves do not."""

from collections.abc import Callable

import pytest

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import Span
from wardscribe_server.pipeline.values import Utterance, Word, WordId, words_from_text
from wardscribe_server.pipeline.writing.written_form import dictated


def recognised(*segments: str) -> list[Utterance]:
    """Utterances as a recogniser leaves them: every word has its time."""
    made, number = [], 0
    for segment in segments:
        words = []
        for text in segment.split():
            words.append(Word(WordId(number), text, Span(number * 8000, number * 8000 + 4000), 0.9))
            number += 1
        made.append(Utterance(tuple(words)))
    return made


def always(_before: str, after: str) -> str:
    return after.split()[0].lower()


def never(_before: str, _after: str) -> None:
    return None


def written(utterances: list[Utterance], judge: Callable[[str, str], str | None] = always) -> str:
    return dictated(utterances, language=Language.EN, continued=judge).written.text


@pytest.mark.parametrize(
    ("segments", "text"),
    [
        (("Nodule in the right lower.", "Lobe of the lung."), "Nodule in the right lower lobe of the lung."),
        (("No. Edema", "seen."), "No edema seen."),
        (("Seen by Dr.", "Lee today."), "Seen by Dr. Lee today."),
        (("At 9 a.m.", "She ate."), "At 9 a.m. She ate."),
    ],
)
def test_a_sentence_that_goes_on_is_one(segments: tuple[str, ...], text: str) -> None:
    assert written(recognised(*segments)) == text


def test_the_judge_is_told_what_stands_on_either_side() -> None:
    asked: list[tuple[str, str]] = []

    def judge(before: str, after: str) -> None:
        asked.append((before, after))

    written(recognised("The lungs are clear.", "Heart is normal. No effusion."), judge)
    assert asked == [
        ("The lungs are clear", "Heart is normal. No effusion."),
        ("The lungs are clear. Heart is normal", "No effusion."),
    ]


def test_where_the_judge_sees_an_end_it_stays() -> None:
    assert written(recognised("Lungs clear.", "Heart normal."), never) == "Lungs clear. Heart normal."


def test_typed_and_spoken_marks_stay() -> None:
    typed = words_from_text("Lungs in. Heart normal.")
    assert written(list(typed)) == "Lungs in. Heart normal."
    assert written(recognised("lungs clear period heart normal period")) == "lungs clear. heart normal."


def test_nothing_is_read_over_a_new_line() -> None:
    def judge(before: str, after: str) -> str | None:
        assert "Heart" not in before
        return always(before, after)

    assert written(recognised("Heart normal.", "New line.", "No. Edema."), judge).endswith("No edema.")


def test_every_written_character_keeps_its_words() -> None:
    made = dictated(recognised("Right lower.", "Lobe clear."), language=Language.EN, continued=always).written
    assert made.text == "Right lower lobe clear."
    assert [word.text for piece in made.pieces for word in piece.words] == ["Right", "lower.", "Lobe", "clear."]
