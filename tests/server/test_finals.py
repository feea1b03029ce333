"""What is said of each segment: once, when it can no longer grow, and again only with a correction that says so."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.test_flow import TALK, Driver, new_flow
from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.events import Committed, Finalize, Stop
from wardscribe_server.pipeline.finals import REVISED, Final


def finals(texts: list[str], *, language: Language = Language.EN) -> tuple[list[Final], str]:
    """All that was said of the segments, and the text of the record."""
    driver = Driver(new_flow(language=language), list(texts))
    for _ in texts:
        driver.say(*TALK)
    driver.feed(Stop())
    said = [output for output in driver.outputs if isinstance(output, Final)]
    return said, driver.record().transcript.text


def shown(said: list[Final]) -> str:
    """What a client has on the screen: the latest text of each segment, in order."""
    latest = {final.segment: final.text for final in said}
    return "".join(latest[segment] for segment in sorted(latest))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_number_that_goes_on_after_a_pause_is_said_when_it_is_whole() -> None:
    driver = Driver(new_flow(), ["nodule of two point", "five centimeters in the left lobe"])
    driver.say(*TALK)
    assert not driver.of(Final), "it may still grow"
    driver.say(*TALK)
    first, second = driver.of(Final)
    assert isinstance(first, Final)
    assert isinstance(second, Final)
    assert (first.segment, first.text, first.corrections) == (0, "nodule of 2.5", ())
    assert (second.segment, second.text, second.corrections) == (1, "cm in the left lobe", ())


def test_what_waits_is_said_when_it_is_asked_for() -> None:
    driver = Driver(new_flow(), ["nodule of two point"])
    driver.say(*TALK)
    driver.feed(Finalize())
    (final,) = driver.of(Final)
    assert isinstance(final, Final)
    assert final.segment == 0


def test_scratch_that_takes_a_segment_back_with_a_correction() -> None:
    said, text = finals(["No effusion.", "Large pneumothorax.", "scratch that", "Heart size is normal."])
    revised = [final for final in said if final.corrections]
    assert [(final.segment, final.text) for final in revised] == [(1, "")]
    (correction,) = revised[0].corrections
    assert (correction.heard, correction.written, correction.why) == ("Large pneumothorax.", "", REVISED)
    assert "pneumothorax" not in text


def test_each_final_names_the_committed_words_that_it_writes() -> None:
    driver = Driver(new_flow(), ["nodule of two point", "five centimeters in the left lobe", "scratch that"])
    for _ in range(3):
        driver.say(*TALK)
    driver.feed(Stop())
    committed = [word.id for output in driver.of(Committed) for word in output.words]
    ranges = {final.segment: final.words for final in driver.of(Final)}
    assert [at for words in ranges.values() if words for at in range(*words)] == committed
    first, second = (final for final in driver.of(Final) if final.segment == 1)
    assert second.text == ""
    assert first.words == second.words, "taken back, it is still made from these words"


def test_a_segment_that_does_not_change_is_said_once() -> None:
    said, _ = finals(["No effusion.", "No pneumothorax.", "Heart size is normal."])
    assert [final.segment for final in said] == [0, 1, 2]
    assert not any(final.corrections for final in said)


PHRASES = [
    "no effusion",
    "nodule of two point",
    "five centimeters",
    "scratch that",
    "undo",
    "new line",
    "left correction right",
    "period",
    "twenty no forty milligrams",
    "go to impression",
    "one hundred and",
    "heart size is normal period",
]
MANDARIN = [
    "无胸腔积液",
    "结节大小二点",
    "五厘米",
    "删除上一句",
    "撤销",
    "换行",
    "左肺 更正 右肺",
    "句号",
    "二十不对四十毫克",
    "心影不大句号",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=7))
def test_what_the_client_shows_is_what_the_record_says(texts: list[str]) -> None:
    said, text = finals(texts)
    assert squeezed(shown(said)) == squeezed(text)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(MANDARIN), min_size=1, max_size=7))
def test_what_the_client_shows_is_what_the_record_says_in_mandarin(texts: list[str]) -> None:
    said, text = finals(texts, language=Language.ZH)
    assert squeezed(shown(said)) == squeezed(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=7))
def test_a_text_said_again_names_what_it_was(texts: list[str]) -> None:
    said, _ = finals(texts)
    latest: dict[int, str] = {}
    for final in said:
        if final.segment in latest:
            (correction,) = final.corrections
            assert (correction.heard, correction.written) == (latest[final.segment], final.text)
        latest[final.segment] = final.text
