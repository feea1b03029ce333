"""The audit log as written: kept before `write` returns, whole after a crash, one chain for all who write."""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import TenantId, UserId
from wardscribe_server.audit.anchor import HEAD_FILE
from wardscribe_server.audit.entry import MAC_PURPOSE, Entry
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome
from wardscribe_server.audit.files import log_files, tenant_folder
from wardscribe_server.audit.log import AuditLog
from wardscribe_server.audit.verification import Verdict, entries, verify
from wardscribe_server.vault.keys import MasterKey
from wardscribe_server.vault.vault import Vault

WARD, OTHER = TenantId("ward"), TenantId("St. Änne/7")


def event(number: int = 0, *, tenant: TenantId = WARD, kind: str = "record.read", **detail: str) -> AuditEvent:
    return AuditEvent(
        action=AuditAction.READ,
        kind=kind,
        outcome=AuditOutcome.SUCCESS,
        tenant=tenant,
        user=UserId("u-12"),
        entity=f"r-{number}",
        detail=detail,
    )


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def vault(data_dir: Path) -> Vault:
    return Vault(data_dir, MasterKey(b"m" * 32))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reopen(data_dir: Path, vault: Vault, clock: Clock) -> Callable[[], AuditLog]:
    return lambda: AuditLog(data_dir, vault, now=clock, max_file_bytes=2_000)


def verdict(vault: Vault, tenant: TenantId = WARD) -> Verdict:
    return verify(vault._path.parent, tenant, key=vault.mac_key(tenant, MAC_PURPOSE))


def read(vault: Vault, tenant: TenantId = WARD) -> list[Entry]:
    return list(entries(vault._path.parent, tenant, key=vault.mac_key(tenant, MAC_PURPOSE), wanted=lambda _: True))


def folder(vault: Vault) -> Path:
    return tenant_folder(vault._path.parent, WARD)


def test_events_are_kept_in_order_and_the_log_is_whole(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    log = reopen()
    for number in range(3):
        log.write(event(number, reason="shift"))
    assert [(entry.number, entry.entity, entry.detail) for entry in read(vault)] == [
        (1, "r-0", {"reason": "shift"}),
        (2, "r-1", {"reason": "shift"}),
        (3, "r-2", {"reason": "shift"}),
    ]
    found = verdict(vault)
    assert (found.entries, found.fault) == (3, None)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder(vault), *folder(vault).iterdir()))


def test_a_line_has_what_fhir_r4b_asks_of_an_audit_event(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    reopen().write(event(7))
    line = json.loads(log_files(folder(vault))[0].path.read_text())
    assert line["resourceType"] == "AuditEvent"
    assert line["type"] == {
        "system": "http://dicom.nema.org/resources/ontology/DCM",
        "code": "110110",
        "display": "Patient Record",
    }
    assert line["subtype"][0]["code"] == "record.read"
    assert (line["action"], line["outcome"], line["recorded"]) == ("R", "0", "2026-03-01T08:00:00.000Z")
    assert line["agent"] == [{"who": {"identifier": {"value": "u-12"}}, "requestor": True}]
    assert line["source"] == {"site": "ward", "observer": {"display": "wardscribe"}}
    assert line["entity"] == [{"what": {"identifier": {"value": "r-7"}}}]
    assert (line["number"], line["previous"], len(line["mac"])) == (1, "", 64)


def test_the_chain_goes_on_after_a_restart_and_into_the_next_day(
    reopen: Callable[[], AuditLog], vault: Vault, clock: Clock
) -> None:
    reopen().write(event(1))
    clock.at += timedelta(days=1)
    log = reopen()
    log.write(event(2))
    clock.at -= timedelta(days=1)  # a clock that is set back does not break the order
    log.write(event(3))
    assert [file.path.name for file in log_files(folder(vault))] == [
        "2026-03-01.000000000001.jsonl",
        "2026-03-02.000000000002.jsonl",
        "2026-03-01.000000000003.jsonl",
    ]
    assert (verdict(vault).entries, verdict(vault).fault) == (3, None)


def test_a_file_that_is_large_is_followed_by_another(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    log = reopen()
    for number in range(12):
        log.write(event(number))
    assert len(log_files(folder(vault))) == 3
    assert (verdict(vault).entries, verdict(vault).fault) == (12, None)


def test_tenants_have_logs_of_their_own_and_their_names_are_no_paths(
    reopen: Callable[[], AuditLog], vault: Vault, data_dir: Path
) -> None:
    log = reopen()
    log.write(event(1))
    log.write(event(2, tenant=OTHER))
    assert [entry.entity for entry in read(vault, OTHER)] == ["r-2"]
    assert verdict(vault, OTHER).entries == verdict(vault).entries == 1
    assert sorted(path.name.split("-")[0] for path in (data_dir / "audit").iterdir()) == ["t", "ward"]
    for name in ("..", "", "a/b", "t-" + "0" * 24, "WARD", "x" * 300):
        assert tenant_folder(data_dir, TenantId(name)).parent == data_dir / "audit"
        assert tenant_folder(data_dir, TenantId(name)).name.startswith("t-")


def test_one_tenants_log_put_in_anothers_place_is_found(
    reopen: Callable[[], AuditLog], vault: Vault, data_dir: Path
) -> None:
    log = reopen()
    log.write(event(1))
    log.write(event(2, tenant=OTHER))
    log.close()
    theirs = tenant_folder(data_dir, OTHER)
    for path in folder(vault).iterdir():
        (theirs / path.name).write_bytes(path.read_bytes())
    assert verdict(vault, OTHER).fault is not None


def test_many_who_write_at_once_share_syncs_and_all_are_kept(
    reopen: Callable[[], AuditLog], vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = reopen()
    log.write(event(0))
    syncs, gate, real = 0, threading.Event(), os.fsync

    def counting(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        if syncs == 1:
            gate.wait(10)
        real(descriptor)

    monkeypatch.setattr("wardscribe_server.audit.log.os.fsync", counting)
    threads = [threading.Thread(target=log.write, args=(event(number),)) for number in range(1, 17)]
    for thread in threads:
        thread.start()
    queue = log._queues[WARD]
    while len(queue.waiting) < 15:
        gate.wait(0.001)
    gate.set()
    for thread in threads:
        thread.join()
    assert syncs == 4, "one group of one, one of fifteen; each syncs the log and its head"
    assert sorted(entry.entity for entry in read(vault)) == sorted(f"r-{number}" for number in range(17))
    assert verdict(vault).fault is None


def test_a_log_that_is_closed_while_others_write_loses_nothing_and_writes_nowhere_else(
    reopen: Callable[[], AuditLog], vault: Vault, data_dir: Path
) -> None:
    log = reopen()
    threads = [threading.Thread(target=lambda n=n: [log.write(event(10 * n + i)) for i in range(10)]) for n in range(3)]
    for thread in threads:
        thread.start()
    beside = data_dir / "beside"
    while any(thread.is_alive() for thread in threads):
        log.close()
        with beside.open("w") as other:  # takes the number of a file that was just closed
            other.flush()
    for thread in threads:
        thread.join()
    log.close()
    assert beside.read_bytes() == b""
    assert (verdict(vault).entries, verdict(vault).fault) == (30, None)
    assert {entry.kind for entry in read(vault)} == {"record.read"}


def test_two_processes_take_turns_in_one_chain(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    server, command = reopen(), reopen()
    for number in range(4):
        (server, command)[number % 2].write(event(number))
    assert [entry.entity for entry in read(vault)] == ["r-0", "r-1", "r-2", "r-3"]
    assert (verdict(vault).entries, verdict(vault).fault) == (4, None)


@pytest.mark.parametrize("kept", range(0, 420, 60))
def test_a_torn_last_line_is_cut_and_said_and_nothing_else_is_lost(
    reopen: Callable[[], AuditLog], vault: Vault, kept: int
) -> None:
    """A crash between the write and its sync: any part of the line may have reached the disk, the head did not."""
    log = reopen()
    log.write(event(1))
    head = (folder(vault) / HEAD_FILE).read_bytes()
    path = log_files(folder(vault))[0].path
    before = path.stat().st_size
    log.write(event(2))
    log.close()
    (folder(vault) / HEAD_FILE).write_bytes(head)
    os.truncate(path, before + kept)
    if kept:
        assert "unfinished" in str(verdict(vault).fault)
    log = reopen()
    log.write(event(3))
    assert verdict(vault).fault is None
    found = [(entry.kind, entry.entity) for entry in read(vault)]
    repair = [("audit.repaired", "")] if kept else []
    assert found == [("record.read", "r-1"), *repair, ("record.read", "r-3")]
    assert verdict(vault).repairs["audit.repaired"] == len(repair)


def test_a_whole_entry_beyond_the_head_stays(reopen: Callable[[], AuditLog], vault: Vault, clock: Clock) -> None:
    """A crash between the sync of the log and the sync of its head, also over midnight."""
    log = reopen()
    log.write(event(1))
    for moment in range(2):
        head = (folder(vault) / HEAD_FILE).read_bytes()
        clock.at += timedelta(days=moment)
        log.write(event(2 + 2 * moment))
        log.close()
        (folder(vault) / HEAD_FILE).write_bytes(head)
        assert verdict(vault).fault is None
        log = reopen()
        log.write(event(3 + 2 * moment))
    assert [entry.entity for entry in read(vault)] == ["r-1", "r-2", "r-3", "r-4", "r-5"]
    assert (verdict(vault).entries, verdict(vault).fault) == (5, None)


def test_a_torn_head_is_mended_from_its_other_half(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    log = reopen()
    for number in range(3):
        log.write(event(number))
    log.close()
    head = folder(vault) / HEAD_FILE
    content = bytearray(head.read_bytes())
    content[100:200] = bytes(100)  # entry 3's slot
    head.write_bytes(content)
    assert "torn by a crash" in str(verdict(vault).fault)
    reopen().write(event(3))
    assert [entry.kind for entry in read(vault)] == ["record.read"] * 3 + ["audit.repaired", "record.read"]
    assert verdict(vault).fault is None


def test_an_end_that_was_cut_off_stays_to_be_found_after_the_next_start(
    reopen: Callable[[], AuditLog], vault: Vault
) -> None:
    log = reopen()
    for number in range(4):
        log.write(event(number))
    log.close()
    path = log_files(folder(vault))[0].path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert "2 entries, but" not in str(verdict(vault).fault)
    assert "says 4 entries, but the log ends after 2" in str(verdict(vault).fault)
    reopen().write(event(9))
    assert [(entry.number, entry.kind) for entry in read(vault)] == [
        (1, "record.read"),
        (2, "record.read"),
        (5, "audit.damaged"),
        (6, "record.read"),
    ]
    assert "entries 3 to 4 are missing" in str(verdict(vault).fault)


def test_a_head_that_is_gone_is_found_and_said(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    log = reopen()
    log.write(event(1))
    log.close()
    (folder(vault) / HEAD_FILE).unlink()
    assert "is missing" in str(verdict(vault).fault)
    reopen().write(event(2))
    assert [entry.kind for entry in read(vault)] == ["record.read", "audit.damaged", "record.read"]


def test_a_log_without_a_genuine_entry_is_put_aside_and_said(reopen: Callable[[], AuditLog], vault: Vault) -> None:
    log = reopen()
    log.write(event(1))
    log.close()
    path = log_files(folder(vault))[0].path
    path.write_text("gone\n")
    (folder(vault) / HEAD_FILE).write_bytes(b"gone")
    reopen().write(event(2))
    assert path.with_name(path.name + ".damaged").read_text() == "gone\n"
    assert [entry.kind for entry in read(vault)] == ["audit.damaged", "record.read"]


def test_a_full_disk_refuses_the_event_and_the_log_goes_on_later(
    reopen: Callable[[], AuditLog], vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = reopen()
    log.write(event(0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("log.os.fsync", "log.os.write", "anchor.os.pwrite"):
        with monkeypatch.context() as patched:
            patched.setattr(f"wardscribe_server.audit.{place}", full)
            with pytest.raises(RefusedError) as refused:
                log.write(event(1))
        assert refused.value.code is ErrorCode.STORAGE_FULL
    log.write(event(2))
    assert verdict(vault).fault is None
    assert read(vault)[-1].entity == "r-2"


def test_what_an_outsider_chose_cannot_fill_the_log_or_break_a_line(
    reopen: Callable[[], AuditLog], vault: Vault
) -> None:
    log = reopen()
    strange = "a\nb\u2028\ud800" + "x" * 10_000
    log.write(event(1, note=strange))
    log.write(event(2))
    assert len(log_files(folder(vault))[0].path.read_bytes().splitlines()) == 2
    assert len(read(vault)[0].detail["note"]) == 200
    assert verdict(vault).fault is None
