"""Retention: what is due and nothing else goes, with proof, also when the run breaks off at any step."""

import asyncio
import json
import os
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wardscribe_protocol.errors import ErrorCode, InputError, RefusedError
from wardscribe_server.access.principal import TenantId
from wardscribe_server.audit.event import AuditAction, AuditEvent
from wardscribe_server.retention.archive import SessionFolders
from wardscribe_server.retention.deletion import Deleted, Deletion, digest
from wardscribe_server.retention.rules import Due, RetentionRules, Standing, due
from wardscribe_server.retention.schedule import keep_to_rules

WARD = TenantId("ward")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = RetentionRules(audio_days=30, unsigned_days=90)


class Reports:
    """The state of a report is in its session's name here."""

    def state_of(self, tenant: TenantId, session: str) -> Standing:
        return Standing(session.split("-")[0])


class Heard:
    """A sink that keeps what it is told, and may be full."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.full = False

    def write(self, event: AuditEvent) -> None:
        if self.full:
            raise RefusedError(ErrorCode.STORAGE_FULL)
        self.events.append(event)


def session(data: Path, name: str, *, days_ago: float, over: bool = True) -> Path:
    folder = data / "sessions" / name
    folder.mkdir(parents=True)
    (folder / "journal").write_bytes(struct.pack(">4sH", b"WSJ1", 4) + b"ward" + name.encode() * 100)
    if over:
        ended = NOW - timedelta(days=days_ago)
        (folder / "over.json").write_text(json.dumps({"at": ended.isoformat(), "why": "stopped"}))
    return folder


def whats_due(data: Path, rules: RetentionRules = RULES) -> Iterator[Due]:
    return due(SessionFolders(data).finished(), Reports(), rules, now=NOW)


def left(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "sessions").iterdir())


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_signed_and_unsigned_sessions_have_rules_of_their_own(data_dir: Path) -> None:
    for state in Standing:
        for days_ago in (29, 30, 89, 91, 4000):
            session(data_dir, f"{state.value}-{days_ago}", days_ago=days_ago)
    session(data_dir, "signed-open", days_ago=4000, over=False)
    names = [each.session.session for each in whats_due(data_dir)]
    assert sorted(names) == ["signed-30", "signed-4000", "signed-89", "signed-91", "unsigned-4000", "unsigned-91"]
    assert names[:2] == ["signed-4000", "unsigned-4000"], "the oldest first"
    assert list(whats_due(data_dir, RetentionRules())) == []


def test_a_session_that_is_deleted_leaves_proof_of_what_it_was(data_dir: Path, heard: Heard) -> None:
    folder = session(data_dir, "signed-1", days_ago=40)
    sha256, size = digest(folder)
    session(data_dir, "signed-2", days_ago=1)
    assert Deletion(data_dir, heard).run(whats_due(data_dir)) == Deleted(sessions=1, size_bytes=size)
    assert left(data_dir) == ["signed-2"]
    assert [path.name for path in (data_dir / "retention").iterdir()] == ["lock"]
    (event,) = heard.events
    assert (event.action, event.kind, event.entity, event.tenant) == (
        AuditAction.DELETE,
        "retention.deleted",
        "signed-1",
        WARD,
    )
    assert event.detail == {
        "rule": "keep_audio_days",
        "days": "30",
        "ended": "2026-04-22T00:00:00+00:00",
        "sha256": sha256,
        "bytes": str(size),
    }


def test_the_digest_sees_contents_and_names(tmp_path: Path) -> None:
    seen = set()
    for name, content in (("a", b"1"), ("a", b"2"), ("b", b"1"), ("a/b", b"1")):
        folder = tmp_path / str(len(seen))
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)
        seen.add(digest(folder)[0])
    assert len(seen) == 4


class PowerFailure(BaseException):
    """Nothing after it runs."""


STEPS = ("write_whole", "sync_folder", "Path.rename", "shutil.rmtree", "Path.unlink", "audit")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_breaks_off_at_any_step_is_finished_by_the_next(
    data_dir: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    for number in range(2):
        session(data_dir, f"signed-{number}", days_ago=40)
    places = {
        "write_whole": "wardscribe_server.retention.deletion.write_whole",
        "sync_folder": "wardscribe_server.retention.deletion.sync_folder",
        "Path.rename": "wardscribe_server.retention.deletion.Path.rename",
        "shutil.rmtree": "wardscribe_server.retention.deletion.shutil.rmtree",
        "Path.unlink": "wardscribe_server.retention.deletion.Path.unlink",
        "audit": "tests.server.retention.test_retention.Heard.write",
    }
    target = {"Path.rename": Path.rename, "Path.unlink": Path.unlink, "audit": Heard.write}.get(step)

    with monkeypatch.context() as patched:
        module, name = places[step].rsplit(".", 1)
        real = target or _found(places[step])

        def broken(*arguments: object, **options: object) -> object:
            if before:
                raise PowerFailure
            real(*arguments, **options)
            raise PowerFailure

        if step == "audit":
            patched.setattr(Heard, "write", broken)
        else:
            patched.setattr(f"{module}.{name}", broken)
        with pytest.raises(PowerFailure):
            Deletion(data_dir, heard).run(whats_due(data_dir))
    assert len(left(data_dir)) >= 1, "one session at a time"
    Deletion(data_dir, heard).run(whats_due(data_dir))
    assert left(data_dir) == []
    assert {path.name for path in (data_dir / "retention").iterdir()} == {"lock"}
    proofs = [event.entity for event in heard.events]
    assert set(proofs) == {"signed-0", "signed-1"}
    assert len(proofs) - 2 <= 1, "at most one deletion is proved twice"
    assert len({(event.entity, event.detail["sha256"]) for event in heard.events}) == 2, "and then alike"


def _found(name: str) -> object:
    from wardscribe_server.retention import deletion

    found: object = deletion
    for part in name.removeprefix("wardscribe_server.retention.deletion.").split("."):
        found = getattr(found, part)
    return found


def test_a_proof_that_cannot_be_kept_is_kept_by_the_next_run(data_dir: Path, heard: Heard) -> None:
    session(data_dir, "signed-1", days_ago=40)
    heard.full = True
    with pytest.raises(RefusedError):
        Deletion(data_dir, heard).run(whats_due(data_dir))
    assert left(data_dir) == []
    heard.full = False
    assert Deletion(data_dir, heard).run(whats_due(data_dir)).sessions == 0
    assert [event.entity for event in heard.events] == ["signed-1"]


def test_a_note_whose_session_is_still_there_deletes_nothing_by_itself(data_dir: Path, heard: Heard) -> None:
    """The rules may have changed since the run that broke off."""
    session(data_dir, "signed-1", days_ago=40)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("wardscribe_server.retention.deletion.Path.rename", _power_failure)
        with pytest.raises(PowerFailure):
            Deletion(data_dir, heard).run(whats_due(data_dir))
    Deletion(data_dir, heard).run(whats_due(data_dir, RetentionRules(audio_days=50)))
    assert (left(data_dir), heard.events) == (["signed-1"], [])


def _power_failure(*_: object) -> None:
    raise PowerFailure


def test_nothing_outside_the_folder_of_sessions_is_ever_deleted(data_dir: Path, tmp_path: Path, heard: Heard) -> None:
    elsewhere = session(tmp_path / "elsewhere", "signed-1", days_ago=40)
    (data_dir / "sessions").mkdir(parents=True)
    (data_dir / "sessions" / "signed-1").symlink_to(elsewhere)
    assert list(SessionFolders(data_dir).finished()) == []
    with pytest.raises(InputError, match="not a session's folder"):
        Deletion(data_dir, heard).run(whats_due(tmp_path / "elsewhere"))
    assert elsewhere.exists()


@pytest.mark.parametrize("over", ["", "{}", '{"at": "soon"}', "\xff"])
def test_a_session_whose_end_cannot_be_read_is_left_alone(data_dir: Path, over: str) -> None:
    folder = session(data_dir, "signed-1", days_ago=40)
    (folder / "over.json").write_text(over, encoding="latin-1")
    assert list(SessionFolders(data_dir).finished()) == []
    (folder / "over.json").write_text('{"at": "2026-01-01T00:00:00"}')
    assert [found.ended for found in SessionFolders(data_dir).finished()] == [datetime(2026, 1, 1, tzinfo=UTC)]
    (folder / "journal").write_bytes(b"WSJ")
    assert list(SessionFolders(data_dir).finished()) == []


def test_a_folder_that_cannot_be_moved_keeps_no_other(
    data_dir: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        session(data_dir, f"signed-{number}", days_ago=40)
    real = Path.rename

    def stuck(path: Path, target: Path) -> Path:
        if path.name == "signed-1":
            raise PermissionError(13, "Permission denied")
        return real(path, target)

    with monkeypatch.context() as patched:
        patched.setattr("wardscribe_server.retention.deletion.Path.rename", stuck)
        deleted = Deletion(data_dir, heard).run(whats_due(data_dir))
    assert (deleted.sessions, deleted.failed, left(data_dir)) == (2, 1, ["signed-1"])
    assert Deletion(data_dir, heard).run(whats_due(data_dir)).sessions == 1
    assert [event.entity for event in heard.events] == ["signed-0", "signed-2", "signed-1"]


def test_two_runs_do_not_get_in_each_others_way(data_dir: Path, heard: Heard) -> None:
    import fcntl

    Deletion(data_dir, heard).run(iter(()))
    lock = os.open(data_dir / "retention" / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(InputError, match="another retention run"):
        Deletion(data_dir, heard).run(iter(()))
    os.close(lock)
    Deletion(data_dir, heard).run(iter(()))


def test_the_server_runs_it_again_and_again_whatever_went_wrong(caplog: pytest.LogCaptureFixture) -> None:
    results = [Deleted(sessions=1, size_bytes=7), OSError(28, "No space left"), RefusedError(ErrorCode.STORAGE_FULL)]
    pauses: list[float] = []

    def run() -> Deleted:
        result = results[len(pauses)]
        if isinstance(result, Exception):
            raise result
        return result

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == len(results):
            raise asyncio.CancelledError

    with caplog.at_level("INFO"), pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_to_rules(run, every_s=60, pause=pause))
    assert pauses == [60, 60, 60]
    assert [record.levelname for record in caplog.records if "retention" in record.message] == [
        "INFO",
        "ERROR",
        "ERROR",
    ]
