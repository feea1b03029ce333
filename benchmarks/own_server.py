"""Wardscribe itself as the server under test, driven by its own client over a real socket."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from playback import Playback
from speech import SpokenStream
from systems import Launch
from traces import Corrected, SegmentText, Trace

from wardscribe_client.link import Link, carried
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Closed, Commit, Final, Lag, ServerMessage, Start, Tail

_RECONNECT_S = 5.0
_TEMPLATE = "chest_xray"


class OwnServer:
    """`wardscribe serve`; `settings` are its `WARDSCRIBE_*` variables without the prefix, in lower case."""

    name = "wardscribe"

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings

    def launch(self, *, port: int, model: Path, folder: Path) -> Launch:
        """The server with its own data folder."""
        environment = {f"WARDSCRIBE_{name.upper()}": value for name, value in self.settings.items()}
        environment |= {"WARDSCRIBE_MODEL": str(model), "WARDSCRIBE_DATA": str(folder / "data")}
        command = [sys.executable, "-m", "wardscribe_cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
        return Launch(command, environment, health_path="/healthz")

    async def play(
        self, stream: SpokenStream, playback: Playback, *, port: int, trace: Trace, finish_within_s: float
    ) -> None:
        """One dictation."""
        link = Link(
            Start(template=_TEMPLATE, language=stream.language),
            url=f"ws://127.0.0.1:{port}/v1/dictation",
            reconnect_s=_RECONNECT_S,
            on_message=lambda message: note(message, trace, at_s=playback.now_s),
        )

        async def feed() -> None:
            async for frame in playback.frames():
                await link.send_audio(frame)
            trace.stopped_s = playback.now_s
            link.stop()

        try:
            await asyncio.wait_for(carried(link, feed()), stream.seconds + finish_within_s)
        except TimeoutError:
            trace.failure = f"not finished within {finish_within_s:g} s"
        except WardscribeError as error:
            trace.failure = error.code.value


def note(message: ServerMessage, trace: Trace, *, at_s: float) -> None:
    """Write down what one message showed."""
    match message:
        case Commit(words=words):
            trace.add_words(at_s, [word.text for word in words])
        case Tail(text=text):
            trace.preview(at_s, text)
        case Final(segment=segment, text=text, corrections=corrections):
            trace.finals.append(SegmentText(at_s, segment, text))
            trace.corrections += [Corrected(item.heard, item.written, item.why) for item in corrections]
        case Lag(seconds=seconds):
            trace.most_lag_s = max(trace.most_lag_s, seconds)
        case Closed(total_samples=total, record=record):
            trace.closed_s = at_s
            trace.samples_kept = total
            trace.record_text = record.transcript.raw
        case _:
            pass
