import asyncio
import json
import sys

import playback
import pytest
import streaming
from offline import OfflineText, timed_units
from own_server import note
from systems import Launch
from traces import Trace, joined

from wardscribe_protocol.messages import Closed, Commit, CommittedWord, Correction, Final, Lag, Ready, Tail
from wardscribe_protocol.record import Language, Record, Transcript

EN, ZH = Language.EN, Language.ZH


def committed(*texts, seq=1):
    words = [
        CommittedWord(id=index, text=text, start_ms=0, end_ms=0, confidence=1.0) for index, text in enumerate(texts)
    ]
    return Commit(seq=seq, words=tuple(words))


def test_our_own_messages_become_a_trace():
    trace = Trace(EN)
    record = Record(
        template="t", language=EN, transcript=Transcript(raw="no mass", text="No mass."), fields={}, evidence={}
    )
    note(Ready(session="s", token="t", credit_samples=0), trace, at_s=0.0)
    note(Tail(text="no"), trace, at_s=0.5)
    note(committed("no"), trace, at_s=1.0)
    note(committed("math", seq=2), trace, at_s=2.0)
    note(Lag(seconds=3.0), trace, at_s=2.1)
    why = Correction(heard="math", written="mass", why="heard_again", score=0.9)
    note(Final(seq=3, segment=0, text="No mass.", corrections=(why,)), trace, at_s=2.5)
    note(Closed.of(record, total_samples=16_000).model_copy(update={"seq": 4}), trace, at_s=3.0)
    assert [(shown.at_s, shown.text) for shown in trace.committed] == [(1.0, "no"), (2.0, "no math")]
    assert (trace.final_text, trace.corrections[0].written, trace.most_lag_s) == ("No mass.", "mass", 3.0)
    assert (trace.samples_kept, trace.closed_s, trace.record_text) == (16_000, 3.0, "no mass")


def test_pieces_are_joined_as_they_are_written():
    assert joined(["no", "", " mass"], EN) == "no mass"
    assert joined(["行", "CT", "scan", "检查"], ZH) == "行CT scan检查"


class Parrot:
    """A server that says at each frame what it has been told to say: one word a frame."""

    name = "parrot"

    def __init__(self, words):
        self.settings = {"words": "one a frame"}
        self.words = words

    def launch(self, *, port, model, folder):
        return Launch([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], {}, health_path="/")

    async def play(self, stream, playback, *, port, trace, finish_within_s):
        words = iter(self.words)
        async for _ in playback.frames():
            if (word := next(words, None)) is not None:
                trace.add_words(playback.now_s, [word])
        trace.stopped_s = trace.closed_s = playback.now_s


@pytest.fixture
def bench(tmp_path, monkeypatch, tone):
    """Runs the benchmark over one recording of 6 s with a parrot for a server and no clock; code and result."""
    tone(tmp_path / "a.wav", 6.0)
    (tmp_path / "transcripts.tsv").write_text("id\tfile\ttext\na\ta.wav\tno mass seen", encoding="utf-8")
    (tmp_path / "model.bin").write_bytes(b"weights")

    class Decoder:
        def __init__(self, folder, *, cache):
            pass

        def hear(self, stream):
            timed = [("no", 0.0, 1.0), ("mass", 1.0, 2.0), ("seen", 2.0, 3.0)]
            return OfflineText("no mass seen", tuple(timed_units(timed, stream.language)))

        def forget_model(self):
            pass

    async def at_once(self):
        for second in range(1, 7):
            self.at_s = float(second)
            await asyncio.sleep(0)
            yield b""

    monkeypatch.setattr(streaming, "OfflineDecoder", Decoder)
    monkeypatch.setattr(streaming, "weights_folder", lambda _: tmp_path)
    monkeypatch.setattr(streaming, "_systems", lambda _: [Parrot(["No", "math", "seen."])])
    monkeypatch.setattr(playback.Playback, "frames", at_once)
    monkeypatch.setattr(playback.Playback, "now_s", property(lambda self: getattr(self, "at_s", 0.0)))
    out = tmp_path / "out.json"

    def measured(*more):
        code = streaming.main(["--speech", f"en={tmp_path}", "--seconds", "5", "--out", str(out), *more])
        return code, json.loads(out.read_text(encoding="utf-8")) if code == 0 else None

    return measured


def test_a_whole_run_is_timed_and_judged(bench):
    code, result = bench("--speakers", "1x2", "2")
    assert code == 0
    assert (result["kind"], result["model"]["name"] != "") == ("streaming", True)
    assert set(result["figures"]["parrot"]) == {"continuous_1", "continuous_2"}
    figures = result["figures"]["parrot"]["continuous_1"]
    assert figures["streams"] == 2
    assert figures["commit_latency_s"] == {"p50": 0.0, "p95": 0.0, "max": 0.0}
    assert (figures["units_said"], figures["units_timed"], figures["units_committed"]) == (6, 4, 6)
    assert (figures["en"]["wer_commits"], figures["en"]["wer_offline"]) == (0.3333, 0.0)
    assert figures["en"]["commits_points_worse"] == 33.33
    assert [row["recordings"] for row in result["rows"]] == [["a"]] * 4
    assert "no mass" not in json.dumps(result), "nothing that was said stands in a result"


def test_two_runs_are_compared(bench, tmp_path, capsys):
    bench()
    code, _ = bench("--baseline", str(tmp_path / "out.json"))
    assert code == 0
    assert "parrot.continuous_1.commit_latency_s.p50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "nothing to play"),
        (["--cases", "cases.jsonl"], "--cases needs --audio"),
        (["--speech", "recordings"], "give LANGUAGE=FOLDER"),
        (["--speech", "en=recordings", "--baseline", "not there"], "cannot be read"),
        (["--speech", "en=recordings", "--out", "nowhere/at/all.json"], "its folder is not there"),
    ],
)
def test_bad_arguments_are_one_line(given, complaint, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert streaming.main(given) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("given", [["--peer", "nobody=venv"], ["--peer", "whisper-live=nowhere"], ["--setting", "x"]])
def test_bad_servers_are_one_line(given, capsys, tmp_path, tone):
    tone(tmp_path / "a.wav", 1.0)
    (tmp_path / "transcripts.tsv").write_text("id\tfile\ttext\na\ta.wav\tno mass", encoding="utf-8")
    assert streaming.main(["--speech", f"en={tmp_path}", *given]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("given", ["0", "1x0", "one", "2x"])
def test_counts_are_speakers_and_rounds(given):
    with pytest.raises(SystemExit):
        streaming.main(["--speakers", given])
