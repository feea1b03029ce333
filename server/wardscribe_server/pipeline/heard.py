"""What passes between the flow and an engine: steps of a detector, effort of a decode, the words that were heard."""

from dataclasses import dataclass
from enum import IntEnum

from wardscribe_protocol.timeline import Span

CHUNK_SAMPLES = 512  # the step of a speech detector: 32 ms


class Effort(IntEnum):
    """How hard to look; also the order in which waiting work is served."""

    FINAL = 0  # beam search, word times: what will stand in the record
    AGAIN = 1  # the same, of what has been heard already: with its neighbours, or with terms in view
    TAIL = 2  # greedy: a preview that the next one replaces


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One unit as the recogniser heard it: in samples of its window until `shifted`, of the session after."""

    text: str
    span: Span
    confidence: float

    def shifted(self, samples: int) -> "HeardWord":
        """The same word `samples` later."""
        return HeardWord(self.text, self.span.shifted(samples), self.confidence)
