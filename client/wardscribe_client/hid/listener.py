"""Listens to every hand microphone and pedal that is plugged in, now or later: reports in, what was asked for out.

A thread of its own reads; `on_asked` is called in it. What is held when a device is unplugged counts as let go, so that
nothing is recorded for ever.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, TypedDict

from wardscribe_client.actions import Action, Asked
from wardscribe_client.hid.button_map import ButtonMap
from wardscribe_client.hid.layouts import HidInfo, Layout, kind_of, layouts
from wardscribe_protocol.errors import InputError

_LOOK_EVERY_S = 2.0
_WAIT_MS = 20


class HidDevice(Protocol):
    """An open interface."""

    def read(self, *, wait_ms: int) -> bytes:
        """The next report; empty when none came. Raises: OSError when the device is gone."""

    def close(self) -> None:
        """Let it go."""


class HidSystem(Protocol):
    """The HID devices of this machine."""

    def devices(self) -> list[HidInfo]:
        """Every interface that is plugged in."""

    def open(self, info: HidInfo) -> HidDevice:
        """Listen to one. Raises: OSError when this user may not."""


@dataclass(slots=True)
class _Held:
    kind: str
    layout: Layout
    device: HidDevice
    down: frozenset[str] = field(default_factory=frozenset)


class ButtonListener:
    """From `start` to `stop`."""

    def __init__(
        self,
        on_asked: Callable[[Asked], None],
        *,
        buttons: ButtonMap,
        system: HidSystem,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_trouble` is told one line when a known device may not be opened."""
        self._on_asked = on_asked
        self._buttons = buttons
        self._system = system
        self._on_trouble = on_trouble
        self._held: dict[bytes, _Held] = {}
        self._refused: set[bytes] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def names(self) -> list[str]:
        """The devices that are listened to."""
        return [held.layout.name for held in list(self._held.values())]

    def start(self) -> None:
        """Listen from now on. Raises: InputError when the system cannot be asked at all."""
        self.look()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._listen, name="buttons", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; what is held counts as let go."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for path in list(self._held):
            self._lose(path)

    def _listen(self) -> None:
        rounds = max(1, round(_LOOK_EVERY_S * 1000 / _WAIT_MS))
        while not self._stopping.is_set():
            self.look()
            for _ in range(rounds):
                if self._stopping.is_set():
                    break
                if not self._held:
                    self._stopping.wait(_WAIT_MS / 1000)
                self.listen_once()

    def look(self) -> None:
        """Notice devices that were plugged in."""
        found = {info.path: info for info in self._system.devices()}
        self._refused &= found.keys()
        for path, info in found.items():
            kind = kind_of(info)
            if kind is None or path in self._held or path in self._refused:
                continue
            try:
                device = self._system.open(info)
            except OSError:
                self._refused.add(path)
                self._on_trouble(f"{layouts()[kind].name} is plugged in but may not be used by you; see docs/client.md")
                continue
            self._held[path] = _Held(kind, layouts()[kind], device)

    def listen_once(self) -> None:
        """Take what each device says now."""
        for path, held in list(self._held.items()):
            try:
                report = held.device.read(wait_ms=_WAIT_MS)
            except OSError:
                self._lose(path)
                continue
            down = held.layout.pressed(report) if report else None
            if down is not None:
                self._take(held, down)

    def _take(self, held: _Held, down: frozenset[str]) -> None:
        before, held.down = held.down, down
        for button in sorted(before - down):
            self._ask(held.kind, button, pressed=False)
        for button in sorted(down - before):
            self._ask(held.kind, button, pressed=True)

    def _ask(self, kind: str, button: str, *, pressed: bool) -> None:
        action = self._buttons.action(kind, button)
        if action is not Action.NOTHING:
            self._on_asked(Asked(action, pressed))

    def _lose(self, path: bytes) -> None:
        held = self._held.pop(path)
        self._take(held, frozenset())
        held.device.close()


class Hidapi:
    """The devices by the library `hidapi`, which is imported when it is first needed."""

    def devices(self) -> list[HidInfo]:
        """Every interface that is plugged in. Raises: InputError saying what to install."""
        return [
            HidInfo(
                path=one["path"],
                vendor=one["vendor_id"],
                product=one["product_id"],
                usage_page=one["usage_page"],
                usage=one["usage"],
            )
            for one in _library().enumerate()
        ]

    def open(self, info: HidInfo) -> HidDevice:
        """Listen to one. Raises: OSError when this user may not."""
        device = _library().device()
        device.open_path(info.path)
        return _HidapiDevice(device)


class _Report(Protocol):
    """What of `hid.device` is used."""

    def open_path(self, path: bytes) -> None: ...

    def read(self, max_length: int, timeout_ms: int) -> list[int]: ...

    def close(self) -> None: ...


class _Interface(TypedDict):
    path: bytes
    vendor_id: int
    product_id: int
    usage_page: int
    usage: int


class _Library(Protocol):
    """What of `hid` is used."""

    def enumerate(self) -> list[_Interface]: ...

    def device(self) -> _Report: ...


class _HidapiDevice:
    def __init__(self, device: _Report) -> None:
        self._device = device

    def read(self, *, wait_ms: int) -> bytes:
        return bytes(self._device.read(64, wait_ms))

    def close(self) -> None:
        self._device.close()


def _library() -> _Library:
    try:
        library: _Library = import_module("hid")
    except ImportError as error:
        raise InputError("hand microphones and pedals need: pip install 'wardscribe[desktop]'") from error
    return library
