"""Run as a program on a real X server: shows the window with a scripted dictation, keeps pictures."""

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.client.desktop.scripted import FORM, Script, heard
from tests.client.desktop.scripted_dictation import HeardPlayer, ScriptedDictation, captured
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.window import LiveWindow
from wardscribe_client.preferences import InterfaceLanguage, Theme
from wardscribe_protocol.messages import Tail
from wardscribe_protocol.record import Language


def main(out: Path) -> None:
    application = QApplication(sys.argv[:1])
    assert QGuiApplication.platformName() == "xcb"
    interface = Interface(language=InterfaceLanguage.EN, theme=Theme.LIGHT)
    interface.dress()
    dictation, script = ScriptedDictation(), Script()
    desk = LiveDesk(
        dictation, player=HeardPlayer(), forms=Forms({FORM.id: FORM}), template=FORM.id, language=Language.EN
    )
    window = LiveWindow(desk, interface)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    QTest.mouseClick(window.bar.button, Qt.MouseButton.LeftButton)  # keys need a window manager, a mouse does not
    desk.look()
    assert desk.phase is Phase.RECORDING
    for event in (
        captured(samples=8 * 16_000),
        script.commit("the", "hart", "is", "enlarged"),
        script.final(0, "The heart is enlarged.", heard("hart", "heart"), words=(0, 4)),
        script.field("/fields/heart_size", "enlarged", text="heart is enlarged", audio_ms=(300, 1200)),
        script.check("/fields/impression"),
        Tail(text="no eff"),
    ):
        dictation.tell(event)
    desk.look()
    for language, theme in ((InterfaceLanguage.EN, Theme.LIGHT), (InterfaceLanguage.ZH, Theme.DARK)):
        interface.speak(language)
        interface.wear(theme)
        QTest.qWait(50)
        picture = window.screen().grabWindow(window.winId())
        assert picture.save(str(out / f"xvfb-{language.value}-{theme.value}.png"))
    window.close()
    application.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
