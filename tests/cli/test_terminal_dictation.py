"""A dictation in the terminal: a microphone that is not there, Ctrl-C, and what is kept when no server answers."""

import json
import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.sound import FakeMicrophone
from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_cli import dictate, terminal_dictation
from wardscribe_cli.terminal_dictation import run_terminal
from wardscribe_client.input_device import Heard
from wardscribe_client.spool import Spool, Standing
from wardscribe_protocol.errors import ServerUnreachableError
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

PCM = speech()


class SpokenTo(FakeMicrophone):
    """Hears a dictation; then somebody presses Ctrl-C, and it is quiet."""

    asked = 0

    def read(self, *, recording: bool) -> Heard:
        if not recording:
            return Heard()
        self.asked += 1
        if self.asked == 1:
            return Heard(pcm=PCM)
        if self.asked == 2:
            signal.raise_signal(signal.SIGINT)
            return Heard()
        return Heard(pcm=bytes(3200))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(
        tmp_path / "server", recogniser=ScriptedRecogniser(SCRIPT), detector=LoudnessDetector(), min_free_mb=0
    ) as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setenv("WARDSCRIBE_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr(terminal_dictation, "desktop_keyring", lambda: None)
    monkeypatch.setattr(terminal_dictation, "Microphone", lambda _name: SpokenTo())
    return Spool.at(tmp_path / "spool")


def dictated(url: str) -> int:
    parser = ArgumentParser()
    dictate.add_arguments(parser)
    return run_terminal(parser.parse_args(["--template", "chest_xray", "--lang", "en", "--url", url]))


def test_the_record_is_printed_after_ctrl_c(running: Serving, spool: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    assert dictated(running.url) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["transcript"]["text"].startswith("PA chest radiograph.")
    assert "done" in printed.err
    assert stored_audio(running.sessions()[0]).startswith(PCM)
    assert [item.standing for item in spool.items()] == [Standing.RECORDED]


def test_without_a_server_it_is_kept_and_said_next_time(
    spool: Spool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDSCRIBE_RECONNECT_SECONDS", "0.1")
    with pytest.raises(ServerUnreachableError, match="kept here, unsent, as"):
        dictated("ws://127.0.0.1:9")
    (item,) = spool.unsent()
    assert item.standing is Standing.UNSENT
    assert spool.audio(item.id, 0, 60_000).startswith(PCM)
    with pytest.raises(ServerUnreachableError):
        dictated("ws://127.0.0.1:9")
    assert "1 earlier dictations are kept here and not sent" in capsys.readouterr().err
