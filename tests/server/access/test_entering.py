"""Coming in, from outside: a real server, tokens in headers and in `start`, and everything that is turned away."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.server.access.provider import provider
from tests.server.access.test_token_file import GRANT
from tests.server.serving import Serving, serving
from tests.server.test_gateway import START, receive, wait_for
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server.access.principal import Role, Scope
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import TokenId
from wardscribe_server.audit.event import AuditEvent
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

Message = dict[str, object]


class Ledger:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def write(self, event: AuditEvent) -> None:
        self.events.append(event)

    def kinds(self) -> list[tuple[str, str, str]]:
        return [(event.kind, event.outcome.name.lower(), event.user) for event in self.events]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def access() -> AccessSettings:
    return AccessSettings()


@pytest.fixture
def running(tmp_path: Path, ledger: Ledger, access: AccessSettings) -> Iterator[Serving]:
    with serving(
        tmp_path / "data",
        recogniser=ScriptedRecogniser([]),
        detector=LoudnessDetector(),
        access=access,
        audit=ledger,
        min_free_mb=0,
    ) as server:
        yield server


@pytest.fixture
def file(running: Serving) -> TokenFile:
    return TokenFile(running.data)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def answers(url: str, *, headers: dict[str, str] | None = None, **changes: object) -> list[Message]:
    """What a start message is answered with, up to the first word that is not `busy`."""
    async with connect(url, additional_headers=headers, compression=None) as socket:
        await socket.send(json.dumps(START | changes))
        said = [await receive(socket)]
        while said[-1]["type"] == "busy":
            said.append(await receive(socket))
        return said


def ask(url: str, *, headers: dict[str, str] | None = None, **changes: object) -> str:
    answer = asyncio.run(answers(url, headers=headers, **changes))[-1]
    return str(answer.get("code", answer["type"]))


def test_without_a_token_ever_made_this_machine_needs_none(running: Serving) -> None:
    assert ask(running.url) == "ready"
    assert httpx.get(f"{running.http}/metrics").status_code == 200


def test_the_first_token_closes_the_door_of_a_running_server(running: Serving, file: TokenFile) -> None:
    assert ask(running.url) == "ready"
    secret, _ = file.create(GRANT, days=1)
    assert ask(running.url) == "unauthorized"
    assert httpx.get(f"{running.http}/metrics").status_code == 401
    assert ask(running.url, headers=bearer(secret)) == "ready"


def test_a_browser_which_cannot_set_headers_shows_its_token_in_start(running: Serving, file: TokenFile) -> None:
    secret, _ = file.create(GRANT, days=1)
    assert ask(running.url, token=secret) == "ready"
    assert ask(running.url, token="wst_1_2") == "unauthorized"
    assert ask(running.url, token=secret, headers=bearer("wst_1_2")) == "unauthorized", "the header counts"
    assert ask(running.url, headers={"Authorization": "Basic Zm9v"}) == "unauthorized"


def test_health_says_nothing_and_needs_nothing(running: Serving, file: TokenFile) -> None:
    file.create(GRANT, days=1)
    answer = httpx.get(f"{running.http}/healthz")
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, "ok")
    assert "server" not in answer.headers


@pytest.mark.parametrize("query", ["token=", "access_token=", "Api_Key=", "x="])
def test_a_token_in_the_address_is_refused_and_logged_nowhere(
    running: Serving, file: TokenFile, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret, _ = file.create(GRANT, days=1)
    with caplog.at_level(logging.DEBUG, logger="uvicorn"), caplog.at_level(logging.DEBUG, logger="wardscribe_server"):
        assert ask(f"{running.url}?{query}{secret}") == "token_in_url"
        assert ask(f"{running.url}?{query}{secret}", headers=bearer(secret)) == "token_in_url", "even if it is right"
        answer = httpx.get(f"{running.http}/metrics?{query}{secret}", headers=bearer(secret))
    assert (answer.status_code, answer.json()["code"]) == (400, "token_in_url")
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "websockets"))]
    assert not any(secret in message for message in logged)


def test_who_comes_in_and_who_does_not_is_in_the_audit_log(running: Serving, file: TokenFile, ledger: Ledger) -> None:
    secret, token = file.create(GRANT, days=1)
    ask(running.url, headers=bearer(secret))
    file.revoke(token.id)
    ask(running.url, headers=bearer(secret))
    ask(running.url, headers=bearer(secret + "x"))
    assert ledger.kinds() == [
        ("session.start", "success", "dr-a"),
        ("login", "denied", "dr-a"),
        ("login", "denied", "-"),
    ]
    started, denied, _ = ledger.events
    assert len(started.entity) == 24
    assert (denied.entity, denied.detail["reason"], denied.detail["address"]) == (token.id, "revoked", "127.0.0.1")
    assert secret not in repr(ledger.events)


def test_a_revoked_token_ends_what_it_began(running: Serving, file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wardscribe_server.gateway._LOOK_AGAIN_S", 0.05)
    secret, token = file.create(GRANT, days=1)

    async def dictate() -> Message:
        async with connect(running.url, additional_headers=bearer(secret)) as socket:
            await socket.send(json.dumps(START))
            await wait_for(socket, "ready")
            file.revoke(token.id)
            return await wait_for(socket, "error")

    assert asyncio.run(dictate())["code"] == "unauthorized"


def test_an_expired_token_may_finish_what_it_began(
    running: Serving, file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wardscribe_server.gateway._LOOK_AGAIN_S", 0.02)
    secret, _ = file.create(GRANT, days=1)

    async def dictate() -> None:
        async with connect(running.url, additional_headers=bearer(secret)) as socket:
            await socket.send(json.dumps(START))
            await wait_for(socket, "ready")
            running.server._door._tokens._now = lambda: 4e9
            await socket.send(json.dumps({"type": "finalize"}))
            await wait_for(socket, "finalized")
            await socket.send(json.dumps({"type": "stop", "total_samples": 0}))
            await wait_for(socket, "closed")

    asyncio.run(dictate())
    assert ask(running.url, headers=bearer(secret)) == "unauthorized"


def test_a_wrong_token_is_locked_out_for_a_growing_time_and_the_right_one_beside_it_is_not(
    running: Serving, file: TokenFile
) -> None:
    now = 5000.0
    running.server._door._now = lambda: now
    secret, _ = file.create(GRANT, days=1)
    wrong = secret[:-3] + "AAA"
    url = f"{running.http}/metrics"
    codes = [httpx.get(url, headers=bearer(wrong)).json()["code"] for _ in range(6)]
    assert codes == ["unauthorized"] * 5 + ["locked_out"]
    locked = httpx.get(url, headers=bearer(wrong))
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "5")
    assert ask(running.url, headers=bearer(secret)) == "ready", "another device at the same address"
    now += 5
    assert httpx.get(url, headers=bearer(wrong)).status_code == 401
    assert httpx.get(url, headers=bearer(wrong)).headers["retry-after"] == "10"
    busy, error = asyncio.run(answers(running.url, headers=bearer(wrong)))
    assert (busy["retry_after_s"], error["code"]) == (10, "locked_out")


def test_whoever_guesses_is_locked_out_by_address(running: Serving, file: TokenFile, ledger: Ledger) -> None:
    now = 5000.0
    running.server._door._now = lambda: now
    secret, _ = file.create(GRANT, days=1)
    url = f"{running.http}/metrics"
    with httpx.Client() as client:
        codes = [client.get(url, headers=bearer(f"wst_{n}_{n}")).json()["code"] for n in range(25)]
    assert codes == ["unauthorized"] * 20 + ["locked_out"] * 5
    assert ask(running.url, headers=bearer(secret)) == "locked_out", "or a guess that is right would be told"
    assert len(ledger.events) == 20, "the log grows with the failures and not with the attempts"
    now += 5
    assert ask(running.url, headers=bearer(secret)) == "ready"


def test_tokens_that_are_over_lock_out_nobody_else(running: Serving, file: TokenFile) -> None:
    good, _ = file.create(GRANT, days=1)
    old = [file.create(GRANT, days=-1)[0] for _ in range(25)]
    assert {ask(running.url, headers=bearer(secret)) for secret in old} == {"unauthorized"}
    assert ask(running.url, headers=bearer(good)) == "ready"


@pytest.mark.parametrize(
    ("access", "believed"), [(AccessSettings(), False), (AccessSettings(proxies=("127.0.0.1",)), True)]
)
def test_only_a_proxy_of_the_settings_says_who_asks(
    running: Serving, file: TokenFile, ledger: Ledger, *, believed: bool
) -> None:
    file.create(GRANT, days=1)
    forwarded = bearer("wst_1_2") | {"x-forwarded-for": "192.0.2.9"}
    assert httpx.get(f"{running.http}/metrics", headers=forwarded).status_code == 401
    assert ask(running.url, headers=forwarded) == "unauthorized"
    assert {event.detail["address"] for event in ledger.events} == {"192.0.2.9" if believed else "127.0.0.1"}


@pytest.mark.parametrize("access", [AccessSettings(max_starts=2)])
def test_one_person_begins_so_many_sessions_a_minute(running: Serving, file: TokenFile) -> None:
    now = 5000.0
    running.server._door._now = lambda: now
    secret, _ = file.create(GRANT, days=1)
    other, _ = file.create(GRANT.model_copy(update={"user": "dr-b"}), days=1)
    assert [ask(running.url, headers=bearer(secret)) for _ in range(3)] == ["ready", "ready", "rate_limited"]
    assert ask(running.url, headers=bearer(other)) == "ready"
    now += 30
    assert ask(running.url, headers=bearer(secret)) == "ready"


@pytest.mark.parametrize("access", [AccessSettings(max_requests=3)])
def test_one_address_asks_so_often_a_minute(running: Serving, file: TokenFile) -> None:
    running.server._door._now = lambda: 5000.0
    file.create(GRANT, days=1)
    codes = [httpx.get(f"{running.http}/metrics").json()["code"] for _ in range(4)]
    assert codes == ["unauthorized"] * 3 + ["rate_limited"]


@pytest.mark.parametrize("access", [AccessSettings(max_connections_per_user=2)])
def test_one_person_has_so_many_connections(running: Serving, file: TokenFile) -> None:
    secret, _ = file.create(GRANT, days=1)

    async def crowd() -> list[str]:
        sockets: list[ClientConnection] = []
        said = []
        for _ in range(3):
            sockets.append(await connect(running.url, additional_headers=bearer(secret)))
            await sockets[-1].send(json.dumps(START))
            answer = await receive(sockets[-1])
            said.append(str(answer["type"]))
        await asyncio.gather(*(socket.close() for socket in sockets))
        return said

    assert asyncio.run(crowd()) == ["ready", "ready", "busy"]


def test_nobody_uses_the_macros_of_another(running: Serving, file: TokenFile) -> None:
    secret, _ = file.create(GRANT.model_copy(update={"user": "smith"}), days=1)
    assert ask(running.url, headers=bearer(secret), user="smith") == "ready"
    assert ask(running.url, headers=bearer(secret), user="jones") == "forbidden"


def pair(running: Serving, content: object) -> httpx.Response:
    return httpx.post(f"{running.http}/v1/pair", json=content)


def test_a_device_pairs_once_and_dictates_with_its_token(running: Serving, file: TokenFile, ledger: Ledger) -> None:
    code = file.create_code(GRANT, days=30)
    assert ask(running.url) == "unauthorized", "a code that waits closes the door too"
    paired = pair(running, {"code": code.lower()})
    assert paired.status_code == 200
    assert paired.json()["scopes"] == ["dictate", "sign"]
    assert paired.headers["cache-control"] == "no-store"
    assert ask(running.url, headers=bearer(paired.json()["token"])) == "ready"
    assert pair(running, {"code": code}).json()["code"] == "unauthorized"
    assert ("token.pair", "success", "dr-a") in ledger.kinds()


def test_guessing_codes_is_locked_out(running: Serving, file: TokenFile) -> None:
    running.server._door._now = lambda: 5000.0
    code = file.create_code(GRANT, days=30)
    codes = [pair(running, {"code": f"2222-222{n}"}).json()["code"] for n in range(2, 9)]
    assert codes == ["unauthorized"] * 5 + ["locked_out"] * 2
    assert pair(running, {"code": code}).json()["code"] == "locked_out"


@pytest.mark.parametrize(
    "content", [None, [], {}, {"code": 7}, {"code": ""}, {"code": "x" * 65}, {"code": "x", "y": 1}]
)
def test_what_asks_for_no_pairing_is_an_error_with_a_code(running: Serving, content: object) -> None:
    answer = pair(running, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")


@pytest.mark.parametrize("access", [AccessSettings(max_body_kb=1)])
def test_a_body_that_is_too_large_is_not_read(running: Serving) -> None:
    declared = httpx.post(f"{running.http}/v1/pair", content=b"x" * 2000)
    undeclared = httpx.post(f"{running.http}/v1/pair", content=iter([b"x" * 500] * 4))
    for answer in (declared, undeclared):
        assert (answer.status_code, answer.json()["code"]) == (413, "message_too_large")


@pytest.mark.parametrize("access", [AccessSettings(origins=("https://desk.example",))])
def test_pages_of_this_host_and_of_the_list_may_ask_and_no_others(running: Serving) -> None:
    host = running.http.removeprefix("http://")

    async def visit(origin: str) -> str:
        try:
            async with connect(running.url, origin=origin) as socket:
                await socket.send(json.dumps(START))
                return str((await receive(socket))["type"])
        except InvalidStatus as refused:
            return str(refused.response.status_code)

    for origin, socket, plain in [
        (f"http://{host}", "ready", 200),
        ("https://desk.example", "ready", 200),
        ("https://elsewhere.example", "403", 403),
        ("null", "403", 403),
        ("http://[", "403", 403),
    ]:
        assert asyncio.run(visit(origin)) == socket
        assert httpx.get(f"{running.http}/metrics", headers={"origin": origin}).status_code == plain


@pytest.mark.parametrize("access", [AccessSettings(origins=("https://desk.example",))])
def test_a_listed_page_may_read_the_answer_and_no_other(running: Serving) -> None:
    asks = {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization"}
    for origin, shown in [("https://desk.example", "https://desk.example"), ("https://elsewhere.example", None)]:
        asked = httpx.options(f"{running.http}/v1/records", headers={"origin": origin, **asks})
        got = httpx.get(f"{running.http}/metrics", headers={"origin": origin})
        assert asked.headers.get("access-control-allow-origin") == shown
        assert got.headers.get("access-control-allow-origin") == shown


def test_what_is_not_there_is_an_error_with_a_code(running: Serving) -> None:
    nowhere = httpx.get(f"{running.http}/v2/records")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "unknown_address")
    wrong = httpx.put(f"{running.http}/metrics")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "wrong_method")
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_name_that_was_made_to_point_here_is_refused_where_nobody_needs_a_token(running: Serving) -> None:
    rebound = {"host": "evil.example:8760", "origin": "http://evil.example:8760"}
    answer = httpx.get(f"{running.http}/metrics", headers=rebound)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert httpx.get(f"{running.http}/metrics", headers={"host": "localhost:1"}).status_code == 200


def test_a_person_of_the_hospitals_provider_dictates(tmp_path: Path) -> None:
    with provider() as idp:
        idp.add_rsa("stranger")
        access = AccessSettings(
            oidc_issuer=idp.issuer, oidc_audience="wardscribe", oidc_roles={"radiologist": "attending"}
        )
        with serving(
            tmp_path, recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), access=access, min_free_mb=0
        ) as running:
            assert ask(running.url) == "unauthorized", "a provider closes the door"
            assert ask(running.url, headers=bearer(idp.token(roles="radiologist"))) == "ready"
            assert ask(running.url, token=idp.token(roles=["radiologist"])) == "ready"
            assert ask(running.url, headers=bearer(idp.token(roles=["gardener"]))) == "forbidden"
            assert ask(running.url, headers=bearer(idp.token(aud="x", roles="radiologist"))) == "unauthorized"


def test_a_provider_that_is_away_is_no_reason_to_give_up(tmp_path: Path) -> None:
    with provider() as idp:
        idp.away = True
        access = AccessSettings(oidc_issuer=idp.issuer, oidc_audience="wardscribe")
        with serving(
            tmp_path, recogniser=ScriptedRecogniser([]), detector=LoudnessDetector(), access=access, min_free_mb=0
        ) as running:
            busy, error = asyncio.run(answers(running.url, headers=bearer(idp.token())))
            assert busy["type"] == "busy"
            assert error["code"] == "login_unavailable"
            answer = httpx.get(f"{running.http}/metrics", headers=bearer(idp.token()))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_a_disk_that_is_full_keeps_nobody_out_and_makes_no_token(
    running: Serving, file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = file.create(GRANT, days=1)
    code = file.create_code(GRANT, days=1)

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wardscribe_server.access.token_file.write_whole", full)
    assert ask(running.url, headers=bearer(secret)) == "ready"
    answer = pair(running, {"code": code})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    monkeypatch.undo()
    assert pair(running, {"code": code}).status_code == 200, "the code is still good"


def test_what_cannot_be_audited_does_not_happen(running: Serving, file: TokenFile, ledger: Ledger) -> None:
    secret, _ = file.create(GRANT, days=1)

    def full(event: AuditEvent) -> None:
        raise RefusedError(ErrorCode.STORAGE_FULL)

    ledger.write = full
    assert ask(running.url, headers=bearer("wst_1_2")) == "storage_full"
    answer = httpx.get(f"{running.http}/metrics", headers=bearer(secret))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")

    async def begin() -> Message:
        async with connect(running.url, additional_headers=bearer(secret)) as socket:
            await socket.send(json.dumps(START))
            return await wait_for(socket, "error")

    assert asyncio.run(begin())["code"] == "storage_full"


def test_roles_and_scopes_are_what_the_token_says(file: TokenFile) -> None:
    secret, token = file.create(GRANT, days=1)
    assert file.verify(secret).principal.roles == {Role.ATTENDING}
    assert file.verify(secret).principal.scopes == {Scope.DICTATE, Scope.SIGN}
    assert not file.is_revoked(TokenId(token.id))
