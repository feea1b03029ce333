"""Commands of sites and users: their files, what they add, replace and take away, and what is wrong with a bad one."""

from pathlib import Path

import pytest

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import SectionMark, words_from_text
from wardscribe_server.pipeline.writing.book_files import BookError
from wardscribe_server.pipeline.writing.command_grammar import (
    Action,
    CommandBook,
    CommandSpec,
    built_in_commands,
    load_commands,
)
from wardscribe_server.pipeline.writing.written_form import write

MINE = """
[[command]]
language = "en"
action = "new_line"
say = ["line please", "Carriage Return"]

[[command]]
language = "en"
action = "select"
say = ["[please ]highlight {phrase}", "go back to the word(s|) {words}"]

[[command]]
language = "en"
action = "insert"
say = ["my usual liver"]
value = "liver, ultrasound"

[[command]]
language = "en"
action = "type"
say = ["kind regards"]
value = "Thank you for referring this patient."

[[command]]
language = "en"
action = "section"
say = ["wrap up"]
value = "impression"

[[command]]
language = "en"
action = "section"
say = ["over to {section}"]

[[command]]
language = "en"
action = "spell"
say = ["my surgeon"]
value = "cap l e e"

[[command]]
language = "en"
action = "replace"
say = ["make it mild"]
value = "mild"

[[command]]
language = "zh"
action = "undo"
say = ["刚才不算"]

[[without]]
language = "en"
say = ["next line", "undo"]
"""


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> CommandBook:
    folder = tmp_path_factory.mktemp("commands")
    (folder / "mine.toml").write_text(MINE, "utf-8")
    return load_commands([folder])


def english(text: str, book: CommandBook) -> str:
    return write(words_from_text(text), language=Language.EN, commands=book).text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("no cough | line please | no fever", "no cough\nno fever"),
        ("no cough | carriage return | no fever", "no cough\nno fever"),
        ("no cough | new line | no fever", "no cough\nno fever"),
        ("no cough | highlight cough | fever", "no fever"),
        ("no cough | please highlight cough | fever", "no fever"),
        ("no cough | go back to the word cough | fever", "no fever"),
        ("no cough | highlight fever | fever", "no cough highlight fever fever"),
        ("my usual liver", "The liver is normal in size and appearance."),
        ("no cough | kind regards", "no cough Thank you for referring this patient."),
        ("no cough | next line | undo", "no cough next line undo"),
        ("no cough next line no fever", "no cough next line no fever"),
        ("literal line please", "line please"),
        ("seen by | my surgeon", "seen by Lee"),
        ("severe pain | select severe | make it mild", "mild pain"),
        ("severe pain | make it mild", "severe pain make it mild"),
    ],
)
def test_a_users_commands_are_obeyed_beside_the_shipped_ones(mine: CommandBook, text: str, written: str) -> None:
    assert english(text, mine) == written


def test_a_users_command_may_lead_to_a_section(mine: CommandBook) -> None:
    for said in ("wrap up", "over to impression"):
        result = write(words_from_text(f"clear lungs | {said} | normal"), language=Language.EN, commands=mine)
        assert result.marks == (SectionMark(12, "section", "impression"),)


def test_commands_of_one_language_are_none_in_the_other(mine: CommandBook) -> None:
    assert write(words_from_text("头晕 | 刚才不算"), language=Language.ZH, commands=mine).text == ""
    assert write(words_from_text("头晕 | 撤销"), language=Language.ZH, commands=mine).text == ""
    assert write(words_from_text("头晕 | 刚才不算"), language=Language.ZH).text == "头晕刚才不算"


def test_a_users_phrase_wins_over_the_shipped_one() -> None:
    mine = CommandSpec(language=Language.EN, action=Action.NEW_PARAGRAPH, say=("new line",))
    assert english("a | new line | b", built_in_commands().over([mine])) == "a\n\nb"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('[[command]]\nlanguage = "en"\naction = "jump"\nsay = ["x"]\n', 3, "action"),
        ('[[command]]\nlanguage = "en"\naction = "undo"\nsay = []\n', 4, "say"),
        (
            '[[command]]\nlanguage = "en"\naction = "new_line"\nsay = ["line {count}"]\n',
            1,
            "{count} has no meaning for new_line",
        ),
        ('[[command]]\nlanguage = "en"\naction = "select"\nsay = ["take it"]\n', 1, "{phrase} or {words}"),
        ('[[command]]\nlanguage = "en"\naction = "type"\nsay = ["regards"]\n', 1, "type needs value"),
        ('[[command]]\nlanguage = "en"\naction = "select"\nsay = ["take [the {phrase}"]\n', 1, "brackets"),
        ('[[command]]\nlanguage = "en"\naction = "select"\nsay = ["{phrase} {phrase}"]\n', 1, "twice"),
        ('[[command]]\nlanguage = "en"\naction = "undo"\nsay = ["x"]\nkey = 1\n', 5, "key"),
        ('[[without]]\nlanguage = "en"\n', 1, "say"),
        ("commands = 1\n", 1, "commands"),
        ("[[command]\n", 1, "TOML"),
    ],
)
def test_a_bad_command_file_says_where_and_what(tmp_path: Path, content: str, line: int, says: str) -> None:
    (tmp_path / "bad.toml").write_text(content, "utf-8")
    with pytest.raises(BookError) as caught:
        load_commands([tmp_path])
    assert str(caught.value).startswith(f"{tmp_path / 'bad.toml'}:{line}: ")
    assert says in str(caught.value)


def test_every_action_can_be_said() -> None:
    said = {command.action for command in built_in_commands().phrases(Language.EN).values()}
    with_variables = {Action.SECTION, Action.SELECT, Action.REPLACE, Action.INSERT, Action.SPELL, Action.DELETE_WORDS}
    assert set(Action) - said == with_variables | {Action.TYPE}


@pytest.mark.parametrize("language", list(Language))
def test_what_a_button_does_has_words_that_are_understood_as_it(language: Language) -> None:
    book = built_in_commands()
    for action in {command.action for command in book.phrases(language).values()}:
        assert next(book.alone(book.said(action, language=language), language=language)).action is action
    for action, argument in {
        Action.SECTION: "impression",
        Action.INSERT: "normal liver",
        Action.SELECT: "cough",
        Action.DELETE: "cough",
        Action.SPELL: "a b",
        Action.UNDO: "two",
    }.items():
        argument = (
            argument if language is Language.EN else argument.replace(" ", "") if action is Action.SPELL else "二"
        )
        command = next(book.alone(book.said(action, argument, language=language), language=language))
        assert (command.action, command.argument) == (action, argument)


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(LookupError, match="type"):
        built_in_commands().said(Action.TYPE, "x", language=Language.EN)
    with pytest.raises(LookupError, match="select"):
        built_in_commands().said(Action.SELECT, language=Language.EN)
