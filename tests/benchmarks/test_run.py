import array
import json
import math
import wave

import pytest
import run

from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

SAID = "the heart is enlarged period no pleural effusion period"
HEARD = "The heart is enlarged. No plural effusion."


def speech(path, seconds=1.5):
    """A tone with silence after it: one segment to a detector of loudness."""
    tone = [int(9000 * math.sin(n * 0.2)) for n in range(int(seconds * SAMPLE_RATE))]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(array.array("h", tone + [0] * SAMPLE_RATE).tobytes())


@pytest.fixture
def bench(tmp_path, monkeypatch, scorer_file):
    """Three cases, one of a template that nobody knows; two of them spoken. Returns a run's exit code and result."""
    rows = [
        {"id": "en-1", "template": "chest_xray", "language": "en", "text": SAID, "terms": ["pleural effusion"]},
        {"id": "en-2", "template": "palm_reading", "language": "en", "text": SAID, "terms": ["pleural effusions"]},
        {"id": "zh-1", "template": "chest_xray", "language": "zh", "text": "心影增大句号", "terms": ["心影"]},
    ]
    cases = tmp_path / "cases.jsonl"
    lines = [json.dumps(row | {"fields": {"heart_size": "enlarged"}}, ensure_ascii=False) for row in rows]
    cases.write_text("\n".join(lines), encoding="utf-8")
    audio = tmp_path / "audio"
    audio.mkdir()
    speech(audio / "en-1.wav")
    speech(audio / "en-2.wav")
    monkeypatch.setattr(run, "build_recogniser", lambda _: ScriptedRecogniser([HEARD, SAID]))
    monkeypatch.setattr(run, "build_detector", LoudnessDetector)
    out = tmp_path / "out.json"

    def measured(*more, audio=audio, scorer=scorer_file):
        given = ["--cases", str(cases), "--out", str(out), *more]
        given += ["--audio", str(audio)] if audio else []
        given += ["--scorer", str(scorer)] if scorer else []
        code = run.main(given)
        return code, json.loads(out.read_text(encoding="utf-8")) if code == 0 else None

    return measured


def test_a_full_run_measures_text_and_audio(bench):
    code, result = bench("--no-lexicon")
    assert code == 0
    text, audio = result["figures"]["text"], result["figures"]["audio"]
    assert text["cases"] == 3
    assert (text["fields"]["all"]["recall"], text["fields"]["supported"]["recall"]) == (0.6667, 1.0)
    assert (audio["cases"], audio["audio_s"]) == (2, 5.0)
    # One word of eighteen is wrong; it is in one of the two terms.
    assert audio["en"]["edits_raw"] == {"substitutions": 1, "deletions": 0, "insertions": 0, "reference": 18}
    assert (audio["en"]["wer_raw"], audio["en"]["wer_written"]) == (0.0556, 0.0714)
    assert (audio["en"]["term_recall"], audio["en"]["term_recall_of_reference"]) == (0.5, 1.0)
    assert "zh" not in audio
    assert audio["real_time_factor"] > 0
    assert audio["fields"]["all"]["recall"] == 0.5
    assert audio["fields_from_reference_text"]["supported"]["recall"] == 1.0
    assert result["figures"]["memory_mb"]["peak"] > 0
    assert result["figures"]["load_s"]["total"] > 0


def test_the_result_says_what_ran_and_what_the_product_does_not_know(bench):
    _, result = bench()
    assert result["schema"] == "wardscribe.benchmark/1"
    assert result["model"] == {"name": "scripted", "sha256": "0" * 64, "device": "cpu", "compute_type": "none"}
    assert result["scorer"]["name"] == "stand_in_scorer.py"
    assert any("palm_reading" in note for note in result["notes"])
    assert {"commit", "machine", "versions", "date", "settings", "cases_file"} <= result.keys()


def test_the_result_holds_no_words_of_a_dictation_and_no_folder(bench, tmp_path):
    _, result = bench()
    everything = json.dumps(result, ensure_ascii=False)
    assert [row["id"] for row in result["cases"]] == ["en-1", "en-2", "zh-1"]
    for secret in ("effusion", "plural", "enlarged", "心影", str(tmp_path)):
        assert secret not in everything


def test_without_a_scorer_field_figures_are_left_out_and_it_says_so(bench):
    _, result = bench(scorer=None)
    assert "fields" not in result["figures"]["text"]
    assert "fields" not in result["figures"]["audio"]
    assert result["notes"] == ["Field F1 was not measured: no --scorer was given."]


def test_text_alone_loads_no_engine(bench, monkeypatch):
    monkeypatch.setattr(run, "build_recogniser", None)
    code, result = bench("--only", "text", audio=None)
    assert code == 0
    assert result["model"] is None
    assert "audio" not in result["figures"]


def test_the_lexicon_can_be_switched_off_and_the_result_says_so(bench):
    assert bench("--only", "audio")[1]["settings"]["lexicon"] is True
    assert bench("--only", "audio", "--no-lexicon")[1]["settings"]["lexicon"] is False


def test_audio_alone_with_a_limit_measures_the_first_recording_only(bench):
    _, result = bench("--only", "audio", "--limit", "1")
    assert "text" not in result["figures"]
    assert [row["id"] for row in result["cases"]] == ["en-1"]
    assert any("first 1 cases" in note for note in result["notes"])


def test_a_baseline_is_compared_and_never_fails_the_run(bench, tmp_path, capsys):
    bench("--only", "text", audio=None)
    (tmp_path / "out.json").rename(tmp_path / "baseline.json")
    code, _ = bench("--only", "text", "--baseline", str(tmp_path / "baseline.json"), audio=None)
    assert code == 0
    assert "text.fields.all.f1" in capsys.readouterr().out


def test_without_a_result_file_standard_output_is_the_result(bench, tmp_path, capsys):
    given = ["--cases", str(tmp_path / "cases.jsonl"), "--only", "text"]
    assert run.main(given) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["text"]["cases"] == 3


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--baseline", "none.json"], "none.json"),
        (["--cases", "none.jsonl"], "none.jsonl"),
        (["--scorer", "none.py"], "none.py"),
        (["--audio", "nowhere"], "--audio needs a folder"),
    ],
)
def test_a_bad_argument_is_one_clear_line_before_anything_is_loaded(bench, monkeypatch, capsys, more, complaint):
    monkeypatch.setattr(run, "Readers", None)
    code, _ = bench(*more, audio=None, scorer=None)
    said = capsys.readouterr().err
    assert code == 2
    assert complaint in said
    assert said.count("\n") == 1


def test_a_bad_setting_is_named(bench, monkeypatch, capsys):
    monkeypatch.setenv("WARDSCRIBE_THREADS", "-1")
    assert bench()[0] == 2
    assert "setting threads" in capsys.readouterr().err


def test_a_folder_without_recordings_of_the_cases_is_refused(bench, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert bench("--audio", str(tmp_path / "empty"), audio=None)[0] == 2
    assert "no recording is named after a case" in capsys.readouterr().err


def test_a_folder_for_the_result_that_is_not_there_is_said_before_the_run(bench, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "Readers", None)
    assert bench("--only", "text", "--out", str(tmp_path / "none" / "out.json"), audio=None)[0] == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_is_not_lost(bench, tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    code, _ = bench("--only", "text", "--out", str(tmp_path / "taken"), audio=None)
    said = capsys.readouterr()
    assert code == 2
    assert "cannot be written" in said.err
    assert json.loads(said.out)["figures"]["text"]["cases"] == 3
