"""Every endpoint and every message, asked by everybody: whoever should be turned away is.

The expected table is written here a second time and not taken from `policy`, so that a slip there shows. An endpoint
or a message that is not in it fails the test: say here who may, and add its line to `access/policy.py`.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.server.serving import Serving, serving
from tests.server.test_gateway import START, receive
from wardscribe_server.access.policy import ROUTES, client_messages
from wardscribe_server.access.principal import Role, Scope
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import Grant
from wardscribe_server.config import AccessSettings
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

CLINICAL = {"dictating", "resident", "attending"}
ANYBODY = None  # also without a token
ANY_SCOPE = ""  # whoever has come in
PEOPLE = {"dictating", "resident", "attending", "administrator"}
NO_ROLE = {""} | PEOPLE  # a machine has none

# What to ask: the scope that is needed, and the roles of which one is.
ENDPOINTS: dict[str, tuple[str, set[str]] | None] = {
    "GET /healthz": ANYBODY,
    "GET /metrics": ("metrics", NO_ROLE),
    "POST /v1/pair": ANYBODY,
    "WEBSOCKET /v1/dictation": ("dictate", CLINICAL),
    "GET /v1/about": (ANY_SCOPE, NO_ROLE),
    "GET /v1/templates": (ANY_SCOPE, NO_ROLE),
    "GET /v1/templates/{template}": (ANY_SCOPE, NO_ROLE),
    "GET /v1/records": ("read", PEOPLE),
    "GET /v1/records/{report}": ("read", CLINICAL),
    "GET /v1/records/{report}/comparison": ("read", CLINICAL),
    "GET /v1/records/{report}/standing": ("read", CLINICAL),
    "GET /v1/records/{report}/versions": ("read", PEOPLE),
    "GET /v1/records/{report}/changes": ("read", CLINICAL),
    "GET /v1/records/{report}/dictation": ("read", CLINICAL),
    "PATCH /v1/records/{report}/fields": ("write", CLINICAL),
    "POST /v1/records/{report}/confirmations": ("write", CLINICAL),
    "POST /v1/records/{report}/transitions": ("write", CLINICAL),
    "POST /v1/records/{report}/signature": ("sign", {"attending"}),
    "POST /v1/records/{report}/addenda": ("sign", {"attending"}),
    "POST /v1/records/{report}/corrections": ("sign", {"attending"}),
    "POST /v1/patients/records": ("read", CLINICAL),
    "POST /v1/patients/timeline": ("read", CLINICAL),
}
MESSAGES: dict[str, tuple[dict[str, object], tuple[str, set[str]]]] = {
    "start": (START, ("dictate", CLINICAL)),
    "configure": ({"context": {"glossary": ["hilum"]}}, ("dictate", CLINICAL)),
    "command": ({"name": "undo"}, ("dictate", CLINICAL)),
    "field_edit": ({"path": "/fields/comparison", "value": "none"}, ("write", CLINICAL)),
    "finalize": ({}, ("dictate", CLINICAL)),
    "stop": ({"total_samples": 0}, ("dictate", CLINICAL)),
    "ack": ({"seq": 1}, ("dictate", CLINICAL)),
}


@dataclass(frozen=True)
class Asking:
    """Somebody with a token, or without."""

    name: str
    token: str | None
    role: str = ""
    scopes: frozenset[str] = frozenset()
    good: bool = True

    def may(self, need: tuple[str, set[str]] | None) -> bool:
        return need is None or (self.good and need[0] in {ANY_SCOPE, *self.scopes} and self.role in need[1])

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


class Crowd:
    """A data folder with tokens of all kinds."""

    def __init__(self, data: Path) -> None:
        self.file = TokenFile(data)
        self.everybody = [self.grant(role, [scope]) for role in ("", *Role) for scope in Scope]
        self.everybody += [self.grant(role, list(Scope)) for role in ("", *Role)]
        expired = self.grant("attending", list(Scope), name="expired", days=-1)
        revoked = self.grant("attending", list(Scope), name="revoked")
        self.file.revoke(self.file.verify(revoked.token or "").id)
        wrong = self.grant("attending", list(Scope), name="wrong secret")
        assert wrong.token is not None
        self.everybody += [
            Asking(expired.name, expired.token, good=False),
            Asking(revoked.name, revoked.token, good=False),
            Asking(wrong.name, wrong.token[:-4] + "AAAA", good=False),
            Asking("no token", None, good=False),
            Asking("garbage", "Zm9vOmJhcg", good=False),
        ]

    def grant(
        self, role: str, scopes: list[Scope], *, name: str = "", tenant: str = "north", user: str = "", days: int = 1
    ) -> Asking:
        name = name or f"{role or 'no role'}: {' '.join(scopes) if len(scopes) < len(Scope) else 'all'}"
        grant = Grant.model_validate(
            {"tenant": tenant, "user": user or name, "roles": {role} - {""}, "scopes": set(scopes)}
        )
        return Asking(name, self.file.create(grant, days=days)[0], role, frozenset(scopes))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Crowd]]:
    data = tmp_path_factory.mktemp("data")
    crowd = Crowd(data)
    access = AccessSettings(max_requests=1_000_000, max_starts=1000, max_sessions_per_user=1000)
    with serving(
        data,
        recogniser=ScriptedRecogniser([]),
        detector=LoudnessDetector(),
        access=access,
        min_free_mb=0,
        max_sessions=1000,
    ) as running:
        yield running, crowd


class Matrix:
    """What everybody got for everything; the rows that should not be are told."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, bool, bool, object]] = []

    def note(self, who: str, what: str, *, expected: bool, let_in: bool, answer: object) -> None:
        self.rows.append((who, what, expected, let_in, answer))

    def judge(self) -> None:
        wrong = [row for row in self.rows if row[2] != row[3]]
        table = "\n".join(
            f"{'WRONG' if row in wrong else '     '}  {row[0]:<28}{row[1]:<28}"
            f"{'let in' if row[3] else 'denied'} ({row[4]})"
            for row in self.rows
        )
        assert not wrong, f"{len(wrong)} of {len(self.rows)} wrong\n{table}"
        assert any(row[2] for row in self.rows), "somebody is let in"
        assert not all(row[2] for row in self.rows), "somebody is not"


def endpoints(running: Serving) -> list[tuple[str, str]]:
    """Method and path of all that the server serves."""
    assert running.server._http is not None
    app = running.server._http.config.app
    assert isinstance(app, Starlette)
    found = []
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            found.append(("WEBSOCKET", route.path))
        else:
            assert isinstance(route, Route), "a kind of route that this test does not know"
            found += [(method, route.path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def test_every_endpoint_and_every_message_is_in_both_tables(place: tuple[Serving, Crowd]) -> None:
    served = endpoints(place[0])
    assert set(served) <= set(ROUTES), "an endpoint without a policy"
    assert {" ".join(endpoint) for endpoint in served} <= set(ENDPOINTS), "an endpoint of which nobody said who may"
    assert set(MESSAGES) == {message.model_fields["type"].default for message in client_messages()}


def test_who_may_ask_what_over_http(place: tuple[Serving, Crowd]) -> None:
    running, crowd = place
    matrix = Matrix()
    with httpx.Client(base_url=running.http) as client:
        for method, path in endpoints(running):
            if method == "WEBSOCKET":
                continue
            named = f"{method} {path}"
            for who in crowd.everybody:
                answer = client.request(method, path.replace("{report}", "f" * 32), headers=who.headers)
                # a wrong token that is shown again and again is locked out instead; who may ask gets any other answer
                let_in = answer.status_code not in (401, 403, 429) or ENDPOINTS[named] is ANYBODY
                matrix.note(
                    who.name, named, expected=who.may(ENDPOINTS[named]), let_in=let_in, answer=answer.status_code
                )
                if answer.status_code == 401 and let_in is False:
                    assert answer.headers["www-authenticate"] == "Bearer"
    matrix.judge()


async def knock(url: str, who: Asking, **changes: object) -> tuple[ClientConnection, dict[str, object]]:
    socket = await connect(url, additional_headers=who.headers, compression=None)
    await socket.send(json.dumps(START | changes))
    answer = await receive(socket)
    return socket, answer if answer["type"] != "busy" else await receive(socket)


async def say(socket: ClientConnection, kind: str, body: dict[str, object]) -> dict[str, object]:
    """Send a message, then one that always gets an answer of its own: what comes before that is the first one's."""
    said: dict[str, object] = {}
    with suppress(ConnectionClosed):  # as `ack` does, of what was never sent
        await socket.send(json.dumps({"type": kind} | body))
        await socket.send(json.dumps({"type": "marker"}))
        while (answer := await receive(socket)).get("code") != "unknown_message_type":
            if answer["type"] == "error":
                said = answer
    return said


def test_who_may_say_what_over_a_websocket(place: tuple[Serving, Crowd]) -> None:
    running, crowd = place
    matrix = Matrix()

    async def ask(who: Asking) -> None:
        socket, answer = await knock(running.url, who)
        begun = answer["type"] == "ready"
        start_need = MESSAGES["start"][1]
        matrix.note(who.name, "start", expected=who.may(start_need), let_in=begun, answer=answer.get("code", "ready"))
        for kind, (body, need) in MESSAGES.items():
            if kind == "start":
                continue
            expected = who.may(need) and who.may(start_need)
            said = await say(socket, kind, body) if begun else answer
            denied = said.get("code") in ("forbidden", "unauthorized", "locked_out")
            matrix.note(who.name, kind, expected=expected, let_in=not denied, answer=said.get("code", "taken"))
        await socket.close()

    async def all_of_them() -> None:
        for who in crowd.everybody:
            await ask(who)

    asyncio.run(all_of_them())
    assert len(matrix.rows) == len(crowd.everybody) * len(MESSAGES)
    matrix.judge()


def test_who_may_resume_a_session_even_with_its_own_token(place: tuple[Serving, Crowd]) -> None:
    running, crowd = place
    everything = list(Scope)
    owner = crowd.grant("attending", everything, name="owner", user="dr-a")
    others = {
        owner: True,
        crowd.grant("resident", [Scope.DICTATE], name="owner, other device", user="dr-a"): True,
        crowd.grant("attending", everything, name="colleague", user="dr-b"): False,
        crowd.grant("administrator", everything, name="administrator", user="root"): False,
        crowd.grant("attending", everything, name="namesake elsewhere", user="dr-a", tenant="south"): False,
        crowd.grant("attending", everything, name="colleague elsewhere", user="dr-b", tenant="south"): False,
        crowd.grant("attending", [Scope.READ], name="owner, reading only", user="dr-a"): False,
        Asking("expired", crowd.grant("attending", everything, user="dr-a", days=-1).token): False,
        Asking("no token", None): False,
    }
    matrix = Matrix()

    async def ask() -> None:
        socket, ready = await knock(running.url, owner)
        await socket.close()
        resume = {"session": ready["session"], "token": ready["token"], "last_seq": 0}
        for who, expected in others.items():
            socket, answer = await knock(running.url, who, resume=resume)
            let_in = answer["type"] == "ready"
            matrix.note(who.name, "resume", expected=expected, let_in=let_in, answer=answer.get("code", "ready"))
            if who.role and "dictate" in who.scopes and not let_in:
                assert answer["code"] in ("unknown_session", "forbidden"), "that it exists is not told"
            await socket.close()

    asyncio.run(ask())
    matrix.judge()
