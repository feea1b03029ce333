"""The live window: puts the parts together, shows what the desk looks at, binds keys. Decides nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from wardscribe_client.desktop.feed import Standing
from wardscribe_client.desktop.form import Forms
from wardscribe_client.desktop.header_bar import HeaderBar
from wardscribe_client.desktop.hints import hint
from wardscribe_client.desktop.icons import icon
from wardscribe_client.desktop.interface import Interface
from wardscribe_client.desktop.keys_dialog import KeysDialog
from wardscribe_client.desktop.live_desk import LiveDesk
from wardscribe_client.desktop.live_record import View
from wardscribe_client.desktop.panels import FieldsPanel, TranscriptPanel
from wardscribe_client.desktop.patient_dialog import PatientDialog
from wardscribe_client.desktop.record_bar import Phase, RecordBar
from wardscribe_client.desktop.shortcuts import bind
from wardscribe_client.desktop.window_menu import WindowMenu
from wardscribe_protocol.errors import ErrorCode, RefusedError, WardscribeError

_SIZE: Final = (980, 600)
_SMALL: Final = (520, 190)
_HELD_KEY: Final = Qt.Key.Key_F9


def _message(error: WardscribeError) -> str:
    return error.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What lies outside the window; an absent one has no entry in the menu. `review` is given the report's id."""

    review: Callable[[QWidget, str], None] | None = None
    settings: Callable[[QWidget], None] | None = None
    unsent: Callable[[QWidget], None] | None = None
    reports: Callable[[QWidget], None] | None = None
    paste: Callable[[str], None] | None = None
    device_chosen: Callable[[str | None], None] = lambda _: None
    kept: Callable[[Mapping[str, object]], None] = lambda _: None  # a preference was changed in the window
    told: Callable[[WardscribeError], str] = field(default=_message)


class LiveWindow(QMainWindow):
    """Header, transcript, form, record bar."""

    def __init__(self, desk: LiveDesk, interface: Interface, *, hooks: Hooks | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._interface = interface
        self._hooks = hooks or Hooks()
        self._small = False
        self._held = False
        self.header = HeaderBar(interface)
        self._left, self._right = TranscriptPanel(interface), FieldsPanel(interface)
        self.transcript, self.fields = self._left.view, self._right.view
        self.bar = RecordBar(interface)
        self._shown: tuple[View, Standing] | None = None
        self._lay_out()
        self.menu = WindowMenu(interface, self._acts(), self)
        self.header.menu.setMenu(self.menu)
        self._connect()
        bind(self, self._acts() | self._keys())
        self.resize(*_SIZE)
        self._began()
        self.retranslate()
        desk.look()
        self.bar.button.setFocus()

    # Put together

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(8)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._left)
        self.splitter.addWidget(self._right)
        self.splitter.setSizes([56, 44])
        self.splitter.setStretchFactor(0, 56)
        self.splitter.setStretchFactor(1, 44)
        middle = QWidget()
        middle_layout = QVBoxLayout(middle)
        middle_layout.setContentsMargins(8, 8, 8, 8)
        middle_layout.addWidget(self.splitter)
        page = QWidget()
        page.setObjectName("page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(middle, 1)
        layout.addWidget(self.bar)
        self.setCentralWidget(page)

    def _connect(self) -> None:
        desk, bar = self._desk, self.bar
        desk.looked.connect(self._show)
        desk.phase_changed.connect(self._show_phase)
        desk.began.connect(self._began)
        self._interface.changed.connect(self.retranslate)
        bar.button.pressed_down.connect(self._key_down)
        bar.button.let_go.connect(self._key_up)
        bar.button.switched.connect(desk.toggle)
        bar.finish_asked.connect(desk.finish)
        bar.review_asked.connect(self.review)
        bar.next_asked.connect(desk.next)
        bar.device_chosen.connect(self._hooks.device_chosen)
        self.header.template_chosen.connect(self._choose_template)
        self.header.language_chosen.connect(self._choose_language)
        self.header.patient_asked.connect(self.ask_patient)
        self.fields.play_asked.connect(desk.play)
        self.fields.confirm_asked.connect(desk.confirm)
        self.fields.changed.connect(desk.edit)
        self.transcript.play_asked.connect(lambda start, end: desk.play_stretches([(start, end)]))

    def _acts(self) -> dict[str, Callable[[], None]]:
        """What the menu offers, by its entries."""
        desk, hooks = self._desk, self._hooks
        acts: dict[str, Callable[[], None]] = {
            "new": desk.next,
            "finish": desk.finish,
            "confirm_all": self.fields.confirm_all,
            "patient": self.ask_patient,
            "copy": self.copy_text,
            "on_top": self.switch_on_top,
            "compact": self.switch_small,
            "keys": self.show_keys,
            "quit": self.quit,
        }
        for name, hook in (("settings", hooks.settings), ("unsent", hooks.unsent), ("reports", hooks.reports)):
            if hook is not None:
                acts[name] = partial(hook, self)
        if hooks.review is not None:
            acts["review"] = self.review
        if hooks.paste is not None:
            acts["paste"] = self.paste
        return acts

    def _keys(self) -> dict[str, Callable[[], None]]:
        """What keys do beside that."""
        desk = self._desk
        return {
            "toggle": desk.toggle,
            "finish": self._finish_or_review,
            "review": self.review,
            "next": desk.next,
            "play": self._play_here,
            "rewind": desk.rewind,
            "confirm": lambda: self.fields.act("confirm"),
            "to_unconfirmed": self._to_unconfirmed,
            "add": self.fields.add,
            "next_field": lambda: desk.command("next_field"),
            "previous_field": lambda: desk.command("previous_field"),
            "undo": lambda: desk.command("undo"),
            "to_transcript": self.transcript.setFocus,
            "to_fields": self.fields.take_focus,
            "paste": self.paste,
            "settings": lambda: self._hooks.settings(self) if self._hooks.settings is not None else None,
            "menu": self.open_menu,
        }

    # Shown

    def retranslate(self) -> None:
        """Language or theme has changed."""
        text = self._interface.text
        self.setWindowTitle(text("window.title"))
        self.setWindowIcon(icon("wardscribe", self._interface.colour("accent").name()))
        for part in (self.header, self._left, self._right, self.bar, self.menu):
            part.retranslate()
        self.header.show_language(self._desk.language)
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self._show(*shown)

    def use_forms(self, forms: Forms) -> None:
        """The server has told its templates."""
        self._desk.use_forms(forms)
        self.header.show_forms(forms, self._desk.template)
        self.fields.use_form(self._desk.form, forms.words)
        self._desk.look()

    def show_devices(self, names: list[str], chosen: str | None) -> None:
        """The microphones there are."""
        self.bar.show_devices(names, chosen)

    def _began(self) -> None:
        desk = self._desk
        self.transcript.use_language(desk.language)
        self.transcript.show_passages(())
        self.fields.use_form(desk.form, desk.forms.words)
        self.header.show_forms(desk.forms, desk.template)
        self.header.show_language(desk.language)
        self.header.show_context(desk.context)
        self.header.set_choosing(possible=desk.phase is Phase.IDLE)
        self._show_phase(desk.phase)

    def _show(self, view: View, standing: Standing) -> None:
        # While one speaks levels come twenty times a second and words twice: what is the same object is not looked at.
        if self._shown is None or self._shown[0] is not view:
            self.transcript.show_passages(view.transcript)
            self._right.show_view(view)
            self._left.show_command(view, self._refusal(view))
        self._shown = view, standing
        self.header.show_standing(standing, view.lag_s)
        captured = standing.captured
        if captured is not None:
            quiet = captured.too_quiet and captured.recording
            self.bar.meter.show_level(captured.level_dbfs, captured.peak_dbfs, clipping=captured.clipping, quiet=quiet)
        self.bar.show_elapsed(standing.ended_at_samples or (captured.samples if captured is not None else 0))
        self.bar.show_hint(*hint(self._desk.phase, standing, self._interface.text, told=self._hooks.told))
        self._left.invite(inviting=self._desk.phase is Phase.IDLE)

    def _show_phase(self, phase: Phase) -> None:
        self.bar.show_phase(phase)
        self.header.set_choosing(possible=phase is Phase.IDLE)
        if not self.fields.isAncestorOf(QApplication.focusWidget() or self):
            follows = {Phase.DONE: self.bar.review, Phase.FINISHING: self.bar.next, Phase.IDLE: self.bar.button}
            if phase in follows:
                follows[phase].setFocus()
        self._left.invite(inviting=phase is Phase.IDLE)

    def _refusal(self, view: View) -> str:
        if view.refused is None:
            return ""
        if view.refused is ErrorCode.UNKNOWN_COMMAND:
            return self._interface.text("transcript.unknown_command")
        return self._interface.text("transcript.refused", message=self._hooks.told(RefusedError(view.refused)))

    def remark(self, said: str) -> None:
        """Say something below the text."""
        self._left.note(said, "refused")

    # Done

    def _choose_template(self, template: str) -> None:
        self._desk.choose_template(template)
        self._hooks.kept({"template": template})

    def _choose_language(self, language: object) -> None:
        for each in type(self._desk.language):
            if each == language:
                self._desk.choose_language(each)
                self._hooks.kept({"dictation_language": each})

    def ask_patient(self) -> None:
        """Who it is about."""
        dialog = PatientDialog(self._interface, self._desk.context, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._desk.know(dialog.context())
            self.header.show_context(self._desk.context)

    def review(self) -> None:
        """Hand over to the review of the report."""
        session = self._shown[0].session if self._shown is not None else None
        if self._desk.phase is Phase.DONE and session is not None and self._hooks.review is not None:
            self._hooks.review(self, session)

    def _finish_or_review(self) -> None:
        if self._desk.phase is Phase.DONE:
            self.review()
        else:
            self._desk.finish()

    def _play_here(self) -> None:
        if self.transcript.hasFocus():
            self.transcript.play_here()
        else:
            self.fields.act("play")

    def _to_unconfirmed(self) -> None:
        self.fields.to_unconfirmed()

    def copy_text(self) -> None:
        """The written text to the clipboard."""
        QGuiApplication.clipboard().setText(self._desk.feed.written())

    def paste(self) -> None:
        """The written text to the field of another program."""
        if self._hooks.paste is not None:
            self._hooks.paste(self._desk.feed.written())

    def show_keys(self) -> None:
        """The list of keys."""
        KeysDialog(self._interface, self).exec()

    def open_menu(self) -> None:
        """The menu, from wherever the keys are."""
        below = self.header.menu.mapToGlobal(QPoint(0, self.header.menu.height()))
        self.menu.popup(below)

    def switch_on_top(self) -> None:
        """Above other windows, or not."""
        self.set_on_top(on_top=not bool(self.windowFlags() & Qt.WindowType.WindowStaysOnTopHint))

    def set_on_top(self, *, on_top: bool) -> None:
        """Above other windows."""
        shown = self.isVisible()
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, on_top)
        self.menu.entries["on_top"].setChecked(on_top)
        self._hooks.kept({"always_on_top": on_top})
        if shown:
            self.show()

    def switch_small(self) -> None:
        """Only the text and the record key, or everything."""
        self._small = not self._small
        self.header.setVisible(not self._small)
        self._right.setVisible(not self._small)
        self._left.title.setVisible(not self._small)
        self.bar.device.setVisible(not self._small)
        self.menu.entries["compact"].setChecked(self._small)
        self.resize(*(_SMALL if self._small else _SIZE))

    def quit(self) -> None:
        """Close the window; what was dictated is kept."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """No window, no microphone: it is not hidden somewhere and listening."""
        self._desk.release()
        super().closeEvent(event)

    # The key that is held

    def _key_down(self) -> None:
        self._held = self._desk.phase is not Phase.RECORDING
        self._desk.press()

    def _key_up(self, held: bool) -> None:  # noqa: FBT001 - Qt's signal
        if held or not self._held:
            self._desk.release()
        self._held = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """The key that talks while it is held; keys that nobody in the window wanted come here."""
        if event.key() == _HELD_KEY and not event.modifiers():
            if not event.isAutoRepeat():
                self._desk.press()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """It is let go."""
        if event.key() == _HELD_KEY:
            if not event.isAutoRepeat():
                self._desk.release()
            return
        super().keyReleaseEvent(event)
