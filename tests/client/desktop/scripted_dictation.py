"""A dictation that tests speak for: what the window asks is noted, what the server says is scripted."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from wardscribe_client.dictation_events import Captured, Connection, DictationEvent, LinkState, RecordingChanged
from wardscribe_client.input_device import InputDevice
from wardscribe_protocol.messages import Context, Start

Asked = tuple[object, ...]


class ScriptedDictation:
    """As `DictationThread`, in the same thread and without a server."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.starts: list[Start] = []
        self.tell: Callable[[DictationEvent], None] = lambda _: None
        self.sound: dict[tuple[int, int], bytes] = {}

    def begin(self, start: Start, on_event: Callable[[DictationEvent], None], *, record: bool = True) -> None:
        self.starts.append(start)
        self.tell = on_event
        self.tell(LinkState(state=Connection.CONNECTED, since=0.0))
        if record:
            self.record()

    def take_up(self, dictation_id: str, on_event: Callable[[DictationEvent], None]) -> None:
        self.asked.append(("take_up", dictation_id))
        self.tell = on_event

    def record(self) -> None:
        self.asked.append(("record",))
        self.tell(RecordingChanged(recording=True, at_sample=0))

    def pause(self) -> None:
        self.asked.append(("pause",))
        self.tell(RecordingChanged(recording=False, at_sample=0))

    def finish(self) -> None:
        self.asked.append(("finish",))

    def finalize(self) -> None:
        self.asked.append(("finalize",))

    def leave(self) -> None:
        self.asked.append(("leave",))

    def command(self, name: str, args: dict[str, JsonValue] | None = None) -> None:
        self.asked.append(("command", name))

    def edit_field(self, path: str, value: JsonValue) -> None:
        self.asked.append(("edit", path, value))

    def confirm_field(self, path: str) -> None:
        self.asked.append(("confirm", path))

    def configure(self, context: Context) -> None:
        self.asked.append(("configure", context))

    def retry(self) -> None:
        self.asked.append(("retry",))

    def use_device(self, device: InputDevice) -> None:
        self.asked.append(("device", device.name))

    def audio(self, stretches_ms: Sequence[tuple[int, int]], then: Callable[[list[bytes]], None]) -> None:
        self.asked.append(("audio", *stretches_ms))
        then([self.sound.get(stretch, b"") for stretch in stretches_ms])


class HeardPlayer:
    """A loudspeaker that remembers."""

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self.stops = 0

    def play(self, pcm: bytes) -> None:
        self.played.append(pcm)

    def stop(self) -> None:
        self.stops += 1


def captured(
    *,
    samples: int = 16_000,
    level_dbfs: float = -20.0,
    clipping: bool = False,
    too_quiet: bool = False,
    overflow: int = 0,
    recording: bool = True,
) -> Captured:
    return Captured(
        samples=samples,
        recording=recording,
        level_dbfs=level_dbfs,
        peak_dbfs=level_dbfs + 6,
        clipping=clipping,
        too_quiet=too_quiet,
        overflow=overflow,
    )
