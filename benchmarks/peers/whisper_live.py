"""WhisperLive: segments are decoded again and again until they repeat; those with `completed` stand.

It sends the last ten segments, so completed ones are kept by where they begin. It has no end of its own: after the
audio its client waits until nothing comes any more and keeps the last preview, and so does this one. Settings are those
of its `run_server.py` and client (one model for all clients, VAD on), with room for as many clients as are played.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
from playback import Playback
from speech import SpokenStream
from systems import Launch
from traces import Trace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from wardscribe_protocol.record import Language

_SERVE = (
    "import sys; from whisper_live.server import TranscriptionServer; "
    "TranscriptionServer().run('127.0.0.1', port=int(sys.argv[1]), backend='faster_whisper', "
    "faster_whisper_custom_model_path=sys.argv[2], single_model=True, max_clients=64)"
)
_QUIET_S = 6.0  # nothing new for so long after the end means that nothing will come
_READY_WITHIN_S = 30.0


class WhisperLive:
    """`TranscriptionServer` of one virtual environment."""

    name = "whisper-live"
    settings: Mapping[str, str] = {
        "backend": "faster_whisper",
        "single_model": "true",
        "use_vad": "true",
        "max_clients": "64",
        "other": "defaults",
    }

    def __init__(self, environment: Path) -> None:
        self._environment = environment

    def launch(self, *, port: int, model: Path, folder: Path) -> Launch:
        """All cores, as CTranslate2 takes them by itself."""
        python = str(self._environment / "bin" / "python")
        return Launch([python, "-c", _SERVE, str(port), str(model)], {"HF_HUB_OFFLINE": "1", "HOME": str(folder)})

    async def play(
        self, stream: SpokenStream, playback: Playback, *, port: int, trace: Trace, finish_within_s: float
    ) -> None:
        """One client."""
        options = {
            "uid": str(uuid4()),
            "language": stream.language.value,
            "task": "transcribe",
            "model": "base",
            "use_vad": True,
        }
        try:
            async with connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None) as socket:
                await socket.send(json.dumps(options))
                await asyncio.wait_for(_ready(socket), _READY_WITHIN_S)
                reading = asyncio.create_task(_read(socket, playback, trace))
                try:
                    async for frame in playback.frames():
                        await socket.send((np.frombuffer(frame, dtype="<i2") / 32768.0).astype("<f4").tobytes())
                    trace.stopped_s = playback.now_s
                    await _until_quiet(playback, trace, finish_within_s=finish_within_s)
                    await socket.send(b"END_OF_AUDIO")
                finally:
                    reading.cancel()
        except (TimeoutError, OSError, ConnectionClosed, InvalidHandshake) as error:
            trace.failure = type(error).__name__


async def _ready(socket: ClientConnection) -> None:
    while json.loads(await socket.recv()).get("message") != "SERVER_READY":
        pass


async def _until_quiet(playback: Playback, trace: Trace, *, finish_within_s: float) -> None:
    """Finished is when the last change came."""
    assert trace.stopped_s is not None, "the audio is over"
    while True:
        changed_s = max([trace.stopped_s, *(shown.at_s for shown in (*trace.committed[-1:], *trace.tails[-1:]))])
        if playback.now_s - changed_s > _QUIET_S:
            trace.closed_s = changed_s
            return
        if playback.now_s - trace.stopped_s > finish_within_s:
            trace.failure = f"not finished within {finish_within_s:g} s"
            return
        await asyncio.sleep(0.1)


async def _read(socket: ClientConnection, playback: Playback, trace: Trace) -> None:
    completed: dict[float, str] = {}
    async for frame in socket:
        message = json.loads(frame)
        if "segments" in message:
            note(message["segments"], completed, trace, at_s=playback.now_s)


def note(segments: Sequence[Mapping[str, object]], completed: dict[float, str], trace: Trace, *, at_s: float) -> None:
    """Write down the latest segments; `completed` keeps those that stand, by their first second."""
    open_text = ""
    for segment in segments:
        text = str(segment["text"]).strip()
        if segment.get("completed"):
            completed[float(str(segment["start"]))] = text
        else:
            open_text = text
    between = "" if trace.language is Language.ZH else " "
    trace.commit(at_s, between.join(text for _, text in sorted(completed.items())))
    trace.preview(at_s, open_text)
