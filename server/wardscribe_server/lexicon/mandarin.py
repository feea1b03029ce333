"""Mandarin correction: what was heard is decoded again as an input method would that knows medicine.

Owns the choice of what to change and how sure it is; sounds, fences, words and search have modules of their own. Never
changes a number, a side or a negation that was heard. Must not know audio.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.correction import Alternative, Correction, Reading
from wardscribe_server.lexicon.decoding import Path, best_paths
from wardscribe_server.lexicon.fences import GUARDED
from wardscribe_server.lexicon.hearing import Place, places
from wardscribe_server.lexicon.language_model import LanguageModel
from wardscribe_server.lexicon.lattice import Edge, SoundIndex

_LONGEST_SEGMENT = 120  # characters decoded at once; longer ones are cut at marks
_MOST_READINGS = 5


@dataclass(frozen=True, slots=True)
class _Change:
    """Neighbouring words of the best path that are not what was heard."""

    first: int  # edges of the path
    last: int
    margin: float  # nats that the change is ahead of what was heard


class MandarinCorrector:
    """Re-decodes recognised Mandarin over one lexicon. Immutable after building; safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._model = LanguageModel(term for term in lexicon.terms if term.weight >= 1)
        self._channel = Channel(sorted({base for base, _ in self._model.sounds}))
        self._index = SoundIndex(self._model, self._channel)

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping; without alternatives more cautious."""
        heard = places(text, alternatives, model=self._model, channel=self._channel)
        lattice = self._index.edges(heard)
        best = self._best(lattice)
        if best is None:
            return ()
        found = []
        for change in self._changes(best, lattice, text):
            correction = self._correction(best.edges[change.first : change.last], change, heard, text)
            found.append(correction)
        return tuple(found)

    def _best(self, lattice: Sequence[Sequence[Edge]]) -> Path | None:
        paths = best_paths(lattice, self._model, factor=self._channel.weights.language_model)
        return paths[0] if paths else None

    def _changes(self, best: Path, lattice: Sequence[Sequence[Edge]], text: str) -> Iterator[_Change]:
        at = 0
        while at < len(best.edges):
            if not best.edges[at].changed:
                at += 1
                continue
            first = at
            while at < len(best.edges) and best.edges[at].changed:
                at += 1
            yield _Change(first, at, best.score - self._without(best, first, at, lattice, text))

    def _without(self, best: Path, first: int, last: int, lattice: Sequence[Sequence[Edge]], text: str) -> float:
        """Score of the path with what was heard in place of the words `[first, last)`."""
        start, end = best.edges[first].start, best.edges[last - 1].end
        kept = {(edge.start, edge.end, edge.word) for edge in (*best.edges[:first], *best.edges[last:])}

        def allowed(edge: Edge) -> bool:
            if start < edge.end and edge.start < end:
                return not edge.changed and start <= edge.start and edge.end <= end
            return (edge.start, edge.end, edge.word) in kept

        del text
        paths = best_paths(lattice, self._model, factor=self._channel.weights.language_model, allowed=allowed)
        return paths[0].score if paths else -math.inf

    def _correction(self, edges: Sequence[Edge], change: _Change, heard: Sequence[Place], text: str) -> Correction:
        start, end = edges[0].start, edges[-1].end
        written = "".join(edge.written for edge in edges)
        score = 1 / (1 + math.exp(-min(change.margin, 30.0) / 3))
        return Correction(text[start:end], written, "same_sound", round(score, 3), start, end)
