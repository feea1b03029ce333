"""`wardscribe unsent` over a spool that earlier processes left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.serving import Serving, serving, stored_audio
from tests.server.test_gateway import SCRIPT, speech
from wardscribe_cli.__main__ import Exit, main
from wardscribe_client.spool import Spool, Standing
from wardscribe_client.spool_story import Mark
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_server.engines.fake import LoudnessDetector, ScriptedRecogniser

START = Start(template="chest_xray", language=Language.EN)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(
        tmp_path_factory.mktemp("server"),
        recogniser=ScriptedRecogniser(SCRIPT * 9),
        detector=LoudnessDetector(),
        min_free_mb=0,
    ) as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setenv("WARDSCRIBE_SPOOL", str(tmp_path))
    monkeypatch.setattr("wardscribe_cli.terminal_dictation.desktop_keyring", lambda: None)
    return Spool.at(tmp_path)


def kept(spool: Spool, *, start: Start = START, ended: bool = True) -> str:
    dictation = spool.create(start)
    dictation.add_audio(speech())
    if ended:
        dictation.mark(Mark.STOPPED)
    spool.close(dictation)
    return dictation.id


def test_what_waits_is_listed_sent_and_listed_no_more(
    spool: Spool, running: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, killed = kept(spool), kept(spool, ended=False)
    assert main(["unsent"]) == Exit.DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(ended)
    assert first.endswith("\t5 s\tchest_xray en\tended, not sent")
    assert second.endswith("never ended, its program was killed")
    assert main(["unsent", "--send", "--url", running.url]) == Exit.DONE
    sent = dict(line.split("\tsent as ") for line in capsys.readouterr().out.splitlines())
    assert sent.keys() == {ended, killed}
    for session in sent.values():
        assert stored_audio(running.data / "sessions" / session) == speech()
    assert main(["unsent"]) == Exit.DONE
    assert capsys.readouterr().out == ""
    assert main(["unsent", "--all"]) == Exit.DONE
    assert capsys.readouterr().out.count("sent, not signed") == 2


def test_what_is_not_wanted_is_discarded(spool: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    unwanted = kept(spool)
    assert main(["unsent", "--discard", unwanted]) == Exit.DONE
    assert [item.standing for item in spool.items()] == [Standing.DISCARDED]
    assert main(["unsent", "--discard", "20260101T000000000000-00000000"]) == Exit.BAD_USAGE
    assert "no such dictation" in capsys.readouterr().err


def test_without_a_server_everything_stays_and_the_exit_code_says_so(
    spool: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = kept(spool)
    assert main(["unsent", "--send", "--url", "ws://127.0.0.1:9"]) == Exit.UNREACHABLE
    assert f"{waiting}: not sent: no dictation server answers" in capsys.readouterr().err
    assert [item.standing for item in spool.unsent()] == [Standing.UNSENT]
