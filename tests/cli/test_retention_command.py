"""`wardscribe retention run`: says what goes, deletes nothing when asked not to, proves what it did."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server.retention.test_retention import WARD, Reports, left, session
from wardscribe_cli.__main__ import Exit, main
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.verification import entries, verify
from wardscribe_server.vault.vault import open_vault


@pytest.fixture
def where(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    source = f"file:{tmp_path / 'master.key'}"
    open_vault(data_dir, key_source=source).cipher(WARD)
    for name in ("signed-1", "unsigned-1", "absent-1"):
        session(data_dir, name, days_ago=365)
    monkeypatch.setattr("wardscribe_cli.retention.report_states", lambda _: Reports())
    return "retention", "run", "--data", str(data_dir), "--key-source", source


def test_a_dry_run_says_what_would_go_and_a_run_does_it(
    data_dir: Path, where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("--keep-audio-days", "30")
    assert main([*where, *days, "--dry-run"]) == Exit.DONE
    said = capsys.readouterr().out
    assert [line.split("\t")[::3] for line in said.splitlines()] == [["signed-1", "keep_audio_days=30"]]
    assert left(data_dir) == ["absent-1", "signed-1", "unsigned-1"]
    assert main([*where, *days, "--keep-unsigned-days", "99"]) == Exit.DONE
    assert left(data_dir) == ["absent-1"], "what is stored nowhere else stays"
    vault = open_vault(data_dir, key_source=where[-1])
    key = vault.mac_key(WARD, MAC_PURPOSE)
    proofs = list(entries(data_dir, WARD, key=key, wanted=lambda _: True))
    assert [(entry.kind, entry.entity, entry.user) for entry in proofs] == [
        ("retention.deleted", "signed-1", "local"),
        ("retention.deleted", "unsigned-1", "local"),
    ]
    assert verify(data_dir, WARD, key=key).fault is None
    assert proofs[0].recorded <= datetime.now(UTC)


def test_without_a_rule_or_without_keys_nothing_is_done(
    tmp_path: Path, data_dir: Path, where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(where)) == Exit.DONE
    assert "no rule is set" in capsys.readouterr().err
    assert main(["retention", "run", "--data", str(tmp_path), "--keep-audio-days", "1"]) == Exit.BAD_USAGE
    assert len(left(data_dir)) == 3
