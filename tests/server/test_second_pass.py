"""The final words against the committed ones: every difference is said, every id is kept, no word is lost."""

from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.timeline import Span
from wardscribe_server.lexicon.correction import apply
from wardscribe_server.pipeline.frontier import plain
from wardscribe_server.pipeline.heard import HeardWord
from wardscribe_server.pipeline.second_pass import HEARD_AGAIN, second_pass
from wardscribe_server.pipeline.values import Word, WordId

STEP = 4_800


def heard(text: str, *, start: int = 0) -> list[HeardWord]:
    return [
        HeardWord(word, Span(start + at * STEP, start + (at + 1) * STEP), 0.8) for at, word in enumerate(text.split())
    ]


def committed(text: str, *, first: int = 10) -> list[Word]:
    return [Word(WordId(first + at), word.text, word.span, 0.7) for at, word in enumerate(heard(text))]


def test_the_same_words_keep_their_ids_and_nothing_is_said() -> None:
    passed = second_pass(committed("no pleural effusion"), heard("no pleural effusion"), next_id=13)
    assert [word.id for word in passed.words] == [10, 11, 12]
    assert (passed.new, passed.corrections) == ((), ())


def test_case_and_punctuation_are_no_correction_but_the_final_ones_stand() -> None:
    passed = second_pass(committed("no pleural effusion"), heard("No pleural effusion."), next_id=13)
    assert [word.text for word in passed.words] == ["No", "pleural", "effusion."]
    assert passed.corrections == ()


def test_what_was_said_after_the_last_committed_word_is_new() -> None:
    passed = second_pass(committed("no pleural"), heard("no pleural effusion seen"), next_id=12)
    assert [(word.id, word.text) for word in passed.new] == [(12, "effusion"), (13, "seen")]
    assert [word.id for word in passed.words] == [10, 11, 12, 13]
    assert passed.corrections == ()


def test_another_word_in_the_same_place_keeps_the_id_and_is_said() -> None:
    passed = second_pass(committed("no plural effusion"), heard("no pleural effusion"), next_id=13)
    assert [(word.id, word.text) for word in passed.words] == [(10, "no"), (11, "pleural"), (12, "effusion")]
    (correction,) = passed.corrections
    assert (correction.heard, correction.written, correction.why) == ("plural", "pleural", HEARD_AGAIN)
    assert (correction.start, correction.end) == (3, 9)


def test_a_word_put_in_takes_the_id_of_the_one_before_it_and_one_taken_out_is_gone() -> None:
    passed = second_pass(committed("met from in daily"), heard("metformin twice daily"), next_id=14)
    assert [word.id for word in passed.words if word.text == "daily"] == [13]
    assert {word.id for word in passed.words} <= {10, 11, 12, 13}
    assert passed.new == ()
    assert "".join(item.heard for item in passed.corrections) == "met from in"


def test_nothing_heard_at_the_second_time_takes_nothing_away() -> None:
    passed = second_pass(committed("no pneumothorax"), [], next_id=12)
    assert [word.text for word in passed.words] == ["no", "pneumothorax"]


def test_without_committed_words_all_are_new() -> None:
    passed = second_pass([], heard("heart is enlarged"), next_id=5)
    assert [word.id for word in passed.new] == [5, 6, 7]
    assert passed.words == passed.new


def test_words_put_in_before_the_first_are_said_with_it() -> None:
    (correction,) = second_pass(committed("lungs are clear")[2:], heard("lungs are clear"), next_id=13).corrections
    assert correction.heard == "clear"
    assert correction.written.endswith("clear")


words = st.lists(st.sampled_from(["a", "b", "c", "d", "no", "left"]), min_size=0, max_size=9)


@given(words, words)
def test_the_corrections_turn_the_committed_line_into_the_final_one(before: list[str], after: list[str]) -> None:
    said = committed(" ".join(before))
    passed = second_pass(said, heard(" ".join(after)), next_id=100)
    if not after:
        return
    new = {word.id for word in passed.new}
    assert [word.text for word in passed.words] == after
    assert all(word.id >= 100 for word in passed.new)
    ids = [word.id for word in passed.words]
    assert ids == sorted(ids), "ids never run backwards"
    line = apply(" ".join(before), passed.corrections).text
    old_words = [word.text for word in passed.words if word.id not in new]
    assert [plain(word) for word in line.split()] == old_words
