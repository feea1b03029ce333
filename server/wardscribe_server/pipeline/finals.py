"""Which written text stands for each segment, and what must be said when later words change it.

A segment's text is said once; said again, it carries a correction that names what it was. Joined in order, the texts of
all segments are the written text.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from wardscribe_server.lexicon.correction import Correction
from wardscribe_server.pipeline.values import Piece, WordId, Written

REVISED = "revised"  # why a text that was said is another one now: a command, a correction, a number that went on


@dataclass(frozen=True, slots=True)
class Final:
    """A segment in written form; said again with a correction when it has changed.

    `words` is the range of ids, half-open, of the words that it was made from when it was first heard to its end.
    """

    segment: int
    text: str
    corrections: tuple[Correction, ...]
    words: tuple[WordId, WordId] | None = None


@dataclass(slots=True)
class _Segment:
    number: int
    words: tuple[WordId, WordId]
    corrections: tuple[Correction, ...]
    said: str | None = None
    heard_again: tuple[Correction, ...] = ()  # since it was said


class FinalTexts:
    """The segments of one dictation and what was said of each."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []
        self._first_words: list[WordId] = []

    def add(self, segment: int, *, words: tuple[WordId, WordId], corrections: tuple[Correction, ...]) -> None:
        """A segment was committed; `corrections` is what was heard otherwise the second time."""
        self._segments.append(_Segment(segment, words, corrections))
        self._first_words.append(words[0])

    def told(self, texts: Mapping[int, str], heard_again: Mapping[int, int]) -> None:
        """Exactly these texts were said before, by the number of their segment, and so many words heard otherwise.

        Until then nothing was said here, so that all such words of a segment are with its corrections.
        """
        for segment in self._segments:
            segment.said = texts.get(segment.number)
            if segment.said is not None:
                segment.heard_again = segment.corrections[heard_again.get(segment.number, 0) :]

    def heard_again(self, number: int, corrections: tuple[Correction, ...]) -> None:
        """Words of a segment read otherwise than they were committed, or than was said of them since."""
        (segment,) = (segment for segment in self._segments if segment.number == number)
        if segment.said is None:
            segment.corrections = (*segment.corrections, *corrections)
        else:
            segment.heard_again = (*segment.heard_again, *corrections)

    def update(
        self, written: Written, corrections: Mapping[WordId, tuple[Correction, ...]], *, settled: bool
    ) -> Iterator[Final]:
        """What to say now. The newest segment waits while it is not `settled`: its end may still grow.

        `corrections` is what the lexicon changed, by the first word of a segment.
        """
        texts = self._texts(written)
        waiting = None if settled or not self._segments else self._segments[-1]
        # A segment that was heard again may begin with a later one of its words.
        changed = {bisect_right(self._first_words, word) - 1: made for word, made in corrections.items()}
        for at, (segment, text) in enumerate(zip(self._segments, texts, strict=True)):
            if segment.said is None and segment is not waiting:
                yield Final(segment.number, text, (*segment.corrections, *changed.get(at, ())), segment.words)
                segment.said = text
            elif segment.said is not None and (segment.said != text or segment.heard_again):
                was, revised = segment.said, segment.heard_again
                segment.heard_again = ()
                if was != text:
                    revised = (*revised, Correction(was, text, REVISED, 1.0, 0, len(was)))
                yield Final(segment.number, text, revised, segment.words)
                segment.said = text

    def _texts(self, written: Written) -> list[str]:
        texts = [""] * len(self._segments)
        pieces = written.pieces
        for owner, group in groupby(zip(self._owners(pieces), pieces, strict=True), key=lambda pair: pair[0]):
            run = [piece for _, piece in group]
            texts[owner] = written.text[run[0].start : run[-1].end]
        return texts

    def _owners(self, pieces: Sequence[Piece]) -> list[int]:
        """The segment of each piece: that of its first word, and never a later one than that of a piece behind it.

        So a phrase that was said later but stands in an earlier sentence ("replace … with …") belongs to that sentence.
        """
        owners: list[int] = []
        for piece in pieces:
            if piece.words:
                owners.append(max(bisect_right(self._first_words, min(word.id for word in piece.words)) - 1, 0))
            else:
                owners.append(owners[-1] if owners else 0)
        return list(accumulate(reversed(owners), min))[::-1]
