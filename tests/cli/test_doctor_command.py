"""`wardscribe doctor`: a line a thing, exit 1 when one is a failure, the same as JSON."""

import json
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import Exit, main


def run(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["doctor", "--data", str(data), "--port", "0", *arguments])
    return code, capsys.readouterr().out


@pytest.mark.model
def test_every_line_has_level_name_and_advice(
    data_dir: Path, base_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = run(capsys, data_dir)
    rows = [line.split(maxsplit=2) for line in out.splitlines()]
    assert code == Exit.DONE
    assert all(len(row) == 3 and row[0] in ("ok", "warn") for row in rows)
    assert {row[1] for row in rows} >= {
        "disk",
        "data",
        "keys",
        "clock",
        "timezone",
        "port",
        "tls",
        "audio",
        "models",
        "database",
    }


def test_a_failure_is_exit_1_and_json_says_the_same(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = ("--models-dir", str(tmp_path / "none"))
    code, out = run(capsys, data_dir, *nowhere)
    assert (code, "fail  models" in out) == (Exit.CHECK_FAILED, True)
    code, as_json = run(capsys, data_dir, *nowhere, "--json")
    found = [f"{row['level']:<4}  {row['name']:<12}{row['advice']}" for row in json.loads(as_json)]
    assert code == Exit.CHECK_FAILED
    assert [line for line in found if not line.startswith("ok    disk")] == [
        line for line in out.splitlines() if not line.startswith("ok    disk")
    ]
