"""Which of a tenant's keys the journals still need: asked before a key is destroyed. Opens nothing."""

from pathlib import Path

from wardscribe_server.access.principal import TenantId
from wardscribe_server.journal.frames import NotAJournalError, read_head, sealed_keys
from wardscribe_server.journal.journal import JOURNAL
from wardscribe_server.vault.cipher import Cipher, KeyId


class JournalKeys:
    """A `KeyUse` over the folder of sessions."""

    def __init__(self, data: Path) -> None:
        self._root = data / "sessions"

    def sealed_under(self, tenant: TenantId, key_id: KeyId) -> int:
        """How many journals only this key opens."""
        return sum(_needs(path, tenant, key_id) for path in self._root.glob(f"*/{JOURNAL}"))


def _needs(path: Path, tenant: TenantId, key_id: KeyId) -> bool:
    try:
        with path.open("rb") as file:
            return read_head(file) == tenant and any(Cipher.key_of(sealed) == key_id for sealed in sealed_keys(file))
    except FileNotFoundError:  # deleted meanwhile
        return False
    except NotAJournalError:
        return False
