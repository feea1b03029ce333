"""Windows without a screen, dressed and speaking as they would on one."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from pytestqt.qtbot import QtBot

from wardscribe_client.desktop.interface import Interface
from wardscribe_client.preferences import InterfaceLanguage, Theme


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
