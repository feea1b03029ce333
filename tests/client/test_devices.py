"""PortAudio behind its seam, with a module that stands for the library."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from wardscribe_client.devices import PortAudio
from wardscribe_protocol.errors import InputError


class PortAudioError(Exception):
    """Stands for the one of sounddevice."""


class Library:
    """What of sounddevice is used."""

    def __init__(self) -> None:
        self.mono = True
        self.starts = True
        self.opened: list[dict[str, Any]] = []
        self.closed = 0
        self.devices = [
            {"index": 0, "name": "speaker", "max_input_channels": 0, "default_samplerate": 48000.0},
            {"index": 1, "name": "headset", "max_input_channels": 2, "default_samplerate": 44100.0},
        ]

    def query_devices(self, device: int | None = None, kind: str | None = None) -> Any:
        return self.devices if kind is None else self.devices[1]

    def open(self, **options: Any) -> "Library":
        if options["channels"] == 1 and not self.mono:
            raise PortAudioError("Invalid number of channels")
        self.opened.append(options)
        return self

    def start(self) -> None:
        if not self.starts:
            raise PortAudioError("device unavailable")

    active = True

    def close(self, ignore_errors: bool = False) -> None:
        self.closed += 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    module = ModuleType("sounddevice")
    module.RawInputStream = made.open  # type: ignore[attr-defined]
    module.query_devices = made.query_devices  # type: ignore[attr-defined]
    module.default = SimpleNamespace(device=(1, 0))  # type: ignore[attr-defined]
    module.PortAudioError = PortAudioError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return made


def test_microphones_are_listed_with_the_default_marked(library: Library) -> None:
    (found,) = PortAudio().inputs()
    assert (found.name, found.channels, found.rate, found.default) == ("headset", 2, 44_100, True)


def test_a_microphone_is_opened_at_its_own_rate_in_short_blocks(library: Library) -> None:
    blocks: list[tuple[bytes, bool]] = []
    opened = PortAudio().open("headset", lambda pcm, lost: blocks.append((bytes(pcm), lost)))
    (options,) = library.opened
    wanted = {"samplerate": 44_100, "channels": 1, "dtype": "int16", "blocksize": 882, "device": 1}
    assert {key: options[key] for key in wanted} == wanted
    options["callback"](b"\x01\x00", 1, None, SimpleNamespace(input_overflow=False))
    options["callback"](b"\x02\x00", 1, None, SimpleNamespace(input_overflow=True))
    assert blocks == [(b"\x01\x00", False), (b"\x02\x00", True)]
    assert (opened.info.rate, opened.info.channels, opened.alive) == (44_100, 1, True)
    opened.close()
    assert library.closed == 1


def test_a_device_without_mono_is_opened_with_what_it_has(library: Library) -> None:
    library.mono = False
    assert PortAudio().open(None, lambda *_: None).info.channels == 2


@pytest.mark.parametrize("wrong", ["name", "start"])
def test_one_that_cannot_be_opened_is_one_line_that_names_the_flag(library: Library, wrong: str) -> None:
    library.starts = wrong != "start"
    with pytest.raises(InputError, match="--input") as caught:
        PortAudio().open("other" if wrong == "name" else None, lambda *_: None)
    assert "\n" not in caught.value.message
    assert library.closed == len(library.opened)


def test_a_device_that_was_plugged_in_elsewhere_is_the_same_one(library: Library) -> None:
    library.devices[1]["name"] = "Headset: USB Audio (hw:2,0)"
    assert PortAudio().open("Headset: USB Audio (hw:1,0)", lambda *_: None).info.name == "Headset: USB Audio (hw:2,0)"
    with pytest.raises(InputError, match="no such microphone"):
        PortAudio().open("Headset: other (hw:2,0)", lambda *_: None)


def test_without_portaudio_it_says_which_library_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match="apt install libportaudio2"):
        PortAudio().inputs()


def test_without_sounddevice_it_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(InputError, match=r"wardscribe\[desktop\]"):
        PortAudio().inputs()
