"""What happens in the window, without its widgets: which dictation is live, how far it is, what a person does to it.

Looks at the feed at most every 50 ms, however fast events come. Knows no server and no file; see `dictating`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from pydantic import JsonValue
from PySide6.QtCore import QObject, QTimer, Signal

from wardscribe_client.desktop.feed import LiveFeed, Standing
from wardscribe_client.desktop.form import Forms, TemplateForm
from wardscribe_client.desktop.live_record import View
from wardscribe_client.desktop.player import Player, in_a_row
from wardscribe_client.desktop.record_bar import Phase
from wardscribe_client.desktop.rows import Row
from wardscribe_client.dictation_events import DictationEvent
from wardscribe_client.input_device import InputDevice
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Context, Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import SAMPLE_RATE

_LOOK_EVERY_MS: Final = 50
_NOTICED_AFTER_MS: Final = 7_000
_REWIND_MS: Final = 5_000
OnEvent = Callable[[DictationEvent], None]


class Dictating(Protocol):
    """What a window asks of the thread that captures and sends."""

    def begin(self, start: Start, on_event: OnEvent, *, record: bool = True) -> None:
        """A new dictation; the one before is set aside."""

    def take_up(self, dictation_id: str, on_event: OnEvent) -> None:
        """One that an earlier process left."""

    def record(self) -> None:
        """Keep sound from now on."""

    def pause(self) -> None:
        """Keep no more sound."""

    def finish(self) -> None:
        """No more will be said."""

    def finalize(self) -> None:
        """Ask for final text of what was said so far."""

    def leave(self) -> None:
        """Put the dictation aside."""

    def command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        """What saying the command would do."""

    def edit_field(self, path: str, value: JsonValue) -> None:
        """Set a field, or remove it."""

    def confirm_field(self, path: str) -> None:
        """Confirm what the machine proposed."""

    def configure(self, context: Context) -> None:
        """What is known of patient and order has changed."""

    def retry(self) -> None:
        """Connect again after a failure."""

    def use_device(self, device: InputDevice) -> None:
        """Listen to another device."""

    def audio(self, stretches_ms: Sequence[tuple[int, int]], then: Callable[[list[bytes]], None]) -> None:
        """Sound of the dictation."""


class LiveDesk(QObject):
    """One window's dictations, one after the other."""

    looked = Signal(object, object)  # View, Standing
    phase_changed = Signal(object)
    began = Signal()  # another dictation, empty yet
    _sound = Signal(object)

    def __init__(
        self,
        dictating: Dictating,
        *,
        player: Player,
        forms: Forms,
        template: str,
        language: Language,
        user: str | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._dictating = dictating
        self._player = player
        self._forms = forms
        self._template, self._language, self._user = template, language, user
        self._context: Context | None = None
        self._idle = LiveFeed(TemplateForm.unknown(""), language, self)
        self._feed = self._new_feed()
        self._phase = Phase.IDLE
        self._begun = self._finishing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._noticing = QTimer(self)
        self._noticing.setSingleShot(True)
        self._noticing.setInterval(_NOTICED_AFTER_MS)
        self._noticing.timeout.connect(self._noticed)
        self._idle.waiting.connect(self._soon)
        self._sound.connect(self._play)

    # What it is

    @property
    def phase(self) -> Phase:
        """How far the dictation is."""
        return self._phase

    @property
    def form(self) -> TemplateForm:
        """The template."""
        return self._forms.form(self._template)

    @property
    def forms(self) -> Forms:
        """All templates that are known."""
        return self._forms

    @property
    def template(self) -> str:
        """The template's id."""
        return self._template

    @property
    def language(self) -> Language:
        """Of the dictation."""
        return self._language

    @property
    def context(self) -> Context | None:
        """Patient and order."""
        return self._context

    @property
    def feed(self) -> LiveFeed:
        """What is told of the dictation in the window."""
        return self._feed

    def on_idle(self, event: DictationEvent) -> None:
        """Levels and troubles while nothing is dictated. Any thread."""
        self._idle.take(event)

    # What is chosen before the first word

    def use_forms(self, forms: Forms) -> None:
        """The server has told its templates."""
        self._forms = forms
        self._feed.use_form(self.form)
        self.look()

    def choose_template(self, template: str) -> None:
        """Before the first word only; afterwards nothing happens."""
        if not self._begun:
            self._template = template
            self._start_over()

    def choose_language(self, language: Language) -> None:
        """Before the first word only; afterwards nothing happens."""
        if not self._begun:
            self._language = language
            self._start_over()

    def know(self, context: Context | None) -> None:
        """Patient and order; also while one dictates."""
        self._context = context
        if self._begun and context is not None and self._phase in (Phase.RECORDING, Phase.PAUSED):
            self._dictating.configure(context)

    # The key

    def toggle(self) -> None:
        """One key for both."""
        if self._phase is Phase.RECORDING:
            self.release()
        else:
            self.press()

    def press(self) -> None:
        """Record from now on; the first time this begins the dictation."""
        self._player.stop()
        if self._phase is Phase.IDLE and not self._begun:
            self._begun = True
            start = Start(template=self._template, language=self._language, context=self._context, user=self._user)
            self._dictating.begin(start, self._feed.take)
        elif self._phase is Phase.PAUSED:
            self._dictating.record()

    def release(self) -> None:
        """Record no more, for now."""
        if self._begun:
            self._dictating.pause()

    def finish(self) -> None:
        """No more will be said."""
        if self._begun and self._phase in (Phase.RECORDING, Phase.PAUSED):
            self._finishing = True
            self._dictating.finish()
            self.look()

    def finalize(self) -> None:
        """Ask for final text of what was said so far."""
        self._if_open(self._dictating.finalize)

    def next(self) -> None:
        """The next dictation; the one before goes on to its record by itself."""
        if self._phase in (Phase.RECORDING, Phase.PAUSED):
            self.finish()
        if self._begun:
            self._dictating.leave()
            self._context = None
            self._start_over()

    def take_up(self, dictation_id: str, start: Start) -> None:
        """Go on with one that an earlier window left."""
        self._template, self._language = start.template, start.language
        self._start_over()
        self._begun = True
        self._dictating.take_up(dictation_id, self._feed.take)

    # What is done by hand

    def edit(self, changes: Mapping[str, JsonValue]) -> None:
        """Values that a person set, None for one that is taken out."""
        for path, value in changes.items():
            self._if_open(partial(self._dictating.edit_field, path, value))

    def confirm(self, path: str) -> None:
        """What the machine proposed is right."""
        self._if_open(lambda: self._dictating.confirm_field(path))

    def command(self, name: str) -> None:
        """What saying the command would do."""
        self._if_open(lambda: self._dictating.command(name))

    def retry(self) -> None:
        """Connect again after a failure."""
        self._dictating.retry()

    def use_device(self, device: InputDevice) -> None:
        """Another microphone; what is being recorded is paused first."""
        self.release()
        self._dictating.use_device(device)

    def play(self, row: Row) -> None:
        """Exactly what was said for a row."""
        self.play_stretches(row.audio_ms)

    def play_stretches(self, stretches_ms: Sequence[tuple[int, int]]) -> None:
        """These stretches, one after the other. What comes from the loudspeaker is not dictated."""
        if stretches_ms and self._begun:
            self.release()
            self._dictating.audio(list(stretches_ms), self._sound.emit)

    def rewind(self) -> None:
        """The last words again."""
        captured = self._feed.look()[1].captured
        end_ms = captured.samples * 1000 // SAMPLE_RATE if captured is not None else 0
        if end_ms:
            self.play_stretches([(max(0, end_ms - _REWIND_MS), end_ms)])

    def stop_playing(self) -> None:
        """Be silent."""
        self._player.stop()

    # Looking

    def look(self) -> None:
        """Show what there is now."""
        view, standing = self._feed.look()
        if not self._begun:
            standing = self._idle.look()[1]
        self._set_phase(self._phase_of(view, standing))
        if (view.command is not None or view.refused is not None) and not self._noticing.isActive():
            self._noticing.start()
        self.looked.emit(view, standing)

    def _phase_of(self, view: View, standing: Standing) -> Phase:
        if not self._begun:
            return Phase.IDLE
        if view.record is not None:
            return Phase.DONE
        if self._finishing:
            return Phase.FINISHING
        return Phase.RECORDING if standing.recording else Phase.PAUSED

    def _set_phase(self, phase: Phase) -> None:
        if phase is not self._phase:
            self._phase = phase
            self.phase_changed.emit(phase)

    def _new_feed(self) -> LiveFeed:
        feed = LiveFeed(self.form, self._language, self)
        feed.waiting.connect(self._soon)
        return feed

    def _start_over(self) -> None:
        self._feed.waiting.disconnect(self._soon)
        self._feed.deleteLater()
        self._feed = self._new_feed()
        self._begun = self._finishing = False
        self.began.emit()
        self.look()

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _noticed(self) -> None:
        self._feed.noticed()
        self.look()

    def _if_open(self, act: Callable[[], None]) -> None:
        if self._begun and self._phase in (Phase.RECORDING, Phase.PAUSED):
            act()

    def _play(self, stretches: list[bytes]) -> None:
        try:
            self._player.play(in_a_row(stretches))
        except WardscribeError:
            self._player.stop()
