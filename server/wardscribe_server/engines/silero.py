"""Silero VAD as a stream: the shipped ONNX with its recurrent state kept from chunk to chunk.

faster-whisper's own wrapper resets the state on each call, so it only fits whole files.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime

from wardscribe_server.engines.base import CHUNK_SAMPLES, Samples, SpeechStream

_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
# Carried through half a minute of silence, the state makes the network deaf to the first second of speech after it
# (a lost "no"; also snakers4/silero-vad issue 725); a fresh one hears it. So it is dropped after 2 s without speech.
_FORGET_CHUNKS = 62
_SILENT_BELOW = 0.35


class SileroDetector:
    """Loads the network once; streams share it (ONNX Runtime sessions are safe to run from several threads)."""

    def __init__(self, path: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        model = path or Path(str(files("faster_whisper") / "assets" / "silero_vad_v6.onnx"))
        self._session = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def stream(self) -> SpeechStream:
        """A stream with a silent past."""
        return _SileroStream(self._session)


class _SileroStream:
    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._h = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._c = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._silent_chunks = 0
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._pending = np.zeros(0, dtype=np.float32)

    def push(self, samples: Samples) -> list[float]:
        audio = np.concatenate([self._pending, samples])
        count = len(audio) // CHUNK_SAMPLES
        chunks = audio[: count * CHUNK_SAMPLES].reshape(count, CHUNK_SAMPLES)
        self._pending = audio[count * CHUNK_SAMPLES :].copy()
        probabilities: list[float] = []
        while len(probabilities) < count:
            # No further than silence could last at the soonest, so blocks of any size forget at the same chunk.
            end = len(probabilities) + _FORGET_CHUNKS - self._silent_chunks
            judged = self._judge(chunks[len(probabilities) : end])
            for probability in judged:
                self._silent_chunks = self._silent_chunks + 1 if probability < _SILENT_BELOW else 0
            if self._silent_chunks >= _FORGET_CHUNKS:
                self._forget()
            probabilities += judged
        return probabilities

    def _judge(self, chunks: Samples) -> list[float]:
        # Each chunk is judged with the 64 samples before it; the network walks the batch in order.
        tails = np.concatenate([self._context[None], chunks[:-1, -_CONTEXT_SAMPLES:]])
        output, self._h, self._c = self._session.run(
            None, {"input": np.concatenate([tails, chunks], axis=1), "h": self._h, "c": self._c}
        )
        self._context = chunks[-1, -_CONTEXT_SAMPLES:].copy()
        return [float(probability) for probability in np.ravel(output)]

    def _forget(self) -> None:
        self._h, self._c = np.zeros_like(self._h), np.zeros_like(self._c)
        self._silent_chunks = 0
