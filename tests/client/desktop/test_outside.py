"""The windows beside the live one, as its menu opens them: from what was dictated to its signature."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tests.client.desktop.workplace import NAMES, ToldMicrophone, workstation
from tests.client.hospital import PCM, Hospital
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.outside import Live, Outside
from wardscribe_client.desktop.report_list import ReportList
from wardscribe_client.desktop.review.window import ReviewWindow
from wardscribe_client.desktop.settings_dialog import SettingsDialog
from wardscribe_client.desktop.unsent import UnsentDialog
from wardscribe_client.preferences import Preferences, Theme
from wardscribe_client.spool import Spool, Standing
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language

WAIT_MS = 20_000


@dataclass
class Place:
    outside: Outside
    window: QMainWindow
    spool: Spool
    applied: list[Preferences] = field(default_factory=list)
    taken_up: list[str] = field(default_factory=list)
    played: list[bytes] = field(default_factory=list)
    begun: int = 0

    def shown(self, kind: type[QWidget]) -> QWidget:
        (found,) = [child for child in self.window.findChildren(kind) if child.isVisible()]
        return found


class Loud:
    def __init__(self, played: list[bytes]) -> None:
        self._played = played

    def play(self, pcm: bytes) -> None:
        self._played.append(pcm)

    def stop(self) -> None:
        pass


@pytest.fixture
def place(english: Interface, hospital: Hospital, tmp_path: Path, qtbot: QtBot) -> Iterator[Place]:
    station = workstation(tmp_path / "config")
    station.store(Preferences(server=hospital.address.http))
    token = hospital.credentials("dr-o", "attending")._token
    assert token is not None
    station.tokens.keep(hospital.address, token)
    spool = Spool.at(tmp_path / "spool")
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    applied: list[Preferences] = []
    taken_up: list[str] = []
    played: list[bytes] = []
    begun: list[int] = []
    live = Live(
        server=lambda: hospital.address,
        forms=Forms,
        microphones=lambda: NAMES,
        opened=lambda _: ToldMicrophone(b""),
        take_up=taken_up.append,
        next=lambda: begun.append(1),
        applied=applied.append,
    )
    outside = Outside(english, station, spool, live, player=Loud(played))
    yield Place(outside, window, spool, applied, taken_up, played)
    for dialog in window.findChildren(QDialog):
        dialog.reject()
    for review in window.findChildren(ReviewWindow):
        review.close()


def test_what_was_sent_from_here_is_reviewed_heard_and_signed_and_its_sound_let_go(place: Place, qtbot: QtBot) -> None:
    dictation = place.spool.create(Start(template="chest_xray", language=Language.EN))
    dictation.add_audio(PCM)
    place.spool.close(dictation)
    place.outside.unsent(place.window)
    unsent = place.shown(UnsentDialog)
    assert isinstance(unsent, UnsentDialog)
    with qtbot.waitSignal(unsent.sent, timeout=WAIT_MS) as sent:
        unsent.buttons["upload_all"].click()
    assert sent.args is not None
    session = sent.args[1]
    unsent.reject()
    place.outside.review(place.window, session)
    review = place.shown(ReviewWindow)
    assert isinstance(review, ReviewWindow)
    qtbot.waitUntil(lambda: review._desk.reviewed is not None and not review._desk.busy, timeout=WAIT_MS)
    heard = next(row for row in review._rows if row.audio_ms)
    review.fields.choose(heard.path)
    review.fields._buttons["play"].click()
    (start, end), *_ = heard.audio_ms
    assert len(place.played[0]) == (end - start) * 32 or len(heard.audio_ms) > 1
    with qtbot.waitSignal(review.signed, timeout=WAIT_MS):
        review._desk.sign(acknowledge_unconfirmed=True)
    assert [item.standing for item in place.spool.items()] == [Standing.SIGNED]


def test_the_list_of_reports_leads_to_a_review(place: Place, hospital: Hospital, qtbot: QtBot) -> None:
    report = hospital.draft("dr-o")
    place.outside.reports(place.window)
    listed = place.shown(ReportList)
    assert isinstance(listed, ReportList)
    qtbot.waitUntil(lambda: not listed.busy, timeout=WAIT_MS)
    listed.state.setCurrentIndex(0)
    qtbot.waitUntil(lambda: report in listed.shown(), timeout=WAIT_MS)
    listed.table.selectRow(listed.shown().index(report))
    listed.open_chosen()
    review = place.shown(ReviewWindow)
    assert isinstance(review, ReviewWindow)
    qtbot.waitUntil(lambda: review._desk.reviewed is not None, timeout=WAIT_MS)
    assert review._desk.report == report


def test_what_was_broken_off_is_handed_to_the_live_window(place: Place) -> None:
    dictation = place.spool.create(Start(template="chest_xray", language=Language.EN))
    dictation.add_audio(PCM)
    place.spool.close(dictation)
    place.outside.unsent(place.window)
    unsent = place.shown(UnsentDialog)
    assert isinstance(unsent, UnsentDialog)
    unsent.buttons["resume"].click()
    assert place.taken_up == [dictation.id]


def test_settings_are_told_to_the_live_window(place: Place) -> None:
    place.outside.settings(place.window)
    settings = place.shown(SettingsDialog)
    assert isinstance(settings, SettingsDialog)
    settings.look.theme.setCurrentIndex(settings.look.theme.findData(Theme.DARK))
    settings.save.click()
    assert [each.theme for each in place.applied] == [Theme.DARK]


def test_who_has_a_server_is_asked_nothing_at_the_start(place: Place) -> None:
    asked = place.outside.first_start()
    assert asked is not None
    assert asked.server
