from peers import whisper_live, whisperlivekit
from traces import Trace

from wardscribe_protocol.record import Language

EN, ZH = Language.EN, Language.ZH


def line(text, speaker=1):
    return {"speaker": speaker, "text": text, "start": "0:00:00", "end": "0:00:01"}


def test_lines_of_whisperlivekit_stand_and_its_buffer_is_a_preview():
    trace = Trace(EN)
    whisperlivekit.note({"lines": [line(" no acute")], "buffer_transcription": " fracture"}, trace, at_s=1.0)
    state = {"lines": [line(" no acute"), line("", -2), line(" fracture")], "buffer_transcription": ""}
    whisperlivekit.note(state | {"remaining_time_transcription": 2.5}, trace, at_s=2.0)
    assert [(shown.at_s, shown.text) for shown in trace.committed] == [(1.0, "no acute"), (2.0, "no acute fracture")]
    assert [shown.text for shown in trace.tails] == [" fracture", ""]
    assert trace.most_lag_s == 2.5


def test_chinese_lines_are_joined_without_spaces():
    trace = Trace(ZH)
    whisperlivekit.note({"lines": [line("心影"), line("增大")]}, trace, at_s=1.0)
    assert trace.committed_text == "心影增大"


def segment(start, text, *, completed):
    return {"start": f"{start:.3f}", "end": f"{start + 1:.3f}", "text": text, "completed": completed}


def test_completed_segments_of_whisper_live_stand_even_when_they_are_sent_no_more():
    trace, completed = Trace(EN), {}
    said = [segment(0.0, " no acute", completed=True), segment(2.0, " frac", completed=False)]
    whisper_live.note(said, completed, trace, at_s=1.0)
    whisper_live.note([segment(2.0, " fracture", completed=True)], completed, trace, at_s=3.0)
    assert [(shown.at_s, shown.text) for shown in trace.committed] == [(1.0, "no acute"), (3.0, "no acute fracture")]
    assert [shown.text for shown in trace.tails] == ["frac", ""]
    assert trace.final_text == "no acute fracture"


def test_the_last_preview_of_whisper_live_belongs_to_what_its_reader_has():
    trace = Trace(EN)
    said = [segment(0.0, "no acute", completed=True), segment(2.0, "fracture", completed=False)]
    whisper_live.note(said, {}, trace, at_s=1.0)
    assert (trace.committed_text, trace.final_text) == ("no acute", "no acute fracture")
