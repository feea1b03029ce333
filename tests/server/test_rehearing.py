"""Segments heard together: what each reads then, where the borders stay, and that ids stay with their words."""

from collections import deque
from collections.abc import Sequence

import pytest

from tests.server.flow_driver import Driver, readers
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.lexicon.correction import Alternative
from wardscribe_server.pipeline.events import (
    Committed,
    Decode,
    Decoded,
    DetectSpeech,
    Finished,
    FlowInput,
    Instruct,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.pipeline.heard import Effort, HeardWord
from wardscribe_server.pipeline.rehearing import Alone, Together, heard_together
from wardscribe_server.pipeline.values import Utterance, Word, WordId


def spread(text: str, span: Span) -> tuple[HeardWord, ...]:
    units = text.split()
    step = len(span) // max(len(units), 1)
    places = (Span(span.start + at * step, span.start + (at + 1) * step) for at in range(len(units)))
    return tuple(HeardWord(unit, place, 0.9) for unit, place in zip(units, places, strict=True))


def seconds(start: float, end: float) -> Span:
    return Span(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE))


def alone(number: int, text: str, span: Span, *, first_id: int, others: Sequence[str] = ()) -> Alone:
    words = tuple(
        Word(WordId(first_id + at), word.text, word.span, word.confidence) for at, word in enumerate(spread(text, span))
    )
    utterance = Utterance(words, alternatives=tuple(Alternative(other, -0.5) for other in others))
    return Alone(number, number, span, utterance, utterance, b"\x01\x00" * len(span))


FIRST, SECOND = seconds(1, 3), seconds(4, 6)


def two(first: str = "the heart is", second: str = "not in large") -> tuple[Alone, Alone]:
    return alone(0, first, FIRST, first_id=0), alone(1, second, SECOND, first_id=len(first.split()))


def test_words_go_to_the_segment_in_which_they_were_said() -> None:
    heard = (*spread("the heart is", FIRST), *spread("not enlarged", SECOND))
    ((segment, utterance, _),) = heard_together(two(), heard, ())
    assert segment.number == 1
    assert [word.text for word in utterance.words] == ["not", "enlarged"]
    assert {word.id for word in utterance.words} <= {3, 4, 5}


def test_a_word_between_two_segments_goes_to_the_nearer() -> None:
    between = HeardWord("now", seconds(3.1, 3.3), 0.9)
    heard = (*spread("the heart is", FIRST), between, *spread("not in large", SECOND))
    ((segment, utterance, _),) = heard_together(two(), heard, ())
    assert segment.number == 0
    assert [word.text for word in utterance.words] == ["the", "heart", "is", "now"]
    assert [word.id for word in utterance.words] == [0, 1, 2, 2]


def test_a_segment_for_which_nothing_was_heard_stands() -> None:
    assert list(heard_together(two(), spread("the heart is", FIRST), ())) == []


def test_what_reads_the_same_is_not_said_again() -> None:
    heard = (*spread("the heart is", FIRST), *spread("not in large", SECOND))
    assert list(heard_together(two(), heard, ())) == []


def test_what_was_heard_alone_stays_a_reading_beside_the_other_texts_cut_at_the_pause() -> None:
    segments = (two()[0], alone(1, "not in large", SECOND, first_id=3, others=["not in charge"]))
    heard = (*spread("the heart is", FIRST), *spread("not enlarged", SECOND))
    other = Alternative("the hard is not enlarge", -0.4)
    ((_, utterance, _),) = heard_together(segments, heard, (other,))
    assert [reading.text for reading in utterance.alternatives] == ["not in large", "not in charge", "not enlarge"]


def test_mandarin_is_cut_by_characters() -> None:
    first, second = alone(0, "双 肺 纹 里", FIRST, first_id=0), alone(1, "增 粗", SECOND, first_id=4)
    heard = (*spread("双 肺 纹 理", FIRST), *spread("增 粗", SECOND))
    ((segment, utterance, _),) = heard_together((first, second), heard, (Alternative("双飞纹理增出", -0.4),))
    assert segment.number == 0
    assert [reading.text for reading in utterance.alternatives] == ["双肺纹里", "双飞纹理"]


def test_segments_are_heard_together_as_long_as_they_fit_with_silence_between_them() -> None:
    together = Together(longest_ms=6_000)
    first, second = two()
    assert not together.add(first)
    assert together.add(second)
    assert together.span == seconds(1, 6)
    assert together.pcm() == first.pcm + bytes(2 * SAMPLE_RATE) + second.pcm
    assert not together.add(alone(2, "and clear", seconds(7, 9), first_id=6)), "begins anew"
    together.clear()
    assert together.segments == ()


class Listener(Driver):
    """Hears segments together as it is told."""

    joint: tuple[tuple[str, Span], ...] = ()

    def together(self, _: Span) -> tuple[str, tuple[HeardWord, ...]]:
        words = tuple(word for text, span in self.joint for word in spread(text, span))
        return " ".join(word.text for word in words), words


def listener(texts: list[str], *, together_ms: int = 16_000) -> Listener:
    composer = readers().composer(template="chest_xray", language=Language.EN, recognised=False)
    return Listener(Flow(composer, settings=FlowSettings(together_ms=together_ms)), texts)


TALK = ((True, 1.5), (False, 0.8))


def test_a_segment_is_said_at_once_and_again_when_its_neighbour_makes_it_read_otherwise() -> None:
    driver = listener(["Small left plural", "effusion is seen."])
    driver.say(*TALK)
    driver.joint = (("Small left pleural", seconds(0, 1.5)), ("effusion is seen.", seconds(2.3, 3.8)))
    driver.say(*TALK)
    driver.feed(Stop())
    finals = [output for output in driver.of(Final) if output.segment == 0]
    assert [final.text for final in finals] == ["Small left plural", "Small left pleural"]
    assert [(found.heard, found.written, found.why) for found in finals[1].corrections] == [
        ("plural", "pleural", "heard_again"),
        ("Small left plural", "Small left pleural", "revised"),
    ]
    assert "effusion" in str(driver.record().fields)
    committed = [word for output in driver.of(Committed) for word in output.words]
    assert [word.text for word in committed] == ["Small", "left", "plural", "effusion", "is", "seen."]
    assert [word.id for word in committed] == list(range(6)), "what was committed stays committed"


def test_the_last_segment_is_heard_with_its_neighbour_before_the_record_is_made() -> None:
    driver = listener(["No pneumo", "thorax"])
    driver.say(*TALK)
    driver.joint = (("No pneumo", seconds(0, 1.5)), ("thorax here", seconds(2.3, 3.8)))
    driver.say((True, 1.5))
    driver.feed(Stop())
    assert driver.record().transcript.text.endswith("thorax here")


def test_a_command_by_hand_ends_what_is_heard_together() -> None:
    driver = listener(["Small left effusion.", "No pneumothorax."])
    driver.say(*TALK)
    driver.feed(Instruct("new_paragraph"))
    driver.say(*TALK)
    driver.feed(Stop())
    assert not [output for output in driver.of(Decode) if output.effort is Effort.AGAIN]


@pytest.mark.parametrize("together_ms", [0, 2_000])
def test_segments_that_are_too_far_apart_are_not_heard_together(together_ms: int) -> None:
    driver = listener(["Small left effusion.", "No pneumothorax."], together_ms=together_ms)
    driver.say(*TALK * 2)
    driver.feed(Stop())
    assert not [output for output in driver.of(Decode) if output.effort is Effort.AGAIN]


def test_a_joint_hearing_is_no_lag() -> None:
    driver = listener(["Small left effusion.", "No pneumothorax."])
    flow = driver.flow
    lags: list[int] = []
    feed = driver.together

    def note(span: Span) -> tuple[str, tuple[HeardWord, ...]]:
        lags.append(flow.undecoded_samples)
        return feed(span)

    driver.together = note
    driver.say(*TALK * 2)
    assert lags == [0]


class Unanswered(Listener):
    """Keeps what it is asked to hear together for later, as a slow engine does."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(listener([]).flow, texts)
        self.kept: list[Decode] = []

    def feed(self, event: FlowInput) -> None:
        waiting = deque([event])
        while waiting:
            for output in self.flow.handle(waiting.popleft()):
                self.outputs.append(output)
                match output:
                    case DetectSpeech(pcm):
                        waiting.append(Speech(self._loud(pcm)))
                    case Decode(effort=Effort.TAIL):
                        waiting.append(self.ahead(output))
                    case Decode(effort=Effort.AGAIN):
                        self.kept.append(output)
                    case Decode():
                        waiting.append(Decoded(output, *self._heard(output.span)))


def test_while_segments_are_heard_together_what_is_not_heard_yet_is_not_let_go_and_is_lag() -> None:
    driver = Unanswered(["One.", "Two.", "Three.", "Four."])
    driver.say(*TALK * 2)
    (joint,) = driver.kept
    assert driver.flow.undecoded_samples == 0
    let_go = driver.flow.consumed_samples
    driver.say(*TALK * 2)
    assert driver.kept == [joint], "one at a time"
    assert let_go <= driver.flow.consumed_samples < seconds(4.7, 5).start, "the third segment waits"
    assert driver.flow.undecoded_samples > 2.5 * SAMPLE_RATE, "both of them"
    driver.feed(Stop())
    assert not driver.of(Finished)
    while driver.kept:
        driver.feed(Decoded(driver.kept.pop(), "", ()))
    assert driver.record().transcript.raw == "One. Two. Three. Four."
    assert driver.flow.undecoded_samples == 0


def test_while_segments_are_heard_together_the_words_of_the_next_one_are_committed() -> None:
    driver = Unanswered(["Small heart.", "Clear lungs.", "No effusion seen."])
    driver.say(*TALK * 2)
    (joint,) = driver.kept
    before = len(driver.of(Committed))
    driver.say((True, 2.0), (False, 0.5))
    assert driver.of(Decode)[-1].effort is Effort.FINAL, "asked for before the pause has ended the segment"
    assert len(driver.of(Committed)) > before
    driver.say((False, 0.4))
    driver.feed(Decoded(joint, "", ()))
    driver.kept.remove(joint)
    assert [final.text for final in driver.of(Final)] == ["Small heart.", "Clear lungs.", "No effusion seen."]
    ids = [word.id for output in driver.of(Committed) for word in output.words]
    assert ids == list(range(7))


def test_a_command_that_waits_behind_what_is_heard_together_has_its_place_before_what_is_said_next() -> None:
    driver = Unanswered(["Small heart.", "Clear lungs.", "No effusion."])
    driver.say(*TALK * 2)
    (joint,) = driver.kept
    driver.feed(Instruct("new_paragraph"))
    driver.say((True, 2.0), (False, 0.5))
    assert len(driver.of(Committed)) == 2, "nothing of the third segment yet"
    driver.feed(Decoded(joint, "", ()))
    driver.say((False, 0.8))
    driver.feed(Stop())
    assert driver.record().transcript.text.endswith("Clear lungs.\n\nNo effusion.")
