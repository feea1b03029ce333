import pytest
import quiet
from endurance import Dictation, back_in_time, long_stream, memory_growth, misnumbered, repeated
from speech import Corpus, Recording

from wardscribe_protocol.messages import Commit, CommittedWord, Final, Lag, Tail
from wardscribe_protocol.record import Language


def word(number, text="word", start_ms=0, end_ms=0):
    return CommittedWord(id=number, text=text, start_ms=start_ms, end_ms=end_ms, confidence=0.9)


def test_everything_that_a_reader_can_see_is_counted():
    shown = quiet.Shown()
    shown.note(Lag(seconds=1.0))
    shown.note(Tail(text=""))
    shown.note(Tail(text=" you "))
    shown.note(Tail(text="thank you"))
    shown.note(Commit(seq=1, words=(word(0, "thank"), word(1, "you"))))
    shown.note(Final(seq=2, segment=0, text="Thank you."))
    shown.note(Final(seq=3, segment=0, text=""))
    assert shown.figures("") == {
        "characters": 10,
        "committed_characters": 8,
        "record_characters": 0,
        "tails": 2,
        "tail_characters": 9,
    }


def test_text_that_stands_in_the_record_alone_counts_too():
    assert quiet.Shown().figures("字幕")["characters"] == 2


def test_words_that_are_numbered_twice_or_written_after_later_ones_are_found():
    words = [word(0, start_ms=0, end_ms=200), word(1, start_ms=200, end_ms=300), word(1, start_ms=0, end_ms=200)]
    assert misnumbered(words) == 1
    assert back_in_time(words) == 1
    assert (misnumbered(words[:2]), back_in_time(words[:2])) == (0, 0)


def test_a_stretch_that_is_said_twice_at_once_is_found():
    assert repeated(["the", "heart", "is", "large", "the", "heart", "is", "large", "no", "mass"]) == 1
    assert repeated(["no", "mass", "no", "fracture", "no", "mass"]) == 0
    assert repeated(["no", "no", "no"]) == 0, "shorter than three units"
    assert repeated([]) == 0


def test_memory_is_judged_once_the_caches_are_full():
    filling = [(float(second), 100.0 + min(second, 100)) for second in range(0, 1000, 10)]
    assert memory_growth(filling) == pytest.approx(0.0)
    leaking = [(at_s, used_mb + at_s / 36) for at_s, used_mb in filling]
    assert memory_growth(leaking) == pytest.approx(100.0, abs=0.1)
    assert (memory_growth([]), memory_growth([(0.0, 1.0)])) == (None, None)


def test_words_are_timed_when_they_come():
    said = Dictation()
    said.note(Commit(seq=1, words=(word(0), word(1))), at_s=2.5)
    said.note(Commit(seq=2, words=(word(2),)), at_s=3.5)
    assert (len(said.words), said.at_s) == (3, [2.5, 2.5, 3.5])


def test_a_corpus_goes_round_until_the_dictation_is_long_enough(tmp_path, tone):
    tone(tmp_path / "a.wav", 10.0)
    corpus = Corpus("some", Language.EN, (Recording("a", tmp_path / "a.wav", Language.EN, "ten seconds", ""),))
    stream = long_stream(corpus, minutes=0.5)
    assert stream.seconds == pytest.approx(30.0, abs=0.01)
    assert stream.text == "ten seconds ten seconds ten seconds"
