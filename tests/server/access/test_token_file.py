"""The file of tokens: made, shown once, recognised, over."""

import json
import logging
import multiprocessing
from pathlib import Path

import pytest
from pydantic import ValidationError

from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_server.access.denial import DeniedError
from wardscribe_server.access.principal import Role, Scope, TenantId, UserId
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import DAY_S, PAIRING_S, Grant, TokenId

GRANT = Grant(
    tenant=TenantId("north"),
    user=UserId("dr-a"),
    roles=frozenset({Role.ATTENDING}),
    scopes=frozenset({Scope.DICTATE, Scope.SIGN}),
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path, clock: Clock) -> TokenFile:
    return TokenFile(tmp_path, now=clock)


def reason(file: TokenFile, secret: str) -> str:
    with pytest.raises(DeniedError) as denied:
        file.verify(secret)
    assert denied.value.code is ErrorCode.UNAUTHORIZED
    return denied.value.reason


def test_a_token_lets_its_user_in_and_no_byte_of_its_secret_is_stored(file: TokenFile, tmp_path: Path) -> None:
    secret, token = file.create(GRANT, days=1)
    assert file.verify(secret).principal == GRANT.principal
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode()
    assert token.id in stored
    assert secret.split("_", 2)[2] not in stored
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "access").rglob("*"))


def test_tokens_are_long_and_never_the_same(file: TokenFile) -> None:
    secrets = {file.create(GRANT, days=1)[0] for _ in range(20)}
    assert len(secrets) == 20
    assert all(len(secret.split("_", 2)[2]) >= 43 for secret in secrets), "256 bits in base64"


@pytest.mark.parametrize(
    "change",
    [lambda s: s[:-1], lambda s: s + "A", str.upper, lambda s: "x" + s, lambda _: "", lambda _: "wst__"],
)
def test_what_is_nearly_a_token_is_none(file: TokenFile, change: object) -> None:
    secret, _ = file.create(GRANT, days=1)
    assert reason(file, change(secret)) == "unknown_token"


def test_the_id_of_one_token_with_the_secret_of_another_is_none(file: TokenFile) -> None:
    (first, one), (_, two) = file.create(GRANT, days=1), file.create(GRANT, days=1)
    assert reason(file, first.replace(one.id, two.id)) == "unknown_token"


def test_a_token_is_over_when_its_time_is(file: TokenFile, clock: Clock) -> None:
    secret, _ = file.create(GRANT, days=2)
    clock.now += 2 * DAY_S - 1
    file.verify(secret)
    clock.now += 1
    assert reason(file, secret) == "expired"


def test_a_revoked_token_is_over_at_once_and_stays_on_the_list(file: TokenFile) -> None:
    secret, token = file.create(GRANT, days=2)
    assert not file.is_revoked(token.id)
    file.revoke(token.id)
    assert reason(file, secret) == "revoked"
    assert file.is_revoked(token.id)
    assert [kept.id for kept in file.tokens] == [token.id]


def test_a_denial_names_whose_token_it_was(file: TokenFile) -> None:
    secret, token = file.create(GRANT, days=2)
    file.revoke(token.id)
    with pytest.raises(DeniedError) as denied:
        file.verify(secret)
    assert (denied.value.claimed.user, denied.value.entity) == (GRANT.user, token.id)


def test_what_is_not_there_cannot_be_revoked(file: TokenFile) -> None:
    with pytest.raises(InputError, match="no token 'x'"):
        file.revoke(TokenId("x"))


def test_a_change_by_another_process_counts_at_once(file: TokenFile, tmp_path: Path, clock: Clock) -> None:
    other = TokenFile(tmp_path, now=clock)
    assert not other.in_use
    secret, token = file.create(GRANT, days=1)
    assert other.in_use
    other.verify(secret)
    file.revoke(token.id)
    assert reason(other, secret) == "revoked"


def create_many(data: Path) -> None:
    file = TokenFile(data)
    for _ in range(10):
        file.create(GRANT, days=1)


def test_writers_do_not_lose_each_others_tokens(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=create_many, args=(tmp_path,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert len(TokenFile(tmp_path).tokens) == 40


def test_the_last_used_day_is_written_once_a_day(file: TokenFile, clock: Clock) -> None:
    _, token = file.create(GRANT, days=9)
    assert file.needs_mark(token)
    file.mark_used(token.id)
    (kept,) = file.tokens
    assert not file.needs_mark(kept)
    clock.now += DAY_S
    assert file.needs_mark(kept)


def test_once_in_use_a_lost_file_lets_nobody_in(file: TokenFile, tmp_path: Path) -> None:
    secret, _ = file.create(GRANT, days=1)
    (tmp_path / "access/tokens.json").unlink()
    assert file.in_use
    assert reason(file, secret) == "unknown_token"


def test_a_damaged_file_changes_nothing_while_running_and_is_refused_at_the_start(
    file: TokenFile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret, _ = file.create(GRANT, days=1)
    path = tmp_path / "access/tokens.json"
    path.write_text(path.read_text()[:-20])
    with caplog.at_level(logging.ERROR):
        file.verify(secret)
        file.verify(secret)
    assert len(caplog.records) == 1, "said once"
    with pytest.raises(InputError, match=r"tokens\.json"):
        TokenFile(tmp_path)
    path.write_text(json.dumps({"version": 2}))
    with pytest.raises(InputError, match="version"):
        TokenFile(tmp_path)


def test_a_pairing_code_gives_one_token_once_however_it_is_typed(file: TokenFile, tmp_path: Path) -> None:
    code = file.create_code(GRANT, days=3)
    assert file.in_use, "from now on a token is needed"
    assert code.replace("-", "") not in (tmp_path / "access/tokens.json").read_text()
    secret, token = file.pair(f" {code.lower()} ")
    assert file.verify(secret).principal == GRANT.principal == token.principal
    with pytest.raises(DeniedError) as denied:
        file.pair(code)
    assert denied.value.reason == "unknown_code"


def test_a_pairing_code_is_over_after_ten_minutes(file: TokenFile, clock: Clock) -> None:
    code = file.create_code(GRANT, days=3)
    clock.now += PAIRING_S
    with pytest.raises(DeniedError):
        file.pair(code)


@pytest.mark.parametrize(
    "field", [{"tenant": "../other"}, {"tenant": ""}, {"user": "a\nb"}, {"user": ""}, {"tenant": "a b"}]
)
def test_names_that_could_be_mistaken_for_paths_or_lines_are_none(field: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Grant.model_validate(GRANT.model_dump() | field)
