"""Reports over HTTP: what is answered to what, and that nothing else is."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from tests.server.records.conftest import (
    ADMINISTRATOR,
    ATTENDING,
    DICTATING,
    NOBODY,
    OTHER_DICTATING,
    RESIDENT,
    STRANGER,
    WORDS,
    Clock,
    Told,
    chest,
    record_of,
    service_over,
)
from wardscribe_protocol.errors import ERRORS, ErrorCode
from wardscribe_protocol.messages import Context, PatientContext
from wardscribe_protocol.record import Record
from wardscribe_server.access.principal import Principal
from wardscribe_server.api.endpoint import MAX_BODY_BYTES, STATUS
from wardscribe_server.api.records import RecordsApi
from wardscribe_server.assembly import Readers, report_layout
from wardscribe_server.audit.event import AuditOutcome
from wardscribe_server.config import ServerSettings
from wardscribe_server.records.database import Database, default_url
from wardscribe_server.records.report import Report
from wardscribe_server.records.service import ReportService

PEOPLE = {
    "dictating": DICTATING,
    "other": OTHER_DICTATING,
    "resident": RESIDENT,
    "attending": ATTENDING,
    "administrator": ADMINISTRATOR,
    "nobody": NOBODY,
    "stranger": STRANGER,
}
NORMAL = [{"path": "/fields/heart_size", "value": "normal"}]


class LetIn(BaseHTTPMiddleware):
    """Believes whoever says who they are."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.state.principal = PEOPLE[request.headers["person"]]
        return await call_next(request)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def service(tmp_path: Path, told: Told) -> Iterator[ReportService]:
    database = Database(default_url(tmp_path))
    yield service_over(database, told, Clock())
    database.close()


@pytest.fixture
def http(service: ReportService) -> Iterator[TestClient]:
    api = RecordsApi(service, as_text=report_layout(Readers(ServerSettings())))
    app = Starlette(routes=[endpoint.route() for endpoint in api.endpoints])
    app.add_middleware(LetIn)
    with TestClient(app, headers={"person": "attending"}) as client:
        yield client


@pytest.fixture
def report(service: ReportService) -> Report:
    context = Context(patient=PatientContext(mrn="77"))
    return service.keep_draft(DICTATING, chest(), session="s1", words=WORDS, audio_sha256="a" * 64, context=context)


def said(response: object, code: ErrorCode) -> bool:
    """Whether an answer is this error, in our form, and nothing else."""
    assert isinstance(response, Response) or hasattr(response, "json")
    body = response.json()
    assert set(body) == {"code", "message"}
    return (response.status_code, body["code"]) == (STATUS[code], code.value)


def test_a_report_goes_from_draft_to_correction(http: TestClient, report: Report) -> None:
    one = f"/v1/records/{report.id}"
    opened = http.get(one)
    assert opened.headers["etag"] == '"1"'
    assert opened.headers["cache-control"] == "no-store"
    body = opened.json()
    assert (body["report"]["state"], body["version"]["head"]["number"]) == ("draft", 1)
    assert Record.model_validate(body["version"]["record"]) == chest()
    assert body["context"] == {"patient": {"mrn": "77"}, "glossary": []}

    edited = http.patch(f"{one}/fields", json={"revision": 1, "edits": NORMAL}, headers={"person": "dictating"}).json()
    assert edited["version"]["record"]["fields"]["heart_size"] == "normal"
    assert edited["version"]["record"]["evidence"]["/fields/heart_size"]["source"] == "edited"
    http.post(f"{one}/confirmations", json={"revision": 2, "paths": ["/fields"]}, headers={"person": "dictating"})
    moved = http.post(f"{one}/transitions", json={"revision": 3, "act": "submit"}, headers={"person": "dictating"})
    assert moved.json()["report"]["state"] == "pending_signature"
    final = http.post(f"{one}/signature", json={"revision": 4}).json()
    assert (final["report"]["state"], final["report"]["revision"]) == ("final", 5)
    added = http.post(f"{one}/addenda", json={"revision": 5, "text": "Told to the ward."})
    assert added.json()["version"]["record"]["addenda"][0]["text"] == "Told to the ward."
    corrected = http.post(
        f"{one}/corrections",
        json={"revision": 6, "reason": "misheard", "edits": [{"path": "/fields/heart_size", "value": "borderline"}]},
    )
    assert corrected.json()["report"]["state"] == "corrected"

    versions = http.get(f"{one}/versions", headers={"person": "administrator"}).json()
    assert [version["state"] for version in versions] == ["pending_signature", "final", "addended", "corrected"]
    assert all(len(version["sha256"]) == 64 for version in versions)
    compared = http.get(f"{one}/comparison", params={"old": 1, "new": 4}).json()
    assert compared == [{"pointer": "/fields/heart_size", "before": "normal", "after": "borderline"}]
    assert [change["kind"] for change in http.get(f"{one}/changes").json()][-3:] == ["sign", "addend", "correct"]
    older = http.get(one, params={"version": 2}).json()
    assert older["version"]["record"]["state"] == "final"


def test_a_closed_version_is_proved_from_the_answers_alone_as_the_document_says(
    http: TestClient, report: Report
) -> None:
    one = f"/v1/records/{report.id}"
    http.post(f"{one}/signature", json={"revision": 1, "acknowledge_unconfirmed": True})
    http.post(f"{one}/addenda", json={"revision": 2, "text": "Seen."})

    def digest(value: object) -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    dictation = http.get(f"{one}/dictation").json()
    previous = None
    for number in (1, 2):
        version = http.get(one, params={"version": number}).json()["version"]
        head = version["head"]
        covered = {
            "report": report.id,
            "version": number,
            "by": head["by"],
            "closed_at": head["closed_at"].replace("Z", "+00:00"),
            "words_sha256": digest(dictation["words"]),
            "audio_sha256": dictation["audio_sha256"],
            "record": version["record"],
        } | ({} if previous is None else {"previous": previous})
        assert digest(covered) == head["sha256"]
        previous = head["sha256"]


def test_a_report_reads_as_text_with_its_addenda(http: TestClient, report: Report) -> None:
    one = f"/v1/records/{report.id}"
    http.post(f"{one}/signature", json={"revision": 1, "acknowledge_unconfirmed": True})
    http.post(f"{one}/addenda", json={"revision": 2, "text": "Told to the ward."})
    answer = http.get(one, params={"format": "text"})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Cardiomegaly." in answer.text
    assert answer.text.endswith("\n  Told to the ward.\n")
    assert re.search(r"\nAddendum \(attending, \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\n  ", answer.text)


def test_pages_of_a_list_follow_each_other(http: TestClient, service: ReportService) -> None:
    made = [service.keep_draft(DICTATING, chest()).id for _ in range(3)]
    first = http.get("/v1/records", params={"limit": 2, "state": "draft", "template": "chest_xray"}).json()
    second = http.get("/v1/records", params={"limit": 2, "after": first["next_after"]}).json()
    assert [report["id"] for report in (*first["reports"], *second["reports"])] == made[::-1]
    assert "next_after" not in second
    assert http.get("/v1/records", params={"since": "2027-01-01T00:00:00Z"}).json() == {"reports": []}


def test_the_reports_of_a_dictation_are_found_by_its_session(http: TestClient, service: ReportService) -> None:
    kept = {name: service.keep_draft(DICTATING, chest(), session=name).id for name in ("s2", "s2/2", "s2_2", "s22")}

    def found(session: str) -> set[str]:
        return {entry["id"] for entry in http.get("/v1/records", params={"session": session}).json()["reports"]}

    assert found("s2") == {kept["s2"], kept["s2/2"]}
    assert found("s2_2") == {kept["s2_2"]}
    assert found("none") == set()


def test_a_patient_is_looked_up_by_a_body(http: TestClient, report: Report) -> None:
    found = http.post("/v1/patients/records", json={"mrn": "77"}).json()
    assert [entry["id"] for entry in found] == [report.id]
    http.post(f"/v1/records/{report.id}/signature", json={"revision": 1, "acknowledge_unconfirmed": True})
    (lesion,) = http.post("/v1/patients/timeline", json={"mrn": "77"}).json()["lesions"]
    assert lesion["points"][0]["source"]["report"] == report.id
    assert said(http.post("/v1/patients/records", json={}), ErrorCode.BAD_MESSAGE)
    assert http.get("/v1/patients/records", params={"mrn": "77"}).status_code == 405


def every_request(report: str) -> list[tuple[str, str, object]]:
    """Each endpoint once, well-formed."""
    one = f"/v1/records/{report}"
    return [
        ("GET", "/v1/records", None),
        ("GET", one, None),
        ("GET", f"{one}/standing", None),
        ("GET", f"{one}/comparison?old=1&new=1", None),
        ("GET", f"{one}/versions", None),
        ("GET", f"{one}/changes", None),
        ("GET", f"{one}/dictation", None),
        ("PATCH", f"{one}/fields", {"revision": 1, "edits": NORMAL}),
        ("POST", f"{one}/confirmations", {"revision": 1, "paths": ["/fields"]}),
        ("POST", f"{one}/transitions", {"revision": 1, "act": "submit"}),
        ("POST", f"{one}/signature", {"revision": 1, "acknowledge_unconfirmed": True}),
        ("POST", f"{one}/addenda", {"revision": 1, "text": "x"}),
        ("POST", f"{one}/corrections", {"revision": 1, "edits": NORMAL, "reason": "x"}),
        ("POST", "/v1/patients/records", {"mrn": "77"}),
        ("POST", "/v1/patients/timeline", {"mrn": "77"}),
    ]


def test_every_endpoint_denies_another_tenant_and_who_has_no_role_and_tells_of_it(
    http: TestClient, report: Report, told: Told
) -> None:
    requests = every_request(report.id)
    api = RecordsApi(None, as_text=str)
    assert [(e.method, e.path.replace("{report}", report.id)) for e in api.endpoints] == [
        (method, path.partition("?")[0]) for method, path, _ in requests
    ]
    for person in ("stranger", "nobody", "other"):
        who: Principal = PEOPLE[person]
        for method, path, body in requests:
            answer = http.request(method, path, json=body, headers={"person": person})
            if report.id in path:
                assert said(answer, ErrorCode.UNKNOWN_RECORD if person == "stranger" else ErrorCode.FORBIDDEN), path
                assert told.last.outcome is AuditOutcome.DENIED
            elif person == "nobody":
                assert said(answer, ErrorCode.FORBIDDEN), path
            else:
                assert report.id not in answer.text
                assert answer.status_code == 200
            assert (told.last.tenant, told.last.user) == (who.tenant, who.user)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/records?state=nonsense", None),
        ("GET", "/v1/records?limit=0", None),
        ("GET", "/v1/records?limit=201", None),
        ("GET", "/v1/records?since=yesterday", None),
        ("GET", "/v1/records?since=2026-01-01T00:00:00", None),
        ("GET", "/v1/records?after=../../etc", None),
        ("GET", "/v1/records?secret_patient_name=1", None),
        ("GET", "/v1/records?limit=1&limit=2", None),
        ("GET", "{one}?format=pdf", None),
        ("GET", "{one}?version=0", None),
        ("GET", "{one}/versions?x=1", None),
        ("PATCH", "{one}/fields", {"revision": 1}),
        ("PATCH", "{one}/fields", {"revision": 1, "edits": []}),
        ("PATCH", "{one}/fields", {"revision": 0, "edits": NORMAL}),
        ("PATCH", "{one}/fields", {"revision": 1, "edits": NORMAL * 201}),
        ("PATCH", "{one}/fields", {"revision": 1, "edits": [{"path": "no-pointer", "value": 1}]}),
        ("PATCH", "{one}/fields", {"revision": 1, "edits": NORMAL, "secret_patient_name": 1}),
        ("POST", "{one}/transitions", {"revision": 1, "act": "sign"}),
        ("POST", "{one}/addenda", {"revision": 1, "text": "x" * 20_001}),
        ("POST", "{one}/corrections", {"revision": 1, "edits": NORMAL}),
        ("POST", "/v1/patients/timeline", {"accession": "1"}),
        ("POST", "/v1/patients/timeline", [1]),
    ],
)
def test_what_is_not_as_documented_is_refused_in_one_form_without_echo(
    http: TestClient, report: Report, method: str, path: str, body: object
) -> None:
    answer = http.request(method, path.format(one=f"/v1/records/{report.id}"), json=body)
    assert said(answer, ErrorCode.BAD_MESSAGE)
    assert "secret_patient_name" not in answer.text
    assert "nonsense" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'{"revision": 1e999}'])
def test_what_is_no_json_is_refused(http: TestClient, report: Report, content: bytes) -> None:
    assert said(http.post(f"/v1/records/{report.id}/signature", content=content), ErrorCode.BAD_MESSAGE)


def test_a_body_that_is_too_large_is_refused(http: TestClient, report: Report) -> None:
    large = b'{"revision": 1, "text": "' + b"x" * MAX_BODY_BYTES + b'"}'
    assert said(http.post(f"/v1/records/{report.id}/addenda", content=large), ErrorCode.MESSAGE_TOO_LARGE)


@pytest.mark.parametrize("name", ["x", "A" * 32, "0" * 31, "0" * 33, "0" * 32, "%2e%2e"])
def test_a_report_that_is_not_there_is_unknown_however_it_is_named(http: TestClient, name: str) -> None:
    answer = http.get(f"/v1/records/{name}")
    assert said(answer, ErrorCode.UNKNOWN_RECORD)


def test_refusals_of_the_service_have_their_status(http: TestClient, service: ReportService, report: Report) -> None:
    one = f"/v1/records/{report.id}"
    assert said(http.post(f"{one}/signature", json={"revision": 1}), ErrorCode.UNCONFIRMED_VALUES)
    assert said(http.patch(f"{one}/fields", json={"revision": 9, "edits": NORMAL}), ErrorCode.STALE_REVISION)
    wrong = {"revision": 1, "edits": [{"path": "/fields/heart_size", "value": "huge"}]}
    assert said(http.patch(f"{one}/fields", json=wrong), ErrorCode.BAD_FIELD)
    assert said(http.post(f"{one}/addenda", json={"revision": 1, "text": "x"}), ErrorCode.WRONG_STATE)
    bad = service.keep_draft(DICTATING, record_of({"vitals": {"temperature_c": 93}}, template="outpatient"))
    sign = {"revision": 1, "acknowledge_unconfirmed": True}
    assert said(http.post(f"/v1/records/{bad.id}/signature", json=sign), ErrorCode.CHECKS_FAILED)
    assert set(STATUS) <= set(ERRORS)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    which=st.integers(0, 13),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["revision", "edits", "paths", "path", "value", "text", "reason", "mrn", "act"])
                | st.text(max_size=5),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    ),
)
def test_no_body_brings_an_endpoint_down(http: TestClient, report: Report, which: int, body: object) -> None:
    method, path, _ = every_request(report.id)[which]
    answer = http.request(method, path, content=json.dumps(body).encode())
    assert answer.status_code in {200, *STATUS.values()} - {500}
