"""Pairs of said and heard text, tables of dictations, and transcripts: what is read and what is refused."""

import json

import pytest
from dictation_tables import read_table
from pairs import HeardSegment, Pair, line_of, read_pairs
from transcripts import lines_of, read_transcripts

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language


@pytest.fixture
def pair():
    segments = (
        HeardSegment(span_ms=(100, 1300), nbest=(("左费结节", -0.3), ("左肺结节", -0.4))),
        HeardSegment(span_ms=(1500, 2000), nbest=(("谢谢观看", -1.4),)),
        HeardSegment(span_ms=(2100, 3100), nbest=(("边界清", -0.2),)),
    )
    return Pair(id="p-1", set="tune", language=Language.ZH, text="左肺结节边界清", terms=("左肺",), segments=segments)


def test_what_was_heard_is_the_best_of_each_segment_that_is_speech(pair):
    assert pair.heard == "左费结节边界清"
    assert [segment.seconds for segment in pair.segments] == [1.2, 0.5, 1.0]


def test_a_pair_is_read_as_it_was_written(pair, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line_of(pair), encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["heard"] == pair.heard
    assert read_pairs(path) == [pair]


def test_a_bad_pair_is_named_by_file_and_line_without_its_words(pair, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        line_of(pair) + '{"id": "p-2", "set": "tune", "language": "zh", "text": "机密"}\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"pairs\.jsonl:2: segments: field required") as error:
        read_pairs(path)
    assert "机密" not in str(error.value)


def test_a_pair_given_twice_is_refused(pair, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(line_of(pair) * 2, encoding="utf-8")
    with pytest.raises(InputError, match="used twice"):
        read_pairs(path)


TABLE = "# head\nid\ttemplate\ttext\tterms\nd-1\toutpatient\tno fever, | no cough.\tfever;cough\n"


def test_a_table_gives_what_is_said_without_its_pauses(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text(TABLE, encoding="utf-8")
    (row,) = read_table(path, language=Language.EN)
    assert (row.text, row.terms, row.voice) == ("no fever, no cough.", ("fever", "cough"), "")
    path.write_text(TABLE.replace("no fever, | no cough.", "无发热 | 无咳嗽"), encoding="utf-8")
    assert read_table(path, language=Language.ZH)[0].text == "无发热无咳嗽"


def test_a_recording_is_found_by_id_or_by_the_name_in_the_table(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text(TABLE, encoding="utf-8")
    (row,) = read_table(path, language=Language.EN)
    assert row.recording_in(tmp_path) is None
    (tmp_path / "d-1.flac").touch()
    assert row.recording_in(tmp_path) == tmp_path / "d-1.flac"
    path.write_text("id\tfile\ttext\nd-1\tother.wav\tno fever\n", encoding="utf-8")
    (row,) = read_table(path, language=Language.EN)
    assert row.recording_in(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# head\nid\twords\nd-1\tfever\n", r"table\.tsv:2: columns id and text"),
        ("id\ttext\nd-1\tfever\nd-2\t\n", r"table\.tsv:3: id or text is empty"),
    ],
)
def test_a_bad_table_is_named_by_file_and_line(tmp_path, text, complaint):
    path = tmp_path / "table.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_table(path, language=Language.EN)


def test_visits_are_joined_by_id_and_speakers_left_out(tmp_path):
    heard, said = tmp_path / "heard.csv", tmp_path / "said.csv"
    heard.write_text('id,dialogue\nv1,"[doctor] any plural pain [patient] no"\nv2,only here\n', encoding="utf-8")
    said.write_text('encounter_id,dialogue\nv1,"[doctor] any pleural pain ? [patient] no"\n', encoding="utf-8")
    (visit,) = read_transcripts(heard, said)
    assert visit.id == "v1"
    assert lines_of(visit.heard) == ["any plural pain", "no"]
    assert lines_of(visit.said) == ["any pleural pain ?", "no"]


def test_visits_that_are_numbered_anew_are_joined_by_their_notes(tmp_path):
    heard, said = tmp_path / "heard.csv", tmp_path / "said.csv"
    heard.write_text('id,dialogue,note\nv1,plural pain,"PLAN\nrest"\nv2,cough,PLAN none\n', encoding="utf-8")
    said.write_text("encounter_id,dialogue,note\nd9,pleural pain,PLAN rest\n", encoding="utf-8")
    (visit,) = read_transcripts(heard, said)
    assert (visit.id, visit.said) == ("v1", "pleural pain")


def test_a_transcript_without_full_stops_is_cut_into_runs_of_words():
    assert [len(line.split()) for line in lines_of("word " * 95)] == [40, 40, 15]


def test_files_of_different_visits_are_refused(tmp_path):
    heard, said = tmp_path / "heard.csv", tmp_path / "said.csv"
    heard.write_text("id,dialogue\nv1,yes\n", encoding="utf-8")
    said.write_text("id,dialogue\nv2,yes\n", encoding="utf-8")
    with pytest.raises(InputError, match="no id and no note in common"):
        read_transcripts(heard, said)
    said.write_text("id,text\nv1,yes\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1 has no id or no dialogue"):
        read_transcripts(heard, said)
