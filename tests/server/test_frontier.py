"""Which words of a growing segment stand, and that none is committed twice."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.pipeline.frontier import Frontier, FrontierSettings
from wardscribe_server.pipeline.heard import HeardWord

WORD = SAMPLE_RATE * 3 // 10


def said(text: str, *, start: int = 0) -> list[HeardWord]:
    """Words of 300 ms each, one after another, from sample `start`."""
    words = text.split()
    return [HeardWord(word, Span(start + at * WORD, start + (at + 1) * WORD), 0.9) for at, word in enumerate(words)]


def texts(words: Sequence[object]) -> list[str]:
    return [str(getattr(word, "text", "")) for word in words]


def test_a_word_stands_once_the_audio_reaches_half_a_second_past_its_end() -> None:
    frontier = Frontier()
    new, rest = frontier.advance(said("no pleural effusion is seen"), heard_to=5 * WORD, next_id=7)
    assert texts(new) == ["no", "pleural", "effusion"]
    assert [word.id for word in new] == [7, 8, 9]
    assert texts(rest) == ["is", "seen"]


def test_what_is_committed_is_not_committed_again() -> None:
    frontier = Frontier()
    frontier.advance(said("no pleural effusion is seen"), heard_to=5 * WORD, next_id=0)
    new, rest = frontier.advance(said("no pleural effusion is seen on the left"), heard_to=8 * WORD, next_id=3)
    assert texts(new) == ["is", "seen", "on"]
    assert texts(rest) == ["the", "left"]


def test_at_a_pause_everything_stands() -> None:
    frontier = Frontier()
    new, rest = frontier.advance(said("heart is enlarged"), heard_to=None, next_id=0)
    assert texts(new) == ["heart", "is", "enlarged"]
    assert not rest


def test_a_committed_word_that_is_heard_a_little_later_now_is_still_the_same_word() -> None:
    frontier = Frontier()
    frontier.advance(said("heart is enlarged"), heard_to=None, next_id=0)
    later = said("heart is enlarged with effusion", start=WORD * 3 // 4)
    new, _ = frontier.advance(later, heard_to=None, next_id=3)
    assert texts(new) == ["with", "effusion"]


def test_a_word_said_twice_is_committed_twice() -> None:
    frontier = Frontier()
    frontier.advance(said("very"), heard_to=None, next_id=0)
    new, _ = frontier.advance(said("very very large"), heard_to=None, next_id=1)
    assert texts(new) == ["very", "large"]


def test_another_word_at_a_committed_place_changes_nothing() -> None:
    frontier = Frontier()
    frontier.advance(said("no plural"), heard_to=None, next_id=0)
    new, _ = frontier.advance(said("no pleural effusion"), heard_to=None, next_id=2)
    assert texts(new) == ["effusion"]
    assert texts(frontier.words) == ["no", "plural", "effusion"]


def test_the_window_begins_at_the_segment_until_it_grows_long_then_at_a_committed_word() -> None:
    frontier = Frontier(FrontierSettings(context_ms=3_000))
    assert frontier.window_start(100) == 100
    frontier.advance(said(" ".join(f"w{at}" for at in range(40))), heard_to=None, next_id=0)
    start = frontier.window_start(0)
    assert frontier.end - 3 * SAMPLE_RATE <= start <= frontier.end - 2 * SAMPLE_RATE
    assert start % WORD == 0
    frontier.clear()
    assert (frontier.window_start(5), frontier.end, frontier.words) == (5, 0, ())


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(0, 2_000))
def test_words_heard_alike_are_all_committed_once_and_in_order(steps: list[int], margin_ms: int) -> None:
    whole = said(" ".join(f"w{at}" for at in range(60)))
    frontier = Frontier(FrontierSettings(margin_ms=margin_ms, context_ms=4_000))
    for reached in [*sorted(steps), 60]:
        heard_to = None if reached == 60 else reached * WORD
        window = frontier.window_start(0)
        heard = [word for word in whole[:reached] if word.span.start >= window]
        frontier.advance(heard, heard_to=heard_to, next_id=len(frontier.words))
    assert texts(frontier.words) == texts(whole)
    assert [word.id for word in frontier.words] == list(range(60))
