import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from wardscribe_client.address import server_address
from wardscribe_client.config import ClientSettings
from wardscribe_client.preferences import Preferences
from wardscribe_client.token_store import TOKENS_FILE, TokenStore
from wardscribe_client.workstation import Workstation
from wardscribe_protocol.errors import InputError

HERE, THERE = server_address("ward7"), server_address("ward8")
SECRET = SecretStr("wst_47468ec49d48_abc")


class Desktop:
    """A keyring that is there."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.kept[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.kept[service_name, username]


@pytest.mark.parametrize("with_keyring", [True, False])
def test_a_token_is_given_back_for_its_own_server_alone(tmp_path: Path, with_keyring: bool) -> None:
    store = TokenStore(tmp_path, keyring=Desktop() if with_keyring else None)
    assert store.token(HERE) is None
    store.keep(HERE, SECRET)
    assert store.token(HERE) == SECRET
    assert store.token(THERE) is None
    store.forget(HERE)
    assert store.token(HERE) is None
    store.forget(HERE)


def test_in_a_file_only_the_owner_can_read_it(tmp_path: Path) -> None:
    TokenStore(tmp_path, keyring=None).keep(HERE, SECRET)
    assert stat.S_IMODE((tmp_path / TOKENS_FILE).stat().st_mode) == 0o600


def test_a_keyring_that_comes_later_takes_the_token_out_of_the_file(tmp_path: Path) -> None:
    TokenStore(tmp_path, keyring=None).keep(HERE, SECRET)
    desktop = Desktop()
    store = TokenStore(tmp_path, keyring=desktop)
    assert store.token(HERE) == SECRET
    store.keep(HERE, SecretStr("wst_newer"))
    assert "wst_" not in (tmp_path / TOKENS_FILE).read_text()
    assert store.token(HERE) == SecretStr("wst_newer")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "口令"])
def test_what_is_no_token_is_not_kept(tmp_path: Path, secret: str) -> None:
    store = TokenStore(tmp_path, keyring=None)
    with pytest.raises(InputError):
        store.keep(HERE, SecretStr(secret))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_says_what_to_do_and_shows_nothing_of_itself(tmp_path: Path) -> None:
    (tmp_path / TOKENS_FILE).write_text('{"https://ward7:8760": ["wst_47468ec49d48_abc"]}')
    with pytest.raises(InputError) as refused:
        TokenStore(tmp_path, keyring=None).token(HERE)
    assert "pair again" in refused.value.message
    assert "wst_" not in refused.value.message


def test_the_environment_counts_before_what_was_stored(tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=None)
    store.keep(HERE, SECRET)
    first = Workstation(ClientSettings(config_dir=tmp_path), tokens=store)
    assert first.server() is None
    first.store(Preferences(server=HERE.http))
    again = Workstation(ClientSettings(config_dir=tmp_path), tokens=store)
    assert again.server() == HERE
    assert again.credentials(HERE).headers(HERE.http) == {"Authorization": "Bearer wst_47468ec49d48_abc"}
    assert again.credentials(THERE).headers(THERE.http) == {}
    outside = Workstation(
        ClientSettings(config_dir=tmp_path, url="wss://ward8/v1/dictation", token=SecretStr("wst_env")), tokens=store
    )
    assert outside.server() == THERE
    assert outside.credentials(THERE).headers(THERE.http) == {"Authorization": "Bearer wst_env"}
