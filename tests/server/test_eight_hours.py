"""Eight hours of dictation, many times faster than real time: nothing lost, nothing twice, memory flat.

Each word is a stretch of samples of one value, so a window of any size at any place says by itself what is in it.
The record is not composed here: this is about audio and words.
"""

import tracemalloc
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wardscribe_protocol.record import Language, Record, Transcript
from wardscribe_protocol.timeline import SAMPLE_RATE, Span
from wardscribe_server.pipeline.compose import Composed, Composer
from wardscribe_server.pipeline.events import (
    Audio,
    Committed,
    Decode,
    Decoded,
    DetectSpeech,
    Finished,
    FlowInput,
    Speech,
    Stop,
)
from wardscribe_server.pipeline.flow import Flow
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES, HeardWord
from wardscribe_server.pipeline.held import NOTHING_HELD, Holdings
from wardscribe_server.pipeline.values import Utterance, Word, Written
from wardscribe_server.pipeline.writing.edits import EditLog

HOURS = 8
BREATH_S, PAUSE_S = 9, 1  # seconds of speech, then of silence; both divide a minute evenly
WORD_SAMPLES = SAMPLE_RATE // 2
FIRST_VALUE, VALUES = 2000, 25_000  # sample values that stand for words; the same one comes again three hours later
GRID = 160  # samples; words begin and end on it
BLOCK_BYTES = 2 * SAMPLE_RATE
WATCHED_MINUTES = 5  # at the end of the first and of the last hour
KEPT_BYTES_A_WORD = 1300  # a committed word, its text, its utterance; and 16 s of sound, to hear segments together


def spoken(minute: int) -> bytes:
    """60 s, s16le: words without gaps, and digital silence in the pauses."""
    at = np.arange(0, 60 * SAMPLE_RATE, WORD_SAMPLES)
    word = (minute * 60 * SAMPLE_RATE + at) // WORD_SAMPLES
    speaking = at // SAMPLE_RATE % (BREATH_S + PAUSE_S) < BREATH_S
    return np.repeat(np.where(speaking, FIRST_VALUE + word % VALUES, 0), WORD_SAMPLES).astype("<i2").tobytes()


def said() -> list[str]:
    """Every word of the eight hours."""
    a_second = SAMPLE_RATE // WORD_SAMPLES
    return [
        f"w{(second * a_second + part) % VALUES}"
        for second in range(HOURS * 3600)
        if second % (BREATH_S + PAUSE_S) < BREATH_S
        for part in range(a_second)
    ]


def heard(pcm: bytes, first_sample: int) -> tuple[HeardWord, ...]:
    """The words in a window that has at least half of their sound."""
    values = np.frombuffer(pcm, dtype="<i2")[::GRID].astype(np.int64)
    edges = np.flatnonzero(np.diff(values, prepend=0, append=0)).tolist()
    return tuple(
        HeardWord(f"w{values[start] - FIRST_VALUE}", Span(start * GRID, end * GRID).shifted(first_sample), 0.9)
        for start, end in pairwise(edges)
        if values[start] and (end - start) * GRID >= WORD_SAMPLES // 2
    )


class WritesNothing(Composer):
    """A record that stays empty."""

    def __init__(self) -> None:
        self.language = Language.EN
        self.template = "chest_xray"
        record = Record(
            template=self.template,
            language=self.language,
            transcript=Transcript(raw="", text=""),
            fields={},
            evidence={},
        )
        self._nothing = Composed(record, Written("", ()), {}, EditLog(), {}, NOTHING_HELD)

    def compose_holding(self, utterances: Sequence[Utterance], holdings: Holdings) -> Composed:
        return self._nothing

    def forget(self) -> None:
        pass

    def questions(self, utterance: Utterance) -> None:
        return None

    def preview(self, text: str) -> str:
        return text


class Session:
    """A live flow with an engine that answers at once and reads the samples."""

    def __init__(self) -> None:
        self.flow = Flow(WritesNothing())
        self.words: list[Word] = []
        self.finished = False
        self.most_held_samples = 0
        self._pending = b""

    def feed(self, event: FlowInput) -> None:
        waiting: deque[FlowInput] = deque([event])
        while waiting:
            for output in self.flow.handle(waiting.popleft()):
                match output:
                    case DetectSpeech(pcm):
                        waiting.append(Speech(self._loud(pcm)))
                    case Decode(span=span, pcm=pcm):
                        words = heard(pcm, span.start)
                        waiting.append(Decoded(output, " ".join(word.text for word in words), words))
                    case Committed(words):
                        self.words += words
                    case Finished():
                        self.finished = True
                    case _:
                        pass
        self.most_held_samples = max(self.most_held_samples, self.flow.samples - self.flow.consumed_samples)

    def hear(self, minutes: range) -> None:
        """These minutes, second by second."""
        for minute in minutes:
            pcm = spoken(minute)
            for start in range(0, len(pcm), BLOCK_BYTES):
                self.feed(Audio(pcm[start : start + BLOCK_BYTES]))

    def kept_bytes_a_word(self, minutes: range) -> float:
        """What is kept of these minutes, for each word that was said in them."""
        before = len(self.words)
        tracemalloc.start()
        try:
            self.hear(minutes)
            return tracemalloc.get_traced_memory()[0] / (len(self.words) - before)
        finally:
            tracemalloc.stop()

    def _loud(self, pcm: bytes) -> list[float]:
        self._pending += pcm
        count = len(self._pending) // (2 * CHUNK_SAMPLES)
        chunks = np.frombuffer(self._pending[: count * 2 * CHUNK_SAMPLES], dtype="<i2").reshape(count, CHUNK_SAMPLES)
        self._pending = self._pending[count * 2 * CHUNK_SAMPLES :]
        return [float(loudest > 0) for loudest in chunks.max(axis=1)]


def test_eight_hours_lose_no_sample_double_no_word_and_keep_no_more_at_the_end_than_at_the_start() -> None:
    session = Session()
    kept = []
    held = []
    for hour in range(HOURS):
        watched = range(60 * (hour + 1) - WATCHED_MINUTES, 60 * (hour + 1))
        session.most_held_samples = 0
        session.hear(range(60 * hour, watched.start))
        if hour in (0, HOURS - 1):
            kept.append(session.kept_bytes_a_word(watched))
        else:
            session.hear(watched)
        held.append(session.most_held_samples)
    session.feed(Stop())
    assert session.finished
    assert session.flow.samples == HOURS * 3600 * SAMPLE_RATE
    assert [word.text for word in session.words] == said()
    assert [word.id for word in session.words] == list(range(len(session.words)))
    spans = [word.span for word in session.words if word.span is not None]
    assert len(spans) == len(session.words)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert max(held) == held[0] <= 30 * SAMPLE_RATE, "as much audio is held in the last hour as in the first"
    assert max(kept) < KEPT_BYTES_A_WORD, "what grows is the transcript, and nothing else"
