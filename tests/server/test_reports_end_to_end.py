"""From a dictation over the socket to a signed report: kept once, seen by its tenant alone, every step in the log."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.server.level_recogniser import LevelRecogniser, said
from tests.server.serving import Serving, serving, stored_record
from tests.server.test_gateway import START, finish, receive, send_audio
from wardscribe_protocol.errors import ErrorCode, RefusedError
from wardscribe_server import conductor
from wardscribe_server.access.principal import Scope, TenantId
from wardscribe_server.access.token_file import TokenFile
from wardscribe_server.access.tokens import Grant
from wardscribe_server.assembly import build_vault
from wardscribe_server.audit.entry import MAC_PURPOSE
from wardscribe_server.audit.verification import entries, verify
from wardscribe_server.config import AccessSettings, ServerSettings
from wardscribe_server.engines.fake import LoudnessDetector
from wardscribe_server.records.service import ReportService

TEXTS = ["PA chest radiograph.", "Right lower lobe consolidation.", "Impression right lower lobe pneumonia."]
PCM = said(TEXTS)
CONTEXT = {"patient": {"mrn": "MRN-00417", "name": "Quellen"}, "order": {"accession": "ACC-9"}}


def token(data: Path, user: str, role: str, *, tenant: str = "north") -> dict[str, str]:
    grant = Grant.model_validate({"tenant": tenant, "user": user, "roles": {role}, "scopes": set(Scope)})
    return {"Authorization": f"Bearer {TokenFile(data).create(grant, days=1)[0]}"}


async def dictate(url: str, headers: dict[str, str]) -> dict[str, object]:
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.send(json.dumps(START | {"context": CONTEXT}))
        assert (await receive(socket))["type"] == "ready"
        await send_audio(socket, PCM)
        return await finish(socket, len(PCM) // 2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, dict[str, dict[str, str]]]]:
    data = tmp_path_factory.mktemp("hospital")
    who = {
        "resident": token(data, "dr-a", "resident"),
        "attending": token(data, "dr-b", "attending"),
        "elsewhere": token(data, "dr-b", "attending", tenant="south"),
    }
    with serving(
        data, recogniser=LevelRecogniser(TEXTS), detector=LoudnessDetector(), access=AccessSettings(), min_free_mb=0
    ) as running:
        yield running, who


def test_a_dictation_becomes_a_report_that_its_attending_signs(
    place: tuple[Serving, dict[str, dict[str, str]]],
) -> None:
    running, who = place
    closed = asyncio.run(dictate(running.url, who["resident"]))
    with httpx.Client(base_url=running.http) as http:
        (report,) = http.get("/v1/records", headers=who["attending"]).json()["reports"]
        path = f"/v1/records/{report['id']}"
        assert (report["state"], report["author"]) == ("draft", "dr-a")
        assert report["session"] == running.sessions()[0].name
        opened = http.get(path, headers=who["attending"]).json()
        assert opened["version"]["record"]["fields"] == closed["record"]["fields"]
        heard = http.get(f"{path}/dictation", headers=who["attending"]).json()
        assert [word["id"] for word in heard["words"]] == list(range(len(heard["words"])))
        assert len(heard["audio_sha256"]) == 64

        assert http.get("/v1/records", headers=who["elsewhere"]).json()["reports"] == []
        assert http.get(path, headers=who["elsewhere"]).json()["code"] == "unknown_record"
        assert http.get(path).status_code == 401
        found = http.post("/v1/patients/records", json={"mrn": "mrn-00417"}, headers=who["elsewhere"]).json()
        assert found == []

        revision = {"revision": opened["report"]["revision"]}
        assert http.post(f"{path}/signature", json=revision, headers=who["resident"]).json()["code"] == "forbidden"
        asked = http.post(f"{path}/signature", json=revision, headers=who["attending"]).json()
        assert asked["code"] == "unconfirmed_values"
        signed = http.post(
            f"{path}/signature", json=revision | {"acknowledge_unconfirmed": True}, headers=who["attending"]
        ).json()
        assert signed["report"]["state"] == "final", signed
        again = http.patch(
            f"{path}/fields",
            json={
                "revision": signed["report"]["revision"],
                "edits": [{"path": "/fields/indication", "value": "cough"}],
            },
            headers=who["attending"],
        ).json()
        assert again["code"] == "wrong_state"
        found = http.post("/v1/patients/records", json={"mrn": "MRN-00417"}, headers=who["attending"]).json()
        assert [each["id"] for each in found] == [report["id"]]


def test_every_step_is_in_the_log_and_the_log_is_whole(place: tuple[Serving, dict[str, dict[str, str]]]) -> None:
    running, who = place
    with httpx.Client(base_url=running.http) as http:
        http.get("/v1/records", headers=who["attending"])
        http.get("/v1/records", headers={"Authorization": "Bearer no-such-token"})
    vault = build_vault(ServerSettings(data=running.data))
    tenant = TenantId("north")
    key = vault.mac_key(tenant, MAC_PURPOSE)
    assert verify(running.data, tenant, key=key).fault is None
    kinds = {entry.kind for entry in entries(running.data, tenant, key=key, wanted=lambda _: True)}
    assert {"session.start", "record.keep", "record.read", "record.sign", "record.list"} <= kinds


def test_one_user_takes_no_more_places_than_allowed(tmp_path: Path) -> None:
    ours, others = token(tmp_path, "dr-a", "resident"), token(tmp_path, "dr-b", "resident")

    async def begin(url: str, headers: dict[str, str]) -> object:
        socket = await connect(url, additional_headers=headers, compression=None)
        await socket.send(json.dumps(START))
        answer = await receive(socket)
        await socket.close()
        return answer["type"]

    async def crowd(url: str) -> list[object]:
        return [await begin(url, ours), await begin(url, ours), await begin(url, ours), await begin(url, others)]

    with serving(
        tmp_path,
        recogniser=LevelRecogniser(TEXTS),
        detector=LoudnessDetector(),
        access=AccessSettings(max_sessions_per_user=2),
        min_free_mb=0,
    ) as running:
        assert asyncio.run(crowd(running.url)) == ["ready", "ready", "busy", "ready"]


def test_while_reports_cannot_be_kept_the_client_waits_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conductor, "_FULL_DISK_RETRY_S", 0.01)
    real, left = ReportService.keep_draft, [3]

    def unavailable(*arguments: object, **keywords: object) -> object:
        if left[0]:
            left[0] -= 1
            raise RefusedError(ErrorCode.RECORDS_UNAVAILABLE)
        return real(*arguments, **keywords)

    monkeypatch.setattr(ReportService, "keep_draft", unavailable)
    with serving(tmp_path, recogniser=LevelRecogniser(TEXTS), detector=LoudnessDetector(), min_free_mb=0) as running:
        closed = asyncio.run(dictate(running.url, {}))
        reports = httpx.get(f"{running.http}/v1/records").json()["reports"]
        assert stored_record(running.sessions()[0]) == closed["record"]
    assert left == [0]
    assert len(reports) == 1


def test_a_report_that_is_turned_down_for_good_stays_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> object:
        raise RefusedError(ErrorCode.FORBIDDEN)

    monkeypatch.setattr(ReportService, "keep_draft", forbidden)
    with serving(tmp_path, recogniser=LevelRecogniser(TEXTS), detector=LoudnessDetector(), min_free_mb=0) as running:
        closed = asyncio.run(dictate(running.url, {}))
        assert stored_record(running.sessions()[0]) == closed["record"]
