"""The master key: made once, private, recognised, and refused with one line that says what to do."""

import base64
import logging
import os
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from pydantic import SecretStr

from wardscribe_server.vault.keys import (
    KeyFile,
    KeyInEnvironment,
    KeyInKeyring,
    KeyRefusedError,
    MasterKey,
    load_master_key,
    parse_key_source,
)


class InMemory(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = broken

    def get_password(self, service: str, username: str) -> str | None:
        if self.broken:
            raise keyring.errors.KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def place(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "config" / "master.key")


def test_the_setting_names_three_sorts_of_place() -> None:
    assert parse_key_source("file:/etc/ward/key") == KeyFile(Path("/etc/ward/key"))
    assert parse_key_source("file:~/key") == KeyFile(Path.home() / "key")
    assert parse_key_source("env") == KeyInEnvironment()
    assert parse_key_source("keyring:ward") == KeyInKeyring("ward")


@pytest.mark.parametrize("text", ["", "file:", "keyring:", "env:X", "vault:x", "/etc/key"])
def test_another_sort_of_place_is_refused(text: str) -> None:
    with pytest.raises(KeyRefusedError, match="file:PATH, env or keyring:NAME"):
        parse_key_source(text)


def test_a_key_put_in_the_wrong_setting_is_not_shown() -> None:
    key = MasterKey.random().text()
    with pytest.raises(KeyRefusedError) as refused:
        parse_key_source(key)
    assert key not in refused.value.message


def test_a_file_is_made_once_private_and_said_aloud(place: KeyFile, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        made = load_master_key(place, make=True)
    assert place.path.stat().st_mode & 0o777 == 0o600
    assert place.path.parent.stat().st_mode & 0o777 == 0o700
    assert "back it up" in caplog.text
    assert made.text() not in caplog.text
    caplog.clear()
    assert load_master_key(place, make=True).fingerprint == made.fingerprint
    assert not caplog.records
    assert os.listdir(place.path.parent) == ["master.key"]  # noqa: PTH208 - names only


def test_a_file_that_is_not_there_is_not_made_unless_asked(place: KeyFile) -> None:
    with pytest.raises(KeyRefusedError, match="put it back from your backup"):
        load_master_key(place)
    assert not place.path.exists()


def test_a_key_that_another_process_made_meanwhile_is_never_replaced(
    place: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = MasterKey.random()
    real = MasterKey.random

    def while_another_starts() -> MasterKey:
        place.path.parent.mkdir(exist_ok=True)
        place.path.write_text(first.text())
        place.path.chmod(0o600)
        return real()

    monkeypatch.setattr(MasterKey, "random", while_another_starts)
    assert load_master_key(place, make=True).fingerprint == first.fingerprint


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700 | 0o001])
def test_a_file_that_others_can_open_is_refused(place: KeyFile, mode: int) -> None:
    load_master_key(place, make=True)
    place.path.chmod(mode)
    with pytest.raises(KeyRefusedError, match="chmod 600"):
        load_master_key(place, make=True)


@pytest.mark.parametrize("content", [b"", b"not base64!", base64.b64encode(b"short"), b"\xff\xfe" * 30, b"QQ==" * 4000])
def test_a_file_with_anything_else_in_it_is_refused_and_left_alone(place: KeyFile, content: bytes) -> None:
    place.path.parent.mkdir()
    place.path.write_bytes(content)
    place.path.chmod(0o600)
    with pytest.raises(KeyRefusedError, match="32 bytes in base64") as refused:
        load_master_key(place, make=True)
    assert place.path.read_bytes() == content
    assert "\n" not in refused.value.message


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match="not a file"):
        load_master_key(KeyFile(tmp_path))


def test_the_environment_gives_a_key_or_a_line_that_does_not_show_it() -> None:
    key = MasterKey.random()
    assert load_master_key(KeyInEnvironment(), from_environment=SecretStr(key.text())).fingerprint == key.fingerprint
    with pytest.raises(KeyRefusedError, match="WARDSCRIBE_MASTER_KEY is not set"):
        load_master_key(KeyInEnvironment(), make=True)
    with pytest.raises(KeyRefusedError) as refused:
        load_master_key(KeyInEnvironment(), from_environment=SecretStr("hush" + key.text()))
    assert "hush" not in refused.value.message


def test_the_keyring_keeps_a_key(caplog: pytest.LogCaptureFixture) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        with pytest.raises(KeyRefusedError, match="put it back"):
            load_master_key(KeyInKeyring("ward"))
        made = load_master_key(KeyInKeyring("ward"), make=True)
        assert "back it up" in caplog.text
        assert load_master_key(KeyInKeyring("ward")).fingerprint == made.fingerprint
        keyring.set_keyring(InMemory(broken=True))
        with pytest.raises(KeyRefusedError, match="KeyringLocked"):
            load_master_key(KeyInKeyring("ward"), make=True)
    finally:
        keyring.set_keyring(before)


def test_a_key_shows_its_fingerprint_and_not_itself() -> None:
    key = MasterKey.random()
    assert key.text() not in repr(key)
    assert len(key.fingerprint) == 16
    assert key.derive("one") != key.derive("two")
    assert key.derive("one") == MasterKey(base64.b64decode(key.text())).derive("one")
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(b"short")
