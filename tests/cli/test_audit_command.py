"""`wardscribe audit`: exit 1 and the place when something is wrong; what was asked for when it lists."""

import json
from pathlib import Path

import pytest

from tests.server.audit.test_audit_log import WARD, event
from wardscribe_cli.__main__ import Exit, main
from wardscribe_server.access.principal import TenantId
from wardscribe_server.audit.files import log_files, tenant_folder
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.vault.vault import open_vault


@pytest.fixture
def where(tmp_path: Path, data_dir: Path) -> tuple[str, ...]:
    source = f"file:{tmp_path / 'master.key'}"
    log = AuditLog(data_dir, open_vault(data_dir, key_source=source))
    for number, kind in enumerate(("record.read", "record.sign", "session.open")):
        log.write(event(number, kind=kind))
    log.write(event(9, tenant=TenantId("south")))
    log.close()
    return "--data", str(data_dir), "--key-source", source


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    capsys.readouterr()
    code = main(["audit", *arguments])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err.splitlines()


def test_a_whole_log_is_right(where: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, errors = run(capsys, "verify", *where)
    assert (code, errors) == (Exit.DONE, [])
    assert [line.split("\t")[::3] for line in out] == [["ward", "right"], ["south", "right"]]
    number, mac = out[0].split("\t")[1:3]
    noted = ("--tenant", "ward", "--noted")
    assert run(capsys, "verify", *where, *noted, f"{number}:{mac}")[0] == Exit.DONE
    assert run(capsys, "verify", *where, *noted, f"2:{mac}")[0] == Exit.CHECK_FAILED


def test_a_changed_log_names_file_and_line(
    data_dir: Path, where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = log_files(tenant_folder(data_dir, WARD))[0].path
    path.write_bytes(path.read_bytes().replace(b"record.sign", b"record.read"))
    code, out, errors = run(capsys, "verify", *where)
    assert code == Exit.CHECK_FAILED
    assert errors == [f"wardscribe: {path}:2: was changed, or not written by this server"]
    assert out[1].endswith("right"), "the other tenant's log is judged by itself"


def test_listing_shows_what_was_asked_for_and_is_itself_an_entry(
    where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    ward = (*where, "--tenant", "ward")
    _, out, _ = run(capsys, "list", *ward, "--kind", "record")
    assert [line.split("\t")[4] for line in out] == ["record.read", "record.sign"]
    _, out, _ = run(capsys, "list", *ward, "--user", "local", "--json")
    assert [json.loads(line)["kind"] for line in out] == ["audit.list", "audit.list"]
    assert run(capsys, "list", *ward, "--since", "2999-01-01")[1] == []
    assert len(run(capsys, "list", *ward, "--since", "2026-01-01T08:00")[1]) == 7
    assert run(capsys, "verify", *where)[0] == Exit.DONE


@pytest.mark.parametrize(
    "arguments", [("list", "--since", "yesterday"), ("verify", "--noted", "7"), ("verify", "--tenant", "nobody")]
)
def test_what_cannot_be_done_is_one_line(
    arguments: tuple[str, ...], where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, errors = run(capsys, *arguments, *where)
    assert (code, out, len(errors)) == (Exit.BAD_USAGE, [], 1)


def test_a_folder_without_a_log_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = run(capsys, "verify", "--data", str(tmp_path))
    assert (code, len(errors)) == (Exit.BAD_USAGE, 1)
