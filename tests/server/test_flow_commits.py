"""Words that are committed while a segment is spoken, and what its final says of them."""

from tests.server.flow_driver import Driver, new_flow, readers
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.pipeline.events import (
    Committed,
    Decode,
    Decoded,
    DetectSpeech,
    Dropped,
    FlowInput,
    Paced,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.pipeline.heard import Effort, HeardWord


class Speaker(Driver):
    """A driver whose engine hears a word every 300 ms from the window's first loud sample on."""

    STEP = SAMPLE_RATE * 3 // 10

    def __init__(self, flow: Flow, words: str, *, second: str | None = None) -> None:
        super().__init__(flow, [])
        self.words = words.split()
        self.second = (second or words).split()

    def ahead(self, request: Decode) -> Decoded:
        return Decoded(request, "", self._said(request.span, self.words))

    def _heard(self, span: Span) -> tuple[str, tuple[HeardWord, ...]]:
        return "", self._said(span, self.second)

    def _said(self, span: Span, words: list[str]) -> tuple[HeardWord, ...]:
        spans = [Span(at * self.STEP, (at + 1) * self.STEP) for at in range(len(words))]
        return tuple(
            HeardWord(word, where, 0.9)
            for word, where in zip(words, spans, strict=True)
            if span.start <= where.start and where.end <= span.end
        )


LINE = "the lungs are clear and the heart is not enlarged today"


def test_words_are_committed_while_the_segment_is_still_spoken() -> None:
    driver = Speaker(new_flow(), LINE)
    driver.say((True, 2.6))
    said = [word.text for output in driver.of(Committed) for word in output.words]
    assert said == LINE.split()[: len(said)]
    assert len(said) >= 5
    assert not driver.of(Final)


def test_each_word_is_committed_once_and_the_final_says_what_it_heard_otherwise() -> None:
    driver = Speaker(new_flow(), LINE, second=LINE.replace("heart", "chest"))
    driver.say((True, 3.3), (False, 0.8))
    driver.feed(Stop())
    words = [word for output in driver.of(Committed) for word in output.words]
    assert [word.text for word in words] in (LINE.split(), LINE.replace("heart", "chest").split())
    assert [word.id for word in words] == list(range(len(words)))
    (final,) = driver.of(Final)
    assert [(item.heard, item.written, item.why) for item in final.corrections] == [("heart", "chest", "heard_again")]
    assert driver.record().transcript.raw == LINE.replace("heart", "chest")


def test_the_final_of_a_pause_is_asked_for_before_the_pause_is_over() -> None:
    driver = Speaker(new_flow(), LINE)
    driver.say((True, 3.3), (False, 0.3))
    assert [output.effort for output in driver.of(Decode)][-1] is Effort.FINAL
    assert [word.text for output in driver.of(Committed) for word in output.words] == LINE.split()
    assert not driver.of(Final), "the speaker may go on"
    asked = len(driver.of(Decode))
    driver.say((False, 0.6))
    assert len(driver.of(Decode)) == asked, "what was asked for early is not asked for again"
    assert len(driver.of(Final)) == 1


def test_a_speaker_who_goes_on_after_a_short_pause_has_one_segment() -> None:
    driver = Speaker(new_flow(), f"{LINE} {LINE}")
    driver.say((True, 3.3), (False, 0.3), (True, 3.0), (False, 0.8))
    driver.feed(Stop())
    assert len(driver.of(Final)) == 1
    words = [word for output in driver.of(Committed) for word in output.words]
    assert [word.id for word in words] == list(range(len(words)))
    assert " ".join(word.text for word in words) == f"{LINE} {LINE}"


def test_a_window_of_long_speech_begins_near_what_is_committed() -> None:
    driver = Speaker(new_flow(), " ".join([LINE] * 6))
    driver.say((True, 19.0))
    tails = [output for output in driver.of(Decode) if output.effort is Effort.TAIL]
    assert len(tails[-1].span) < 10 * SAMPLE_RATE
    assert tails[-1].span.start > 0


def test_a_waiting_tail_is_replaced_by_one_that_hears_more() -> None:
    flow = new_flow()
    driver = Speaker(flow, LINE)
    asked: list[Decode] = []

    def keep_waiting(event: FlowInput) -> None:
        for output in flow.handle(event):
            if isinstance(output, Decode):
                asked.append(output)
            elif isinstance(output, DetectSpeech):
                keep_waiting(Speech(driver._loud(output.pcm)))

    driver.feed = keep_waiting
    driver.say((True, 2.0))
    assert len(asked) == 1
    assert flow.stale_samples >= flow.step_samples
    keep_waiting(Dropped(asked[0]))
    assert len(asked) == 2
    assert asked[1].span.end > asked[0].span.end


def test_a_slower_pace_asks_less_often() -> None:
    def tails(step_s: float) -> int:
        driver = Speaker(new_flow(), LINE)
        driver.feed(Paced(round(step_s * SAMPLE_RATE)))
        driver.say((True, 12.0))
        return sum(output.effort is Effort.TAIL for output in driver.of(Decode))

    assert tails(0.5) > 2 * tails(2.0) > 0


def test_commits_do_not_change_the_record() -> None:
    def record(*, tails: bool) -> Record:
        composer = readers().composer(template="chest_xray", language=Language.EN, recognised=False)
        driver = Speaker(Flow(composer, settings=FlowSettings(tails=tails)), LINE)
        driver.say((True, 3.3), (False, 0.8))
        driver.feed(Stop())
        return driver.record()

    assert record(tails=True) == record(tails=False)
