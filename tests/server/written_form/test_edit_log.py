"""The edit log: it only grows, its fold is the dictation, and undo reaches every earlier state."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.edits import DICTATE, Break, EditLog, Editor, Entry, Link, Passage, Unit
from wardscribe_server.pipeline.writing.written_form import Dictated, dictated

SAID = [
    "mild edema of the left lung",
    "no effusion period heart is normal period",
    "small nodule new line no cavity",
    "the liver is large scratch that the liver is small",
]
COMMANDS = [
    "new line",
    "new paragraph",
    "scratch that",
    "undo",
    "redo",
    "next field",
    "go to impression",
    "select left",
    "replace left with right",
    "delete edema",
    "delete last word",
    "delete last sentence",
    "insert normal liver",
    "cap that",
    "caps on",
    "caps off",
    "stop dictation",
    "start dictation",
    "sign report",
    "spell a b c",
]
DICTATION = st.lists(st.sampled_from([*SAID, *COMMANDS]), max_size=14)


def play(said: list[str]) -> Dictated:
    return dictated(words_from_text(" | ".join(said)), language=Language.EN)


def plain(entry: Entry) -> tuple[object, ...]:
    change = entry.change
    units = None if change is None else (change.dropped, [content(unit) for unit in change.added])
    return entry.sequence, entry.utterance, entry.action, entry.argument, units


def content(unit: Unit) -> tuple[int, str]:
    match unit.content:
        case Passage(draft):
            return unit.utterance, draft.text
        case Break(text):
            return unit.utterance, text
        case move:
            return unit.utterance, move.action


@settings(deadline=None, max_examples=60)
@given(DICTATION)
def test_the_log_is_never_rewritten_while_the_dictation_grows(said: list[str]) -> None:
    whole = [plain(entry) for entry in play(said).log.entries]
    for count in range(len(said)):
        part = [plain(entry) for entry in play(said[:count]).log.entries]
        assert whole[: len(part)] == part


@settings(deadline=None, max_examples=60)
@given(DICTATION)
def test_undo_as_often_as_something_changed_leaves_nothing_and_redo_brings_all_back(said: list[str]) -> None:
    said = [*said, "start dictation", "deselect"]
    changes = len(play(said).log.entries)
    assert play([*said, *["undo"] * changes]).written.text == ""
    there_and_back = play([*said, *["undo"] * 3, *["redo"] * 3])
    if not {"undo", "redo"} & set(said):
        assert there_and_back.written.text == play(said).written.text


@settings(deadline=None, max_examples=60)
@given(DICTATION)
def test_every_earlier_state_is_in_the_log(said: list[str]) -> None:
    log = play(said).log
    for count in range(len(said)):
        earlier = play(said[:count]).log
        assert log.until(len(earlier.entries)).text() == earlier.text()


@settings(deadline=None, max_examples=60)
@given(DICTATION)
def test_entries_are_numbered_in_order_and_their_utterances_do_not_go_back(said: list[str]) -> None:
    entries = play(said).log.entries
    assert [entry.sequence for entry in entries] == list(range(len(entries)))
    assert [entry.utterance for entry in entries] == sorted(entry.utterance for entry in entries)


def test_the_log_says_what_was_said_and_what_was_commanded() -> None:
    log = play(["mild edema", "new line", "scratch that", "undo"]).log
    assert [entry.action for entry in log.entries] == [DICTATE, "new_line", "scratch", "undo"]
    assert [entry.action for entry in log.commands()] == ["new_line", "scratch", "undo"]
    assert log.text() == "mild edema\n"
    assert log.until(1).text() == "mild edema"
    assert EditLog().text() == ""


def test_what_is_said_while_dictation_is_stopped_is_not_even_in_the_log() -> None:
    log = play(["fascia closed", "stop dictation", "the other patient has cancer", "start dictation"]).log
    assert [entry.action for entry in log.entries] == [DICTATE, "stop", "start"]
    assert not any("cancer" in str(plain(entry)) for entry in log.entries)


def test_the_log_can_be_kept_as_plain_values() -> None:
    lines = play(["mild edema", "new line", "insert normal heart", "sign report", "undo"]).log.lines()
    assert json.loads(json.dumps(lines)) == lines
    assert [line["action"] for line in lines] == [DICTATE, "new_line", "insert", "sign", "undo"]
    assert lines[0]["added"] == [{"text": "mild edema"}]
    assert lines[1]["added"] == [{"break": "\n"}]
    assert lines[2]["added"] == [{"text": "The heart is normal in size.", "macro": "heart"}]
    assert lines[3]["added"] == [{"move": "sign_asked", "argument": ""}]
    assert "added" not in lines[4]


def test_a_command_that_finds_nothing_to_do_is_in_the_log_and_changes_nothing() -> None:
    log = play(["undo", "redo", "scratch that", "cap that", "delete last sentence"]).log
    assert [entry.action for entry in log.entries] == ["undo", "redo", "scratch", "cap_that", "delete_sentence"]
    assert log.text() == ""


def test_becoming_a_state_with_another_past_drops_what_is_not_shared() -> None:
    editor = Editor()
    first, second = (Unit(Break(text), 0) for text in ("\n", "\n\n"))
    editor.add("new_line", [first], 0)
    target = Link(second, None, 1)
    editor.become(target, "undo_all", 1)
    assert editor.units() == [second]
    assert editor.log().units() == (second,)
