"""The whole desktop client, off screen, with a real server and the real weights: speech in, report signed and heard."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.client.desktop.scripted_dictation import HeardPlayer
from tests.client.desktop.test_hands import NoDevices
from tests.server.serving import Serving, serving
from wardscribe_client.config import ClientSettings
from wardscribe_client.desktop.app import Desktop, Opening
from wardscribe_client.desktop.form import Labels
from wardscribe_client.desktop.forms_store import kept_forms
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.rows import Row, RowState
from wardscribe_client.file_device import FileDevice
from wardscribe_client.recording import read_recording
from wardscribe_client.spool import Standing
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

pytestmark = pytest.mark.model
_BLOCKS = 80  # of 100 ms: two sentences
_WITHIN_MS = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("data"), min_free_mb=0) as running:
        yield running


@pytest.fixture
def speech(dictations: Path) -> bytes:
    """The first seconds of our own English dictation, s16le."""
    blocks = read_recording(dictations / "en-chest-xray.flac", max_minutes=5, warn=print)
    return b"".join(islice(blocks, _BLOCKS))


def test_speech_becomes_a_report_that_is_corrected_heard_and_finished(
    server: Serving, speech: bytes, tmp_path: Path, qtbot: QtBot
) -> None:
    player = HeardPlayer()
    settings = ClientSettings(url=server.url, config_dir=tmp_path / "config", spool=tmp_path / "spool", keyring=False)
    opening = Opening(
        template="chest_xray",
        language=Language.EN,
        device=FileDevice(speech, speed=None),
        player=player,
        hid=NoDevices(),
    )
    desktop = Desktop(settings, opening)
    qtbot.addWidget(desktop.window)
    desktop.open()
    try:
        _dictate(desktop, qtbot)
        _edit_and_confirm(desktop, qtbot)
        _play(desktop, qtbot, player, speech)
        _finish(desktop, qtbot)
    finally:
        desktop.close()


def _dictate(desktop: Desktop, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "chest_xray" in desktop.desk.forms.templates, timeout=_WITHIN_MS)
    form = desktop.desk.form.field("indication")
    assert form is not None
    assert form.labels == Labels(en="Indication", zh="检查原因")
    assert kept_forms(desktop.workstation.folder).templates.keys() == desktop.desk.forms.templates.keys()
    QTest.keyClick(desktop.window, Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: _row(desktop, "/fields/indication") is not None, timeout=_WITHIN_MS)
    assert "night sweats" in desktop.window.transcript.toPlainText()
    assert "night sweats" in _widget(desktop, "/fields/indication").accessibleName()
    assert desktop.window.bar._elapsed.text() == "0:08"


def _edit_and_confirm(desktop: Desktop, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: desktop.desk.phase is Phase.PAUSED, timeout=_WITHIN_MS)
    _widget(desktop, "/fields/indication").setFocus()
    QTest.keyClick(_widget(desktop, "/fields/indication"), Qt.Key.Key_C)
    desktop.desk.edit({"/fields/heart_size": "normal"})
    qtbot.waitUntil(lambda: _state(desktop, "/fields/indication") is RowState.CONFIRMED, timeout=_WITHIN_MS)
    qtbot.waitUntil(lambda: _state(desktop, "/fields/heart_size") is RowState.EDITED, timeout=_WITHIN_MS)


def _play(desktop: Desktop, qtbot: QtBot, player: HeardPlayer, speech: bytes) -> None:
    row = _row(desktop, "/fields/indication")
    assert row is not None
    ((start, end),) = row.audio_ms
    _widget(desktop, "/fields/indication").act("play")
    qtbot.waitUntil(lambda: bool(player.played), timeout=_WITHIN_MS)
    samples = SAMPLE_RATE // 1000 * BYTES_PER_SAMPLE
    assert player.played == [speech[start * samples : end * samples]], "exactly what was said for it"


def _finish(desktop: Desktop, qtbot: QtBot) -> None:
    QTest.keySequence(desktop.window, "Ctrl+Return")
    qtbot.waitUntil(lambda: desktop.desk.phase is Phase.DONE, timeout=_WITHIN_MS)
    view, standing = desktop.desk.feed.look()
    assert view.record is not None
    assert view.record.fields["heart_size"] == "normal"
    assert standing.ended_at_samples == _BLOCKS * SAMPLE_RATE // 10, "no sample was lost"
    assert nothing_waits(desktop)
    QTest.keyClick(desktop.window, Qt.Key.Key_F8)
    assert desktop.desk.phase is Phase.IDLE
    qtbot.waitUntil(lambda: [item.standing for item in desktop.spool.items()] == [Standing.RECORDED])


def nothing_waits(desktop: Desktop) -> bool:
    return desktop.spool.unsent() == []


def _row(desktop: Desktop, path: str) -> Row | None:
    desktop.desk.look()
    return next((row for row in desktop.desk.feed.look()[0].rows if row.path == path and row.leaves), None)


def _state(desktop: Desktop, path: str) -> RowState | None:
    row = _row(desktop, path)
    return row.state if row is not None else None


def _widget(desktop: Desktop, path: str) -> RowWidget:
    return next(each for each in desktop.window.fields.findChildren(RowWidget) if each.row.path == path)
