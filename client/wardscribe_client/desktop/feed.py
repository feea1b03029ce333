"""Between the thread on which a dictation runs and the window: events in at any rate, one look at a time out.

Every event is folded where it comes in; what is kept is the record as it stands, never a queue, so that a thousand
updates a second cost the window one look. `waiting` is emitted once, however much comes, until somebody looks.
"""

from dataclasses import dataclass, field, replace
from threading import Lock

from PySide6.QtCore import QObject, Signal

from wardscribe_client.desktop.form import TemplateForm
from wardscribe_client.desktop.live_record import LiveRecord, View
from wardscribe_client.dictation_events import (
    Captured,
    Connection,
    DeviceChanged,
    DictationEvent,
    Failed,
    LinkState,
    RecordingChanged,
    Restarted,
    Spooled,
)
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Closed
from wardscribe_protocol.record import Language


@dataclass(frozen=True, slots=True)
class Standing:
    """What this side knows of a dictation, at one moment."""

    captured: Captured | None = None
    connection: Connection | None = None
    trouble: str | None = None
    spooled: Spooled | None = None
    device: DeviceChanged | None = None
    recording: bool = False
    begun_anew: bool = False
    failed: WardscribeError | None = None
    ended_at_samples: int | None = None


@dataclass(slots=True)
class FeedCounts:
    """How much came and how often somebody looked: what was folded into one look is the difference."""

    taken: int = 0
    announced: int = 0
    looked: int = field(default=0)


class LiveFeed(QObject):
    """The events of one dictation. `take` may be called on any thread, `look` on the window's."""

    waiting = Signal()

    def __init__(self, form: TemplateForm, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = Lock()
        self._record = LiveRecord(form, language)
        self._standing = Standing()
        self._announced = False
        self.counts = FeedCounts()

    def take(self, event: DictationEvent) -> None:
        """Fold one event in."""
        with self._lock:
            self.counts.taken += 1
            self._fold(event)
            announce, self._announced = not self._announced, True
            self.counts.announced += announce
        if announce:
            self.waiting.emit()

    def look(self) -> tuple[View, Standing]:
        """All that there is to show now."""
        with self._lock:
            self._announced = False
            self.counts.looked += 1
            return self._record.view(), self._standing

    def use_form(self, form: TemplateForm) -> None:
        """The template's labels have come."""
        with self._lock:
            self._record.use_form(form)

    def noticed(self) -> None:
        """What was said about a command or a refusal has been seen."""
        with self._lock:
            self._record.noticed()

    def written(self) -> str:
        """The written text so far."""
        with self._lock:
            return self._record.written()

    def _fold(self, event: DictationEvent) -> None:
        standing = self._standing
        match event:
            case Captured():
                self._standing = replace(standing, captured=event)
            case LinkState():
                self._standing = replace(standing, connection=event.state, trouble=event.reason)
            case Spooled():
                self._standing = replace(standing, spooled=event)
            case DeviceChanged():
                self._standing = replace(standing, device=event)
            case RecordingChanged():
                self._standing = replace(standing, recording=event.recording, failed=None)
            case Restarted():
                self._record.begin_again()
                self._standing = replace(standing, begun_anew=True)
            case Failed():
                recording = standing.recording and event.capturing
                self._standing = replace(standing, failed=event.error, recording=recording)
            case Closed():
                self._record.take(event)
                self._standing = replace(standing, recording=False, ended_at_samples=event.total_samples, failed=None)
            case _:
                self._record.take(event)
