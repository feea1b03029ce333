"""Recordings of known texts are heard once, segment by segment, with several hypotheses each."""

import array
import json
import math
import wave
from dataclasses import dataclass
from pathlib import Path

import hear
import lexicon
import pytest
from correctors_run import Part
from dictation_tables import read_table
from measures import compare
from nbest import NbestDecoder, Scored
from pairs import read_pairs

from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE
from wardscribe_server.assembly import Readers, build_detector
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

DICTATIONS = Path(__file__).resolve().parents[2] / "benchmarks" / "dictations"
SAMPLE = sorted((DICTATIONS / "sample").glob("*.flac"))


@dataclass
class Decoder:
    """Hears the same in every window."""

    folder: Path

    def decode(self, samples, *, language):
        assert len(samples) > SAMPLE_RATE // 2
        assert language is Language.EN
        return [Scored("no plural effusion", -0.2), Scored("no pleural effusion", -0.25)]


def speech(path, *, segments):
    """Tones with a second of silence after each: segments to a detector of loudness."""
    tone = [int(9000 * math.sin(n * 0.2)) for n in range(SAMPLE_RATE)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(array.array("h", (tone + [0] * SAMPLE_RATE) * segments).tobytes())


@pytest.fixture
def spoken(tmp_path, monkeypatch):
    """A table of two dictations, both spoken; returns the arguments that hear them."""
    table = tmp_path / "table.tsv"
    rows = ["id\ttemplate\ttext\tterms", *(f"d-{n}\tchest_xray\tno pleural effusion\tpleural effusion" for n in (1, 2))]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    speech(tmp_path / "d-1.wav", segments=2)
    speech(tmp_path / "d-2.wav", segments=1)
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.bin").write_bytes(b"weights")
    monkeypatch.setattr(hear, "_weights", lambda _: weights)
    monkeypatch.setattr(hear, "NbestDecoder", Decoder)
    monkeypatch.setattr(hear, "build_detector", LoudnessDetector)
    out = tmp_path / "pairs.jsonl"
    given = ["--table", str(table), "--audio", str(tmp_path), "--language", "en", "--set", "tune", "--out", str(out)]
    return given, out


def test_every_segment_is_heard_with_its_hypotheses(spoken):
    given, out = spoken
    assert hear.main(given) == 0
    first, second = read_pairs(out)
    assert (first.id, first.set, first.template, first.terms) == ("d-1", "tune", "chest_xray", ("pleural effusion",))
    assert [len(pair.segments) for pair in (first, second)] == [2, 1]
    assert first.heard == "no plural effusion no plural effusion"
    assert second.segments[0].nbest[1] == ("no pleural effusion", -0.25)
    assert 0.9 <= second.segments[0].seconds <= 2
    assert len(first.model_sha256) == 64


def test_an_interrupted_run_goes_on_where_it_stopped(spoken):
    given, out = spoken
    assert hear.main([*given, "--limit", "1"]) == 0
    assert [pair.id for pair in read_pairs(out)] == ["d-1"]
    before = out.read_text(encoding="utf-8")
    assert hear.main(given) == 0
    assert [pair.id for pair in read_pairs(out)] == ["d-1", "d-2"]
    assert out.read_text(encoding="utf-8").startswith(before)
    assert hear.main(given) == 0
    assert len(read_pairs(out)) == 2


def test_a_folder_without_the_recordings_is_said_in_one_line(spoken, tmp_path, capsys):
    given, _ = spoken
    empty = tmp_path / "empty"
    empty.mkdir()
    given[given.index("--audio") + 1] = str(empty)
    assert hear.main(given) == 2
    assert "no recording is named after a row" in capsys.readouterr().err


def test_the_benchmark_decodes_the_recordings_again_with_and_without_the_lexicon(spoken, monkeypatch, capsys):
    given, out = spoken
    assert hear.main(given) == 0
    said = ["no plural effusion"] * 3
    # One recogniser for both runs: it says its lines over again.
    engine = (ScriptedRecogniser(said * 2), LoudnessDetector())
    monkeypatch.setattr(lexicon.Bench, "engine", lambda _: engine)
    capsys.readouterr()
    assert lexicon.main(["--pairs", str(out), "--parts", Part.RECOGNISED, Part.PRODUCT]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]["en_tune"]
    assert figures["recognised"]["term_recall"] == 0.0
    assert figures["product"]["term_recall"] == 1.0
    assert "changes" not in figures["product"]
    assert figures["product"]["wall_s"] >= 0


@pytest.mark.model
@pytest.mark.parametrize("language", list(Language))
def test_the_weights_hear_a_held_out_dictation_in_several_ways(language, base_weights):
    path = next(path for path in SAMPLE if path.stem.startswith(language.value))
    rows = read_table(DICTATIONS / f"{language.value}_heldout.tsv", language=language)
    row = next(row for row in rows if row.id == path.stem)
    settings = ServerSettings()
    segments = hear.heard(
        path, NbestDecoder(base_weights), build_detector(), Readers(settings), language=language, settings=settings
    )
    assert len(segments) >= 2
    for segment in segments:
        scores = [score for _, score in segment.nbest]
        assert len({text for text, _ in segment.nbest}) == len(scores) > 1
        assert scores == sorted(scores, reverse=True)
    best = ("" if language is Language.ZH else " ").join(segment.text for segment in segments)
    found = compare(row.text, best, language=language)
    # Mandarin is written wrong as often as not, but none of it is left out.
    assert found.rate < 0.95
    assert found.deletions <= 1
