"""A flow rebuilt from its inputs while segments are heard again: it reads the same, and says nothing twice."""

from collections.abc import Iterator

import pytest

from tests.server.flow_driver import readers
from tests.server.test_rehearing import spread
from tests.server.test_replay import Recorder, gone_on, rebuilt, told
from tests.server.test_verification import OneDoubt
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.events import (
    Committed,
    Decode,
    DetectSpeech,
    Edit,
    Finalize,
    Finished,
    Instruct,
    Stop,
)
from wardscribe_server.pipeline.finals import Final
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.heard import Effort, HeardWord
from wardscribe_server.pipeline.replay import Answered

# In the order in which they are asked for: finals, and behind a doubt the same with terms in view.
TEXTS = [
    "Small left plural",
    "infusion is seen.",
    "effusion is seen.",  # asked
    "effusion was seen.",  # asked, of what was heard together
    "Nodule of two point",
    "five centimeters.",
    "Infusion unchanged.",
    "infusion on the right.",
    "infusion on the right.",  # asked, not upheld
]
JOINT = {  # by the number of segments that are heard together
    2: ("Small left pleural", "infusion was seen."),
    3: ("Small left pleural", "infusion was seen.", "Nodules of two point"),
}


def composer() -> Composer:
    return Composer(
        readers().understander(Language.EN),
        template="chest_xray",
        language=Language.EN,
        corrector=OneDoubt("infusion", "effusion", decisive=True),
    )


class Listener(Recorder):
    """Hears the first segments otherwise when it hears them together."""

    def together(self, span: Span) -> tuple[str, tuple[HeardWord, ...]]:
        count = int(len(span) / SAMPLE_RATE / 2.3) + 1 if span.start < SAMPLE_RATE else 0
        texts = JOINT.get(count, ())
        places = [
            Span(round(at * 2.3 * SAMPLE_RATE), round((at * 2.3 + 1.5) * SAMPLE_RATE)) for at in range(len(texts))
        ]
        words = [word for text, place in zip(texts, places, strict=True) for word in spread(text, place)]
        return " ".join(texts), tuple(words)


@pytest.fixture(scope="module")
def whole() -> Listener:
    driver = Listener(list(TEXTS), Flow(composer()))
    driver.record_inputs()
    for number in range(6):
        driver.say((True, 1.5), *([(False, 0.8)] if number < 5 else []))
        if number == 2:
            driver.feed(Finalize())
        if number == 3:
            driver.feed(Edit("/fields/indication", "cough"))
            driver.feed(Instruct("new_paragraph"))
    driver.feed(Stop())
    return driver


def cuts(driver: Listener) -> Iterator[int]:
    """Before and after each decode of what was heard already, and now and then between."""
    for at, event in enumerate(driver.past):
        again = isinstance(event, Answered) and event.asked.effort is Effort.AGAIN
        if again or at % 25 == 24:
            yield from (at, at + 1)


def test_the_dictation_has_doubts_and_segments_heard_together(whole: Listener) -> None:
    again = [output for output in whole.of(Decode) if isinstance(output, Decode) and output.effort is Effort.AGAIN]
    assert sum(bool(output.terms) for output in again) >= 3
    assert sum(not output.terms for output in again) >= 3
    finals = [output for output in whole.of(Final) if isinstance(output, Final)]
    assert len({output.segment for output in finals}) < len(finals), "some were said again"
    assert "Small left pleural effusion was seen" in whole.record().transcript.text
    assert "Nodules of 2.5" in whole.record().transcript.text


@pytest.mark.parametrize("lost", [0, 1, 4, 12])
def test_cut_anywhere_it_says_what_was_not_said_and_no_more(whole: Listener, lost: int) -> None:
    for cut in cuts(whole):
        if cut >= len(whole.past):
            continue
        said = whole.outputs[: max(0, whole.told_at[cut - 1] - lost)]
        _, outputs = rebuilt(whole.past[:cut], told(said), composer=composer())
        now, before = told([*said, *outputs]), told(whole.outputs[: whole.told_at[cut - 1]])
        assert now.finals == before.finals, cut
        assert now.heard_again == before.heard_again, cut
        assert (now.words, now.leaves, now.evidence) == (before.words, before.leaves, before.evidence), cut
        assert now.finalized == before.finalized
        assert not [output for output in outputs if isinstance(output, Finished)]
        ids = [word.id for output in [*said, *outputs] if isinstance(output, Committed) for word in output.words]
        assert len(ids) == len(set(ids))
        asked = [output.asked for output in outputs if isinstance(output, Decode)]
        assert len(asked) == len(set(asked))
        if lost == 0:
            assert not [output for output in outputs if not isinstance(output, Decode | DetectSpeech)], cut


def test_going_on_from_anywhere_gives_the_same_record(whole: Listener) -> None:
    for cut in cuts(whole):
        known = told(whole.outputs[: whole.told_at[cut - 1]])
        flow, outputs = rebuilt(whole.past[:cut], known, composer=composer())
        made = [output.record for output in outputs if isinstance(output, Finished)]
        record = gone_on(flow, outputs, whole.past[cut:])
        assert (made[0] if made else record) == whole.record(), cut


def test_the_record_is_made_when_nothing_is_heard_again_any_more(whole: Listener) -> None:
    stop = next(at for at, event in enumerate(whole.past) if isinstance(event, Stop))
    _, outputs = rebuilt(whole.past[: stop + 1], told(whole.outputs[: whole.told_at[stop]]), composer=composer())
    assert not [output for output in outputs if isinstance(output, Finished)]
    assert [output for output in outputs if isinstance(output, Decode)]


def test_nothing_is_composed_while_it_is_rebuilt(whole: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    made = composer()
    composed: list[int] = []
    compose = made.compose
    monkeypatch.setattr(made, "compose", lambda *args, **kwargs: composed.append(1) or compose(*args, **kwargs))
    edited = next(at for at, event in enumerate(whole.past) if isinstance(event, Edit))
    rebuilt(whole.past[:edited], told(whole.outputs[: whole.told_at[edited - 1]]), composer=made)
    assert len(composed) == 1
