"""Before a key is destroyed the journals that need it are counted."""

from pathlib import Path

import pytest

from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.frames import FrameSealer, encode_head
from wardscribe_server.journal.key_use import JournalKeys
from wardscribe_server.vault.cipher import KeyId
from wardscribe_server.vault.keys import MasterKey
from wardscribe_server.vault.vault import KeyInUseError, Vault

NORTH, SOUTH = TenantId("north"), TenantId("south")
OLD, NEW = KeyId(1), KeyId(2)


def journal(data: Path, vault: Vault, name: str, tenant: TenantId, *, reopened: bool = False) -> None:
    folder = data / "sessions" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "journal"
    content = path.read_bytes() if reopened else encode_head(tenant)
    sealer = FrameSealer(vault.cipher(tenant), journal=name, number=5 if reopened else 0)
    path.write_bytes(content + b"".join(sealer.frame(b"words" * 50) for _ in range(3)))


@pytest.fixture
def vault(data_dir: Path) -> Vault:
    return Vault(data_dir, MasterKey(b"m" * 32))


def test_journals_are_counted_by_tenant_and_key(data_dir: Path, vault: Vault) -> None:
    uses = JournalKeys(data_dir)
    assert uses.sealed_under(NORTH, OLD) == 0
    journal(data_dir, vault, "a", NORTH)
    journal(data_dir, vault, "b", NORTH)
    journal(data_dir, vault, "c", SOUTH)
    vault.rotate(NORTH)
    journal(data_dir, vault, "b", NORTH, reopened=True)
    journal(data_dir, vault, "d", NORTH)
    (data_dir / "sessions" / "e").mkdir()
    (data_dir / "sessions" / "e" / "journal").write_bytes(b"torn")
    assert (uses.sealed_under(NORTH, OLD), uses.sealed_under(NORTH, NEW)) == (2, 2)
    assert (uses.sealed_under(SOUTH, OLD), uses.sealed_under(SOUTH, NEW)) == (1, 0)


def test_a_torn_journal_still_says_which_key_it_needs(data_dir: Path, vault: Vault) -> None:
    journal(data_dir, vault, "a", NORTH)
    path = data_dir / "sessions" / "a" / "journal"
    path.write_bytes(path.read_bytes()[:-20])
    assert JournalKeys(data_dir).sealed_under(NORTH, OLD) == 1


def test_a_key_that_a_journal_needs_is_not_forgotten(data_dir: Path, vault: Vault) -> None:
    journal(data_dir, vault, "a", NORTH)
    vault.rotate(NORTH)
    with pytest.raises(KeyInUseError, match="1 stored things"):
        vault.forget(NORTH, OLD, stores=(JournalKeys(data_dir),))
