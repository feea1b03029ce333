"""The first start as a new user would go through it, against a real server, in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.client.desktop.workplace import NAMES, ToldMicrophone, sound, workstation
from tests.client.hospital import Hospital
from wardscribe_client.desktop.first_start import FirstStart
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.microphone_test import MicrophoneTest, Verdict
from wardscribe_client.preferences import InterfaceLanguage, load_preferences

WAIT_MS = 10_000


@pytest.fixture
def dialog(interface: Interface, tmp_path: Path) -> Iterator[FirstStart]:
    made = FirstStart(
        interface,
        workstation(tmp_path),
        microphones=lambda: NAMES,
        opened=lambda _: ToldMicrophone(sound(2, 0.3)),
    )
    made.show()
    yield made
    made.close()
    made.deleteLater()


def said(dialog: FirstStart, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: not dialog.server.trying, timeout=WAIT_MS)
    return dialog.server.said.text()


def test_a_device_is_paired_the_microphone_tried_and_everything_kept(
    dialog: FirstStart, hospital: Hospital, qtbot: QtBot, tmp_path: Path
) -> None:
    assert not dialog.next.isEnabled(), "without a server there is nothing to go on with"
    dialog.server.address.setText(hospital.address.http.removeprefix("http://"))
    dialog.server.code.setText(hospital.code("dr-lee", "attending"))
    dialog.server.go.click()
    qtbot.waitUntil(lambda: dialog.step == "microphone", timeout=WAIT_MS)
    assert "dr-lee" in dialog.server.said.text()
    kept = workstation(tmp_path)
    assert kept.preferences.server == hospital.address.http
    assert kept.tokens.token(hospital.address) is not None
    dialog.microphone.device.setCurrentIndex(dialog.microphone.device.findData("Headset"))
    dialog.microphone.button.click()
    qtbot.waitUntil(lambda: dialog.microphone.verdict is Verdict.GOOD, timeout=WAIT_MS)
    dialog.next.click()
    assert dialog.step == "done"
    with qtbot.waitSignal(dialog.finished_with) as finished:
        dialog.next.click()
    assert finished.args is not None
    assert finished.args[0].microphone == "Headset"
    assert load_preferences(tmp_path) == finished.args[0]


def test_what_is_wrong_is_said_with_what_to_do_and_nothing_is_kept(
    dialog: FirstStart, hospital: Hospital, qtbot: QtBot, tmp_path: Path
) -> None:
    english = dialog.server._phrases.language.value == "en"
    tries = [
        ("", "", "https://dictation.hospital.example"),
        (hospital.address.http, "", "pairing code" if english else "配对码"),
        (hospital.address.http, "ABCD-2345", "ask whoever runs the server" if english else "索取新的配对码"),
        (hospital.address.http, "wst_0123_not-one", "pair this device again" if english else "请重新配对"),
        (hospital.address.http, "wst_口令", "copy it whole" if english else "完整复制"),
        ("http://ward7.example", "ABCD-2345", "https://"),
        ("127.0.0.1:1", "ABCD-2345", "check the address" if english else "请检查地址"),
        (f"https://127.0.0.1:{hospital.address.port}", "ABCD-2345", "does not encrypt" if english else "未使用加密"),
    ]
    for address, code, wanted in tries:
        dialog.server.address.setText(address)
        dialog.server.code.setText(code)
        dialog.server.go.click()
        assert wanted in said(dialog, qtbot).lower(), (address, code)
        assert dialog.server.said.property("severity") == "error"
    dialog.server.ca.setText(str(tmp_path / "none.pem"))
    dialog.server.go.click()
    assert "none.pem" in said(dialog, qtbot)
    assert dialog.step == "server"
    assert list(tmp_path.iterdir()) == []


def test_the_language_is_chosen_first_and_changes_at_once(dialog: FirstStart) -> None:
    dialog.language.setCurrentIndex(dialog.language.findData(InterfaceLanguage.ZH))
    assert dialog.windowTitle() == "欢迎使用 Wardscribe"
    dialog.language.setCurrentIndex(dialog.language.findData(InterfaceLanguage.EN))
    assert dialog.windowTitle() == "Welcome to Wardscribe"
    assert dialog.server.code.accessibleName() == "Pairing code or access token"


@pytest.mark.parametrize(
    ("pcm", "verdict"),
    [
        (sound(2, 0.3), Verdict.GOOD),
        (sound(6, 0.001), Verdict.TOO_QUIET),
        (bytes(12 * 16_000), Verdict.TOO_QUIET),
        (sound(1, 4.0), Verdict.TOO_LOUD),
    ],
)
def test_the_microphone_test_tells_how_well_one_is_heard(
    english: Interface, qtbot: QtBot, pcm: bytes, verdict: Verdict
) -> None:
    device = ToldMicrophone(pcm)
    test = MicrophoneTest(english, names=lambda: NAMES, opened=lambda _: device)
    qtbot.addWidget(test, before_close_func=lambda widget: widget.close_down())
    test.button.click()
    qtbot.waitUntil(lambda: test.verdict is verdict, timeout=WAIT_MS)
    assert test.said.text()
    test.button.click()
    assert device.closed


def test_a_microphone_that_cannot_be_opened_is_no_dead_end(english: Interface, qtbot: QtBot) -> None:
    test = MicrophoneTest(english, names=lambda: NAMES, opened=lambda _: ToldMicrophone(b"", there=False))
    qtbot.addWidget(test, before_close_func=lambda widget: widget.close_down())
    test.button.click()
    qtbot.waitUntil(lambda: test.verdict is Verdict.NO_DEVICE, timeout=WAIT_MS)
    assert "later under Settings" in test.said.text()
    assert test.button.isEnabled()
