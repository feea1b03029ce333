import pytest
from latency import Late, delays, growth, quantiles, settled
from offline import SaidUnit, timed_units
from traces import SegmentText, Trace

from wardscribe_protocol.record import Language

EN, ZH = Language.EN, Language.ZH


def said(*words, step_s=1.0):
    return [SaidUnit(word, index * step_s, (index + 1) * step_s) for index, word in enumerate(words)]


def measured(trace, units, frame_s=0.1):
    return delays(trace, units, frame_s=frame_s)


def seconds(late):
    return [round(one.seconds, 3) for one in late]


def test_a_word_is_as_late_as_the_commit_after_its_last_sound():
    trace = Trace(EN)
    trace.add_words(2.5, ["No", "acute"])
    trace.add_words(4.0, ["fracture."])
    found = measured(trace, said("no", "acute", "fracture"))
    assert seconds(found.commit) == [1.5, 0.5, 1.0]
    assert (found.units, found.committed, found.withdrawn) == (3, 3, 0)


def test_a_word_ends_with_the_frame_that_carries_its_last_sound():
    trace = Trace(EN)
    trace.add_words(2.0, ["no"])
    assert seconds(measured(trace, [SaidUnit("no", 0.5, 1.01)], frame_s=0.1).commit) == [0.9]
    assert seconds(measured(trace, [SaidUnit("no", 0.5, 1.0)], frame_s=0.1).commit) == [1.0]


def test_words_that_were_misheard_are_not_timed():
    trace = Trace(EN)
    trace.add_words(5.0, ["no", "a", "cute", "fracture"])
    assert [late.said_s for late in measured(trace, said("no", "acute", "fracture")).commit] == [1.0, 3.0]


def test_a_word_counts_as_committed_only_from_when_it_stays():
    trace = Trace(EN)
    trace.commit(1.0, "no mass")
    trace.commit(2.0, "no math")
    trace.commit(3.0, "no mass seen")
    found = measured(trace, said("no", "mass", "seen"))
    assert seconds(found.commit) == [0.0, 1.0, 0.0]
    assert found.withdrawn == 2, "mass and math stood, and were taken back"


def test_settled_units_of_nothing():
    assert settled([]) == ([], [], 0)


def test_a_preview_is_the_first_time_that_a_word_is_seen():
    trace = Trace(EN)
    trace.add_words(2.2, ["no"])
    trace.preview(2.5, "acute")
    trace.preview(3.1, "acute fracture")
    trace.add_words(6.0, ["acute", "fracture"])
    found = measured(trace, said("no", "acute", "fracture"))
    assert seconds(found.first_seen) == [1.2, 0.5, 0.1]
    assert seconds(found.commit) == [1.2, 4.0, 3.0]


def test_a_preview_cannot_show_what_is_said_later():
    trace = Trace(EN)
    trace.preview(1.5, "fracture")
    trace.add_words(7.0, ["no", "mass", "fracture"])
    assert seconds(measured(trace, said("no", "mass", "fracture", step_s=2.0)).first_seen) == [5.0, 3.0, 1.0]


def test_a_final_is_late_from_the_last_word_of_its_segment_and_counts_once():
    trace = Trace(EN)
    trace.finals += [
        SegmentText(2.6, 0, "No fracture."),
        SegmentText(5.0, 1, "No mass."),
        SegmentText(7.0, 0, "No fractures."),
    ]
    found = measured(trace, said("no", "fracture", "no", "mass"))
    assert seconds(found.final) == [0.6, 1.0]


def test_finishing_is_timed_from_stop_to_closed_and_not_at_all_without_an_end():
    trace = Trace(EN, stopped_s=10.0, closed_s=10.8)
    assert measured(trace, []).finish_s == pytest.approx(0.8)
    assert measured(Trace(EN, stopped_s=10.0), []).finish_s is None


def test_chinese_is_timed_by_character():
    trace = Trace(ZH)
    trace.add_words(2.0, ["心影"])
    trace.add_words(3.0, ["增大"])
    units = list(timed_units([("心影", 0.0, 1.0), ("增大。", 1.0, 2.0)], ZH))
    assert [(unit.text, unit.end_s) for unit in units] == [("心", 0.5), ("影", 1.0), ("增", 1.5), ("大", 2.0)]
    assert seconds(measured(trace, units).commit) == [1.5, 1.0, 1.5, 1.0]


def test_a_number_is_timed_as_one_word():
    units = list(timed_units([(" 2.5", 1.0, 2.5)], EN, from_s=10.0))
    assert [(unit.text, unit.start_s, unit.end_s) for unit in units] == [
        ("two", 11.0, 11.5),
        ("point", 11.5, 12.0),
        ("five", 12.0, 12.5),
    ]


def test_quantiles_and_growth():
    late = [Late(float(second), 1.0 + second / 60) for second in range(61)]
    assert quantiles(late) == {"p50": 1.5, "p95": 1.95, "max": 2.0}
    assert growth(late) == pytest.approx(1.0)
    assert growth([Late(float(second), 2.0) for second in range(61)]) == pytest.approx(0.0)
    assert (quantiles([]), growth(late[:5]), growth([Late(1.0, 1.0)] * 20)) == (None, None, None)
