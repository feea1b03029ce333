"""A flow rebuilt from its inputs: whatever was answered, cut and told, it goes on to the same record."""

from collections.abc import Sequence

import pytest

from tests.server.flow_driver import Driver, new_flow, readers
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.events import (
    Audio,
    CheckChanged,
    Committed,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    Edit,
    FieldChanged,
    Finalize,
    Finalized,
    Finished,
    FlowInput,
    FlowOutput,
    Instruct,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.pointers import leaves
from wardscribe_server.pipeline.replay import Answered, Missed, PastInput, Replay
from wardscribe_server.pipeline.second_pass import HEARD_AGAIN
from wardscribe_server.pipeline.told import Told

TEXTS = [
    "PA chest radiograph.",
    "Right lower lobe consolidation.",
    "No pleural effusion.",
    "Scratch that.",
    "Small left pleural effusion.",
    "Heart size is normal.",
]


class Recorder(Driver):
    """A driver that also keeps what went in, as a journal would."""

    def __init__(self, texts: list[str], flow: Flow | None = None) -> None:
        super().__init__(flow or new_flow(), texts)
        self.past: list[PastInput] = []
        self.told_at: list[int] = []  # outputs said when each input was through

    def record_inputs(self) -> None:
        real = self.flow.handle

        def handle(event: FlowInput) -> list[FlowOutput]:
            self.past.append(as_past(event))
            outputs = list(real(event))
            self.told_at.append(len(self.outputs) + len(outputs))
            return outputs

        self.flow.handle = handle


def as_past(event: FlowInput) -> PastInput:
    match event:
        case Decoded(request, text, words, alternatives):
            return Answered(request.asked, text, words, alternatives)
        case Dropped(request):
            return Missed(request.asked)
        case _:
            return event


def dictated() -> Recorder:
    driver = Recorder(list(TEXTS))
    driver.record_inputs()
    for number in range(len(TEXTS)):
        driver.say((True, 1.0), (False, 0.8))
        if number == 1:
            driver.feed(Edit("/fields/indication", "cough"))
        if number == 4:
            driver.feed(Instruct("undo"))
            driver.feed(Instruct("redo"))
            driver.feed(Finalize())
    driver.feed(Stop())
    return driver


@pytest.fixture(scope="module")
def whole() -> Recorder:
    return dictated()


def told(outputs: Sequence[FlowOutput]) -> Told:
    """The fold of what a client was told."""
    known = Told()
    for output in outputs:
        match output:
            case Committed(words):
                known.words = max(known.words, words[-1].id + 1)
            case Final(segment, text, corrections):
                known.finals[segment] = text
                again = sum(correction.why == HEARD_AGAIN for correction in corrections)
                known.heard_again[segment] = known.heard_again.get(segment, 0) + again
            case FieldChanged(pointer, None, _):
                known.leaves.pop(pointer, None)
                known.evidence.pop(pointer, None)
            case FieldChanged(pointer, value, evidence):
                known.leaves[pointer] = value
                assert evidence is not None
                known.evidence[pointer] = evidence
            case CheckChanged(check, settled):
                known.checks.remove(check) if settled else known.checks.append(check)
            case Finalized():
                known.finalized += 1
            case _:
                pass
    return known


def rebuilt(
    past: Sequence[PastInput], known: Told, *, composer: Composer | None = None
) -> tuple[Flow, list[FlowOutput]]:
    made = composer or readers().composer(template="chest_xray", language=Language.EN, recognised=False)
    flow = Flow(made, rebuilding=True)
    replay = Replay(flow)
    for event in past:
        replay.feed(event)
    assert replay.unasked == 0
    return flow, list(replay.finish(known))


def test_the_whole_log_gives_the_same_record_and_nothing_new_to_say(whole: Recorder) -> None:
    flow, outputs = rebuilt(whole.past, told(whole.outputs))
    (finished,) = [output for output in outputs if not isinstance(output, Decode)]
    assert isinstance(finished, Finished)
    assert finished.record == whole.record()
    assert flow.samples == whole.flow.samples


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95])
@pytest.mark.parametrize("lost", [0, 1, 5])
def test_cut_anywhere_it_says_what_was_not_said_and_no_more(whole: Recorder, share: float, lost: int) -> None:
    """`lost` outputs were not told when the server went, though what they follow from was kept."""
    cut = int(len(whole.past) * share)
    said = whole.outputs[: max(0, whole.told_at[cut - 1] - lost)]
    _, outputs = rebuilt(whole.past[:cut], told(said))
    now = told([*said, *outputs])
    before = told(whole.outputs[: whole.told_at[cut - 1]])
    assert now.words == before.words
    assert now.finals == before.finals
    assert now.heard_again == before.heard_again
    assert now.leaves == before.leaves
    assert now.evidence == before.evidence
    assert sorted(map(str, now.checks)) == sorted(map(str, before.checks))
    assert now.finalized == before.finalized
    ids = [word.id for output in [*said, *outputs] if isinstance(output, Committed) for word in output.words]
    assert len(ids) == len(set(ids))
    if lost == 0:
        assert not [output for output in outputs if not isinstance(output, Decode | DetectSpeech)]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_going_on_from_there_gives_the_same_record(whole: Recorder, share: float) -> None:
    cut = int(len(whole.past) * share)
    flow, outputs = rebuilt(whole.past[:cut], told(whole.outputs[: whole.told_at[cut - 1]]))
    record = gone_on(flow, outputs, whole.past[cut:])
    assert record == whole.record()
    assert record is not None
    assert leaves(record.fields)["/fields/indication"] == "cough"


def gone_on(flow: Flow, outputs: Sequence[FlowOutput], rest: Sequence[PastInput]) -> Record | None:
    """The record of a flow that was rebuilt, after the rest of the past."""
    pending = {output.asked: output for output in outputs if isinstance(output, Decode)}
    record: Record | None = None
    for event in rest:
        match event:
            case Answered(asked, text, words, alternatives):
                given: FlowInput = Decoded(pending.pop(asked), text, words, alternatives)
            case Missed(asked):
                given = Dropped(pending.pop(asked))
            case _:
                given = event
        for output in flow.handle(given):
            match output:
                case Decode():
                    pending[output.asked] = output
                case Finished(made, _):
                    record = made
                case _:
                    pass
    return record


def test_an_answer_that_nobody_asks_for_any_more_is_left_out_and_its_audio_heard_anew() -> None:
    driver = Recorder(["Heart size is normal."])
    driver.record_inputs()
    driver.say((True, 1.0), (False, 0.9))
    flow = Flow(readers().composer(template="chest_xray", language=Language.EN, recognised=False), rebuilding=True)
    replay = Replay(flow)
    for event in driver.past:
        if isinstance(event, Speech):  # another version hears the speech end elsewhere
            event = Speech([0.9 if index % 3 else 0.6 for index in range(len(event.probabilities))])
        replay.feed(event)
    replay.feed(Audio(b"\0\0" * SAMPLE_RATE))
    assert replay.unasked
    outputs = list(replay.finish(told(driver.outputs)))
    asked = [output for output in outputs if isinstance(output, Decode)]
    assert asked
    words = told(driver.outputs).words
    for request in asked:
        for output in flow.handle(Decoded(request, "", ())):
            assert not isinstance(output, Committed) or output.words[0].id >= words
