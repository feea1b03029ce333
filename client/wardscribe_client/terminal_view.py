"""A dictation in the terminal: the transcript growing and the fields filling. Shows messages, decides nothing."""

from collections.abc import Callable
from time import monotonic

from pydantic import JsonValue
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wardscribe_client.dictation_events import (
    Captured,
    Connection,
    DeviceChanged,
    DictationEvent,
    Failed,
    LinkState,
    Restarted,
    Spooled,
)
from wardscribe_protocol.messages import (
    CheckUpdate,
    Closed,
    Commit,
    ErrorReport,
    FieldState,
    FieldUpdate,
    Final,
    Lag,
    Ready,
    Tail,
)
from wardscribe_protocol.record import Evidence, Language
from wardscribe_protocol.timeline import SAMPLE_RATE

_WORTH_SAYING_S = 2.0  # less is on its way all the time
_TRANSCRIPT_CHARS = 1200  # of the end of the transcript that stays in view


class TerminalView:
    """Fed with every message of a session; `live` draws it."""

    def __init__(self, *, title: str, language: Language, clock: Callable[[], float] = monotonic) -> None:
        self._title = title
        self._joint = "" if language is Language.ZH else " "
        self._clock = clock
        self._started: float | None = None
        self._finals: dict[int, str] = {}  # by segment: a final that is said again replaces the first
        self._committed: list[str] = []  # words whose written form has not come yet
        self._tail = ""
        self._fields: dict[str, tuple[JsonValue, Evidence | None]] = {}
        self._checks: dict[tuple[str, str], CheckUpdate] = {}
        self._status = "connecting"
        self._hint = ""
        self._waiting_s = 0.0
        self.session: str | None = None

    def live(self, console: Console) -> Live:
        """A live display of this view; on something that is no terminal it prints the last state only."""
        return Live(get_renderable=lambda: self, console=console, refresh_per_second=8, transient=False)

    def take(self, message: DictationEvent) -> None:
        """Fold one event in."""
        match message:
            case Captured() | LinkState() | Spooled() | DeviceChanged() | Restarted() | Failed():
                self._take_own(message)
            case Ready():
                self.session, self._status = message.session, "listening"
                self._started = self._started if self._started is not None else self._clock()
            case Tail():
                self._tail = message.text
            case Commit():
                self._committed += [word.text for word in message.words]
                self._tail = ""
            case Final():
                if message.segment not in self._finals:
                    self._committed = []
                self._finals[message.segment] = message.text
            case FieldUpdate(state=FieldState.WITHDRAWN):
                self._fields.pop(message.path, None)
            case FieldUpdate():
                self._fields[message.path] = (message.value, message.evidence)
            case CheckUpdate():
                self._checks[(message.code, message.path)] = message
            case Lag():
                self._status = f"{message.seconds:g} s behind" if message.seconds else "listening"
            case ErrorReport():
                self._status = message.message
            case Closed():
                self._status, self._tail = "done", ""
            case _:
                pass

    def _take_own(self, event: Captured | LinkState | Spooled | DeviceChanged | Restarted | Failed) -> None:
        """What only this side knows."""
        match event:
            case Captured():
                self._hint = "too loud" if event.clipping else "too quiet" if event.too_quiet else ""
                if event.overflow:
                    self._hint += f" {event.overflow / SAMPLE_RATE:.2f} s were lost by the microphone"
            case LinkState(state=Connection.CONNECTED):
                self._status = "listening"
            case LinkState():
                self._status = f"{event.state.value}: {event.reason or 'connecting'}"
            case Spooled():
                self._waiting_s = event.unsent_samples / SAMPLE_RATE
            case DeviceChanged():
                self._hint = f"{event.reason.value.replace('_', ' ')}: {event.name}"
            case Restarted():
                self._finals, self._committed, self._tail = {}, [], ""
                self._fields, self._checks = {}, {}
            case Failed():
                self._status = event.error.message

    def __rich__(self) -> RenderableType:
        elapsed = self._clock() - self._started if self._started is not None else 0.0
        waiting = f"{self._waiting_s:.0f} s kept here, not sent" if self._waiting_s >= _WORTH_SAYING_S else ""
        told = (f"{elapsed:5.1f} s", self._status, waiting, self._hint)
        heading = "   ".join([self._title, *filter(None, told)])
        parts: list[RenderableType] = [
            Panel(self._transcript(), title=Text(heading), title_align="left"),
            self._table(),
        ]
        notes = [check for check in self._checks.values() if not check.settled]
        parts += [Text(f"{check.severity.value}: {check.message}", style="yellow") for check in notes]
        return Group(*parts)

    def _transcript(self) -> Text:
        said = self._joint.join(text for text in self._finals.values() if text)[-_TRANSCRIPT_CHARS:]
        text = Text(said or ("" if self._committed or self._tail else "…"))
        for part, style in ((self._joint.join(self._committed), "dim"), (self._tail, "dim italic")):
            if part:
                text.append((self._joint if text.plain else "") + part, style=style)
        return text

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=bool(self._fields), header_style="dim")
        for column in ("field", "value", "heard as", "at"):
            table.add_column(column, overflow="fold")
        for path in sorted(self._fields, key=_order):
            value, evidence = self._fields[path]
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            heard = evidence.text if evidence else ""
            at = f"{evidence.audio_ms[0] / 1000:.1f} s" if evidence and evidence.audio_ms else ""
            # As `Text`, because brackets in what was dictated are not markup.
            name = Text(path.removeprefix("/fields/"))
            table.add_row(name, Text(shown), Text(heard, style="dim"), Text(at, style="dim"))
        return table


def _order(path: str) -> list[tuple[int, str]]:
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in path.split("/")]
