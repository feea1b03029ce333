"""WhisperLiveKit: LocalAgreement over faster-whisper, `/asr` with raw samples in and whole states out.

Committed is what it lists in `lines`; `buffer_transcription` is its preview. An empty binary message ends the audio,
and it says `ready_to_stop` when everything is done. Settings are its defaults but for policy, backend, weights and
language; its own warm-up is off because it would fetch a recording: every server is warmed with 3 s of speech.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from playback import Playback
from speech import SpokenStream
from systems import Launch
from traces import Trace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from wardscribe_protocol.record import Language

_SILENCE = -2  # the speaker of a line that is a pause


class WhisperLiveKit:
    """`whisperlivekit-server` of one virtual environment."""

    name = "whisperlivekit"
    settings: Mapping[str, str] = {
        "backend": "faster-whisper",
        "backend-policy": "localagreement",
        "pcm-input": "true",
        "other": "defaults",
    }

    def __init__(self, environment: Path) -> None:
        self._environment = environment

    def launch(self, *, port: int, model: Path, folder: Path) -> Launch:
        """Language is chosen by each session."""
        flags = ["--host", "127.0.0.1", "--port", str(port), "--model_dir", str(model), "--warmup-file", ""]
        flags += ["--backend", "faster-whisper", "--backend-policy", "localagreement", "--pcm-input", "-l", "WARNING"]
        program = self._environment / "bin" / "whisperlivekit-server"
        return Launch([str(program), *flags], {"HF_HUB_OFFLINE": "1", "HOME": str(folder)})

    async def play(
        self, stream: SpokenStream, playback: Playback, *, port: int, trace: Trace, finish_within_s: float
    ) -> None:
        """One session."""
        url = f"ws://127.0.0.1:{port}/asr?language={stream.language.value}"
        try:
            async with connect(url, compression=None, max_size=None) as socket:
                reading = asyncio.create_task(_read(socket, playback, trace))
                try:
                    async for frame in playback.frames():
                        await socket.send(frame)
                    trace.stopped_s = playback.now_s
                    await socket.send(b"")
                    await asyncio.wait_for(reading, finish_within_s)
                finally:
                    reading.cancel()
        except TimeoutError:
            trace.failure = f"not finished within {finish_within_s:g} s"
        except (OSError, ConnectionClosed, InvalidHandshake) as error:
            trace.failure = type(error).__name__


async def _read(socket: ClientConnection, playback: Playback, trace: Trace) -> None:
    async for frame in socket:
        message = json.loads(frame)
        if message.get("type") == "ready_to_stop":
            trace.closed_s = playback.now_s
            return
        if "lines" in message:
            note(message, trace, at_s=playback.now_s)


def note(message: Mapping[str, object], trace: Trace, *, at_s: float) -> None:
    """Write down one state."""
    lines = message["lines"]
    assert isinstance(lines, list), "states list their lines"
    said = [str(line["text"]).strip() for line in lines if line.get("speaker") != _SILENCE]
    trace.commit(at_s, ("" if trace.language is Language.ZH else " ").join(said))
    trace.preview(at_s, str(message.get("buffer_transcription", "")))
    behind = message.get("remaining_time_transcription", 0.0)
    trace.most_lag_s = max(trace.most_lag_s, float(behind) if isinstance(behind, int | float) else 0.0)
