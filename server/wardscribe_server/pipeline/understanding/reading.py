"""One text, read once: tokens, cues, lexicon terms, sentences. Every later stage looks things up here.

Owns nothing but what the text literally says. Must not know templates or fields.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wardscribe_lexicons import Lexicon, TermClass
from wardscribe_protocol.record import Language
from wardscribe_server.lexicon.matcher import Matcher, TermHit
from wardscribe_server.pipeline.understanding.cueing import Cue, Cues, CueTable, cue_phrases
from wardscribe_server.pipeline.understanding.sentences import Clause, split
from wardscribe_server.pipeline.understanding.tokens import Token, tokenise
from wardscribe_server.pipeline.values import is_han

_LONG_NUMBER = re.compile(r"\d{41,}")  # no quantity, and more than Python may read; a patient's number is far shorter
LONGEST_TERM = 200  # characters; no term of the lexicons is longer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says, position by position."""

    language: Language
    text: str
    tokens: tuple[Token, ...]
    cues: Cues
    hits: tuple[TermHit, ...]
    clauses: tuple[Clause, ...]
    gaps: tuple[int, ...] = ()  # where white space or a pause between ideographs was left out of the text, in order
    _bounds: dict[str, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def _numbers(self, of: str) -> list[int]:
        """One number of every token, term or clause, to look it up by."""
        found = self._bounds.get(of)
        if found is None:
            found = self._bounds[of] = _NUMBERS[of](self)
        return found

    def clause_from(self, char: int) -> int:
        """Index of the first clause that ends after `char`."""
        return bisect_right(self._numbers("clause_ends"), char)

    def segment(self, number: int) -> tuple[int, int]:
        """Characters `[start, end)` of a segment."""
        segments = self._numbers("segments")
        last = bisect_right(segments, number) - 1
        return self.clauses[bisect_left(segments, number)].start, self.clauses[last].end

    def crosses_gap(self, start: int, end: int) -> bool:
        """Whether the speaker paused inside the characters `(start, end)`."""
        return is_crossed(start, end, self.gaps)

    def next_gap(self, start: int, end: int) -> int:
        """The first pause in `[start, end)`; `end` where there is none."""
        following = bisect_left(self.gaps, start)
        return min(end, self.gaps[following]) if following < len(self.gaps) else end

    def token_at(self, char: int) -> int:
        """Index of the first token that starts at or after `char`."""
        return bisect_left(self._numbers("token_starts"), char)

    def tokens_in(self, start: int, end: int) -> tuple[Token, ...]:
        """Tokens wholly inside the characters `[start, end)`."""
        first = self.token_at(start)
        return self.tokens[first : bisect_right(self._numbers("token_ends"), end)]

    def hits_in(self, start: int, end: int, *classes: TermClass) -> tuple[TermHit, ...]:
        """Lexicon terms wholly inside `[start, end)` with a reading in one of `classes`, longest reading first."""
        starts = self._numbers("hits")
        first, last = bisect_left(starts, start), bisect_right(starts, end)
        return tuple(hit for hit in self.hits[first:last] if hit.end <= end and has_class(hit, *classes))

    def hits_over(self, start: int, end: int) -> tuple[TermHit, ...]:
        """Lexicon terms that hold all of `[start, end)`."""
        starts = self._numbers("hits")
        first, last = bisect_left(starts, start - LONGEST_TERM), bisect_right(starts, start)
        return tuple(hit for hit in self.hits[first:last] if hit.end >= end)

    def sentence(self, number: int) -> tuple[int, int]:
        """Characters `[start, end)` of a sentence."""
        sentences = self._numbers("sentences")
        last = bisect_right(sentences, number) - 1
        return self.clauses[bisect_left(sentences, number)].start, self.clauses[last].end

    def clause_at(self, char: int) -> Clause:
        """The clause that the character lies in."""
        at = bisect_right(self._numbers("clauses"), char) - 1
        return self.clauses[max(at, 0)]

    def clauses_starting(self, first: int, last: int) -> tuple[Clause, ...]:
        """Clauses that begin at one of the characters `first` to `last`, both counted."""
        starts = self._numbers("clauses")
        return self.clauses[bisect_left(starts, first) : bisect_right(starts, last)]

    def value(self, kind: str, start: int, end: int) -> Cue | None:
        """The first cue of `kind` inside `[start, end)`."""
        return self.cues.first(kind, start, end)

    @property
    def is_zh(self) -> bool:
        """Whether the text is Chinese."""
        return self.language is Language.ZH


_NUMBERS: Mapping[str, Callable[[Reading], list[int]]] = {
    "token_starts": lambda reading: [token.start for token in reading.tokens],
    "token_ends": lambda reading: [token.end for token in reading.tokens],
    "hits": lambda reading: [hit.start for hit in reading.hits],
    "clauses": lambda reading: [clause.start for clause in reading.clauses],
    "clause_ends": lambda reading: [clause.end for clause in reading.clauses],
    "sentences": lambda reading: [clause.sentence for clause in reading.clauses],
    "segments": lambda reading: [clause.segment for clause in reading.clauses],
}


def has_class(hit: TermHit, *classes: TermClass) -> bool:
    """Whether any reading of the hit is in one of `classes`."""
    return hit.term.term_class in classes or any(term.term_class in classes for term in hit.also)


class Reader:
    """Reads texts of one language with its cues and its lexicon. Immutable after building.

    `headings` are the headings of each template: what opens a section in one report is a plain word in another.
    `own_cues` are `(phrase, kind, value)` that a template adds to the shipped cues.
    """

    def __init__(
        self,
        *,
        lexicon: Lexicon,
        language: Language,
        headings: Mapping[str, Iterable[str]] | None = None,
        own_cues: Mapping[str, Sequence[tuple[str, str, str]]] | None = None,
    ) -> None:
        self._language = language
        self._matcher = Matcher(lexicon)
        self.lexicon = lexicon
        self._table = CueTable.of(cue_phrases(language))
        self._headings = {
            template: CueTable.of(
                [
                    *((phrase, "heading", phrase) for phrase in sorted(set(phrases))),
                    *_with_shipped((own_cues or {}).get(template, ()), language),
                ]
            )
            for template, phrases in (headings or {}).items()
        }

    def read(
        self,
        text: str,
        *,
        template: str | None = None,
        breaks: Sequence[int] = (),
        gaps: Sequence[int] = (),
        numbered: frozenset[int] | None = None,
    ) -> Reading:
        """The reading of `text` with the headings of `template`.

        A sentence ends at each of `breaks`; at each of `gaps` white space was left out. `numbered` is where items of
        lists begin, for a text whose beginning is left out.
        """
        text = _LONG_NUMBER.sub(lambda match: "·" * len(match.group()), text)
        tokens = tokenise(text)
        cues = self._table.find(tokens, gaps=gaps)
        if template is not None:
            cues = Cues({**cues.by_kind, **self._headings[template].find(tokens, gaps=gaps).by_kind})
        hits = self._matcher.find(text, nested=True, gaps=gaps)
        cues = _without_informants(_without_parts_of_terms(cues, hits), tokens)
        orders = _orders_after_names(tokens, cues, hits)
        clauses = split(
            text,
            language=self._language,
            tokens=tokens,
            cues=cues,
            breaks=breaks,
            gaps=gaps,
            openings=orders,
            numbered=numbered,
        )
        return Reading(self._language, text, tokens, cues, hits, clauses, tuple(gaps))


def is_crossed(start: int, end: int, gaps: Sequence[int]) -> bool:
    """Whether one of the gaps, which are in order, lies inside."""
    following = bisect_right(gaps, start)
    return following < len(gaps) and gaps[following] < end


def _with_shipped(own: Sequence[tuple[str, str, str]], language: Language) -> Iterator[tuple[str, str, str]]:
    """A template's own cues, and the shipped ones of the same kinds, which finding them together replaces."""
    kinds = {kind for _, kind, _ in own}
    said = {(phrase.casefold(), kind) for phrase, kind, _ in own}
    yield from own
    for phrase, kind, value in cue_phrases(language):
        if kind in kinds and (phrase.casefold(), kind) not in said:
            yield phrase, kind, value


def _without_parts_of_terms(cues: Cues, hits: Sequence[TermHit]) -> Cues:
    """No vital sign and no test inside a longer name of an illness: 血压 in 高血压."""
    names = [
        hit
        for hit in hits
        if not hit.nested and has_class(hit, TermClass.DISEASE, TermClass.FINDING, TermClass.SYMPTOM, TermClass.ANATOMY)
    ]
    kept = dict(cues.by_kind)
    for kind in ("vital", "lab_test"):
        kept[kind] = tuple(
            cue
            for cue in cues.of(kind)
            if not any(
                hit.start <= cue.start and cue.end <= hit.end and hit.end - hit.start > cue.end - cue.start
                for hit in names
            )
        )
    return Cues(kept)


_TELLS = frozenset(
    (
        *("says", "said", "reports", "reported", "states", "describes", "noticed", "notices", "thinks", "feels"),
        *(
            "brought",
            "worried",
            "concerned",
            "tells",
            "gives",
            "说",
            "诉",
            "讲",
            "称",
            "述",
            "代",
            "带",
            "告",
            "反",
            "发",
            "陪",
            "觉",
        ),
    )
)


def _without_informants(cues: Cues, tokens: Sequence[Token]) -> Cues:
    """Who tells or brings is no relative with an illness: 妈妈说, "mother reports"."""
    told = cues.of("relation")
    if not told:
        return cues
    ill = tuple(cue for cue in told if cue.last >= len(tokens) or tokens[cue.last].text not in _TELLS)
    return cues if len(ill) == len(told) else Cues({**cues.by_kind, "relation": ill})


def _ends_result(tokens: Sequence[Token], cues: Cues, index: int) -> bool:
    """In unbroken Chinese a value, or 偏低 after it, ends a result: 血糖15 | 胰岛素6单位."""
    level = cues.covers("interpretation", index)
    valued = tokens[index].is_number or (level is not None and level.first and tokens[level.first - 1].is_number)
    return bool(valued) and is_han(tokens[index + 1].text)


def _orders_after_names(tokens: Sequence[Token], cues: Cues, hits: Sequence[TermHit]) -> frozenset[int]:
    """Where a drug with its dose follows an illness without a sign between: the order is a statement of its own."""
    ends = {
        hit.end
        for hit in hits
        if not hit.nested and has_class(hit, TermClass.DISEASE, TermClass.FINDING, TermClass.SYMPTOM)
    }
    doses = cues.of("dose_unit")
    starts = set()
    for hit in hits:
        if hit.nested or hit.term.term_class is not TermClass.DRUG:
            continue
        first = bisect_left(tokens, hit.start, key=lambda token: token.start)
        dosed = any(hit.end <= dose.start <= hit.end + 16 for dose in doses)
        if (first and dosed and tokens[first - 1].end in ends) or (
            first and dosed and _ends_result(tokens, cues, first - 1)
        ):
            starts.add(hit.start)
        elif first > 1 and dosed and tokens[first - 1].text in ("给", "予", "用") and tokens[first - 2].end in ends:
            starts.add(tokens[first - 1].start)
    return frozenset(starts)
