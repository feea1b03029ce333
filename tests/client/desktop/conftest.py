"""Windows without a screen, dressed and speaking as they would on one."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from tests.client.desktop.stage import Stage, staged
from wardscribe_client.desktop.collecting import gone
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.preferences import InterfaceLanguage, Theme


@pytest.fixture(autouse=True)
def _windows_go_on_their_own_thread() -> Iterator[None]:
    """As `collecting` sees to it in the program: a server runs in other threads of this process."""
    gc.disable()
    yield
    for window in QApplication.topLevelWidgets() if QApplication.instance() is not None else ():
        if isValid(window):  # a menu goes with the window that it belongs to
            gone(window)
    gc.collect(0)  # all that came since, and not the tables of the server
    gc.enable()


@pytest.fixture(params=["en", "zh"])
def interface(request: pytest.FixtureRequest, qtbot: QtBot) -> Interface:
    """Each language once."""
    made = Interface(language=InterfaceLanguage(request.param), theme=Theme.LIGHT)
    made.dress()
    return made


@pytest.fixture
def english(qtbot: QtBot) -> Interface:
    made = Interface(language=InterfaceLanguage.EN, theme=Theme.LIGHT)
    made.dress()
    return made


@pytest.fixture
def stage(interface: Interface, qtbot: QtBot) -> Stage:
    return staged(interface, qtbot)


@pytest.fixture
def spoken(english: Interface, qtbot: QtBot) -> Stage:
    """In English, with a dictation under way."""
    made = staged(english, qtbot)
    made.desk.toggle()
    made.desk.look()
    return made
