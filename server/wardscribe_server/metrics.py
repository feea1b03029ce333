"""What Prometheus may know: counts, durations and sizes. Never a word, a name, a value or a session id."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from wardscribe_protocol.fields import TEMPLATES
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE

_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
_TAG_SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56)


class Metrics:
    """The server's own registry, so that two servers in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.sessions = Gauge("wardscribe_sessions", "Sessions that are open", registry=self._registry)
        self.waiting = Gauge("wardscribe_decodes_waiting", "Decodes that wait for a worker", registry=self._registry)
        self._errors = Counter(
            "wardscribe_errors", "Connections and sessions turned down, by code", ["code"], registry=self._registry
        )
        self._audio = Counter("wardscribe_audio_seconds", "Audio received", registry=self._registry)
        self._records = Counter("wardscribe_records", "Records made", ["template"], registry=self._registry)
        self._decode = Histogram(
            "wardscribe_decode_seconds",
            "From asking for a decode to its answer",
            ["effort"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.tagging = Gauge("wardscribe_tags_waiting", "Sentences that wait for the tagger", registry=self._registry)
        self._tagged = Histogram(
            "wardscribe_tag_seconds",
            "From asking the tagger about sentences to its answer",
            buckets=_TAG_SECONDS,
            registry=self._registry,
        )
        self._sentences = Counter("wardscribe_tagged_sentences", "Sentences tagged", registry=self._registry)
        self._untagged = Counter(
            "wardscribe_untagged_sentences", "Sentences on which the tagger failed", registry=self._registry
        )
        self._speech = Counter(
            "wardscribe_decoded_speech_seconds", "Speech sent to the recogniser", ["effort"], registry=self._registry
        )

    def audio(self, n_bytes: int) -> None:
        """Audio came in."""
        self._audio.inc(n_bytes / BYTES_PER_SAMPLE / SAMPLE_RATE)

    def record(self, template: str) -> None:
        """A record was made; a site's own templates are counted together, their names are the site's business."""
        self._records.labels(template if template in TEMPLATES else "own").inc()

    def error(self, code: str) -> None:
        """Somebody was turned down."""
        self._errors.labels(code).inc()

    @contextmanager
    def decoding(self, effort: str, samples: int) -> Iterator[None]:
        """Measures one decode, waiting included."""
        started = perf_counter()
        yield
        self._decode.labels(effort).observe(perf_counter() - started)
        self._speech.labels(effort).inc(samples / SAMPLE_RATE)

    def tagged(self, seconds: float, sentences: int, failed: int) -> None:
        """The tagger was asked, and was waited for so long."""
        self._tagged.observe(seconds)
        self._sentences.inc(sentences)
        self._untagged.inc(failed)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
