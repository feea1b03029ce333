"""`wardscribe check`: one line a check, exit code 1 for what must not be signed, and the context of the order."""

import json
from pathlib import Path

import pytest

from wardscribe_cli import check
from wardscribe_cli.__main__ import main
from wardscribe_protocol.record import Language, Record, Transcript


def _file(folder: Path, impression: str) -> Path:
    record = Record(
        template="chest_xray",
        language=Language.EN,
        transcript=Transcript(raw="", text=""),
        fields={
            "findings": [{"finding": "pleural effusion", "presence": "present", "laterality": "left"}],
            "impression": [impression],
        },
        evidence={},
    )
    path = folder / "record.json"
    path.write_text(record.to_json(), encoding="utf-8")
    return path


def test_a_consistent_record_passes_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(_file(tmp_path, "Left pleural effusion"))]) == 0
    assert capsys.readouterr().out == ""


def test_a_contradiction_is_one_line_and_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(_file(tmp_path, "Right pleural effusion"))]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[:3] == ["error", "laterality_mismatch", "/fields/impression/0"]


def test_the_order_is_compared_when_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"order": {"laterality": "right"}}), encoding="utf-8")
    assert main(["check", str(_file(tmp_path, "Left pleural effusion")), "--context", str(context)]) == 1
    assert "order_laterality" in capsys.readouterr().out


def test_a_context_that_is_none_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = tmp_path / "context.json"
    context.write_text('{"ordr": {}}', encoding="utf-8")
    assert main(["check", str(_file(tmp_path, "Left pleural effusion")), "--context", str(context)]) == 2
    assert f"{context}: not a context: ordr" in capsys.readouterr().err


def test_what_does_not_print_is_shown_as_a_question_mark() -> None:
    assert check._printable("/fields/a\x85b\u2028c\td") == "/fields/a?b?c?d"
