"""Where speech starts and stops: speech probabilities in, spans of samples out.

Counts chunks, never seconds of a clock, so an hour of dictation is tested in milliseconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wardscribe_protocol.timeline import Span, samples_from_ms
from wardscribe_server.pipeline.heard import CHUNK_SAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """When a stretch of speech counts as begun and as over."""

    threshold: float = 0.5  # Silero's own default for speech
    release: float = 0.35  # below this a chunk counts as silence (Silero: threshold - 0.15)
    min_speech_ms: int = 160
    # A longer pause spares the recogniser sentences cut in two and costs no commit, but delays every final: fields from
    # English audio, F1 0.76 at 500 ms, 0.77 here, 0.81 at 900 ms (benchmarks/baseline/pause_500, dev, pause_900.json).
    min_silence_ms: int = 500
    long_segment_ms: int = 12_000
    long_silence_ms: int = 300  # a long segment closes at a shorter pause
    max_segment_ms: int = 24_000
    lead_ms: int = 250  # kept before the first chunk of speech and after the last


class Endpointer:
    """Cuts a session's audio into segments of speech. Spans are in samples of the session and do not overlap."""

    def __init__(self, settings: EndpointSettings | None = None) -> None:
        self._settings = settings or EndpointSettings()
        self._chunks = 0  # chunks seen
        self._start: int | None = None  # sample where the open segment starts
        self._speech_end = 0  # sample after the last chunk of speech
        self._speech_run = 0  # chunks of speech in a row while nothing is open
        self._closed_at = 0  # end of the last closed segment
        self._probabilities: list[float] = []  # of the open segment, for finding the quietest place to cut

    @property
    def position(self) -> int:
        """Samples judged so far."""
        return self._chunks * CHUNK_SAMPLES

    @property
    def open(self) -> Span | None:
        """The segment that is being spoken, up to now."""
        return None if self._start is None else Span(self._start, max(self.position, self._start))

    @property
    def silence_samples(self) -> int:
        """How long the open segment has been silent, up to now."""
        return 0 if self._start is None else self.position - self._speech_end

    @property
    def pause(self) -> Span | None:
        """The open segment as it will be if the silence at its end goes on; None while all of that is not there yet."""
        end = self._speech_end + samples_from_ms(self._settings.lead_ms)
        if self._start is None or self._speech_end <= self._start or self.position < end:
            return None
        return Span(self._start, end)

    @property
    def needed_from(self) -> int:
        """Samples before this one belong to no segment still to come."""
        if self._start is not None:
            return self._start
        held = samples_from_ms(self._settings.lead_ms) + self._speech_run * CHUNK_SAMPLES
        return max(self._closed_at, self.position - held)

    def push(self, probabilities: Sequence[float]) -> Iterator[Span]:
        """Take the next chunks' speech probabilities; yield each segment that they close."""
        for probability in probabilities:
            self._chunks += 1
            if self._start is None:
                self._quiet(probability)
            elif (closed := self._continued(probability)) is not None:
                yield closed

    def flush(self, total: int) -> Span | None:
        """Close what is open; `total` is the number of samples there are (the last chunk may be incomplete).

        Speech that has just begun counts, however short: a last "no" must not be lost because nothing follows it.
        """
        if self._start is None and self._speech_run:
            self._open()
        if self._start is None:
            return None
        return self._close(min(self._speech_end + samples_from_ms(self._settings.lead_ms), total))

    def _quiet(self, probability: float) -> None:
        if probability < self._settings.threshold:
            self._speech_run = 0
            return
        self._speech_run += 1
        if self._speech_run * CHUNK_SAMPLES >= samples_from_ms(self._settings.min_speech_ms):
            self._open()

    def _open(self) -> None:
        begun = self.position - self._speech_run * CHUNK_SAMPLES
        self._start = max(self._closed_at, begun - samples_from_ms(self._settings.lead_ms))
        self._speech_end = self.position
        self._speech_run = 0
        self._probabilities = []

    def _continued(self, probability: float) -> Span | None:
        assert self._start is not None
        self._probabilities.append(probability)
        if probability >= self._settings.release:
            self._speech_end = self.position
        length = self.position - self._start
        silence = self.position - self._speech_end
        is_long = length >= samples_from_ms(self._settings.long_segment_ms)
        needed = self._settings.long_silence_ms if is_long else self._settings.min_silence_ms
        if silence >= samples_from_ms(needed):
            return self._close(min(self._speech_end + samples_from_ms(self._settings.lead_ms), self.position))
        if length >= samples_from_ms(self._settings.max_segment_ms):
            return self._cut()
        return None

    def _close(self, end: int) -> Span | None:
        """The open segment up to `end`; None when a cut has left nothing but silence in it."""
        assert self._start is not None
        start, self._start = self._start, None
        if self._speech_end <= start:
            return None
        self._closed_at = end
        return Span(start, end)

    def _cut(self) -> Span:
        """Cut speech without pauses at its quietest chunk in the last third; the rest stays open."""
        assert self._start is not None
        first = len(self._probabilities) * 2 // 3
        quietest = min(range(first, len(self._probabilities)), key=self._probabilities.__getitem__)
        rest = self._probabilities[quietest + 1 :]
        span = Span(self._start, self.position - len(rest) * CHUNK_SAMPLES)
        self._start, self._closed_at, self._probabilities = span.end, span.end, rest
        return span
