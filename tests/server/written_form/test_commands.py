"""Voice commands: what they take back, where they lead, and when they are none."""

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import SectionMark, words_from_text
from wardscribe_server.pipeline.writing.commands import Action, Command, spoken_alone
from wardscribe_server.pipeline.writing.grammar import Table, table
from wardscribe_server.pipeline.writing.written_form import write


def english(text: str) -> str:
    return write(words_from_text(text), language=Language.EN).text


def chinese(text: str) -> str:
    return write(words_from_text(text), language=Language.ZH).text


@pytest.mark.parametrize("language", list(Language))
def test_every_command_phrase_alone_between_pauses_is_its_command(language: Language) -> None:
    for action, phrases in table(f"editing_{language}").lists("commands").items():
        for phrase in phrases:
            assert spoken_alone(f" {phrase.capitalize()}. ", language=language) == Command(Action(action))


def test_a_section_said_alone_is_a_move_there() -> None:
    assert spoken_alone("go to the findings section", language=Language.EN) == Command(Action.SECTION, "findings")
    assert spoken_alone("跳到印象", language=Language.ZH) == Command(Action.SECTION, "印象")


def test_going_to_a_place_that_is_no_section_is_no_command() -> None:
    assert spoken_alone("go to the operating room", language=Language.EN) is None
    assert english("she agreed to go to physical therapy") == "she agreed to go to physical therapy"


def test_marks_stand_where_their_text_begins() -> None:
    written = write(
        words_from_text("spleen normal | next field | no ascites | go to impression | normal scan"),
        language=Language.EN,
    )
    assert written.text == "spleen normal no ascites normal scan"
    assert [written.text[mark.at :] for mark in written.marks] == ["no ascites normal scan", "normal scan"]
    assert written.marks[1] == SectionMark(25, "section", "impression")


def test_a_mark_at_the_end_stands_at_the_end() -> None:
    written = write(words_from_text("spleen normal | next field"), language=Language.EN)
    assert written.text == "spleen normal"
    assert written.marks == (SectionMark(len(written.text), "next_field"),)


def test_scratch_takes_exactly_the_last_utterance() -> None:
    assert english("no cough | mild fever | scratch that") == "no cough"
    assert english("no cough | mild fever | no chills | scratch that | scratch that") == "no cough"
    assert english("scratch that | no cough") == "no cough"


def test_scratch_that_before_a_pause_goes_back_to_where_the_speaker_begins_again() -> None:
    said = "no stones the spleen is large scratch that | the spleen is normal"
    assert english(said) == "no stones the spleen is normal"
    assert english("no stones the spleen is large scratch that | kidneys normal") == "kidneys normal"
    assert english("the spleen is large scratch, that the spleen is normal") == "the spleen is normal"


def test_scratch_leaves_the_speaker_in_the_field_where_he_is() -> None:
    written = write(
        words_from_text("no cough | next field | mild fever | scratch that | no fever"), language=Language.EN
    )
    assert written.text == "no cough no fever"
    assert [mark.action for mark in written.marks] == ["next_field"]


def test_scratch_right_after_going_to_a_field_takes_the_text_before_and_stays_there() -> None:
    written = write(
        words_from_text("no cough | mild fever | next field | scratch that | no pain"), language=Language.EN
    )
    assert written.text == "no cough no pain"
    assert [(mark.at, mark.action) for mark in written.marks] == [(9, "next_field")]


def test_undo_has_no_limit_and_redo_goes_forward_again() -> None:
    assert english("a cough | a fever | undo | undo | undo") == ""
    assert english("a cough | a fever | undo | undo | redo | redo") == "a cough a fever"
    assert english("a cough | a fever | scratch that | undo") == "a cough a fever"
    assert english("a cough | undo | a fever | redo") == "a fever"


def test_scratch_inside_a_run_goes_back_to_where_the_speaker_starts_again() -> None:
    assert english("the aorta is normal the liver is large scratch that the liver is small") == (
        "the aorta is normal the liver is small"
    )
    assert chinese("肝脏正常。脾脏增大删除上一句脾脏正常") == "肝脏正常。脾脏正常"


@pytest.mark.parametrize(
    "text",
    [
        "a new line was inserted by the anaesthetist",
        "the new line of chemotherapy was tolerated",
        "a cat scratch that bled for an hour",
        "the next field contains the tumor bed",
        "she could not undo her blouse",
        "the previous section of bowel was resected",
        "he was able to go to work",
    ],
)
def test_ordinary_english_is_no_command(text: str) -> None:
    assert english(text) == text


@pytest.mark.parametrize(
    "text", ["主动脉瓣置换行抗凝治疗", "下一项检查已预约", "从高处跳到地面受伤", "患者要求撤销签字", "下一段肠管扩张"]
)
def test_ordinary_chinese_is_no_command(text: str) -> None:
    assert chinese(text) == text


def test_capitals_go_on_and_off() -> None:
    assert english("allergy | caps on | penicillin | caps off | rash") == "allergy PENICILLIN rash"


def test_the_literal_escape_gives_the_word() -> None:
    assert english("the transverse literal colon period") == "the transverse colon."
    assert english("literal new line") == "new line"


def test_a_broken_grammar_names_its_file_and_key() -> None:
    broken = Table("editing_xx", {"commands": 3, "cues": ["a", 1], "marks": {"a": 1}})
    with pytest.raises(ValueError, match=r"editing_xx\.toml: cues"):
        broken.words("cues")
    with pytest.raises(ValueError, match=r"editing_xx\.toml: commands"):
        broken.lists("commands")
    with pytest.raises(ValueError, match=r"editing_xx\.toml: marks"):
        broken.mapping("marks")
