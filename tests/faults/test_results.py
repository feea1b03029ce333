"""The result files of the fault rounds and of the journal's cost."""

from pathlib import Path

import client_cost
import client_faults
import faults
import journal_cost
import pytest
from durability_results import durability_results, read_results
from fault_results import figures
from provenance import machine

from wardscribe_protocol.messages import ServerAck


def test_figures_add_up_what_the_rounds_found() -> None:
    verdict = dict.fromkeys(("samples", "samples_lost", "words", "words_doubled", "words_missing", "connections"), 1)
    good, bad = verdict | {"same_record": True, "faults": []}, verdict | {"same_record": False, "faults": ["x"]}
    row = {
        "faults": ["cut", "stall"],
        "servers": 2,
        "seconds": 3.0,
        "stuck": False,
        "dictations": {"a": good, "b": bad},
    }
    total = figures([row, row])
    assert (total["faults"], total["samples"], total["samples_lost"]) == (4, 4, 4)
    assert (total["records_identical"], total["dictations_with_a_fault"]) == (2, 2)


def test_a_run_that_was_begun_otherwise_is_not_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "faults.json"
    before = durability_results(
        "faults", given=[], at_start=machine(), settings={"seed": "7"}, figures=figures([]), rows=[]
    )
    out.write_text(before.to_json(), encoding="utf-8")
    assert read_results(out) == before
    assert faults.main(["--out", str(out)]) == 2
    assert "other settings" in capsys.readouterr().err


def test_a_file_that_is_no_result_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "faults.json"
    out.write_text("{}", encoding="utf-8")
    assert faults.main(["--out", str(out)]) == 2
    assert "faults.json: not a result file" in capsys.readouterr().err


def test_a_frame_is_acknowledged_once_it_is_safe() -> None:
    acknowledged = journal_cost.Acknowledged(sent=[(1600, 0.0), (3200, 0.0)])
    acknowledged.note(ServerAck(safe_samples=1599, next_sample=3200, credit_samples=3200))
    assert acknowledged.delays_ms == []
    acknowledged.note(ServerAck(safe_samples=1600, next_sample=3200, credit_samples=3200))
    assert len(acknowledged.delays_ms) == 1
    assert acknowledged.sent == [(3200, 0.0)]


def test_the_journals_cost_is_the_difference_of_each_pair() -> None:
    def row(kind: str, cpu_s: float, delay_ms: float) -> dict:
        return {"journal": kind, "cpu_s": cpu_s, "seconds": 10.0, "delays_ms": [delay_ms] * 40}

    cost = journal_cost.figures(
        [row("disk", 2.0, 30), row("memory", 1.8, 20), row("memory", 1.0, 20), row("disk", 1.4, 30)]
    )
    assert cost["core_percent_added"] == 3.0
    assert cost["core_percent_added_by_pair"] == [2.0, 4.0]
    assert cost["ack_ms_p95_added"] == 10.0


def test_a_run_of_client_faults_is_gone_on_with_only_as_it_was_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "client_faults.json"
    before = durability_results(
        "client_faults", given=[], at_start=machine(), settings={"seed": "7"}, figures=figures([]), rows=[]
    )
    out.write_text(before.to_json(), encoding="utf-8")
    assert client_faults.main(["--out", str(out)]) == 2
    assert "other settings" in capsys.readouterr().err


def test_the_clients_cost_is_of_all_dictations_and_says_what_was_clipped() -> None:
    row = {
        "seconds": 10.0,
        "cpu_s": 0.2,
        "resident_mb": 60.0,
        "first_sample_after_key_ms": [10.0, 20.0, 30.0],
        "kept_before_key_ms": [300.0, -1.0, 250.0],
    }
    cost = client_cost.figures([row, row | {"cpu_s": 0.4, "resident_mb": 61.0}])
    assert (cost["core_percent"], cost["core_percent_worst"], cost["resident_mb"]) == (3.0, 4.0, 61.0)
    assert (cost["first_sample_after_key_ms_median"], cost["first_sample_after_key_ms_worst"]) == (20.0, 30.0)
    assert (cost["key_presses"], cost["key_presses_clipped"], cost["kept_before_key_ms_least"]) == (6, 2, -1.0)
