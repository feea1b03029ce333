import itertools

import pytest
from speech import Pauses, case_corpora, folder_corpus, streams

from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE


@pytest.fixture
def folder(tmp_path, tone):
    """Two speakers with three and one recordings of 2 s."""
    rows = ["id\tfile\tseconds\ttext"]
    for name in ("7-1-0", "7-1-1", "7-1-2", "8-1-0"):
        tone(tmp_path / f"{name}.wav", 2.0)
        rows.append(f"{name}\t{name}.wav\t2.0\twords of {name.replace('-', ' ')}")
    (tmp_path / "transcripts.tsv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def some(folder, count, *, seconds=5.0, pauses=Pauses.CONTINUOUS, seed=0):
    corpus = folder_corpus(f"en={folder}")
    return list(itertools.islice(streams([corpus], seconds=seconds, pauses=pauses, seed=seed), count))


def names(stream):
    return [part.recording.id for part in stream.parts]


def test_recordings_of_one_speaker_are_joined_until_the_stream_is_long_enough(folder):
    first, second = some(folder, 2)
    assert names(first) == ["7-1-0", "7-1-1"]
    assert names(second) == ["7-1-2"], "the next recording is another speaker's"
    assert first.text == "words of 7 1 0 words of 7 1 1"


def test_pauses_are_natural_and_the_recordings_are_untouched(folder):
    stream = some(folder, 1)[0]
    pause_s = (stream.parts[1].span.start - stream.parts[0].span.end) / SAMPLE_RATE
    assert 0.6 <= pause_s <= 1.0
    assert stream.part_pcm(stream.parts[0]) == stream.part_pcm(stream.parts[1])
    assert len(stream.part_pcm(stream.parts[0])) == 4 * SAMPLE_RATE


def test_a_ward_round_is_a_fifth_speech(folder):
    stream = some(folder, 1, seconds=25.0, pauses=Pauses.WARD_ROUND)[0]
    between_s = sum(b.span.start - a.span.end for a, b in itertools.pairwise(stream.parts)) / SAMPLE_RATE
    spoken_s = 2.0 * (len(stream.parts) - 1)
    assert 0.15 <= spoken_s / (spoken_s + between_s) <= 0.25
    assert stream.seconds >= 25.0, "the last one stays as long as the others"


def test_streams_go_on_and_the_same_seed_gives_the_same_sound(folder):
    assert [stream.pcm for stream in some(folder, 7)] == [stream.pcm for stream in some(folder, 7)]
    assert some(folder, 1, seed=1)[0].pcm != some(folder, 1)[0].pcm


def test_corpora_take_turns(folder):
    english, other = folder_corpus(f"en={folder}"), folder_corpus(f"zh={folder}")
    turns = itertools.islice(streams([english, other], seconds=5.0, pauses=Pauses.CONTINUOUS, seed=0), 4)
    assert [stream.language for stream in turns] == [Language.EN, Language.ZH, Language.EN, Language.ZH]


def test_long_recordings_are_no_ward_round(folder, tone):
    tone(folder / "7-1-0.wav", 21.0)
    assert names(some(folder, 1, seconds=25.0, pauses=Pauses.WARD_ROUND)[0])[0] == "7-1-1"


def test_spoken_cases_make_a_corpus_a_language(tmp_path, tone):
    cases = tmp_path / "some.jsonl"
    cases.write_text(
        '{"id": "a", "template": "chest_xray", "language": "en", "text": "clear lungs"}\n'
        '{"id": "b", "template": "chest_xray", "language": "zh", "text": "心影不大"}\n'
        '{"id": "c", "template": "chest_xray", "language": "zh", "text": "没有录音"}\n',
        encoding="utf-8",
    )
    tone(tmp_path / "a.wav", 1.0)
    tone(tmp_path / "b.wav", 1.0)
    corpora = case_corpora(cases, tmp_path)
    assert [(corpus.name, len(corpus.recordings)) for corpus in corpora] == [("some-en", 1), ("some-zh", 1)]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (None, "transcripts.tsv: cannot be read"),
        ("id\tfile\ttext\na\ta.wav\t", "transcripts.tsv:2: the columns id, file and text are needed"),
        ("id\tfile\ttext", "there are no recordings"),
    ],
)
def test_a_bad_table_is_refused_with_file_and_line(tmp_path, table, complaint):
    if table is not None:
        (tmp_path / "transcripts.tsv").write_text(table, encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        folder_corpus(f"en={tmp_path}")


def test_the_language_has_to_be_named(tmp_path):
    for given in (str(tmp_path), f"fr={tmp_path}"):
        with pytest.raises(InputError, match="give LANGUAGE=FOLDER"):
            folder_corpus(given)
