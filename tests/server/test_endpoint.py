from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wardscribe_protocol.timeline import Span, samples_from_ms
from wardscribe_server.pipeline.endpoint import CHUNK_SAMPLES, Endpointer, EndpointSettings

DEFAULT = EndpointSettings()
LEAD = samples_from_ms(DEFAULT.lead_ms)
MIN_SPEECH = 5  # chunks of 32 ms in 160 ms
MIN_SILENCE = 16  # chunks of 32 ms that reach 500 ms
LONG_SILENCE = 10  # chunks of 32 ms that reach 300 ms
LONG = 375  # chunks in 12 s
MAX = 750  # chunks in 24 s

SPEECH, QUIET = 0.95, 0.02

# Small bounds, so that hypothesis reaches every rule within a few hundred chunks.
SMALL = EndpointSettings(
    min_speech_ms=96, min_silence_ms=320, long_segment_ms=1600, long_silence_ms=128, max_segment_ms=3200, lead_ms=80
)


def chunks(count: float) -> int:
    return int(count * CHUNK_SAMPLES)


def said(count: int) -> list[float]:
    return [SPEECH] * count


def paused(count: int) -> list[float]:
    return [QUIET] * count


def spans(
    probabilities: Sequence[float], endpoint: EndpointSettings = DEFAULT, *, total: int | None = None
) -> list[Span]:
    """All segments of a whole session."""
    cutter = Endpointer(endpoint)
    closed = list(cutter.push(probabilities))
    last = cutter.flush(chunks(len(probabilities)) if total is None else total)
    return closed if last is None else [*closed, last]


def test_silence_has_no_segments() -> None:
    assert spans(paused(3000)) == []


@pytest.mark.parametrize(("count", "opens"), [(MIN_SPEECH - 1, False), (MIN_SPEECH, True)])
def test_a_click_shorter_than_the_shortest_speech_opens_nothing(count: int, opens: bool) -> None:
    assert bool(spans(paused(50) + said(count) + paused(50))) == opens


def test_clicks_do_not_add_up_to_speech() -> None:
    assert spans((said(MIN_SPEECH - 1) + paused(1)) * 40) == []


def test_a_segment_keeps_a_lead_before_and_after_what_was_said() -> None:
    assert spans(paused(50) + said(20) + paused(50)) == [Span(chunks(50) - LEAD, chunks(70) + LEAD)]


def test_the_lead_does_not_reach_before_the_first_sample() -> None:
    assert spans(paused(2) + said(20) + paused(50)) == [Span(0, chunks(22) + LEAD)]


def test_a_pause_closes_a_segment_as_soon_as_it_is_long_enough() -> None:
    cutter = Endpointer()
    assert list(cutter.push(said(20) + paused(MIN_SILENCE - 1))) == []
    assert list(cutter.push(paused(1))) == [Span(0, chunks(20) + LEAD)]
    assert cutter.open is None


def test_a_shorter_pause_stays_inside_the_segment() -> None:
    assert spans(said(20) + paused(MIN_SILENCE - 1) + said(20) + paused(50)) == [
        Span(0, chunks(40 + MIN_SILENCE - 1) + LEAD)
    ]


def test_speech_fading_below_the_threshold_is_still_speech_while_a_segment_is_open() -> None:
    assert spans(said(20) + [0.4] * 30 + paused(50)) == [Span(0, chunks(50) + LEAD)]
    assert spans([0.4] * 100) == []


def test_a_long_segment_closes_at_a_shorter_pause() -> None:
    assert len(spans(said(LONG // 2) + paused(LONG_SILENCE) + said(20))) == 1
    assert len(spans(said(LONG) + paused(LONG_SILENCE) + said(20))) == 2


def test_speech_without_a_pause_is_cut_at_its_quietest_chunk_in_the_last_third_and_goes_on_without_a_gap() -> None:
    talk = said(MAX + 100)
    talk[100] = 0.36  # quieter, but too early
    talk[MAX - 60] = 0.41
    first, second = spans(talk)
    assert first == Span(0, chunks(MAX - 59))
    assert second == Span(first.end, chunks(len(talk)))


def test_no_segment_is_longer_than_the_longest_that_a_recogniser_is_to_get() -> None:
    assert max(len(span) for span in spans(said(5 * MAX))) <= samples_from_ms(DEFAULT.max_segment_ms)


def test_a_cut_right_before_a_pause_leaves_no_segment_of_silence_behind() -> None:
    talk = said(MAX - LONG_SILENCE + 3) + paused(50)
    assert len(spans(talk)) == 1
    cutter = Endpointer()
    assert len(list(cutter.push(talk[:MAX]))) == 1
    assert cutter.flush(chunks(MAX)) is None


def test_what_is_open_is_seen_while_it_is_spoken() -> None:
    cutter = Endpointer()
    assert list(cutter.push(paused(20) + said(10))) == []
    assert cutter.open == Span(chunks(20) - LEAD, chunks(30))
    assert cutter.position == chunks(30)


def test_flush_closes_what_is_open_and_starts_afresh() -> None:
    cutter = Endpointer()
    assert list(cutter.push(said(10))) == []
    assert cutter.flush(chunks(10)) == Span(0, chunks(10))
    assert cutter.open is None
    assert cutter.flush(chunks(10)) is None
    assert list(cutter.push(said(10) + paused(MIN_SILENCE))) == [Span(chunks(10), chunks(20) + LEAD)]


def test_flush_keeps_the_last_samples_that_fill_no_chunk_but_no_more_than_the_lead() -> None:
    assert spans(said(10), total=chunks(10) + 300) == [Span(0, chunks(10) + 300)]
    assert spans(said(10), total=chunks(10) + 16_000) == [Span(0, chunks(10) + LEAD)]


def test_after_a_flush_that_kept_more_than_was_judged_nothing_is_given_out_twice() -> None:
    cutter = Endpointer()
    assert list(cutter.push(said(10))) == []
    first = cutter.flush(chunks(15))
    assert first == Span(0, chunks(15))
    (second,) = cutter.push(said(20) + paused(50))
    assert second == Span(first.end, chunks(30) + LEAD)


def test_audio_is_needed_from_a_lead_before_now_or_from_where_the_open_segment_began() -> None:
    cutter = Endpointer()
    assert cutter.needed_from == 0
    assert list(cutter.push(paused(100))) == []
    assert cutter.needed_from == chunks(100) - LEAD
    assert list(cutter.push(said(3))) == []
    assert cutter.needed_from == chunks(100) - LEAD
    assert list(cutter.push(said(30))) == []
    assert cutter.needed_from == chunks(100) - LEAD


# Runs of equal kind make pauses and speech; single numbers make everything between.
probability = st.one_of(st.sampled_from([0.0, 0.34, 0.35, 0.36, 0.49, 0.5, 0.51, 1.0]), st.floats(0, 1))
runs = st.lists(st.tuples(probability, st.integers(1, 60)), max_size=12)
sessions = runs.map(lambda pairs: [value for value, count in pairs for _ in range(count)])
endpoints = st.builds(
    lambda **changes: replace(SMALL, **changes),
    lead_ms=st.sampled_from([0, 30, 80, 250]),
    min_speech_ms=st.sampled_from([32, 96]),
    max_segment_ms=st.sampled_from([1600, 3200]),
)


@given(probabilities=sessions, endpoint=endpoints, rest=st.integers(0, CHUNK_SAMPLES - 1))
@settings(deadline=None, max_examples=300)
def test_segments_are_in_order_apart_bounded_and_hold_all_that_was_said(
    probabilities: list[float], endpoint: EndpointSettings, rest: int
) -> None:
    total = chunks(len(probabilities)) + rest
    found = spans(probabilities, endpoint, total=total)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(0 < len(span) <= samples_from_ms(endpoint.max_segment_ms) + CHUNK_SAMPLES for span in found)
    assert all(span.end <= total for span in found)
    for first, last in speech_runs(probabilities, endpoint):
        assert covered(Span(chunks(first), chunks(last)), found)


@given(probabilities=sessions, endpoint=endpoints)
@settings(deadline=None, max_examples=300)
def test_every_segment_holds_speech(probabilities: list[float], endpoint: EndpointSettings) -> None:
    for span in spans(probabilities, endpoint):
        inside = probabilities[span.start // CHUNK_SAMPLES : -(-span.end // CHUNK_SAMPLES)]
        assert max(inside) >= endpoint.release


@given(probabilities=sessions, endpoint=endpoints, cuts=st.lists(st.integers(1, 90), max_size=8))
@settings(deadline=None, max_examples=200)
def test_how_the_chunks_are_handed_over_makes_no_difference(
    probabilities: list[float], endpoint: EndpointSettings, cuts: list[int]
) -> None:
    cutter = Endpointer(endpoint)
    found, position = [], 0
    for size in [*cuts, len(probabilities)]:
        found += cutter.push(probabilities[position : position + size])
        position += size
    last = cutter.flush(chunks(len(probabilities)))
    assert [*found, *([last] if last else [])] == spans(probabilities, endpoint)


@given(
    probabilities=sessions,
    endpoint=endpoints,
    flushes=st.sets(st.integers(0, 400), max_size=4),
    ahead=st.integers(0, 9000),
)
@settings(deadline=None, max_examples=300)
def test_no_audio_is_given_up_that_a_later_segment_needs(
    probabilities: list[float], endpoint: EndpointSettings, flushes: set[int], ahead: int
) -> None:
    cutter = Endpointer(endpoint)
    for index, value in enumerate(probabilities):
        needed = cutter.needed_from
        assert all(span.start >= needed for span in cutter.push([value]))
        assert needed <= cutter.needed_from
        if index in flushes:
            needed = cutter.needed_from
            flushed = cutter.flush(cutter.position + ahead)
            assert flushed is None or flushed.start >= needed
            assert needed <= cutter.needed_from
        assert cutter.open is None or cutter.open.start >= cutter.needed_from


def speech_runs(probabilities: Sequence[float], endpoint: EndpointSettings) -> list[tuple[int, int]]:
    """Runs of chunks at the threshold or above that are long enough to count as speech."""
    found, first = [], None
    for index, value in enumerate([*probabilities, 0.0]):
        if value >= endpoint.threshold:
            first = index if first is None else first
        elif first is not None:
            if chunks(index - first) >= samples_from_ms(endpoint.min_speech_ms):
                found.append((first, index))
            first = None
    return found


def covered(wanted: Span, found: Sequence[Span]) -> bool:
    position = wanted.start
    for span in found:
        if span.start <= position < span.end:
            position = span.end
    return position >= wanted.end
