from pathlib import Path

import pytest

from tests.server.serving import serving
from wardscribe_cli.__main__ import Exit, main
from wardscribe_client.address import server_address
from wardscribe_client.preferences import load_preferences
from wardscribe_client.token_store import TOKENS_FILE, TokenStore
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import Grant
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

GRANT = Grant.model_validate({"tenant": "north", "user": "dr-lee", "roles": {"attending"}, "scopes": {"read"}})


def test_pairing_keeps_server_and_token_for_the_desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, config = tmp_path / "data", tmp_path / "config"
    code = TokenFile(data).create_code(GRANT, days=30)
    monkeypatch.setenv("WARDSCRIBE_CONFIG_DIR", str(config))
    monkeypatch.setenv("WARDSCRIBE_KEYRING", "false")
    with serving(
        data, recogniser=ScriptedRecogniser(()), detector=LoudnessDetector(), access=AccessSettings(), min_free_mb=0
    ) as running:
        assert main(["pair", running.http, code]) == Exit.DONE
        paired = capsys.readouterr()
        assert "dr-lee (attending)" in paired.err
        assert paired.out == ""
        assert main(["pair", running.http, code]) == Exit.BAD_USAGE
        assert "ask for a new one" in capsys.readouterr().err
        address = server_address(running.http)
    assert load_preferences(config).server == address.http
    token = TokenStore(config, keyring=None).token(address)
    assert token is not None
    assert token.get_secret_value() not in paired.err
    assert (config / TOKENS_FILE).exists()


@pytest.mark.parametrize(("address", "exit_code"), [("", 2), ("127.0.0.1:1", 3), ("http://ward7.example", 2)])
def test_what_keeps_a_device_from_being_paired_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str, exit_code: int
) -> None:
    monkeypatch.setenv("WARDSCRIBE_CONFIG_DIR", str(tmp_path))
    assert main(["pair", address, "ABCD-2345"]) == exit_code
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
