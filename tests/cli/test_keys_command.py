"""`wardscribe keys`: shows, rotates, wraps anew, and never prints a secret."""

from pathlib import Path

import pytest

from wardscribe_cli.__main__ import Exit, main
from wardscribe_server.access.principal import TenantId
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.verification import entries
from wardscribe_server.journal.frames import FrameSealer, encode_head
from wardscribe_server.vault.vault import open_vault

WARD = TenantId("ward")


@pytest.fixture
def source(tmp_path: Path, data_dir: Path) -> str:
    source = f"file:{tmp_path / 'master.key'}"
    open_vault(data_dir, key_source=source).cipher(WARD)
    return source


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["keys", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_keys_are_shown_rotated_and_wrapped_anew(
    tmp_path: Path, data_dir: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--data", str(data_dir), "--key-source", source)
    assert run(capsys, "rotate", *where)[:2] == (Exit.DONE, "ward\t2\tseals\n")
    code, out, _ = run(capsys, "status", *where)
    assert code == Exit.DONE
    assert [line.split("\t")[:3] for line in out.splitlines()[1:]] == [["ward", "1", "opens"], ["ward", "2", "seals"]]
    sealed = open_vault(data_dir, key_source=source).cipher(WARD).seal(b"words", bound_to=b"")
    new = f"file:{tmp_path / 'new.key'}"
    code, _, errors = run(capsys, "rewrap", *where, "--to", new)
    assert (code, "start the server anew" in errors) == (Exit.DONE, True)
    assert open_vault(data_dir, key_source=new).cipher(WARD).unseal(sealed, bound_to=b"") == b"words"
    code, _, errors = run(capsys, "status", *where)
    assert (code, errors.count("\n")) == (Exit.BAD_USAGE, 1)


def test_a_key_that_nothing_needs_is_destroyed_and_the_log_says_who_did_what(
    data_dir: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--data", str(data_dir), "--key-source", source)
    one = ("--tenant", "ward", "--key", "1")
    vault = open_vault(data_dir, key_source=source)
    sealer = FrameSealer(vault.cipher(WARD), journal="a")
    (data_dir / "sessions" / "a").mkdir(parents=True)
    journal = data_dir / "sessions" / "a" / "journal"
    journal.write_bytes(encode_head(WARD) + sealer.frame(b"words"))
    for refused in ("rotate first", "still opens 1 stored things"):
        code, _, errors = run(capsys, "forget", *where, *one)
        assert (code, refused in errors) == (Exit.BAD_USAGE, True)
        assert run(capsys, "rotate", *where)[0] == Exit.DONE
    assert run(capsys, "forget", *where, *one, "--even-in-use")[0] == Exit.DONE
    _, out, _ = run(capsys, "status", *where)
    assert "ward\t1\tforgotten" in out
    key = vault.mac_key(WARD, MAC_PURPOSE)
    told = [(entry.kind, entry.user, dict(entry.detail)) for entry in entries(data_dir, WARD, key=key, wanted=bool)]
    assert told == [
        ("keys.rotate", "local", {}),
        ("keys.rotate", "local", {}),
        ("keys.forget", "local", {"key": "1"}),
    ], "and what was refused is not told as done"


def test_what_cannot_be_done_is_one_line(data_dir: Path, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(data_dir), "--key-source", source)
    for arguments in (
        ("rewrap", *where),
        ("rewrap", *where, "--to", source),
        ("rotate", *where, "--tenant", "nobody"),
        ("forget", *where),
        ("forget", *where, "--tenant", "ward", "--key", "7"),
        ("status", "--data", str(data_dir / "elsewhere")),
        ("status", "--data", str(data_dir), "--key-source", "somewhere"),
    ):
        code, out, errors = run(capsys, *arguments)
        assert (code, out, errors.count("\n")) == (Exit.BAD_USAGE, "", 1), arguments
