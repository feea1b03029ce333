"""Positions in a dictation: samples of 16 kHz mono audio, half-open spans, and their milliseconds."""

from dataclasses import dataclass

SAMPLE_RATE = 16_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000
BYTES_PER_SAMPLE = 2
MAX_SAMPLE = 2**53 - 1  # positions travel in JSON too, where larger integers lose digits


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of samples `[start, end)` counted from the first sample of the session."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span must satisfy 0 <= start <= end, got [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def ms(self) -> tuple[int, int]:
        """Milliseconds of both ends, rounded down."""
        return self.start // SAMPLES_PER_MS, self.end // SAMPLES_PER_MS

    def shifted(self, samples: int) -> "Span":
        """The same span moved by `samples`."""
        return Span(self.start + samples, self.end + samples)


def samples_from_ms(ms: float) -> int:
    """Samples in `ms` milliseconds, rounded."""
    return round(ms * SAMPLES_PER_MS)
