"""Real weights, real speech, a real server: both dictations of our own, by file and over the socket."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from told_words import words_told_are

from tests.server.serving import Serving, serving
from wardscribe_cli.__main__ import Exit, main
from wardscribe_client.link import Link
from wardscribe_client.playback import play
from wardscribe_client.recording import read_recording
from wardscribe_protocol.codec import encode_message
from wardscribe_protocol.messages import Closed, Commit, FieldState, FieldUpdate, Final, ServerMessage, Start, Tail
from wardscribe_protocol.record import Language, Record
from wardscribe_server.access.principal import LOCAL_TENANT
from wardscribe_server.assembly import build_vault
from wardscribe_server.config import ServerSettings
from wardscribe_server.journal.entries import Opened
from wardscribe_server.journal.sessions import SessionsFolder
from wardscribe_server.pipeline.events import Audio
from wardscribe_server.pipeline.flow import FlowSettings

ROOT = Path(__file__).parents[2]
DICTATIONS = {
    "en": (ROOT / "tests/dictations/en-chest-xray.flac", "chest_xray"),
    "zh": (ROOT / "tests/dictations/zh-outpatient.flac", "outpatient"),
}

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("data"), min_free_mb=0) as server:
        yield server


@pytest.fixture(scope="module")
def transcribed() -> dict[str, Record]:
    """Records by `wardscribe transcribe -o`, made once."""
    return {}


def transcribe(language: str, folder: Path) -> Record:
    audio, template = DICTATIONS[language]
    output = folder / "record.json"
    code = main(["transcribe", str(audio), "--template", template, "--lang", language, "-o", str(output)])
    assert code == Exit.DONE
    return Record.model_validate_json(output.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_recording_becomes_a_record_that_fits_the_published_schema(
    language: str, tmp_path: Path, transcribed: dict[str, Record]
) -> None:
    record = transcribed[language] = transcribe(language, tmp_path)
    schema = json.loads((ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(record.to_json()), schema)
    assert record.fields


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_value_has_evidence_in_the_text_and_in_the_audio(
    language: str, tmp_path: Path, transcribed: dict[str, Record]
) -> None:
    record = transcribed.get(language) or transcribe(language, tmp_path)
    for pointer, evidence in record.evidence.items():
        assert evidence.chars is not None, pointer
        start, end = evidence.chars
        assert record.transcript.text[start:end] == evidence.text
        assert evidence.audio_ms is not None, pointer
        assert 0 <= evidence.audio_ms[0] < evidence.audio_ms[1] <= 41_000


def test_the_english_dictation_fills_what_was_said(tmp_path: Path, transcribed: dict[str, Record]) -> None:
    record = transcribed.get("en") or transcribe("en", tmp_path)
    findings = record.fields["findings"]
    assert isinstance(findings, list)
    by_name = {finding["finding"]: finding for finding in findings if isinstance(finding, dict)}
    assert by_name["nodule"] | {"change": "new"} == {
        "finding": "nodule",
        "presence": "present",
        "laterality": "right",
        "location": "right upper lobe",
        "size_mm": [12],
        "change": "new",
    }
    assert by_name["pneumothorax"]["presence"] == "absent"
    assert by_name["rib fracture"]["presence"] == "absent"
    assert record.fields["heart_size"] == "enlarged"


def test_the_mandarin_dictation_fills_what_was_said(tmp_path: Path, transcribed: dict[str, Record]) -> None:
    record = transcribed.get("zh") or transcribe("zh", tmp_path)
    assert record.fields["patient"] == {"age_years": 52, "sex": "female"}
    prescriptions = record.fields["prescriptions"]
    assert isinstance(prescriptions, list)
    (ordered,) = prescriptions
    assert isinstance(ordered, dict)
    assert (ordered["dose"], ordered["dose_unit"], ordered["route"], ordered["frequency"]) == (
        30,
        "mg",
        "oral",
        "daily",
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_live_session_ends_with_the_same_record_as_the_file(
    language: str, running: Serving, tmp_path: Path, transcribed: dict[str, Record]
) -> None:
    audio, template = DICTATIONS[language]
    messages: list[ServerMessage] = []

    async def dictate() -> Record:
        start = Start(template=template, language=Language(language))
        link = Link(start, url=running.url, reconnect_s=5, on_message=messages.append)
        return await play(link, read_recording(audio, max_minutes=5, warn=pytest.fail), speed=3)

    record = asyncio.run(dictate())
    assert record == (transcribed.get(language) or transcribe(language, tmp_path))
    # A busy machine has no time for tails at three times the speed of speech: words stand before the end all the same.
    before_the_end = messages[: next(at for at, message in enumerate(messages) if isinstance(message, Closed))]
    assert any(isinstance(message, Tail | Commit) for message in before_the_end)
    assert words_told_are(record.transcript.raw, [json.loads(encode_message(message)) for message in messages])
    assert all(message.text for message in messages if isinstance(message, Final))
    live: dict[str, object] = {}
    for message in messages:
        if isinstance(message, FieldUpdate) and message.state is FieldState.WITHDRAWN:
            del live[message.path]
        elif isinstance(message, FieldUpdate):
            live[message.path] = message.value
    assert set(live) == set(record.evidence), "what the client folded together is what was signed off"


def test_what_a_killed_server_leaves_behind_becomes_the_same_record(
    tmp_path: Path, transcribed: dict[str, Record]
) -> None:
    audio, template = DICTATIONS["en"]
    data, left, output = tmp_path / "data", tmp_path / "left.wav", tmp_path / "again.json"
    opened = Opened(
        session="killed",
        token="secret",
        user="local",
        roles=(),
        start={"type": "start", "template": template, "language": "en"},
        settings=FlowSettings(),
        at="2026-01-01T00:00:00+00:00",
    )
    folder = SessionsFolder(data, build_vault(ServerSettings(data=data)).cipher)
    journal = folder.create(opened, LOCAL_TENANT)
    for block in read_recording(audio, max_minutes=5, warn=pytest.fail):
        journal.add(Audio(block))
    journal.sync()  # and then nothing more
    assert main(["sessions", "audio", "killed", "--data", str(data), "-o", str(left)]) == Exit.DONE
    assert main(["transcribe", str(left), "--template", template, "--lang", "en", "-o", str(output)]) == Exit.DONE
    journal.close()
    folder.close()
    again = Record.model_validate_json(output.read_text(encoding="utf-8"))
    assert again == (transcribed.get("en") or transcribe("en", tmp_path))
