"""`wardscribe records`: lists, shows, tells what was done, and that it was looked at."""

import json
import sqlite3
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import Exit, main
from wardscribe_protocol.record import Evidence, Language, Record, Transcript
from wardscribe_server.access.principal import LOCAL
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import entries
from wardscribe_server.config import ServerSettings
from wardscribe_server.records.building import build_reports, open_database
from wardscribe_server.records.report import ReportId, ValueEdit
from wardscribe_server.vault.vault import open_vault


@pytest.fixture
def where(tmp_path: Path, data_dir: Path) -> tuple[str, ...]:
    return "--data", str(data_dir), "--key-source", f"file:{tmp_path / 'master.key'}"


@pytest.fixture
def kept(where: tuple[str, ...], data_dir: Path) -> list[ReportId]:
    """Three reports; the first is signed and was corrected and added to."""
    settings = ServerSettings(data=data_dir, key_source=where[-1])
    vault = open_vault(data_dir, key_source=settings.key_source)
    log, database = AuditLog(data_dir, vault), open_database(settings)
    service = build_reports(database, vault=vault, audit=log)
    record = Record(
        template="chest_xray",
        language=Language.ZH,
        transcript=Transcript(raw="心影增大", text="心影增大。"),
        fields={"heart_size": "enlarged"},
        evidence={"/fields/heart_size": Evidence(text="心影增大", chars=(0, 4), confidence=0.9)},
    )
    ids = [service.keep_draft(LOCAL, record).id for _ in range(3)]
    service.sign(LOCAL, ids[0], revision=1, acknowledge_unconfirmed=True)
    edit = ValueEdit(path="/fields/heart_size", value="borderline")
    service.correct(LOCAL, ids[0], [edit], revision=2, reason="重新测量")
    service.addend(LOCAL, ids[0], "已告知临床。", revision=3)
    database.close()
    log.close()
    return ids


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["records", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_reports_are_listed_newest_first_and_restricted(
    where: tuple[str, ...], kept: list[ReportId], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "list", *where)
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == Exit.DONE
    assert [row[0] for row in rows] == kept[::-1]
    assert rows[-1][1:6] == ["addended", "v3", "chest_xray", "zh", "local"]
    for restricted, number in (
        (("--state", "draft"), 2),
        (("--template", "ct_chest"), 0),
        (("--since", "2100-01-01"), 0),
        (("--limit", "1"), 1),
    ):
        assert run(capsys, "list", *where, *restricted)[1].count("\n") == number
    listed = json.loads(run(capsys, "list", *where, "--json", "--limit", "1")[1])
    assert (listed["id"], listed["state"], listed["revision"]) == (kept[2], "draft", 1)


def test_a_report_is_shown_in_any_version_and_form(
    where: tuple[str, ...], kept: list[ReportId], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "show", kept[0], *where)
    assert (code, json.loads(out)["fields"]) == (Exit.DONE, {"heart_size": "borderline"})
    assert json.loads(run(capsys, "show", kept[0], *where, "--version", "1")[1])["state"] == "final"
    text = run(capsys, "show", kept[0], *where, "--format", "text")[1]
    assert text.endswith("\n  已告知临床。\n")
    assert "补充报告 (local, " in text


def test_what_was_done_is_told_with_before_and_after(
    where: tuple[str, ...], kept: list[ReportId], capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "history", kept[0], *where)[1]
    assert [line.split("\t")[1:] for line in out.splitlines()] == [
        ["local", "keep", "v1"],
        ["local", "sign", "v1"],
        ["local", "correct", "v2", "/fields/heart_size", '"enlarged" -> "borderline"'],
        ["local", "addend", "v3"],
    ]
    told = [json.loads(line) for line in run(capsys, "history", kept[0], *where, "--json")[1].splitlines()]
    assert (told[2]["reason"], told[2]["before"]) == ("重新测量", "enlarged")


def test_looking_is_told_to_the_audit_log(
    where: tuple[str, ...], kept: list[ReportId], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "show", kept[0], *where)
    run(capsys, "show", "0" * 32, *where)
    vault = open_vault(data_dir, key_source=where[-1])
    key = vault.mac_key(LOCAL.tenant, MAC_PURPOSE)
    last = list(entries(data_dir, LOCAL.tenant, key=key, wanted=lambda _: True))[-2:]
    assert [(entry.kind, entry.entity, entry.outcome) for entry in last] == [
        ("record.read", kept[0], "0"),
        ("record.read", "0" * 32, "4"),
    ]


def test_what_was_signed_is_what_the_audit_log_tells_of(
    where: tuple[str, ...], kept: list[ReportId], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "verify", *where)[:2] == (Exit.DONE, "local\t3\tright\n")
    connection = sqlite3.connect(data_dir / "records.sqlite")
    connection.execute("PRAGMA foreign_keys = OFF")
    for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger[0]}")
    connection.execute("UPDATE versions SET sha256 = upper(sha256) WHERE number = 2")
    connection.execute("DELETE FROM versions WHERE number = 1 AND sha256 IS NOT NULL")
    connection.commit()
    connection.close()
    code, out, err = run(capsys, "verify", *where)
    assert (code, out) == (Exit.CHECK_FAILED, "local\t2\twrong\n")
    lines = err.splitlines()
    assert [line.partition(f"{kept[0]} ")[2][:14] for line in lines] == [
        "v2 was changed",
        "v3 was changed",
        "v1 is missing:",
    ]


def test_what_cannot_be_done_is_one_line(
    where: tuple[str, ...], kept: list[ReportId], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ("show", *where),
        ("list", kept[0], *where),
        ("show", "0" * 32, *where),
        ("show", kept[0], *where, "--version", "9"),
        ("show", kept[0], *where, "--format", "papyrus"),
        ("list", *where, "--state", "nonsense"),
        ("list", *where, "--since", "yesterday"),
        ("list", *where, "--limit", "0"),
        ("list", *where, "--tenant", "elsewhere"),
        ("list", "--data", str(data_dir / "elsewhere")),
    ):
        code, out, errors = run(capsys, *arguments)
        assert (code, out, errors.count("\n")) == (Exit.BAD_USAGE, "", 1), arguments
