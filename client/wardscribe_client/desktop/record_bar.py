"""The bottom of the window: the record key, the level, the time, the microphone, and what comes after the end."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.icons import drawn, icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.level_meter import LevelMeter
from wardscribe_client.desktop.shortcuts import key
from wardscribe_protocol.timeline import SAMPLE_RATE

_HELD_MS: Final = 350  # a press that lasts longer is press-to-talk, a shorter one switches
_SIDE: Final = 46


class Phase(StrEnum):
    """How far the dictation in the window is."""

    IDLE = "idle"
    RECORDING = "recording"
    PAUSED = "paused"
    FINISHING = "finishing"
    DONE = "done"


class RecordButton(QAbstractButton):
    """A round key. Pressed shortly it switches, held it talks. Space and Enter do the same."""

    pressed_down = Signal()
    let_go = Signal(bool)  # whether it was held
    switched = Signal()  # by a key or a screen reader, which know no down and up

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interface = interface
        self._recording = False
        self._down = QElapsedTimer()
        self._by_mouse = False
        self.clicked.connect(lambda: None if self._by_mouse else self.switched.emit())
        self.setFixedSize(_SIDE, _SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_recording(self, *, recording: bool) -> None:
        """Whether it pauses or records."""
        if recording != self._recording:
            self._recording = recording
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Down."""
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._down.start()
            self.pressed_down.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Up: a long press ends with it."""
        self._by_mouse = True
        super().mouseReleaseEvent(event)
        self._by_mouse = False
        if event.button() is Qt.MouseButton.LeftButton and self._down.isValid():
            self.let_go.emit(self._down.elapsed() >= _HELD_MS)
            self._down.invalidate()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A disc with the microphone, or the two bars of a pause."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._interface.colour
        disc = QRectF(4, 4, _SIDE - 8, _SIDE - 8)
        red = colour("record") if self.isEnabled() else colour("border")
        if self._recording:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(red)
        else:
            painter.setPen(QPen(red, 2))
            painter.setBrush(colour("record_soft" if self.underMouse() and self.isEnabled() else "surface"))
        painter.drawEllipse(disc)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawEllipse(QRectF(1, 1, _SIDE - 2, _SIDE - 2))
        ink = colour("record_text") if self._recording else red
        picture = drawn("pause" if self._recording else "microphone", ink.name(), 22, ratio=self.devicePixelRatioF())
        painter.drawPixmap((_SIDE - 22) // 2, (_SIDE - 22) // 2, picture)


class RecordBar(QFrame):
    """Everything about sound."""

    finish_asked = Signal()
    review_asked = Signal()
    next_asked = Signal()
    device_chosen = Signal(object)  # str, or None for the system's default

    def __init__(self, interface: Interface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordBar")
        self._interface = interface
        self._phase = Phase.IDLE
        self._hint: tuple[str, str] = ("", "plain")
        self._samples = -1
        self._devices: tuple[str, ...] = ()
        self._build()
        self.retranslate()

    def _build(self) -> None:
        self.button = RecordButton(self._interface)
        self.meter = LevelMeter(self._interface)
        self._elapsed, self._said = QLabel("0:00"), QLabel()
        self._elapsed.setObjectName("elapsed")
        self._elapsed.setMinimumWidth(62)
        self._said.setObjectName("hint")
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.device = QComboBox()
        self.device.setMinimumWidth(130)
        self.device.setMaximumWidth(230)
        self.device.activated.connect(lambda _: self.device_chosen.emit(self.device.currentData()))
        self.finish, self.review, self.next = QPushButton(), QPushButton(), QPushButton()
        self.review.setObjectName("primary")
        for button, signal in (
            (self.finish, self.finish_asked),
            (self.review, self.review_asked),
            (self.next, self.next_asked),
        ):
            button.clicked.connect(signal)
            button.setIconSize(QSize(16, 16))
        sound = QVBoxLayout()
        sound.setSpacing(4)
        sound.addWidget(self._said)
        sound.addWidget(self.meter)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.button)
        row.addWidget(self._elapsed)
        row.addLayout(sound, 1)
        row.addWidget(self.device)
        row.addWidget(self.finish)
        row.addWidget(self.review)
        row.addWidget(self.next)

    # Shown

    def retranslate(self) -> None:
        """Language or theme has changed."""
        interface = self._interface
        for name in ("finish", "review", "next"):
            button: QPushButton = getattr(self, name)
            button.setText(interface.text(f"record.{name}"))
            button.setAccessibleName(interface.text(f"record.{name}_name"))
            button.setToolTip(f"{interface.text(f'record.{name}_name')}  {key(name).shown}")
        ink = interface.colour("accent_text").name()
        self.review.setIcon(icon("sign", ink, interface.colour("muted").name()))
        self.finish.setIcon(icon("stop", interface.colour("text").name(), interface.colour("strong_border").name()))
        self.next.setIcon(icon("next", interface.colour("text").name()))
        self.device.setAccessibleName(interface.text("record.device"))
        self.device.setToolTip(interface.text("record.device"))
        self.meter.retranslate()
        self.show_devices(self._devices, self.device.currentData())
        self.show_phase(self._phase)
        self.button.update()

    def show_phase(self, phase: Phase) -> None:
        """What can be done now."""
        self._phase = phase
        text = self._interface.text
        recording = phase is Phase.RECORDING
        named = "pause_name" if recording else "start_name"
        about = text(f"record.{named}", key=key("toggle").shown, hold=key("hold").shown)
        self.button.show_recording(recording=recording)
        self.button.setEnabled(phase in (Phase.IDLE, Phase.RECORDING, Phase.PAUSED))
        self.button.setAccessibleName(about)
        self.button.setToolTip(about)
        ended = phase in (Phase.FINISHING, Phase.DONE)
        self.finish.setVisible(not ended)
        self.finish.setEnabled(phase in (Phase.RECORDING, Phase.PAUSED))
        self.review.setVisible(ended)
        self.review.setEnabled(phase is Phase.DONE)
        self.next.setVisible(ended)

    def show_hint(self, said: str, severity: str = "plain") -> None:
        """One line about what is going on."""
        if (said, severity) != self._hint:
            self._hint = (said, severity)
            self._said.setText(said)
            self._said.setToolTip(said)
            self._said.setProperty("severity", severity)
            self._said.style().unpolish(self._said)
            self._said.style().polish(self._said)

    @property
    def hint(self) -> str:
        """What is said now."""
        return self._hint[0]

    def show_elapsed(self, samples: int) -> None:
        """How much was recorded."""
        seconds = samples // SAMPLE_RATE
        if seconds != self._samples:
            self._samples = seconds
            time = f"{seconds // 60}:{seconds % 60:02}"
            self._elapsed.setText(time)
            self._elapsed.setAccessibleName(self._interface.text("record.elapsed", time=time))

    def show_devices(self, names: Sequence[str], chosen: str | None) -> None:
        """The microphones there are; the chosen one stays in the list while it is unplugged."""
        self._devices = tuple(names)
        self.device.clear()
        self.device.addItem(self._interface.text("record.device_default"), None)
        for name in dict.fromkeys([*names, *([chosen] if chosen else [])]):
            self.device.addItem(name, name)
        self.device.setCurrentIndex(max(0, self.device.findData(chosen) if chosen else 0))
