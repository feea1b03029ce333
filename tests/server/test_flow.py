"""The flow without engines: what it asks for, what it says, and that the same words give the same record."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.flow_driver import Driver, new_flow
from wardscribe_protocol.record import Record
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.pipeline.compose import UnknownCommand
from wardscribe_server.pipeline.events import (
    Audio,
    CommandIgnored,
    Committed,
    Decode,
    DetectSpeech,
    Edit,
    FieldChanged,
    Finalize,
    Finalized,
    Finished,
    FlowInput,
    Instruct,
    Speech,
    Stop,
    Tail,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.heard import Effort
from wardscribe_server.pipeline.pointers import BadPointer

TEXTS = ["PA chest radiograph.", "No pleural effusion.", "Impression: normal chest."]
TALK = ((True, 1.5), (False, 0.8))


def test_each_utterance_is_committed_once_and_in_order() -> None:
    driver = Driver(new_flow(), TEXTS)
    driver.say(*TALK * 3)
    driver.feed(Stop())
    committed = [word for output in driver.of(Committed) for word in output.words]
    assert [word.text for word in committed] == " ".join(TEXTS).split()
    assert [word.id for word in committed] == list(range(len(committed)))
    starts = [word.span.start for word in committed]
    assert starts == sorted(starts)
    assert [output.segment for output in driver.of(Final)] == [0, 1, 2]


def test_a_preview_comes_about_twice_a_second_of_speech_and_never_after_its_final() -> None:
    driver = Driver(new_flow(), TEXTS)
    driver.say((True, 5.0), (False, 1.0))
    tails = [index for index, output in enumerate(driver.outputs) if isinstance(output, Tail) and output.text]
    final = next(index for index, output in enumerate(driver.outputs) if isinstance(output, Final))
    assert 8 <= len(tails) <= 10
    assert max(tails) < final


def test_a_preview_reads_like_the_report() -> None:
    driver = Driver(new_flow(), TEXTS)
    driver.preview = "nodule of two point five centimeters period"
    driver.say((True, 2.0))
    assert set(driver.of(Tail)) == {Tail("nodule of 2.5 cm.")}


def test_a_dropped_preview_does_not_stop_the_next_one() -> None:
    driver = Driver(new_flow(), TEXTS, answer_tails=False)
    driver.say((True, 5.0))
    assert sum(output.effort is Effort.TAIL for output in driver.of(Decode)) >= 4


def test_a_late_preview_of_a_closed_segment_is_not_shown() -> None:
    flow = new_flow()
    driver = Driver(flow, TEXTS)
    late: list[Decode] = []
    feed = driver.feed

    def hold_tails(event: FlowInput) -> None:
        for output in flow.handle(event):
            if isinstance(output, Decode) and output.effort is Effort.TAIL:
                late.append(output)
            elif isinstance(output, DetectSpeech):
                hold_tails(Speech(driver._loud(output.pcm)))

    driver.feed = hold_tails
    driver.say((True, 2.0), (False, 0.8))
    driver.feed = feed
    driver.feed(driver.ahead(late[0]))
    assert not driver.of(Tail)


def test_finals_are_asked_for_one_at_a_time_however_many_wait() -> None:
    flow = new_flow()
    asked: list[Decode] = []
    driver = Driver(flow, [])

    def never_answer(event: FlowInput) -> None:
        for output in flow.handle(event):
            if isinstance(output, Decode):
                asked.append(output)
            elif isinstance(output, DetectSpeech):
                never_answer(Speech(driver._loud(output.pcm)))

    driver.feed = never_answer
    driver.say(*TALK * 4)
    finals = [request for request in asked if request.effort is Effort.FINAL]
    assert len(finals) == 1
    assert flow.undecoded_samples > 3 * len(finals[0].span)
    assert flow.consumed_samples <= finals[0].span.start, "audio that waits for the recogniser is not let go"


def test_stop_finishes_what_is_being_said() -> None:
    driver = Driver(new_flow(), ["No pneumothorax."])
    driver.say((True, 1.0))
    driver.feed(Stop())
    assert driver.record().transcript.raw == "No pneumothorax."


def test_silence_alone_gives_an_empty_record_and_no_decode() -> None:
    driver = Driver(new_flow(), ["invented"])
    driver.say((False, 30.0))
    driver.feed(Stop())
    assert not driver.of(Decode)
    record = driver.record()
    assert (record.transcript.raw, record.fields) == ("", {})


def test_finalize_closes_the_open_segment_and_answers_after_its_final() -> None:
    driver = Driver(new_flow(), ["No pneumothorax."])
    driver.say((True, 1.0))
    driver.feed(Finalize())
    kinds = [type(output) for output in driver.outputs]
    assert kinds.index(Final) < kinds.index(Finalized)
    driver.feed(Finalize())
    assert len(driver.of(Finalized)) == 2, "with nothing open the answer comes at once"


def test_what_was_said_gives_the_same_record_however_the_audio_was_cut() -> None:
    def record(step_ms: int) -> Record:
        driver = Driver(new_flow(), list(TEXTS))
        samples = {True: b"\x00\x20", False: b"\x00\x00"}
        pcm = b"".join(samples[loud] * round(seconds * SAMPLE_RATE) for loud, seconds in TALK * 3)
        step = step_ms * SAMPLE_RATE // 1000 * 2
        for offset in range(0, len(pcm), step):
            driver.feed(Audio(pcm[offset : offset + step]))
        driver.feed(Stop())
        return driver.record()

    assert record(20) == record(100) == record(1000)


def test_the_field_updates_add_up_to_the_record() -> None:
    driver = Driver(new_flow(), TEXTS)
    driver.say(*TALK * 3)
    driver.feed(Stop())
    told: dict[str, object] = {}
    for output in driver.of(FieldChanged):
        if output.value is None:
            told.pop(output.pointer)
        else:
            told[output.pointer] = output.value
    assert told
    assert set(told) == set(driver.record().evidence)


def test_an_edit_wins_over_what_is_said_later() -> None:
    driver = Driver(new_flow(), ["Indication: cough.", "Indication: fever."])
    driver.say(*TALK)
    driver.feed(Edit("/fields/indication", "dyspnoea"))
    driver.say(*TALK)
    driver.feed(Stop())
    assert driver.record().fields["indication"] == "dyspnoea"


def test_an_edit_that_leads_nowhere_changes_nothing() -> None:
    driver = Driver(new_flow(), TEXTS)
    with pytest.raises(BadPointer):
        driver.feed(Edit("/fields/findings/3/finding", "x"))
    driver.feed(Stop())
    assert driver.record().fields == {}


def test_removing_a_field_withdraws_it() -> None:
    driver = Driver(new_flow(), ["Indication: cough."])
    driver.say(*TALK)
    driver.feed(Edit("/fields/indication", None))
    driver.feed(Stop())
    assert "indication" not in driver.record().fields
    assert driver.of(FieldChanged)[-1] == FieldChanged("/fields/indication", None, None)


def test_eight_hours_of_dictation_hold_less_than_a_minute_of_audio() -> None:
    driver = Driver(new_flow(), [], answer_tails=False)
    quiet, loud = b"\x00\x00" * SAMPLE_RATE, b"\x00\x20" * SAMPLE_RATE
    for second in range(8 * 3600):
        driver.feed(Audio(loud if second % 60 < 3 else quiet))
        driver.outputs.clear()
    assert driver.held_samples < 60 * SAMPLE_RATE
    assert driver.flow.samples == 8 * 3600 * SAMPLE_RATE


stretches = st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.7, 2.0, 13.0, 27.0])), max_size=8)


@settings(max_examples=40, deadline=None)
@given(stretches)
def test_every_flow_that_is_stopped_finishes_and_segments_never_overlap(said: list[tuple[bool, float]]) -> None:
    driver = Driver(new_flow(), [])
    driver.say(*said)
    driver.feed(Stop())
    assert len(driver.of(Finished)) == 1
    # A final that was asked for ahead of its pause may turn out to be the beginning of a longer one.
    asked = {output.segment: output.span for output in driver.of(Decode) if output.effort is Effort.FINAL}
    spans = [asked[segment] for segment in sorted(asked)]
    assert all(before.end <= after.start for before, after in itertools.pairwise(spans))
    assert all(len(span) <= 28 * SAMPLE_RATE for span in spans), "the engine takes no longer window"


def test_a_command_by_button_does_what_saying_it_does() -> None:
    def record(*, spoken: bool) -> Record:
        driver = Driver(new_flow(), ["No effusion.", "Large pneumothorax.", *(["scratch that"] if spoken else [])])
        driver.say(*TALK * 2)
        if spoken:
            driver.say(*TALK)
        else:
            driver.feed(Instruct("scratch"))
        driver.feed(Stop())
        return driver.record()

    assert record(spoken=False).fields == record(spoken=True).fields
    assert record(spoken=False).transcript.text == record(spoken=True).transcript.text
    assert record(spoken=False).transcript.raw == "No effusion. Large pneumothorax.", "nobody said it"


def test_a_command_by_button_takes_what_is_being_said_into_account() -> None:
    driver = Driver(new_flow(), ["Large pneumothorax."])
    driver.say((True, 1.0))
    driver.feed(Instruct("scratch"))
    driver.feed(Stop())
    assert driver.record().transcript.text == ""


def test_a_command_by_button_before_any_word_is_harmless() -> None:
    driver = Driver(new_flow(), ["No effusion."])
    for name in ("undo", "scratch", "new_line", "next_field"):
        driver.feed(Instruct(name))
    driver.feed(Instruct("section", "impression"))
    driver.say(*TALK)
    driver.feed(Stop())
    assert driver.record().fields["impression"] == ["No effusion"]


def test_a_command_that_does_not_exist_changes_nothing() -> None:
    driver = Driver(new_flow(), ["No effusion."])
    driver.say(*TALK)
    for name, argument in (("explode", ""), ("section", "")):
        with pytest.raises(UnknownCommand):
            driver.feed(Instruct(name, argument))
    driver.feed(Instruct("select", "pneumothorax"))
    assert len(driver.of(CommandIgnored)) == 1, "the phrase is not in the text"
    driver.feed(Stop())
    assert driver.record().transcript.text == "No effusion."
