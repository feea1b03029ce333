"""Hand microphones and pedals that are not there: reports in, what was asked for out."""

from collections import deque
from pathlib import Path

import pytest

from wardscribe_client.actions import Action, Asked
from wardscribe_client.hid.button_map import button_map, shipped_button_map
from wardscribe_client.hid.layouts import HidInfo, kind_of, layouts
from wardscribe_client.hid.listener import ButtonListener
from wardscribe_protocol.errors import InputError

SPEECHMIKE = HidInfo(path=b"1", vendor=0x0911, product=0x0C1C, usage_page=0xFFA0, usage=1)
POWERMIC = HidInfo(path=b"2", vendor=0x0554, product=0x1001, usage_page=1, usage=0)
PEDAL = HidInfo(path=b"3", vendor=0x0911, product=0x1844, usage_page=1, usage=4)
INFINITY = HidInfo(path=b"4", vendor=0x05F3, product=0x00FF)
KEYBOARD = HidInfo(path=b"5", vendor=0x046D, product=0xC31C, usage_page=1, usage=6)


def speechmike(bits: int) -> bytes:
    return bytes([0x80, 0, 0, 0, 0, 0, 0]) + bits.to_bytes(2, "little")


@pytest.mark.parametrize(
    ("info", "report", "down"),
    [
        (SPEECHMIKE, speechmike(1 << 8), {"record"}),
        (SPEECHMIKE, speechmike(1 << 12 | 1 << 1), {"rewind", "f1"}),
        (SPEECHMIKE, speechmike(0), set()),
        (POWERMIC, bytes([0, 0x04, 0x00]), {"record"}),
        (POWERMIC, bytes([0, 0x80, 0x03]), {"custom_left", "select", "custom_right"}),
        (PEDAL, bytes([0x02]), {"middle"}),
        (PEDAL, bytes([0x08]), {"fourth"}),
        (INFINITY, bytes([0x05, 0x00]), {"left", "right"}),
    ],
)
def test_a_report_says_which_buttons_are_down(info: HidInfo, report: bytes, down: set[str]) -> None:
    kind = kind_of(info)
    assert kind is not None
    assert layouts()[kind].pressed(report) == down


def test_a_report_about_something_else_or_cut_short_says_nothing() -> None:
    layout = layouts()["speechmike"]
    assert layout.pressed(bytes([0x9E, 0, 0, 0, 0, 0, 0, 1, 1])) is None, "it was picked up, no button"
    assert layout.pressed(bytes([0x80, 0])) is None
    assert layouts()["foot_control"].pressed(b"") is None


def test_only_the_interface_with_the_buttons_is_taken_and_a_keyboard_never() -> None:
    assert kind_of(HidInfo(path=b"", vendor=0x0911, product=0x0C1C, usage_page=1, usage=6)) is None
    assert kind_of(KEYBOARD) is None
    assert kind_of(HidInfo(path=b"", vendor=0x0911, product=0x0C1C)) == "speechmike", "not every system tells usages"
    assert kind_of(HidInfo(path=b"", vendor=0x0554, product=0x0064, usage_page=0xFFA0, usage=1)) == "powermic_4"


def test_every_known_button_is_in_the_shipped_map() -> None:
    shipped = button_map()
    for kind, layout in layouts().items():
        assert {button for known, button in shipped.actions if known == kind} == set(layout.buttons)
    assert shipped.action("speechmike", "record") is Action.TOGGLE_RECORDING
    assert shipped.action("foot_control", "middle") is Action.HOLD_TO_RECORD


def test_what_an_own_map_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('[speechmike]\nrecord = "hold_to_record"\n')
    found = button_map(own)
    assert found.action("speechmike", "record") is Action.HOLD_TO_RECORD
    assert found.action("speechmike", "stop") is Action.STOP_RECORDING
    own.write_text(shipped_button_map())
    assert button_map(own) == button_map(), "the shipped map is one to copy and edit"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[speechmike]\nstop = "finish"\nrecord = "dance"\n', "mine.toml:3: no action 'dance'; one of: hold_to_record"),
        ("[powermic_3]\nrecord = 1\n", "mine.toml:2: no action 1"),
        ('[speechmike]\n\nknob = "finish"\n', "mine.toml:3: speechmike has no button 'knob'; one of: scan_end"),
        ('\n[microphone]\nrecord = "finish"\n', "mine.toml:2: no known device 'microphone'; one of: speechmike"),
        ('record = "finish"\n', "mine.toml:1: no known device 'record'"),
        ("[speechmike]\nrecord = \n", "mine.toml:2: not TOML"),
    ],
)
def test_a_map_that_cannot_be_used_is_one_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(text)
    with pytest.raises(InputError) as caught:
        button_map(own)
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_a_map_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.toml: the button map cannot be read \(FileNotFoundError\)"):
        button_map(tmp_path / "none.toml")


class FakeDevice:
    """Says what it is told to say, until it is unplugged."""

    def __init__(self) -> None:
        self.reports: deque[bytes] = deque()
        self.unplugged = False
        self.closed = False

    def read(self, *, wait_ms: int) -> bytes:
        if self.unplugged:
            raise OSError("read error")
        return self.reports.popleft() if self.reports else b""

    def close(self) -> None:
        self.closed = True


class FakeBus:
    """What is plugged in."""

    def __init__(self, *infos: HidInfo) -> None:
        self.infos = list(infos)
        self.opened: dict[bytes, FakeDevice] = {}
        self.forbidden: set[bytes] = set()

    def devices(self) -> list[HidInfo]:
        return self.infos

    def open(self, info: HidInfo) -> FakeDevice:
        if info.path in self.forbidden:
            raise OSError("open failed")
        self.opened[info.path] = FakeDevice()
        return self.opened[info.path]


class Desk:
    """Devices that are listened to."""

    def __init__(self, *infos: HidInfo) -> None:
        self.bus = FakeBus(*infos)
        self.asked: list[Asked] = []
        self.said: list[str] = []
        self.listener = ButtonListener(
            self.asked.append, buttons=button_map(), system=self.bus, on_trouble=self.said.append
        )
        self.listener.look()

    def reports(self, info: HidInfo, *reports: bytes) -> list[Asked]:
        self.bus.opened[info.path].reports.extend(reports)
        for _ in reports:
            self.listener.listen_once()
        asked, self.asked[:] = list(self.asked), []
        return asked


def test_a_pedal_that_is_held_asks_for_recording_until_it_is_let_go() -> None:
    desk = Desk(PEDAL)
    asked = desk.reports(PEDAL, b"\x02", b"\x02", b"\x00")
    assert asked == [Asked(Action.HOLD_TO_RECORD, True), Asked(Action.HOLD_TO_RECORD, False)], "said again, asked once"


def test_two_devices_are_listened_to_together() -> None:
    desk = Desk(SPEECHMIKE, KEYBOARD, PEDAL)
    assert desk.listener.names == ["Philips SpeechMike", "Philips foot control"]
    assert desk.reports(SPEECHMIKE, speechmike(1 << 8))[0] == Asked(Action.TOGGLE_RECORDING, True)
    assert desk.reports(PEDAL, b"\x04")[0] == Asked(Action.NEXT_FIELD, True)
    assert KEYBOARD.path not in desk.bus.opened


def test_what_was_held_when_the_device_is_unplugged_counts_as_let_go() -> None:
    desk = Desk(PEDAL)
    desk.reports(PEDAL, b"\x02")
    device = desk.bus.opened[PEDAL.path]
    device.unplugged = True
    desk.bus.infos = []
    desk.listener.listen_once()
    assert desk.asked == [Asked(Action.HOLD_TO_RECORD, False)]
    assert device.closed
    assert desk.listener.names == []
    desk.bus.infos = [PEDAL]
    desk.listener.look()
    assert desk.reports(PEDAL, b"\x02")[-1] == Asked(Action.HOLD_TO_RECORD, True), "plugged in again it works again"


def test_a_device_that_this_user_may_not_open_is_said_once() -> None:
    desk = Desk()
    desk.bus.infos, desk.bus.forbidden = [PEDAL], {PEDAL.path}
    desk.listener.look()
    desk.listener.look()
    assert desk.said == ["Philips foot control is plugged in but may not be used by you; see docs/client.md"]


def test_to_stop_lets_go_of_everything() -> None:
    desk = Desk(PEDAL)
    desk.reports(PEDAL, b"\x02")
    desk.listener.start()
    desk.listener.stop()
    assert desk.asked == [Asked(Action.HOLD_TO_RECORD, False)]
    assert all(device.closed for device in desk.bus.opened.values())
