"""The alignment frontier: which words of a growing segment stand, decided by where they were said.

A word is committed once the audio reaches far enough past its end; one decode a step is enough for that. It must not
know engines or what the words mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wardscribe_protocol.timeline import SAMPLE_RATE, samples_from_ms
from wardscribe_server.pipeline.heard import HeardWord
from wardscribe_server.pipeline.values import Word, WordId

_NEAR_BORDER = 2  # words to either side of the border, in which a committed word is looked for again
_APART = SAMPLE_RATE // 2  # two hypotheses place the same word this near to each other


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierSettings:
    """How long a word waits, and how much committed speech is heard again to understand what follows."""

    margin_ms: int = 500
    context_ms: int = 6_000


class Frontier:
    """The committed words of the segment that is being spoken."""

    def __init__(self, settings: FrontierSettings | None = None) -> None:
        self._settings = settings or FrontierSettings()
        self._words: list[Word] = []

    @property
    def words(self) -> tuple[Word, ...]:
        """What is committed, in order."""
        return tuple(self._words)

    @property
    def end(self) -> int:
        """Sample up to which words are committed; 0 while there are none."""
        return _end(self._words[-1]) if self._words else 0

    def clear(self) -> None:
        """The segment is over."""
        self._words = []

    def window_start(self, segment_start: int) -> int:
        """Where the next window begins: at the segment's start, or at a committed word not too far back."""
        earliest = self.end - samples_from_ms(self._settings.context_ms)
        if earliest <= segment_start:
            return segment_start
        return next(_start(word) for word in self._words if _start(word) >= earliest)

    def advance(
        self, heard: Sequence[HeardWord], *, heard_to: int | None, next_id: int
    ) -> tuple[tuple[Word, ...], tuple[HeardWord, ...]]:
        """Commit what stands in `heard`, a decode of audio up to sample `heard_to` (None: all of it stands).

        Returns: the words that are committed now, numbered from `next_id`, and the words that are not yet.
        """
        fresh = list(heard[self._border(heard) :])
        count = len(fresh)
        if heard_to is not None:
            limit = heard_to - samples_from_ms(self._settings.margin_ms)
            count = next((at for at, word in enumerate(fresh) if word.span.end > limit), count)
        new = tuple(
            Word(WordId(next_id + at), word.text, word.span, word.confidence) for at, word in enumerate(fresh[:count])
        )
        self._words += new
        return new, tuple(fresh[count:])

    def _border(self, heard: Sequence[HeardWord]) -> int:
        """Index of the first word of `heard` that is not committed yet: by time, unless the words say better."""
        if not self._words:
            return 0
        end = self.end
        border = next(
            (at for at, word in enumerate(heard) if (word.span.start + word.span.end) // 2 >= end), len(heard)
        )
        last = self._words[-1]
        near = range(max(border - _NEAR_BORDER, 0), min(border + _NEAR_BORDER, len(heard)))
        same = [at for at in near if plain(heard[at].text) == plain(last.text) and _apart(heard[at], last) < _APART]
        return min(same, key=lambda at: _apart(heard[at], last)) + 1 if same else border


def plain(text: str) -> str:
    """A word without case and punctuation: what two hypotheses are compared by."""
    return "".join(char for char in text.lower() if char.isalnum()) or text


def _start(word: Word) -> int:
    return word.span.start if word.span is not None else 0


def _end(word: Word) -> int:
    return word.span.end if word.span is not None else 0


def _apart(heard: HeardWord, committed: Word) -> int:
    """Samples between the beginnings of the two."""
    return abs(heard.span.start - _start(committed))
