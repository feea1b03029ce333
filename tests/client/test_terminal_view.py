from collections.abc import Iterator
from io import StringIO

import pytest
from pydantic import JsonValue
from rich.console import Console

from wardscribe_client.terminal_view import TerminalView
from wardscribe_protocol.errors import ErrorCode
from wardscribe_protocol.messages import (
    CheckUpdate,
    Closed,
    Commit,
    CommittedWord,
    ErrorReport,
    FieldState,
    FieldUpdate,
    Final,
    Finalized,
    Lag,
    Ready,
    ServerAck,
    ServerMessage,
    Tail,
)
from wardscribe_protocol.record import Evidence, Language, Record, Severity, Transcript

READY = Ready(session="s1", token="t", credit_samples=16_000)
NO_WORDS = Commit(seq=1, words=(CommittedWord(id=0, text="x", start_ms=0, end_ms=1, confidence=1.0),))


def view(
    language: Language = Language.EN, *, title: str = "demo", clock: Iterator[float] | None = None
) -> TerminalView:
    ticks = clock or iter(lambda: 0.0, 1.0)
    return TerminalView(title=title, language=language, clock=lambda: next(ticks))


def shown(seen: TerminalView, *messages: ServerMessage) -> str:
    """What stands on a wide terminal after these messages."""
    for message in messages:
        seen.take(message)
    out = StringIO()
    Console(file=out, width=120, height=60, color_system=None).print(seen)
    return out.getvalue()


def row(screen: str, name: str) -> str:
    return next((line for line in screen.splitlines() if line.strip().startswith(name)), "")


def final(text: str, segment: int = 0) -> Final:
    return Final(seq=segment + 1, segment=segment, text=text)


def field(path: str, value: JsonValue, evidence: Evidence | None = None) -> FieldUpdate:
    state = FieldState.WITHDRAWN if value is None else FieldState.PROPOSED
    return FieldUpdate(seq=1, path=f"/fields/{path}", value=value, evidence=evidence, state=state)


def test_before_the_first_message_it_is_connecting() -> None:
    screen = shown(view(title="chest_xray"))
    assert "chest_xray" in screen
    assert "connecting" in screen


def test_it_listens_and_knows_its_session_once_the_server_is_ready() -> None:
    seen = view()
    assert seen.session is None
    assert "listening" in shown(seen, READY)
    assert seen.session == "s1"


def test_the_clock_starts_with_the_first_ready_and_goes_on_after_a_resume() -> None:
    seen = view(clock=iter([100.0, 112.5]))
    screen = shown(seen, READY, READY.model_copy(update={"resumed": True}))
    assert "12.5 s" in screen


def test_a_tail_replaces_the_one_before_and_goes_when_words_are_committed() -> None:
    seen = view()
    assert "no pleural" in shown(seen, READY, Tail(text="no plural"), Tail(text="no pleural"))
    assert "no plural" not in shown(seen)
    screen = shown(seen, NO_WORDS, final("No pleural effusion."))
    assert "No pleural effusion." in screen
    assert "no pleural" not in screen


def test_english_segments_are_joined_with_a_space() -> None:
    assert "Lungs are clear. No effusion. heart" in shown(
        view(), final("Lungs are clear."), final("No effusion.", 1), Tail(text="heart")
    )


def test_chinese_segments_are_joined_without_a_space() -> None:
    assert "双肺纹理清晰。未见胸腔积液。心影" in shown(
        view(Language.ZH), final("双肺纹理清晰。"), final("未见胸腔积液。", 1), Tail(text="心影")
    )


def test_a_segment_that_was_a_command_only_adds_no_second_space() -> None:
    assert "One. Two." in shown(view(), final("One."), final("", 1), final("Two.", 2))


def test_of_a_long_transcript_the_end_stays_in_view() -> None:
    screen = shown(view(), *(final(f"Sentence {number}.", number) for number in range(400)))
    assert "Sentence 399." in screen
    assert "Sentence 0." not in screen


def test_a_field_shows_its_value_what_was_heard_and_when() -> None:
    evidence = Evidence(text="twelve millimeter", chars=(0, 17), audio_ms=(2310, 2620), confidence=0.9)
    line = row(shown(view(), field("findings/0/size_mm", [12], evidence)), "findings/0/size_mm")
    assert "12" in line
    assert "twelve millimeter" in line
    assert "2.3 s" in line


def test_a_later_value_replaces_the_earlier_and_a_withdrawn_field_goes() -> None:
    seen = view()
    assert "left" in row(shown(seen, field("findings/0/laterality", "left")), "findings/0/laterality")
    line = row(shown(seen, field("findings/0/laterality", "right")), "findings/0/laterality")
    assert "right" in line
    assert "left" not in line
    assert row(shown(seen, field("findings/0/laterality", None)), "findings/0/laterality") == ""
    assert row(shown(seen, field("findings/9/laterality", None)), "findings/9/laterality") == ""


def test_the_tenth_finding_stands_after_the_ninth() -> None:
    screen = shown(view(), *(field(f"findings/{number}/finding", f"f{number}") for number in (10, 2, 9)))
    places = [screen.index(f"findings/{number}/") for number in (2, 9, 10)]
    assert places == sorted(places)


@pytest.mark.parametrize("text", ["left [/b] lung", "[red]flag", "see [1]", "[/]", "[link=x]y"])
def test_brackets_in_what_was_said_are_text_and_not_markup(text: str) -> None:
    evidence = Evidence(text=text, chars=(0, 1), confidence=1.0)
    warning = CheckUpdate(seq=1, code="c", severity=Severity.WARNING, path="/fields/x", message=text)
    screen = shown(view(title=text), READY, final(text), Tail(text=text), field("indication", text, evidence), warning)
    assert screen.count(text) == 6


def test_a_check_is_shown_until_it_is_settled() -> None:
    seen = view()
    open_check = CheckUpdate(
        seq=1, code="laterality_mismatch", severity=Severity.ERROR, path="/fields/impression/0", message="Sides differ."
    )
    assert "error: Sides differ." in shown(seen, open_check)
    assert "Sides differ." not in shown(seen, open_check.model_copy(update={"settled": True}))


def test_lag_is_shown_and_goes_when_the_text_has_caught_up() -> None:
    seen = view()
    assert "4.5 s behind" in shown(seen, READY, Lag(seconds=4.5))
    assert "listening" in shown(seen, Lag(seconds=0))


def test_an_error_is_shown_in_the_words_of_its_code() -> None:
    assert "cannot store more" in shown(view(), READY, ErrorReport.of(ErrorCode.STORAGE_FULL))


def test_at_the_end_it_is_done_and_no_preview_is_left() -> None:
    record = Record(
        template="chest_xray", language=Language.EN, transcript=Transcript(raw="", text=""), fields={}, evidence={}
    )
    screen = shown(view(), READY, Tail(text="hmm"), Closed.of(record, total_samples=0).model_copy(update={"seq": 1}))
    assert "done" in screen
    assert "hmm" not in screen


def test_messages_that_show_nothing_change_nothing() -> None:
    seen = view()
    before = shown(seen, READY, final("One."))
    silent = (ServerAck(safe_samples=1, next_sample=2, credit_samples=3), Finalized(seq=9, up_to_sample=1))
    assert shown(seen, *silent) == before


def test_where_nobody_watches_only_the_last_state_is_printed() -> None:
    seen, out = view(), StringIO()
    console = Console(file=out, width=100, color_system=None)
    with seen.live(console):
        for message in (READY, Tail(text="first guess"), NO_WORDS, final("Lungs are clear.")):
            seen.take(message)
    assert out.getvalue().count("Lungs are clear.") == 1
    assert "first guess" not in out.getvalue()
