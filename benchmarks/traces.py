"""What one speaker saw and when: the one form in which every server's answers are judged. Knows no protocol.

Times are seconds since the first sample was captured, on the clock that paced the playback.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from wardscribe_protocol.record import Language


@dataclass(frozen=True, slots=True)
class Shown:
    """Text as it stood from `at_s` on, until the next."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class SegmentText:
    """The final text of a segment, as said at `at_s`; the latest for a segment counts."""

    at_s: float
    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A committed stretch that the server itself said it has replaced, and why."""

    heard: str
    written: str
    why: str


@dataclass(slots=True)
class Trace:
    """Filled while a stream is played."""

    language: Language
    committed: list[Shown] = field(default_factory=list)  # all that stands as final so far, at each change
    tails: list[Shown] = field(default_factory=list)  # the preview behind it, at each change
    finals: list[SegmentText] = field(default_factory=list)
    corrections: list[Corrected] = field(default_factory=list)
    latest_frame_s: float = 0.0  # how late the most delayed frame left this client
    most_lag_s: float = 0.0  # the most that the server itself said it was behind
    stopped_s: float | None = None
    closed_s: float | None = None  # None: it never finished
    failure: str | None = None
    samples_kept: int | None = None  # what the server says it had in the end
    record_text: str | None = None  # the recogniser's words in the record, where there is one

    def commit(self, at_s: float, text: str) -> None:
        """Note that `text` is now all that stands as final."""
        if not self.committed or self.committed[-1].text != text:
            self.committed.append(Shown(at_s, text))

    def add_words(self, at_s: float, words: Sequence[str]) -> None:
        """Note words that were appended to what stands."""
        before = self.committed[-1].text if self.committed else ""
        self.commit(at_s, joined([before, *words], self.language))

    def preview(self, at_s: float, text: str) -> None:
        """Note the preview that is now shown."""
        if not self.tails or self.tails[-1].text != text:
            self.tails.append(Shown(at_s, text))

    @property
    def committed_text(self) -> str:
        """What stood as final in the end."""
        return self.committed[-1].text if self.committed else ""

    @property
    def final_text(self) -> str:
        """What the reader had in the end: final texts of all segments, or what stood with the last preview."""
        if self.finals:
            latest = {final.segment: final.text for final in self.finals}
            return joined([text for _, text in sorted(latest.items())], self.language)
        return joined([self.committed_text, self.tails[-1].text if self.tails else ""], self.language)


def joined(texts: Sequence[str], language: Language) -> str:
    """Pieces as one text: with spaces, in Chinese only between two Latin letters or digits."""
    whole = ""
    for text in (text.strip() for text in texts):
        apart = language is not Language.ZH or (_latin(whole[-1:]) and _latin(text[:1]))
        whole += f" {text}" if whole and text and apart else text
    return whole


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
