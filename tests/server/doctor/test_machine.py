"""The doctor on clock, weights, libraries, port, microphone and crashes."""

import http.server
import itertools
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.server.doctor.test_storage import advice, levels
from tests.server.engines.tiny_tagger import write_tagger
from wardscribe_server.config import ServerSettings
from wardscribe_server.doctor import machine
from wardscribe_server.doctor.machine import (
    RELEASED,
    examine_audio_libraries,
    examine_clock,
    examine_crashes,
    examine_microphone,
    examine_models,
    examine_port,
    examine_tagger,
)


@pytest.fixture
def settings(data_dir: Path, tmp_path: Path) -> ServerSettings:
    return ServerSettings(data=data_dir, models_dir=tmp_path / "models")


def test_a_clock_before_the_release_or_behind_what_is_stored_is_a_failure(
    settings: ServerSettings, data_dir: Path
) -> None:
    at = RELEASED + timedelta(days=100)
    assert levels(examine_clock(settings, now=lambda: at)) == {"clock": "ok", "timezone": "ok"}
    assert levels(examine_clock(settings, now=lambda: RELEASED - timedelta(days=1)))["clock"] == "fail"
    head = data_dir / "audit" / "ward" / "head"
    head.parent.mkdir(parents=True)
    head.touch()
    os.utime(head, times=(at.timestamp() + 3600, at.timestamp() + 3600))
    found = list(examine_clock(settings, now=lambda: at))
    assert (found[0].level.value, "set back" in found[0].advice) == ("fail", True)
    later = at + timedelta(hours=1)
    assert levels(examine_clock(settings, now=lambda: later))["clock"] == "ok"


def test_a_clock_that_runs_backwards_and_a_strange_zone_are_said(settings: ServerSettings) -> None:
    back = itertools.count(0, -1)
    assert "backwards" in advice(examine_clock(settings, monotonic=lambda: float(next(back))))
    for zone, level in ((timezone(timedelta(hours=5, minutes=45)), "ok"), (timezone(timedelta(minutes=7)), "warn")):
        at = (RELEASED + timedelta(days=1)).astimezone(zone)
        assert levels(examine_clock(settings, now=lambda at=at: at))["timezone"] == level
    naive = datetime(2030, 1, 1)  # noqa: DTZ001 - what a broken zone gives
    assert naive.utcoffset() is None


def test_weights_that_are_not_there_or_not_right_are_failures(settings: ServerSettings, tmp_path: Path) -> None:
    assert "wardscribe models fetch base" in advice(examine_models(settings))
    own = tmp_path / "own"
    own.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (own / name).touch()
    assert levels(examine_models(settings.model_copy(update={"model": str(own)}))) == {"models": "ok"}


def test_a_changed_weight_is_named(settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = machine.ModelStore(settings.models_dir).manifest.model("base").files[0].name
    monkeypatch.setattr(machine.ModelStore, "locate", lambda *_: Path())
    found = list(examine_models(settings))
    assert {finding.level.value for finding in found} == {"fail"}
    assert problem in advice(found)


@contextmanager
def answering(text: bytes) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_port_is_free_served_or_taken(settings: ServerSettings) -> None:
    assert levels(examine_port(settings.model_copy(update={"port": 0}))) == {"port": "ok"}
    with answering(b"ok\n") as port:
        assert "served by Wardscribe" in advice(examine_port(settings.model_copy(update={"port": port})))
    with answering(b"<html>") as port:
        assert levels(examine_port(settings.model_copy(update={"port": port}))) == {"port": "fail"}
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(2)
        taken = settings.model_copy(update={"port": mute.getsockname()[1]})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(machine, "_ANSWER_WITHIN_S", 0.05)
            assert levels(examine_port(taken)) == {"port": "fail"}
    elsewhere = settings.model_copy(update={"host": "192.0.2.1"})  # an address for documentation, on no machine
    assert "cannot be listened on" in advice(examine_port(elsewhere))


def test_audio_libraries_are_looked_for_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(examine_audio_libraries()) == {"audio": "ok"}
    import av

    monkeypatch.setattr(av, "codecs_available", {"flac"})
    assert "mp3" in advice(examine_audio_libraries())
    monkeypatch.setitem(sys.modules, "av", None)
    assert levels(examine_audio_libraries()) == {"audio": "fail"}


class FakeSound:
    class PortAudioError(Exception):
        pass

    def __init__(self, *, found: bool) -> None:
        self.found = found

    def query_devices(self, *, kind: str) -> None:
        if not self.found:
            raise self.PortAudioError


def test_a_server_needs_no_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, level in ((None, "ok"), (FakeSound(found=True), "ok"), (FakeSound(found=False), "warn")):
        monkeypatch.setitem(sys.modules, "sounddevice", module)
        assert levels(examine_microphone()) == {"microphone": level}


def test_whether_a_crash_would_leave_a_dump_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = tmp_path / "core_pattern"
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (0, -1))
    for content, said in (("core\n", "off"), ("|/usr/lib/systemd/systemd-coredump\n", "makes them")):
        pattern.write_text(content)
        assert said in advice(examine_crashes(pattern))
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (-1, -1))
    assert "makes them" in advice(examine_crashes(tmp_path / "nowhere"))


def test_the_tagger_is_in_use_switched_off_missing_or_damaged(settings: ServerSettings, tmp_path: Path) -> None:
    def named(**changes: object) -> ServerSettings:
        return settings.model_copy(update=changes)

    folder = write_tagger(tmp_path / "tiny", {"nodule": ("B-finding",)})
    assert "tiny tiny on cpu" in advice(examine_tagger(named(tagger_folder=folder)))
    assert levels(examine_tagger(named(tagger=False))) == {"tagger": "ok"}
    assert "switched off" in advice(examine_tagger(named(tagger=False)))
    (folder / "labels.json").write_text("{}")
    for broken in (folder, tmp_path / "nowhere"):
        found = list(examine_tagger(named(tagger_folder=broken)))
        assert [finding.level.value for finding in found] == ["fail"]
        assert "WARDSCRIBE_TAGGER=false" in found[0].advice
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(machine, "build_tagger", lambda _: None)
        assert levels(examine_tagger(settings)) == {"tagger": "warn"}
