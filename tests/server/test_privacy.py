"""What is spoken, typed or named stays in the record's folder: canaries are searched in everything else."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.server.serving import Serving, serving
from tests.server.test_gateway import finish, receive, send_audio, speech, start, wait_for
from wardscribe_server import decoding
from wardscribe_server.engines.base import Effort, Hypothesis, Window
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

SPOKEN, TYPED, NAMED = "quokkaspoken", "quokkatyped", "quokkanamed"


class Fragile(ScriptedRecogniser):
    """Speaks a canary, then breaks with the canary in its exception."""

    def decode(self, windows: Sequence[Window]) -> list[Hypothesis]:
        hypotheses = super().decode(windows)
        if windows[0].effort is Effort.FINAL and not hypotheses[0].text:
            raise RuntimeError(f"cannot decode {SPOKEN}")
        return hypotheses


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setattr(decoding, "_RETRY_S", (0.0,))
    script = [f"Indication: {SPOKEN}.", "No effusion."]
    with serving(
        tmp_path / "data", recogniser=Fragile(script), detector=LoudnessDetector(), min_free_mb=0, log_level="debug"
    ) as server:
        yield server


async def provoke(url: str) -> list[str]:
    """A dictation with canaries, malformed messages with canaries, and an engine that breaks; all error messages."""
    context = {"patient": {"name": NAMED, "mrn": NAMED}}
    socket, ready = await start(url, context=context)
    said: list[str] = []
    for text in (
        json.dumps({"type": TYPED}),
        json.dumps({"type": "command", "name": TYPED.upper(), "args": {TYPED: TYPED}}),
        json.dumps({"type": "field_edit", "path": TYPED, "value": TYPED}),
        json.dumps({"type": "finalize", TYPED: NAMED}),
        "{" + TYPED,
    ):
        await socket.send(text)
        said.append(json.dumps(await wait_for(socket, "error")))
    await socket.send(json.dumps({"type": "field_edit", "path": f"/fields/{TYPED}/0/x/{NAMED}", "value": TYPED}))
    await socket.send(json.dumps({"type": "field_edit", "path": "/fields/comparison", "value": TYPED}))
    pcm = speech(utterances=3)
    await send_audio(socket, pcm)
    await socket.send(json.dumps({"type": "stop", "total_samples": len(pcm) // 2}))
    while (message := await receive(socket))["type"] != "error" or message["code"] != "internal":
        if message["type"] == "error":
            said.append(json.dumps(message))
    said.append(json.dumps(message))
    await socket.close()
    assert ready["type"] == "ready"
    return said


def test_no_canary_leaves_the_record(running: Serving, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        errors = asyncio.run(provoke(running.url))
        metrics = httpx.get(f"{running.http}/metrics").text
        running.stop()
    logged = "\n".join(
        f"{entry.getMessage()} {entry.exc_text or ''}"
        for entry in caplog.records
        if entry.name.startswith("wardscribe")
    )
    names = "\n".join(str(path) for path in running.data.rglob("*"))
    for canary in (SPOKEN, TYPED, NAMED, "effusion"):
        for where, text in {"log": logged, "metrics": metrics, "errors": "\n".join(errors), "names": names}.items():
            assert canary not in text.lower(), f"canary in {where}"
    assert "session failed: RuntimeError" in logged, "what happened is still said"


def test_only_the_owner_can_read_what_is_kept(running: Serving) -> None:
    async def dictate() -> None:
        socket, _ = await start(running.url)
        pcm = speech(utterances=2)
        await send_audio(socket, pcm)
        await finish(socket, len(pcm) // 2)
        await socket.close()

    asyncio.run(dictate())
    for path in running.data.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path.name
