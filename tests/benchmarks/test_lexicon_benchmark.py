"""The benchmark of the lexicon: its parts over a corrector that is scripted, its figures, its result file."""

import json
from dataclasses import dataclass

import lexicon
import lexicon_figures
import pytest
from correctors_run import Part, as_heard, takes_alternatives, with_corrector
from lexicon_figures import CorrectedTranscript, Yardstick, part_figures, transcript_figures
from pairs import HeardSegment, Pair, line_of
from term_scores import TermList

from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.lexicon.correction import Correction


@dataclass
class Scripted:
    """Puts words for words, wherever they stand."""

    script: dict[str, str]

    def propose(self, text):
        found = [(text.index(heard), heard, written) for heard, written in self.script.items() if heard in text]
        return tuple(
            Correction(heard, written, "scripted", 1.0, at, at + len(heard)) for at, heard, written in sorted(found)
        )


@dataclass
class Listening(Scripted):
    """The same, but only where another hypothesis says so too."""

    def propose(self, text, *, alternatives=()):
        return tuple(one for one in super().propose(text) if any(one.written in other.text for other in alternatives))


@dataclass(frozen=True)
class Other:
    """The product's shape of another hypothesis."""

    text: str
    logprob: float


@pytest.fixture
def pair():
    segments = (
        HeardSegment(span_ms=(0, 2000), nbest=(("small plural effusion", -0.2), ("small pleural effusion", -0.3))),
        HeardSegment(span_ms=(2500, 3000), nbest=(("thank you", -1.6),)),
        HeardSegment(span_ms=(3000, 5000), nbest=(("start met foreman", -0.4), ("start mid foreman", -0.5))),
    )
    return Pair(
        id="p-1",
        set="tune",
        language=Language.EN,
        text="small pleural effusion start metformin",
        terms=("pleural effusion", "metformin"),
        segments=segments,
    )


SCRIPT = {"plural": "pleural", "met foreman": "metformin"}


@pytest.fixture
def yardstick(monkeypatch):
    monkeypatch.setattr(lexicon_figures, "medwer_normaliser", lambda: None)
    return Yardstick.of(Language.EN, terms=["pleural effusion", "metformin"], drugs=["metformin"])


def test_each_segment_is_corrected_by_itself_and_placed_in_the_whole_text(pair):
    outcome = with_corrector(pair, Scripted(SCRIPT), nbest=False)
    assert outcome.text == "small pleural effusion start metformin"
    assert [pair.heard[change.start : change.end] for change in outcome.changes] == ["plural", "met foreman"]
    assert len(outcome.segment_seconds) == 2
    assert outcome.audio_seconds == 4.5


def test_what_the_corrector_is_not_sure_of_is_left(pair):
    @dataclass(frozen=True)
    class Unsure:
        start: int
        end: int
        written: str
        unsure: bool = True

    class Doubting:
        def propose(self, text):
            return (Unsure(0, 5, "large"),)

    assert with_corrector(pair, Doubting(), nbest=False).text == pair.heard


def test_other_hypotheses_reach_a_corrector_that_takes_them(pair, monkeypatch):
    monkeypatch.setattr("correctors_run.correction.Alternative", Other, raising=False)
    assert not takes_alternatives(Scripted(SCRIPT))
    assert takes_alternatives(Listening(SCRIPT))
    assert with_corrector(pair, Listening(SCRIPT), nbest=True).text == "small pleural effusion start met foreman"


def test_figures_of_what_was_heard_and_of_what_was_corrected(pair, yardstick):
    heard = part_figures([as_heard(pair)], yardstick)
    assert (heard["wer"], heard["term_recall"], heard["drug_recall"]) == (0.6, 0.0, 0.0)
    assert heard["changes"]["made"] == 0
    assert "ms_per_segment" not in heard
    text = part_figures([with_corrector(pair, Scripted(SCRIPT), nbest=False)], yardstick)
    assert (text["wer"], text["term_recall"], text["term_precision"], text["drug_recall"]) == (0.0, 1.0, 1.0, 1.0)
    assert (text["changes"]["right"], text["changes"]["wrong"], text["changes"]["words"]) == (2, 0, 5)
    assert text["ms_per_segment"]["segments"] == 2


def test_a_wrong_change_shows_in_the_figures(pair, yardstick):
    figures = part_figures([with_corrector(pair, Scripted({"effusion": "infusion"}), nbest=False)], yardstick)
    assert figures["changes"]["wrong_per_1000"] == 200.0
    assert figures["changes"]["number_side_negation_slips"] == 0


def test_a_term_with_a_number_counts_in_either_form(yardstick):
    said = Pair(
        id="p-2",
        set="tune",
        language=Language.EN,
        text="give ten milligrams",
        terms=("ten milligrams",),
        segments=(HeardSegment(span_ms=(0, 1000), nbest=(("give 10 mg", -0.1),)),),
    )
    figures = part_figures([as_heard(said)], yardstick)
    assert (figures["term_recall"], figures["wer_written"]) == (1.0, 0.0)
    assert figures["wer"] > 0


def test_transcripts_count_terms_mended_and_terms_spoilt():
    terms = TermList(["pleurisy", "metformin", "insulin"], language=Language.EN)
    figures = transcript_figures(
        [CorrectedTranscript("pleurisy on insulin", "blurry sea on insulin", "pleurisy on metformin", changes=2)], terms
    )
    assert (figures["term_errors_before"], figures["term_errors_after"]) == (1, 2)
    assert (figures["term_errors_mended"], figures["term_errors_new"]) == (1, 2)
    assert figures["changes_per_1000"] == round(2000 / 3, 3)


def test_a_run_writes_its_figures_and_where_they_come_from(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(Readers, "corrector", lambda *_: Scripted(SCRIPT))
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "lexicon.json"
    pairs.write_text(line_of(pair), encoding="utf-8")
    assert lexicon.main(["--pairs", str(pairs), "--out", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "wardscribe.benchmark.lexicon/1"
    assert result["commit"].keys() == {"hash", "dirty"}
    assert result["command"] == "benchmarks/lexicon.py --pairs pairs.jsonl --out lexicon.json"
    assert set(result["figures"]["en_tune"]) == {"heard", "text"}
    assert result["notes"] == ["The product's en corrector takes no other hypotheses."]
    assert result["figures"]["tables_mb"]["zh"] > 0
    assert "effusion" not in out.read_text(encoding="utf-8")


def test_transcripts_are_measured_by_the_terms_that_are_given(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Readers, "corrector", lambda *_: Scripted(SCRIPT))
    heard, said, terms = tmp_path / "asr.csv", tmp_path / "people.csv", tmp_path / "terms.txt"
    heard.write_text("id,dialogue\nv1,[doctor] she takes met foreman .\n", encoding="utf-8")
    said.write_text("id,dialogue\nv1,[doctor] she takes metformin .\n", encoding="utf-8")
    terms.write_text("metformin\n", encoding="utf-8")
    given = ["--transcripts", str(heard), str(said)]
    assert lexicon.main([*given, "--terms", str(terms)]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]["transcripts_asr"]
    assert (figures["term_errors_before"], figures["term_errors_after"]) == (1, 0)
    assert lexicon.main(given) == 2
    assert "--terms" in capsys.readouterr().err


def test_nothing_to_measure_is_said_in_one_line(capsys, tmp_path):
    assert lexicon.main([]) == 2
    assert "nothing to measure" in capsys.readouterr().err
    assert lexicon.main(["--pairs", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_recordings_that_are_not_there_are_left_out_and_noted(pair, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lexicon.Bench, "engine", lambda _: (None, None))
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(line_of(pair), encoding="utf-8")
    assert lexicon.main(["--pairs", str(pairs), "--parts", Part.PRODUCT]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["figures"]["en_tune"] == {}
    assert result["notes"] == ["Some recordings of en tune are not there: left out."]
