"""Mandarin correction: what was heard is decoded again as an input method would that knows medicine.

Owns the choice of what to change and how sure it is; sounds, fences, words and search have modules of their own. Never
changes a number, a side or a negation that was heard. Must not know audio.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.channel import Caution, Channel
from wardscribe_server.lexicon.correction import Alternative, Correction, Reading
from wardscribe_server.lexicon.decoding import Path, best_path
from wardscribe_server.lexicon.hearing import Place, places
from wardscribe_server.lexicon.language_model import LATIN, START, LanguageModel
from wardscribe_server.lexicon.lattice import TRANSPARENT, Edge, Lattice

_MOST_READINGS = 5
_WORDS_AFTER = 2  # words behind a change that it bears upon: the model looks back two
_SAME_SOUND = 1.0  # nats up to which a syllable counts as the one that was heard
_CORE_WEIGHT = 1.0  # terms of less weight are in the language model's own tables or too rare to look for

Edges = Sequence[Sequence[Edge]]


@dataclass(frozen=True, slots=True)
class _Heard:
    """A recognised text with the lattice over it and the best way through."""

    text: str
    places: Sequence[Place]
    lattice: Edges
    best: Path
    clinical: float  # mean log odds that a character of the best path stands in a clinical text


@dataclass(frozen=True, slots=True)
class _Graded:
    """A correction with the nats by which it is ahead of what was heard."""

    correction: Correction
    margin: float

    def excluded(self, edge: Edge) -> bool:
        """Whether `edge` is another word than this one."""
        this = self.correction
        return (edge.start, edge.end, edge.written) != (this.start, this.end, this.written)


class MandarinCorrector:
    """Re-decodes recognised Mandarin over one lexicon. Immutable after building; safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._model = LanguageModel(term for term in lexicon.terms if term.weight >= _CORE_WEIGHT)
        self._channel = Channel(sorted({base for base, _ in self._model.sounds}))
        self._lattice = Lattice(self._model, self._channel)

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping; without alternatives more cautious."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return ()
        caution = self._channel.caution(has_alternatives=bool(alternatives))
        graded = self._graded(heard, heard.best, caution)
        return tuple(found.correction for found in graded if found.margin >= caution.worth_saying)

    def readings(self, text: str, alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
        """Up to five texts that may have been said for `text`, best first, the text as it was heard among them."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return (Reading(text, 0.0),)
        caution = self._channel.caution(has_alternatives=bool(alternatives))
        paths = [heard.best, self._search(heard.lattice, lambda edge: not edge.changed)]
        doubtful = sorted(self._graded(heard, heard.best, caution), key=lambda graded: graded.margin)
        paths += [self._search(heard.lattice, graded.excluded) for graded in doubtful[: _MOST_READINGS - len(paths)]]
        found: dict[str, Reading] = {}
        for path in paths:
            if path is not None:
                corrections = tuple(graded.correction for graded in self._graded(heard, path, caution))
                found.setdefault(path.text, Reading(path.text, path.score, corrections))
        return tuple(sorted(found.values(), key=lambda reading: -reading.score))

    def _decoded(self, text: str, alternatives: Sequence[Alternative]) -> _Heard | None:
        found = places(text, alternatives, model=self._model, channel=self._channel)
        lattice = self._lattice.edges(found)
        best = self._search(lattice, None)
        if best is None or not any(edge.changed for edge in best.edges):
            return None
        return _Heard(text, found, lattice, best, self._clinical(best.edges))

    def _search(self, lattice: Edges, allowed: Callable[[Edge], bool] | None) -> Path | None:
        return best_path(lattice, self._model, factor=self._channel.weights.language_model, allowed=allowed)

    def _clinical(self, edges: Iterable[Edge]) -> float:
        words = [edge for edge in edges if edge.word > LATIN]
        length = sum(edge.end - edge.start for edge in words)
        total = sum(self._model.odds(edge.word) * (edge.end - edge.start) for edge in words)
        return total / length if length else 0.0

    def _graded(self, heard: _Heard, path: Path, caution: Caution) -> list[_Graded]:
        """The changes that a path makes, in order: each is worth what it gains alone or with its neighbours, if less."""
        found = []
        at = 0
        while at < len(path.edges):
            last = at
            while last < len(path.edges) and path.edges[last].changed:
                last += 1
            together = self._margin(heard, path, at, last)[0] if last - at > 1 else math.inf
            for index in range(at, last):
                margin, was = self._margin(heard, path, index, index + 1)
                margin = min(margin, together)
                found.append(_Graded(self._correction(heard, path.edges[index], was, margin, caution), margin))
            at = last + 1
        return found

    def _margin(self, heard: _Heard, path: Path, first: int, last: int) -> tuple[float, Sequence[Edge]]:
        """Nats by which the words `[first, last)` are ahead of what was heard in their place, and the words that was."""
        start, end = path.edges[first].start, path.edges[last - 1].end
        following = path.edges[last:]
        words = [index for index, edge in enumerate(following) if edge.word != TRANSPARENT]
        reach = following[words[_WORDS_AFTER - 1]] if len(words) >= _WORDS_AFTER else path.edges[-1]
        before = [START, START, *(edge.word for edge in path.edges[:first] if edge.word != TRANSPARENT)][-2:]
        chosen = {(edge.start, edge.end, edge.word) for edge in path.edges[first:]}

        def search(allowed: Callable[[Edge], bool]) -> Path | None:
            return best_path(
                heard.lattice,
                self._model,
                factor=self._channel.weights.language_model,
                allowed=allowed,
                span=(start, reach.end),
                after=(before[0], before[1]),
            )

        def is_chosen(edge: Edge) -> bool:
            return (edge.start, edge.end, edge.word) in chosen

        with_it = search(is_chosen)
        without = search(lambda edge: not edge.changed and edge.end <= end if edge.start < end else is_chosen(edge))
        if with_it is None or without is None:
            return math.inf, ()
        return with_it.score - without.score, [edge for edge in without.edges if edge.end <= end]

    def _correction(
        self, heard: _Heard, edge: Edge, was: Sequence[Edge], margin: float, caution: Caution
    ) -> Correction:
        at = slice(edge.start, edge.end)
        there = heard.places[at]
        voted = len(there) == len(edge.written) and all(
            char in place.kept for char, place in zip(edge.written, there, strict=True)
        )
        needed = caution.margin
        if edge.guarded:
            needed = max(needed, caution.guarded)
        if not voted and any(len(e.written) > 1 and self._model.class_name(e.word) for e in was):
            needed = max(needed, caution.valid_term)
        needed += caution.doubt * max(0.0, caution.clinical - heard.clinical)
        unsure = margin < needed
        why = "alternative" if voted else "same_sound" if edge.sound <= _SAME_SOUND else "near_sound"
        score = round(1 / (1 + math.exp(-min(margin, 60.0) / 3)), 3)
        return Correction(heard.text[at], edge.written, why, score, edge.start, edge.end, unsure)
