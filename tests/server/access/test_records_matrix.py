"""The reports' endpoints behind the guard: every role and scope, and everybody of another tenant."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from tests.server.access.test_access_matrix import ENDPOINTS, Asking, Crowd, Matrix
from tests.server.records.conftest import WORDS, Clock, Told, chest, service_over
from wardscribe_protocol.messages import Context, PatientContext
from wardscribe_server.access.door import Door, DoorSettings
from wardscribe_server.access.guard import Guard
from wardscribe_server.access.origins import Origins
from wardscribe_server.access.policy import ROUTES
from wardscribe_server.access.principal import Principal, Role, Scope, TenantId, UserId
from wardscribe_server.api.records import RecordsApi
from wardscribe_server.records.database import Database, default_url
from wardscribe_server.records.report import Report
from wardscribe_server.records.service import ReportService

BODIES: dict[str, object] = {
    "fields": {"edits": [{"path": "/fields/heart_size", "value": "normal"}]},
    "confirmations": {"paths": ["/fields"]},
    "transitions": {"act": "submit"},
    "signature": {"acknowledge_unconfirmed": True},
    "addenda": {"text": "Seen with the ward."},
    "corrections": {"edits": [{"path": "/fields/heart_size", "value": "normal"}], "reason": "misheard"},
}
AUTHOR = Principal(TenantId("north"), UserId("dr-a"), frozenset({Role.DICTATING}))


@dataclass
class Place:
    app: Starlette
    api: RecordsApi
    service: ReportService
    crowd: Crowd

    def ask(self, asked: list[tuple[Asking, str, str, object]]) -> list[httpx.Response]:
        async def all_of_them() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return [
                    await client.request(method, path, json=body, headers=who.headers)
                    for who, method, path, body in asked
                ]

        return asyncio.run(all_of_them())

    def keep(self) -> Report:
        context = Context(patient=PatientContext(mrn="4711"))
        return self.service.keep_draft(AUTHOR, chest(), words=WORDS, audio_sha256="a" * 64, context=context)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    database = Database(default_url(tmp_path))
    service = service_over(database, Told(), Clock())
    crowd = Crowd(tmp_path)
    door = Door(
        tokens=crowd.file,
        verifier=None,
        origins=Origins(),
        audit=Told(),
        now=lambda: 0.0,
        settings=DoorSettings(requests_a_minute=1_000_000),
    )
    api = RecordsApi(service, as_text=lambda _: "")
    guard = Guard(door, max_body_bytes=300_000)
    yield Place(Starlette(routes=guard.protected([served.route() for served in api.endpoints])), api, service, crowd)
    database.close()


def test_every_endpoint_of_the_reports_is_in_both_tables(place: Place) -> None:
    served = {(endpoint.method, endpoint.path) for endpoint in place.api.endpoints}
    assert served <= set(ROUTES)
    assert {" ".join(endpoint) for endpoint in served} <= set(ENDPOINTS)


def test_who_may_ask_what_of_reports(place: Place) -> None:
    """For a report that is not there: whoever gets past the guard is told so, or that the question is none."""
    matrix = Matrix()
    asked = [(who, endpoint.method, endpoint.path) for endpoint in place.api.endpoints for who in place.crowd.everybody]
    answers = place.ask([(who, method, path.replace("{report}", "f" * 32), None) for who, method, path in asked])
    for (who, method, path), answer in zip(asked, answers, strict=True):
        named = f"{method} {path}"
        let_in = answer.status_code not in (401, 403, 429)
        matrix.note(who.name, named, expected=who.may(ENDPOINTS[named]), let_in=let_in, answer=answer.status_code)
    matrix.judge()


def body_of(path: str, revision: int) -> object:
    if path.startswith("/v1/patients"):
        return {"mrn": "4711"}
    body = BODIES.get(path.rpartition("/")[2])
    return body | {"revision": revision} if isinstance(body, dict) else None


def test_whoever_is_of_another_tenant_finds_nothing_and_changes_nothing(place: Place) -> None:
    report = place.keep()
    strangers = [place.crowd.grant(role, list(Scope), tenant="south", user="dr-a") for role in Role]
    own = place.crowd.grant("attending", list(Scope), name="own", user="dr-a")
    asked = []
    for endpoint in place.api.endpoints:
        path = endpoint.path.replace("{report}", report.id)
        path += "?old=1&new=1" if path.endswith("comparison") else ""
        asked += [(who, endpoint.method, path, body_of(endpoint.path, report.revision)) for who in strangers]
    for (who, method, path, _), answer in zip(asked, place.ask(asked), strict=True):
        what = f"{who.role} of south: {method} {path.replace(report.id, 'ID')} -> {answer.status_code}"
        assert report.id not in answer.text, what
        named = " ".join((method, path.partition("?")[0].replace(report.id, "{report}")))
        if not who.may(ENDPOINTS[named]):
            assert answer.status_code == 403, what
        else:
            assert answer.status_code == (404 if report.id in path else 200), what
    (seen, found) = place.ask(
        [(own, "GET", f"/v1/records/{report.id}", None), (own, "POST", "/v1/patients/records", {"mrn": "4711"})]
    )
    assert seen.json()["report"]["revision"] == report.revision, "nothing was changed"
    assert report.id in found.text, "and the owner does find it"
