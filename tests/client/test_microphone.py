import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from wardscribe_client import microphone
from wardscribe_client.microphone import Microphone
from wardscribe_protocol.errors import InputError

QUIET = SimpleNamespace(input_overflow=False)
LOST = SimpleNamespace(input_overflow=True)


class PortAudioError(Exception):
    """Stands for the one of sounddevice."""


class Device:
    """Stands for sounddevice's stream: remembers how it was opened, and speaks when told to."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.running = False
        self.refuses_to_open: Exception | None = None
        self.refuses_to_start: Exception | None = None

    def open(self, **options: Any) -> "Device":
        if self.refuses_to_open is not None:
            raise self.refuses_to_open
        self.options = options
        return self

    def start(self) -> None:
        if self.refuses_to_start is not None:
            raise self.refuses_to_start
        self.running = True

    def close(self) -> None:
        self.running = False

    def __enter__(self) -> "Device":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def speak(self, pcm: bytes | bytearray, status: SimpleNamespace = QUIET) -> None:
        self.options["callback"](pcm, len(pcm) // 2, None, status)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    made = Device()
    module = ModuleType("sounddevice")
    module.RawInputStream = made.open
    module.PortAudioError = PortAudioError
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return made


async def opened(blocks: AsyncGenerator[bytes]) -> "asyncio.Task[bytes]":
    """The first block, asked for; the device is open when this returns."""
    first = asyncio.ensure_future(anext(blocks))
    await asyncio.sleep(0)
    return first


def test_blocks_arrive_in_order_as_16_khz_mono_samples(device: Device) -> None:
    async def dictate() -> list[bytes]:
        blocks = Microphone("USB").blocks()
        first = await opened(blocks)
        for value in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
            device.speak(value * 800)
        heard = [await first, await anext(blocks), await anext(blocks)]
        await blocks.aclose()
        return heard

    assert asyncio.run(dictate()) == [b"\x01\x00" * 800, b"\x02\x00" * 800, b"\x03\x00" * 800]
    wanted = {"samplerate": 16_000, "channels": 1, "dtype": "int16", "blocksize": 800, "device": "USB"}
    assert {key: device.options[key] for key in wanted} == wanted


def test_the_callback_copies_because_the_device_uses_its_buffer_again(device: Device) -> None:
    async def dictate() -> bytes:
        blocks = Microphone().blocks()
        first = await opened(blocks)
        buffer = bytearray(b"\x01\x00" * 800)
        device.speak(buffer)
        buffer[:] = b"\xff" * 1600
        heard = await first
        await blocks.aclose()
        return heard

    assert asyncio.run(dictate()) == b"\x01\x00" * 800


def test_what_the_device_lost_is_counted_and_the_block_is_kept(device: Device) -> None:
    async def dictate() -> tuple[int, list[bytes]]:
        own = Microphone()
        blocks = own.blocks()
        first = await opened(blocks)
        for status in (QUIET, LOST, LOST):
            device.speak(b"\x00\x00" * 800, status)
        heard = [await first, await anext(blocks), await anext(blocks)]
        await blocks.aclose()
        return own.overflows, heard

    overflows, heard = asyncio.run(dictate())
    assert overflows == 2
    assert len(heard) == 3


def test_a_full_queue_drops_the_newest_counts_it_and_never_raises(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "_QUEUE_BLOCKS", 3)
    failures: list[dict[str, Any]] = []

    async def dictate() -> tuple[int, list[bytes]]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        own = Microphone()
        blocks = own.blocks()
        first = await opened(blocks)
        device.speak(b"\x00\x00")
        heard = [await first]
        for number in range(1, 6):
            device.speak(bytes([number, 0]))
        await asyncio.sleep(0)
        heard += [await anext(blocks) for _ in range(3)]
        device.speak(b"\x09\x00")
        heard.append(await anext(blocks))
        await blocks.aclose()
        return own.overflows, heard

    overflows, heard = asyncio.run(dictate())
    assert overflows == 2
    assert [block[0] for block in heard] == [0, 1, 2, 3, 9]
    assert failures == []


def test_the_queue_holds_a_minute_unless_changed(device: Device) -> None:
    assert microphone._QUEUE_BLOCKS * microphone._BLOCK_SAMPLES == 60 * 16_000


@pytest.mark.parametrize("ending", ["closed", "cancelled"])
def test_the_device_is_let_go_when_nobody_asks_any_more(device: Device, ending: str) -> None:
    async def dictate() -> bool:
        blocks = Microphone().blocks()
        first = await opened(blocks)
        running = device.running
        if ending == "cancelled":
            first.cancel()
            await asyncio.wait([first])
        else:
            device.speak(b"\x00\x00")
            await first
            await blocks.aclose()
        return running

    assert asyncio.run(dictate())
    assert not device.running


def complaint() -> str:
    async def dictate() -> None:
        await anext(Microphone().blocks())

    with pytest.raises(InputError) as caught:
        asyncio.run(dictate())
    assert "\n" not in caught.value.message
    return caught.value.message


def test_without_portaudio_it_says_which_library_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "apt install libportaudio2" in complaint()


def test_without_sounddevice_it_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert "pip install 'wardscribe[desktop]'" in complaint()


@pytest.mark.parametrize("error", [PortAudioError("Error querying device -1"), ValueError("No input device matching")])
@pytest.mark.parametrize("refuse", ["refuses_to_open", "refuses_to_start"])
def test_a_device_that_cannot_be_opened_or_started_is_one_line_that_names_the_flag(
    device: Device, error: Exception, refuse: str
) -> None:
    setattr(device, refuse, error)
    message = complaint()
    assert "no microphone can be opened" in message
    assert "--input" in message
    assert not device.running


def test_importing_the_module_needs_no_portaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    load: Callable[[str], object] = __import__
    monkeypatch.delitem(sys.modules, "wardscribe_client.microphone")
    load("wardscribe_client.microphone")
