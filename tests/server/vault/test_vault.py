"""The vault: keys for each tenant, rotated, wrapped anew, forgotten; a wrong master key changes nothing."""

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wardscribe_server.access.principal import TenantId
from wardscribe_server.vault.cipher import KeyId, SealBrokenError
from wardscribe_server.vault.keys import KeyRefusedError, MasterKey
from wardscribe_server.vault.tenant_keys import KEYS_FILE
from wardscribe_server.vault.vault import KeyInUseError, Vault, open_vault

NORTH, SOUTH = TenantId("north"), TenantId("south")
MASTER = MasterKey(b"m" * 32)


class Holding:
    """A store in which so many things need each key."""

    def __init__(self, count: int) -> None:
        self.count = count

    def sealed_under(self, tenant: TenantId, key_id: KeyId) -> int:
        return self.count


def vault(folder: Path, master: MasterKey = MASTER) -> Vault:
    return Vault(folder, master)


def test_a_tenant_gets_keys_that_are_there_after_a_restart(data_dir: Path) -> None:
    sealed = vault(data_dir).cipher(NORTH).seal(b"words", bound_to=b"here")
    again = vault(data_dir)
    assert again.cipher(NORTH).unseal(sealed, bound_to=b"here") == b"words"
    assert again.tenants == (NORTH,)
    assert {path.name for path in data_dir.iterdir()} == {KEYS_FILE, "keys.lock"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (data_dir, *data_dir.iterdir()))


def test_one_tenant_cannot_open_what_another_sealed(data_dir: Path) -> None:
    keys = vault(data_dir)
    sealed = keys.cipher(NORTH).seal(b"words", bound_to=b"here")
    with pytest.raises(SealBrokenError):
        keys.cipher(SOUTH).unseal(sealed, bound_to=b"here")
    assert keys.cipher(NORTH).index("number") != keys.cipher(SOUTH).index("number")
    assert keys.mac_key(NORTH, "audit") != keys.mac_key(SOUTH, "audit")


def test_a_rotated_key_seals_from_now_on_and_old_seals_open(data_dir: Path) -> None:
    keys = vault(data_dir)
    before = keys.cipher(NORTH)
    sealed, index, mac = before.seal(b"old", bound_to=b""), before.index("number"), keys.mac_key(NORTH, "audit")
    assert keys.rotate(NORTH) == KeyId(2) == keys.cipher(NORTH).current
    again = vault(data_dir)
    assert again.cipher(NORTH).unseal(sealed, bound_to=b"") == b"old"
    assert again.cipher(NORTH).key_of(again.cipher(NORTH).seal(b"new", bound_to=b"")) == KeyId(2)
    assert again.cipher(NORTH).index("number") == index, "what was indexed is still found"
    assert again.mac_key(NORTH, "audit") == mac, "a chain goes on"
    with pytest.raises(KeyRefusedError, match="no keys yet"):
        keys.rotate(SOUTH)


def test_a_cipher_is_made_once_and_anew_after_a_change(data_dir: Path) -> None:
    keys = vault(data_dir)
    assert keys.cipher(NORTH) is keys.cipher(NORTH)
    first = keys.cipher(NORTH)
    keys.rotate(NORTH)
    assert keys.cipher(NORTH) is not first


def test_another_process_that_rotates_is_noticed_and_its_keys_kept(data_dir: Path) -> None:
    server, command = vault(data_dir), vault(data_dir)
    server.cipher(NORTH)
    command.cipher(NORTH)
    command.rotate(NORTH)
    sealed = command.cipher(NORTH).seal(b"words", bound_to=b"")
    assert server.cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    server.cipher(SOUTH)
    assert set(vault(data_dir).tenants) == {NORTH, SOUTH}
    assert vault(data_dir).cipher(NORTH).current == KeyId(2)


def test_tenants_that_come_from_many_threads_at_once_all_get_keys(data_dir: Path) -> None:
    doors = [vault(data_dir), vault(data_dir)]
    seals: dict[str, bytes] = {}

    def arrive(number: int) -> None:
        name = f"ward-{number % 4}"
        seals[f"{name}/{number}"] = doors[number % 2].cipher(TenantId(name)).seal(b"words", bound_to=b"")

    threads = [threading.Thread(target=arrive, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = vault(data_dir)
    assert len(after.tenants) == 4
    for name, sealed in seals.items():
        assert after.cipher(TenantId(name.split("/")[0])).unseal(sealed, bound_to=b"") == b"words"


def test_a_forgotten_key_opens_nothing_any_more(data_dir: Path) -> None:
    keys = vault(data_dir)
    sealed = keys.cipher(NORTH).seal(b"words", bound_to=b"")
    keys.rotate(NORTH)
    keys.forget(NORTH, KeyId(1), stores=(Holding(0),))
    for door in (keys, vault(data_dir)):
        with pytest.raises(SealBrokenError):
            door.cipher(NORTH).unseal(sealed, bound_to=b"")
    assert keys.rotate(NORTH) == KeyId(3)
    assert [(state.key_id, state.forgotten is not None) for state in vault(data_dir).states] == [
        (KeyId(2), False),
        (KeyId(3), False),
        (KeyId(1), True),
    ]


def test_a_key_in_use_is_forgotten_only_when_told_twice(data_dir: Path) -> None:
    keys = vault(data_dir)
    sealed = keys.cipher(NORTH).seal(b"words", bound_to=b"")
    with pytest.raises(KeyInUseError, match="rotate first"):
        keys.forget(NORTH, KeyId(1), stores=(), even_in_use=True)
    keys.rotate(NORTH)
    with pytest.raises(KeyInUseError, match="7 stored things"):
        keys.forget(NORTH, KeyId(1), stores=(Holding(0), Holding(7)))
    assert keys.cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    keys.forget(NORTH, KeyId(1), stores=(Holding(7),), even_in_use=True)
    with pytest.raises(KeyRefusedError, match="no key 1"):
        keys.forget(NORTH, KeyId(1), stores=())


def test_the_last_number_stays_taken_when_its_key_is_forgotten(data_dir: Path) -> None:
    keys = vault(data_dir)
    keys.cipher(NORTH)
    keys.rotate(NORTH)
    keys.rotate(NORTH)
    keys.forget(NORTH, KeyId(2), stores=())
    assert keys.rotate(NORTH) == KeyId(4)


def test_wrapped_under_a_new_master_key_the_old_one_opens_nothing(data_dir: Path) -> None:
    keys, new = vault(data_dir), MasterKey(b"n" * 32)
    sealed = keys.cipher(NORTH).seal(b"words", bound_to=b"")
    keys.rewrap(new)
    assert keys.master_fingerprint == new.fingerprint
    assert vault(data_dir, new).cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    with pytest.raises(KeyRefusedError, match="sealed under master key"):
        vault(data_dir)


def test_a_server_goes_on_with_the_keys_it_knows_when_they_are_wrapped_anew_beside_it(
    data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = vault(data_dir)
    sealed = server.cipher(NORTH).seal(b"words", bound_to=b"")
    vault(data_dir).rewrap(MasterKey(b"n" * 32))
    after = (data_dir / KEYS_FILE).read_bytes()
    assert server.cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    server.cipher(NORTH)
    assert len(caplog.records) == 1, "said once"
    with pytest.raises(KeyRefusedError):
        server.cipher(SOUTH)
    assert (data_dir / KEYS_FILE).read_bytes() == after


def test_a_wrong_master_key_is_one_line_and_changes_nothing(data_dir: Path) -> None:
    vault(data_dir).cipher(NORTH)
    before = (data_dir / KEYS_FILE).read_bytes()
    with pytest.raises(KeyRefusedError) as refused:
        vault(data_dir, MasterKey(b"x" * 32))
    assert MASTER.fingerprint in refused.value.message
    assert "\n" not in refused.value.message
    assert (data_dir / KEYS_FILE).read_bytes() == before


def test_any_change_to_the_file_of_keys_is_refused(data_dir: Path) -> None:
    keys = vault(data_dir)
    keys.cipher(NORTH)
    keys.cipher(SOUTH)
    path = data_dir / KEYS_FILE
    good = json.loads(path.read_text())
    for change in (
        lambda file: file["tenants"].pop("south"),
        lambda file: file["tenants"].update(south=file["tenants"]["north"]),
        lambda file: file["tenants"]["north"]["data"]["1"].update(made="2020-01-01T00:00:00Z"),
        lambda file: file["tenants"]["north"].update(current=2),
        lambda file: file["tenants"]["north"].update(root=file["tenants"]["south"]["root"]),
        lambda file: file.update(seal=""),
        lambda file: file.update(more=1),
        lambda file: file.update(format=2),
    ):
        broken = json.loads(json.dumps(good))
        change(broken)
        path.write_text(json.dumps(broken))
        with pytest.raises(KeyRefusedError):
            vault(data_dir)
    path.write_text(json.dumps(good))
    assert len(vault(data_dir).tenants) == 2
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(KeyRefusedError, match="not a file of keys"):
        vault(data_dir)


def test_no_secret_stands_in_the_file_or_in_a_repr(data_dir: Path) -> None:
    keys = vault(data_dir)
    keys.cipher(NORTH)
    text = (data_dir / KEYS_FILE).read_text()
    for name, held in keys._tenants.items():
        for secret in (held.root, *(key.secret for key in held.data.values())):
            assert secret not in text.encode()
            assert secret.hex() not in text
            assert repr(secret) not in repr(held), name


def test_a_full_disk_leaves_the_old_keys_in_force(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = vault(data_dir)
    keys.cipher(NORTH)
    before = (data_dir / KEYS_FILE).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("wardscribe_server.vault.tenant_keys.os.fsync", full)
        with pytest.raises(KeyRefusedError, match="No space left"):
            keys.rotate(NORTH)
        with pytest.raises(KeyRefusedError, match="No space left"):
            keys.rewrap(MasterKey(b"n" * 32))
    assert keys.master_fingerprint == MASTER.fingerprint
    assert (data_dir / KEYS_FILE).read_bytes() == before
    assert {path.name for path in data_dir.iterdir()} == {KEYS_FILE, "keys.lock"}
    assert keys.cipher(NORTH).current == KeyId(1)


def test_the_first_start_makes_a_master_key_and_no_later_one_does(tmp_path: Path, data_dir: Path) -> None:
    place = tmp_path / "master.key"
    open_vault(data_dir, key_source=f"file:{place}").cipher(NORTH)
    kept = place.read_bytes()
    place.unlink()
    with pytest.raises(KeyRefusedError, match="put it back") as refused:
        open_vault(data_dir, key_source=f"file:{place}")
    assert "the data folder needs master key" in refused.value.message
    assert not place.exists()
    place.write_bytes(kept)
    place.chmod(0o600)
    assert open_vault(data_dir, key_source=f"file:{place}").tenants == (NORTH,)


def test_the_data_folder_is_made_private_or_refused_before_a_key_is_made(tmp_path: Path, data_dir: Path) -> None:
    place = tmp_path / "master.key"
    open_vault(data_dir / "deep", key_source=f"file:{place}")
    assert (data_dir / "deep").stat().st_mode & 0o077 == 0
    place.unlink()
    obstacle = tmp_path / "letter"
    obstacle.touch()
    with pytest.raises(KeyRefusedError, match="choose another with --data"):
        open_vault(obstacle / "data", key_source=f"file:{place}")
    assert not place.exists()
    endless = tmp_path / "endless"
    endless.symlink_to(endless)
    with pytest.raises(KeyRefusedError, match="cannot be looked at"):
        open_vault(endless, key_source=f"file:{place}")


def test_lost_keys_are_never_replaced_by_new_ones(
    tmp_path: Path, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = f"file:{tmp_path / 'master.key'}"
    running = open_vault(data_dir, key_source=source)
    sealed = running.cipher(NORTH).seal(b"words", bound_to=b"")
    (data_dir / KEYS_FILE).unlink()
    with pytest.raises(KeyRefusedError, match="the keys are gone"):
        open_vault(data_dir, key_source=source)
    with caplog.at_level(logging.ERROR):
        assert running.cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    assert "the keys are gone" in caplog.text
    with pytest.raises(KeyRefusedError, match="the keys are gone"):
        running.rotate(NORTH)


def test_a_disk_that_fails_for_a_while_leaves_the_keys_in_force_and_is_said_once(
    data_dir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = vault(data_dir)
    sealed = keys.cipher(NORTH).seal(b"words", bound_to=b"")

    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", broken)
        for _ in range(3):
            assert keys.cipher(NORTH).unseal(sealed, bound_to=b"") == b"words"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    vault(data_dir).rotate(NORTH)
    assert keys.cipher(NORTH).current == KeyId(2)


def test_a_first_start_that_broke_off_can_be_tried_again(tmp_path: Path, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "keys.lock").touch()
    open_vault(data_dir, key_source=f"file:{tmp_path / 'master.key'}").cipher(NORTH)


def test_states_say_which_key_seals_since_when(data_dir: Path) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    keys = Vault(data_dir, MASTER, now=lambda: at)
    keys.cipher(NORTH)
    keys.rotate(NORTH)
    assert [(state.key_id, state.current, state.made) for state in keys.states] == [
        (KeyId(1), False, at),
        (KeyId(2), True, at),
    ]
