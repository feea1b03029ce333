"""`wardscribe tokens`: shown once, listed without secrets, over when revoked."""

import json
from pathlib import Path

import pytest

from wardscribe_cli.__main__ import Exit, main
from wardscribe_protocol.errors import ErrorCode
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.principal import Role, Scope
from wardscribe_server.access.token_file import TokenFile


class Command:
    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, list[str]]:
        code = main(["tokens", *arguments, "--data", str(self.data)])
        said = self._capsys.readouterr()
        return code, said.out, said.err.splitlines()


@pytest.fixture
def tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, capsys)


def test_a_token_is_shown_once_and_is_for_what_its_roles_need(tokens: Command) -> None:
    code, secret, said = tokens(
        "create", "--user", "dr-a", "--tenant", "north", "--role", "resident", "--label", "Room 4"
    )
    assert (code, len(said)) == (Exit.DONE, 1)
    who = TokenFile(tokens.data).verify(secret.strip()).principal
    assert (who.tenant, who.user, who.roles) == ("north", "dr-a", {Role.RESIDENT})
    assert who.scopes == {Scope.DICTATE, Scope.READ, Scope.WRITE}
    _, listed, _ = tokens("list")
    assert "dr-a" in listed
    assert "Room 4" in listed
    assert secret.strip().split("_", 2)[2] not in listed


def test_a_token_for_a_machine_needs_no_role(tokens: Command) -> None:
    _, secret, _ = tokens("create", "--user", "prometheus", "--scope", "metrics", "--days", "30")
    assert TokenFile(tokens.data).verify(secret.strip()).principal.scopes == {Scope.METRICS}
    row = json.loads(tokens("list", "--json")[1])
    assert (row["state"], row["scopes"], row["last_used"]) == ("good", "metrics", "never")


def test_a_revoked_token_is_over(tokens: Command) -> None:
    _, secret, _ = tokens("create", "--user", "dr-a", "--role", "attending")
    token = json.loads(tokens("list", "--json")[1])["id"]
    assert tokens("revoke", token)[0] == Exit.DONE
    with pytest.raises(DeniedError) as denied:
        TokenFile(tokens.data).verify(secret.strip())
    assert denied.value.code is ErrorCode.UNAUTHORIZED
    assert json.loads(tokens("list", "--json")[1])["state"] == "revoked"


def test_a_code_for_a_device_is_exchanged_for_a_token(tokens: Command) -> None:
    code, out, _ = tokens("create", "--user", "dr-a", "--role", "attending", "--pair")
    assert code == Exit.DONE
    secret, _ = TokenFile(tokens.data).pair(out.strip())
    assert TokenFile(tokens.data).verify(secret).principal.user == "dr-a"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create"], "--user"),
        (["create", "--user", "a"], "--role"),
        (["create", "--user", "a", "--role", "nurse"], "'nurse'"),
        (["create", "--user", "a", "--scope", "all"], "'all'"),
        (["create", "--user", "a", "--role", "resident", "--days", "0"], "--days"),
        (["create", "--user", "a", "--role", "resident", "--tenant", "../b"], "--tenant"),
        (["create", "--user", "a\nb", "--role", "resident"], "--user"),
        (["revoke"], "which token"),
        (["revoke", "abc"], "'abc'"),
        (["list", "--token", "x"], "--token"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(tokens: Command, arguments: list[str], said: str) -> None:
    code, out, errors = tokens(*arguments)
    assert (code, out) == (Exit.BAD_USAGE, "")
    assert len(errors) == 1
    assert said in errors[0]
    assert not TokenFile(tokens.data).in_use


def test_listening_beyond_this_machine_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path)]) == Exit.BAD_USAGE
    (said,) = capsys.readouterr().err.splitlines()
    assert "--tls-cert" in said
    assert "wardscribe tokens create" in said
    assert main(["serve", "--tls-cert", "x.pem", "--data", str(tmp_path)]) == Exit.BAD_USAGE
    assert "--tls-key" in capsys.readouterr().err


def test_no_command_takes_a_token_as_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("stream", "dictate", "transcribe"):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert "--token " not in capsys.readouterr().out


def test_a_setting_that_cannot_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WARDSCRIBE_OIDC_ROLES", "radiologist=attending")
    assert main(["config"]) == Exit.BAD_USAGE
    assert "oidc_roles" in capsys.readouterr().err
