"""The doctor on disk, keys and retention: each trouble is named, and nothing is made or changed."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from wardscribe_server.access.principal import LOCAL_TENANT
from wardscribe_server.config import ServerSettings
from wardscribe_server.doctor import storage
from wardscribe_server.doctor.findings import Finding
from wardscribe_server.doctor.storage import examine_disk, examine_keys, examine_retention
from wardscribe_server.vault.keys import MasterKey
from wardscribe_server.vault.vault import open_vault


def levels(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.name: finding.level.value for finding in findings}


def advice(findings: Iterable[Finding]) -> str:
    return "\n".join(finding.advice for finding in findings)


@pytest.fixture
def settings(tmp_path: Path, data_dir: Path) -> ServerSettings:
    return ServerSettings(data=data_dir, key_source=f"file:{tmp_path / 'config' / 'master.key'}", min_free_mb=0)


def begun(settings: ServerSettings) -> None:
    open_vault(settings.data, key_source=settings.key_source).cipher(LOCAL_TENANT)


def test_a_new_machine_is_well_and_stays_as_it_was(settings: ServerSettings, tmp_path: Path) -> None:
    assert levels(examine_disk(settings)) == {"disk": "ok", "data": "ok"}
    assert levels(examine_keys(settings)) == {"keys": "ok"}
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_in_use_is_well_and_stays_as_it_was(settings: ServerSettings) -> None:
    begun(settings)
    before = {path: path.read_bytes() for path in settings.data.iterdir()}
    assert levels(examine_disk(settings)) == {"disk": "ok", "data": "ok"}
    assert "right, for 1 tenants" in advice(examine_keys(settings))
    assert {path: path.read_bytes() for path in settings.data.iterdir()} == before


def test_a_disk_without_room_is_a_failure_and_one_with_little_a_warning(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = settings.model_copy(update={"min_free_mb": 200})
    for free, level in ((150_000_000, "fail"), (700_000_000, "warn"), (1_100_000_000, "ok")):
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        assert levels(examine_disk(tight))["disk"] == level


def test_a_folder_that_cannot_be_written_is_a_failure(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.os, "access", lambda *_: False)
    assert levels(examine_disk(settings))["data"] == "fail"
    settings.data.mkdir(mode=0o755)

    def broken(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(storage.os, "fsync", broken)
    found = list(examine_disk(settings))
    assert [finding.level.value for finding in found] == ["ok", "warn", "fail"]
    assert "chmod 700" in advice(found)
    assert "Read-only" in advice(found)


def test_a_slow_disk_is_a_warning(settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(settings)
    times = iter((0.0, 0.3))
    monkeypatch.setattr(storage.time, "perf_counter", lambda: next(times))
    assert "300 ms" in advice(examine_disk(settings))


def test_keys_that_are_lost_wrong_or_open_to_others_are_failures(settings: ServerSettings, tmp_path: Path) -> None:
    begun(settings)
    key = tmp_path / "config" / "master.key"
    key.chmod(0o644)
    assert "chmod 600" in advice(examine_keys(settings))
    key.chmod(0o600)
    kept = key.read_text()
    key.write_text(MasterKey.random().text())
    assert "sealed under master key" in advice(examine_keys(settings))
    key.unlink()
    found = list(examine_keys(settings))
    assert levels(found) == {"keys": "fail"}
    assert not key.exists(), "nothing is made"
    key.write_text(kept)
    key.chmod(0o600)
    assert levels(examine_keys(settings)) == {"keys": "ok"}
    assert levels(examine_keys(settings.model_copy(update={"key_source": "env"}))) == {"keys": "fail"}


def test_a_master_key_among_the_data_is_a_warning(settings: ServerSettings) -> None:
    beside = settings.model_copy(update={"key_source": f"file:{settings.data / 'master.key'}"})
    assert [finding.level.value for finding in examine_keys(beside)] == ["warn", "ok"]


def test_rules_that_are_not_set_are_a_warning(settings: ServerSettings) -> None:
    assert "keep_unsigned_days" in advice(examine_retention(settings.model_copy(update={"keep_audio_days": 30})))
    both = settings.model_copy(update={"keep_audio_days": 30, "keep_unsigned_days": 90})
    assert levels(examine_retention(both)) == {"retention": "ok"}
