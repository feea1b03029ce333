"""The real window, off screen, with a server that tests speak for."""

from dataclasses import dataclass, field

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.client.desktop.scripted import FORM, Script
from tests.client.desktop.scripted_dictation import HeardPlayer, ScriptedDictation
from tests.client.desktop.test_live_record import record
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.row_widget import RowWidget
from wardscribe_client.desktop.shortcuts import key
from wardscribe_client.desktop.window import Hooks, LiveWindow
from wardscribe_protocol.messages import (
    Closed,
    Ready,
)
from wardscribe_protocol.record import Language


@dataclass
class Stage:
    """A window with everything around it."""

    window: LiveWindow
    desk: LiveDesk
    dictation: ScriptedDictation
    player: HeardPlayer
    script: Script
    reviewed: list[str] = field(default_factory=list)
    kept: list[dict[str, object]] = field(default_factory=list)

    def tell(self, *events: object) -> None:
        for event in events:
            self.dictation.tell(event)
        self.desk.look()

    def close_record(self) -> None:
        self.tell(Ready(session="7Qm3", token="t", credit_samples=0))
        closing = Closed.of(record(), total_samples=32_000).model_copy(update={"seq": 99})
        self.tell(closing)

    def widget(self, path: str) -> RowWidget:
        return next(each for each in self.window.fields.findChildren(RowWidget) if each.row.path == path)

    def press(self, name: str) -> None:
        sequence = key(name).sequences[0]
        QTest.keySequence(self.window, sequence)
        self.desk.look()


def staged(interface: Interface, qtbot: QtBot) -> Stage:
    dictation, player = ScriptedDictation(), HeardPlayer()
    desk = LiveDesk(dictation, player=player, forms=Forms({FORM.id: FORM}), template=FORM.id, language=Language.EN)
    reviewed: list[str] = []
    kept: list[dict[str, object]] = []
    hooks = Hooks(
        review=lambda _, report: reviewed.append(report),
        settings=lambda _: None,
        unsent=lambda _: None,
        reports=lambda _: None,
        paste=lambda _: None,
        kept=lambda changes: kept.append(dict(changes)),
    )
    window = LiveWindow(desk, interface, hooks=hooks)
    qtbot.addWidget(window)
    window.show_devices(["Headset"], None)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return Stage(window, desk, dictation, player, Script(), reviewed, kept)
