"""Where the spool's key is kept: in the desktop's keyring, or in a file of its owner's."""

import base64
import logging
from pathlib import Path

import pytest

from wardscribe_client.spool import Spool
from wardscribe_client.spool_key import SpoolKey, desktop_keyring, spool_key
from wardscribe_protocol.errors import InputError


class FakeKeyring:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None

    def get_password(self, service_name: str, username: str) -> str | None:
        if self.fails is not None:
            raise self.fails
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.kept[(service_name, username)] = password


def test_with_a_keyring_the_key_is_there_and_in_no_file(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    key = spool_key(tmp_path, keyring=keyring)
    assert spool_key(tmp_path, keyring=keyring) == key
    assert spool_key(tmp_path / "other", keyring=keyring) != key, "each spool has its own"
    assert list(tmp_path.iterdir()) == []
    assert base64.b64encode(key.secret).decode() in keyring.kept.values()


def test_without_a_keyring_the_key_is_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    key = spool_key(tmp_path / "spool")
    assert spool_key(tmp_path / "spool") == key
    assert (tmp_path / "spool" / "spool.key").stat().st_mode & 0o077 == 0


def test_a_keyring_that_does_not_answer_is_no_obstacle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keyring = FakeKeyring()
    keyring.fails = RuntimeError("locked, and this may name a secret")
    with caplog.at_level(logging.WARNING):
        key = spool_key(tmp_path, keyring=keyring)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
    keyring.fails = None
    assert spool_key(tmp_path, keyring=keyring) == key, "once in a file it stays there: old dictations still open"


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    spool_key(tmp_path)
    (tmp_path / "spool.key").chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        spool_key(tmp_path)


def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "spool.key").write_text("bm90IGEga2V5")
    (tmp_path / "spool.key").chmod(0o600)
    with pytest.raises(InputError, match=r"spool\.key: not a key") as caught:
        spool_key(tmp_path)
    assert "bm90" not in caught.value.message
    keyring = FakeKeyring()
    keyring.kept[("wardscribe", f"spool {tmp_path / 'x'}")] = "rubbish"
    with pytest.raises(InputError, match="keyring entry"):
        spool_key(tmp_path / "x", keyring=keyring)


def test_a_key_shows_nothing_of_itself() -> None:
    key = SpoolKey.random()
    assert repr(key) == "SpoolKey()"
    with pytest.raises(ValueError):
        SpoolKey(b"short")


def test_a_spool_makes_its_key_and_says_where_it_cannot_be(tmp_path: Path) -> None:
    spool = Spool.at(tmp_path / "spool")
    assert (spool.folder / "spool.key").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept there"):
        Spool.at(tmp_path / "file" / "spool")


def test_a_machine_without_a_desktop_has_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    monkeypatch.setattr(keyring, "get_keyring", NoKeyring)
    assert desktop_keyring() is None
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    assert desktop_keyring() is None
