"""Mandarin correction: what was heard is decoded again as an input method would that knows medicine.

Owns the choice of what to change and how sure it is; sounds, fences, words and search have modules of their own. Never
changes a number, a side or a negation that was heard. Must not know audio.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wardscribe_lexicons import Lexicon
from wardscribe_server.lexicon.channel import Channel
from wardscribe_server.lexicon.correction import Alternative, Correction, Doubt, Reading, apply
from wardscribe_server.lexicon.decoding import Path, best_path
from wardscribe_server.lexicon.denials import with_denials
from wardscribe_server.lexicon.hearing import Place, places
from wardscribe_server.lexicon.language_model import LATIN, START, LanguageModel
from wardscribe_server.lexicon.lattice import TRANSPARENT, Edge, Lattice
from wardscribe_server.lexicon.sureness import Evidence, Sureness

_MOST_READINGS = 5
_NEIGHBOURHOOD = 8  # characters on either side that tell how garbled the text is here
_REACH = 24  # words and marks on either side that can matter to a change
_NO_OTHER_WAY = 30.0  # margin where what was heard cannot be spelled at all
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
    has_alternatives: bool
    clinical: float  # mean log odds that a character of the best path stands in a clinical text


@dataclass(frozen=True, slots=True)
class _Graded:
    """A correction with what speaks for it."""

    correction: Correction
    evidence: Evidence

    def excluded(self, edge: Edge) -> bool:
        """Whether `edge` is another word than this one."""
        this = self.correction
        return (edge.start, edge.end, edge.written) != (this.start, this.end, this.written)


class MandarinCorrector:
    """Re-decodes recognised Mandarin over one lexicon. Immutable after building; safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._model = LanguageModel(term for term in lexicon.terms if term.weight >= _CORE_WEIGHT)
        self._channel = Channel(sorted({base for base, _ in self._model.sounds}))
        self._sureness = Sureness()
        self._lattice = Lattice(self._model, self._channel)

    def propose(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Correction, ...]:
        """Corrections of `text`, in order, not overlapping; without alternatives more cautious."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return with_denials(text, ())
        corrections = (graded.correction for graded in self._graded(heard, heard.best))
        return with_denials(text, [found for found in corrections if found.score >= self._sureness.worth_saying])

    def doubts(self, text: str, *, alternatives: Sequence[Alternative] = ()) -> tuple[Doubt, ...]:
        """What the audio should be asked about, likeliest first; never a side, a negation or a numeral."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return ()
        sure = self._sureness.sure
        found = [
            Doubt(graded.correction, decisive=not graded.evidence.was_term or graded.correction.score >= sure)
            for graded in self._graded(heard, heard.best)
            if graded.correction.unsure
            and graded.correction.score >= self._sureness.worth_saying
            and not graded.evidence.guarded
        ]
        return tuple(sorted(found, key=lambda doubt: -doubt.correction.score))

    def completed(self, text: str, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
        """The denials of the line that the corrections make, besides."""
        return with_denials(text, corrections, upheld=True)

    def continued(self, _before: str, _after: str) -> None:
        """A Chinese sentence is not put together again: its pauses are read as such."""

    def readings(self, text: str, alternatives: Sequence[Alternative]) -> tuple[Reading, ...]:
        """Up to five texts that may have been said for `text`, best first, the text as it was heard among them."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return (Reading(text, 0.0),)
        paths = [heard.best, self._search(heard.lattice, lambda edge: not edge.changed)]
        doubtful = sorted(self._graded(heard, heard.best), key=lambda graded: graded.correction.score)
        paths += [self._search(heard.lattice, graded.excluded) for graded in doubtful[: _MOST_READINGS - len(paths)]]
        found: dict[str, Reading] = {}
        for path in paths:
            if path is not None:
                corrections = tuple(graded.correction for graded in self._graded(heard, path))
                found.setdefault(path.text, Reading(path.text, path.score, corrections))
        return tuple(sorted(found.values(), key=lambda reading: -reading.score))

    def changes(self, text: str, alternatives: Sequence[Alternative]) -> Iterator[tuple[Evidence, str, str]]:
        """What speaks for each change, the whole text with it and without: what sureness is learned from."""
        heard = self._decoded(text, alternatives)
        if heard is None:
            return
        corrections = self._graded(heard, heard.best)
        for graded in corrections:
            others = tuple(other.correction for other in corrections if other is not graded)
            yield graded.evidence, heard.best.text, apply(text, others).text

    def _decoded(self, text: str, alternatives: Sequence[Alternative]) -> _Heard | None:
        found = places(text, alternatives, model=self._model, channel=self._channel)
        lattice = self._lattice.edges(found)
        best = self._search(lattice, None)
        if best is None or not any(edge.changed for edge in best.edges):
            return None
        return _Heard(text, found, lattice, best, bool(alternatives), self._odds(best.edges))

    def _search(self, lattice: Edges, allowed: Callable[[Edge], bool] | None) -> Path | None:
        return best_path(lattice, self._model, factor=self._channel.weights.language_model, allowed=allowed)

    def _odds(self, edges: Iterable[Edge]) -> float:
        words = [edge for edge in edges if edge.word > LATIN]
        length = sum(edge.end - edge.start for edge in words)
        total = sum(self._model.odds(edge.word) * (edge.end - edge.start) for edge in words)
        return total / length if length else 0.0

    def _graded(self, heard: _Heard, path: Path) -> list[_Graded]:
        """The changes that a path makes, in order; each gains what it does alone, or with its neighbours if less."""
        margins: list[tuple[Edge, float, Sequence[Edge]]] = []
        at = 0
        while at < len(path.edges):
            last = at
            while last < len(path.edges) and path.edges[last].changed:
                last += 1
            together = self._margin(heard, path, at, last)[0] if last - at > 1 else _NO_OTHER_WAY
            for index in range(at, last):
                margin, was = self._margin(heard, path, index, index + 1)
                margins.append((path.edges[index], min(margin, together), was))
            at = last + 1
        found = []
        for edge, margin, was in margins:
            start, end = max(0, edge.start - _NEIGHBOURHOOD), min(len(heard.text), edge.end + _NEIGHBOURHOOD)
            near = sum(other for there, other, _ in margins if there.start < end and start < there.end)
            evidence = self._evidence(heard, edge, was, margin, near / (end - start))
            found.append(_Graded(self._correction(heard, edge, evidence), evidence))
        return found

    def _margin(self, heard: _Heard, path: Path, first: int, last: int) -> tuple[float, Sequence[Edge]]:
        """Nats by which the words `[first, last)` are ahead of what was heard there, and the words that was."""
        start, end = path.edges[first].start, path.edges[last - 1].end
        following = path.edges[last : last + _REACH]
        words = [index for index, edge in enumerate(following) if edge.word != TRANSPARENT]
        reach = following[words[_WORDS_AFTER - 1]] if len(words) >= _WORDS_AFTER else path.edges[: last + _REACH][-1]
        before = [
            START,
            START,
            *(edge.word for edge in path.edges[max(0, first - _REACH) : first] if edge.word != TRANSPARENT),
        ][-2:]
        chosen = {(edge.start, edge.end, edge.word) for edge in path.edges[first : last + _REACH]}

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
            return _NO_OTHER_WAY, ()
        return min(with_it.score - without.score, _NO_OTHER_WAY), [edge for edge in without.edges if edge.end <= end]

    def _evidence(self, heard: _Heard, edge: Edge, was: Sequence[Edge], margin: float, gain: float) -> Evidence:
        there = heard.places[edge.start : edge.end]
        same_length = len(there) == len(edge.written)
        words = [word for word in was if len(word.written) > 1]
        return Evidence(
            margin=margin,
            gain=gain,
            clinical=heard.clinical,
            odds=self._model.odds(edge.word),
            odds_before=self._odds(was),
            length=len(edge.written),
            is_term=bool(self._model.class_name(edge.word)),
            was_term=any(self._model.class_name(word.word) for word in words),
            was_words=sum(len(word.written) for word in words) / len(there),
            sound=edge.sound,
            other_length=not same_length,
            guarded=edge.guarded,
            has_alternatives=heard.has_alternatives,
            voted=same_length and all(c in place.kept for c, place in zip(edge.written, there, strict=True)),
            doubt=sum(place.kept.get(place.char, 0.0) for place in there) / len(there),
        )

    def _correction(self, heard: _Heard, edge: Edge, evidence: Evidence) -> Correction:
        probability = self._sureness.probability(evidence)
        unsure = not self._sureness.is_sure(evidence, probability)
        why = "alternative" if evidence.voted else "same_sound" if evidence.sound <= _SAME_SOUND else "near_sound"
        was = heard.text[edge.start : edge.end]
        return Correction(was, edge.written, why, round(probability, 3), edge.start, edge.end, unsure)
