"""Whether this microphone is heard: choose one, say a sentence, see how loud it came in. Keeps no sound."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from wardscribe_client.desktop.asking import Background
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.level_meter import LevelMeter as LevelBar
from wardscribe_client.desktop.phrases import Phrases, without_mark
from wardscribe_client.input_device import InputDevice
from wardscribe_client.level import LevelMeter
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_LOOK_EVERY_MS: Final = 50
_SPEECH_DBFS: Final = -38.0
_ENOUGH_SAMPLES: Final = SAMPLE_RATE  # of speech, until the microphone is believed
_LOUD_SAMPLES: Final = SAMPLE_RATE // 2  # of clipped sound, until it is called too loud
_NOTHING_SAMPLES: Final = 5 * SAMPLE_RATE


class Verdict(StrEnum):
    """What the test has found so far."""

    IDLE = "idle"
    LISTENING = "listening"
    GOOD = "good"
    TOO_LOUD = "too_loud"
    TOO_QUIET = "too_quiet"
    NO_DEVICE = "no_device"


class MicrophoneTest(QWidget):
    """`names` lists the microphones, `opened` gives one by name, the system's default for None."""

    verdict_changed = Signal(object)

    def __init__(
        self,
        interface: Interface,
        *,
        names: Callable[[], list[str]],
        opened: Callable[[str | None], InputDevice],
        chosen: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._interface, self._names, self._opened = interface, names, opened
        self._background = Background(self)
        self._device: InputDevice | None = None
        self._opening: InputDevice | None = None
        self._meter = LevelMeter()
        self._heard = self._speech = self._loud = 0
        self.verdict = Verdict.IDLE
        self.device = QComboBox()
        self.bar = LevelBar(interface)
        self.bar.setMaximumWidth(10_000)
        self.button = QPushButton()
        self.button.clicked.connect(self.switch)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setObjectName("hint")
        self._label = QLabel()
        self._label.setBuddy(self.device)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        row = QHBoxLayout()
        row.addWidget(self._label)
        row.addWidget(self.device, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        layout.addWidget(self.said)
        layout.addStretch()
        self._list(chosen)
        self.device.currentIndexChanged.connect(lambda _: self._changed())
        self.retranslate()

    @property
    def chosen(self) -> str | None:
        """The microphone by name; None for the system's default."""
        name = self.device.currentData()
        return str(name) if name else None

    def retranslate(self) -> None:
        """The language has changed."""
        say = self._phrases
        self._label.setText(say("microphone"))
        self.device.setAccessibleName(without_mark(say("microphone")))
        self.device.setItemText(0, say("default"))
        self.bar.retranslate()
        self._show()

    def switch(self) -> None:
        """Begin to listen, or stop."""
        if self._device is not None:
            self.stop()
            return
        self._heard = self._speech = self._loud = 0
        self._meter = LevelMeter()
        device = self._opening = self._opened(self.chosen)
        self.button.setEnabled(False)

        def begun(_: None) -> None:
            self.button.setEnabled(True)
            self._device, self._opening = device, None
            self._timer.start()
            self._find(Verdict.LISTENING)

        def failed(_: WardscribeError) -> None:
            self._opening = None
            self.button.setEnabled(True)
            self._find(Verdict.NO_DEVICE)

        self._background.run(device.open, then=begun, failed=failed)

    def stop(self) -> None:
        """Listen no more."""
        self._timer.stop()
        if self._device is not None:
            self._device.close()
            self._device = None
        self.bar.show_level(-96, -96, clipping=False, quiet=False)
        self._show()

    def look(self) -> None:
        """Hear what came in since the last time."""
        if self._device is None:
            return
        heard = self._device.read(recording=True)
        level = self._meter.take(heard.pcm, recording=True)
        samples = len(heard.pcm) // BYTES_PER_SAMPLE
        self._heard += samples
        self._speech += samples if level.level_dbfs > _SPEECH_DBFS else 0
        self._loud += samples if level.clipping else 0
        self.bar.show_level(level.level_dbfs, level.peak_dbfs, clipping=level.clipping, quiet=level.too_quiet)
        if self._loud >= _LOUD_SAMPLES:
            self._find(Verdict.TOO_LOUD)
        elif self._speech >= _ENOUGH_SAMPLES:
            self._find(Verdict.GOOD)
        elif self._heard - self._speech >= _NOTHING_SAMPLES:
            self._find(Verdict.TOO_QUIET)

    def close_down(self) -> None:
        """Let go of the device and the thread."""
        self.stop()
        self._background.close(wait=True)
        if self._opening is not None:  # it was opened and nobody listens to it
            self._opening.close()
            self._opening = None

    @property
    def _phrases(self) -> Phrases:
        return Phrases("first_start", self._interface.language)

    def _list(self, chosen: str | None) -> None:
        try:
            names = self._names()
        except InputError:
            names = []
            self.verdict = Verdict.NO_DEVICE
        self.device.addItem("", None)
        for name in dict.fromkeys([*names, *([chosen] if chosen else [])]):
            self.device.addItem(name, name)
        self.device.setCurrentIndex(max(0, self.device.findData(chosen)))

    def _changed(self) -> None:
        self.stop()
        self._find(Verdict.IDLE)

    def _find(self, verdict: Verdict) -> None:
        changed = verdict is not self.verdict
        self.verdict = verdict
        self._show()
        if changed:
            self.verdict_changed.emit(verdict)

    def _show(self) -> None:
        say = self._phrases
        self.button.setText(say("test_stop" if self._device is not None else "test"))
        self.button.setAccessibleName(without_mark(self.button.text()))
        self.said.setText(say(f"heard_{self.verdict.value}"))
        wrong = self.verdict in (Verdict.TOO_LOUD, Verdict.TOO_QUIET, Verdict.NO_DEVICE)
        self.said.setProperty("severity", "warning" if wrong else "")
        self.said.style().polish(self.said)
