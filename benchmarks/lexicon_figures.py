"""Adds up what the lexicon did, part by part, into the figures of a result file.

`benchmarks/README.md` says what each figure means. Must not know how a part is run.
"""

import importlib
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from changes import Judged, judged
from correctors_run import Outcome
from measures import Edits, TermCount, compare, count_terms
from pydantic import JsonValue
from runs import RATE_NAME
from scoring import Figures
from term_scores import Found, Normaliser, TermList, medwer_normaliser

from wardscribe_protocol.record import Language
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing import written_form

_PER = 1000


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The term lists of one language."""

    terms: TermList
    drugs: TermList
    normaliser: str  # who normalised the drugs: medwer, or this project

    @classmethod
    def of(cls, language: Language, *, terms: Iterable[str], drugs: Iterable[str]) -> "Yardstick":
        """Lists that judge texts of `language`."""
        normaliser: Normaliser | None = medwer_normaliser() if language is Language.EN else None
        return cls(
            terms=TermList(terms, language=language),
            drugs=TermList(drugs, language=language, normaliser=normaliser),
            normaliser="medwer" if normaliser else "own",
        )


@dataclass(slots=True)
class _Sums:
    spoken: Edits = field(default_factory=Edits)
    written: Edits = field(default_factory=Edits)
    terms: TermCount = field(default_factory=TermCount)
    list_terms: Found = field(default_factory=Found)
    drugs: Found = field(default_factory=Found)
    judged: Judged = field(default_factory=Judged)


def part_figures(outcomes: Sequence[Outcome], yardstick: Yardstick) -> Figures:
    """Figures of one part over recordings of one language. Rates are pooled: all errors over all words."""
    language = outcomes[0].pair.language
    sums = _Sums()
    for outcome in outcomes:
        _add(sums, outcome, yardstick)
    rate = RATE_NAME[language]
    whole_product = outcomes[0].written is not None
    figures: Figures = {
        "recordings": len(outcomes),
        **({} if whole_product else {rate: round(sums.spoken.rate, 4)}),
        f"{rate}_written": round(sums.written.rate, 4),
        "term_recall": _rounded(sums.terms.recall),
        "term_precision": _rounded(sums.list_terms.precision),
        "terms": sums.terms.terms,
        "drug_recall": _rounded(sums.drugs.recall),
        "drugs": sums.drugs.said,
        "drug_normaliser": yardstick.normaliser,
    }
    if language is Language.EN and yardstick.normaliser == "medwer":
        figures["medwer"] = _medwer(outcomes)
    if not whole_product:
        figures["changes"] = change_figures(sums.judged, words=sums.spoken.reference)
    return figures | _cost(outcomes)


def _add(sums: _Sums, outcome: Outcome, yardstick: Yardstick) -> None:
    pair = outcome.pair
    said_written = _written(pair.text, pair.language)
    text = outcome.text if outcome.written is None else outcome.written
    written = _written(outcome.text, pair.language) if outcome.written is None else outcome.written
    sums.spoken += compare(pair.text, outcome.text, language=pair.language)
    sums.written += compare(said_written, written, language=pair.language)
    # A term with a number in it stands in one form in what is heard and in another in what is written.
    terms = [(term, _written(term, pair.language)) for term in pair.terms]
    sums.terms += count_terms(terms, text, language=pair.language)
    sums.list_terms += yardstick.terms.compare(pair.text, text)
    sums.drugs += yardstick.drugs.compare(pair.text, text)
    sums.judged += judged(pair.text, pair.heard, outcome.changes, language=pair.language)


def _written(text: str, language: Language) -> str:
    return written_form.write(words_from_text(text), language=language).text


def change_figures(found: Judged, *, words: int) -> Figures:
    """What changes did, in all and a thousand words (characters in Chinese) that were said."""
    return {
        "made": found.made,
        "right": found.right,
        "neutral": found.neutral,
        "wrong": found.wrong,
        "number_side_negation_slips": found.slips,
        "made_per_1000": _per_thousand(found.made, words),
        "wrong_per_1000": _per_thousand(found.wrong, words),
        "words": words,
    }


def _per_thousand(count: int, words: int) -> JsonValue:
    return round(_PER * count / words, 3) if words else None


def _cost(outcomes: Sequence[Outcome]) -> Figures:
    audio = sum(outcome.audio_seconds for outcome in outcomes)
    wall = sum(outcome.wall_seconds for outcome in outcomes)
    seconds = sorted(second for outcome in outcomes for second in outcome.segment_seconds)
    figures: Figures = {"speech_s": round(audio, 1)}
    if seconds:
        figures["ms_per_segment"] = {
            "p50": round(_PER * statistics.median(seconds), 2),
            "p95": round(_PER * seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 2),
            "segments": len(seconds),
        }
        figures["ms_per_speech_s"] = round(_PER * sum(seconds) / audio, 2) if audio else None
    if wall:
        figures["wall_s"] = round(wall, 1)
    return figures


def _medwer(outcomes: Sequence[Outcome]) -> Figures:
    """The protocol's own figures, by its own package; its references are in written form, so are these."""
    scorer = importlib.import_module("medwer").Scorer()
    said = [_written(outcome.pair.text, Language.EN) for outcome in outcomes]
    written = [outcome.written or _written(outcome.text, Language.EN) for outcome in outcomes]
    scored = scorer.corpus(said, written)
    return {
        "wer": _rounded(scored["wer"]),
        "medical_wer": _rounded(scored["medical_wer"]),
        "medical_words": scored["med_ref_words"],
    }


@dataclass(frozen=True, slots=True)
class CorrectedTranscript:
    """A long transcript made by another recogniser, before and after, beside a person's."""

    said: str
    before: str
    after: str
    changes: int


def transcript_figures(transcripts: Sequence[CorrectedTranscript], terms: TermList) -> Figures:
    """Errors in medical terms and in words before and after correction."""
    before, after = Edits(), Edits()
    counts: Counter[str] = Counter()
    for one in transcripts:
        before += compare(one.said, one.before, language=Language.EN)
        after += compare(one.said, one.after, language=Language.EN)
        was, is_ = terms.term_errors(one.said, one.before), terms.term_errors(one.said, one.after)
        counts.update(
            before=was.total(),
            after=is_.total(),
            new=(is_ - was).total(),
            mended=(was - is_).total(),
            said=terms.of(one.said).total(),
            changes=one.changes,
        )
    return {
        "transcripts": len(transcripts),
        "wer_before": round(before.rate, 4),
        "wer_after": round(after.rate, 4),
        "terms": counts["said"],
        "term_errors_before": counts["before"],
        "term_errors_after": counts["after"],
        "term_errors_mended": counts["mended"],
        "term_errors_new": counts["new"],
        "changes": counts["changes"],
        "changes_per_1000": _per_thousand(counts["changes"], before.reference),
        "words": before.reference,
    }


def _rounded(value: float | None) -> JsonValue:
    return None if value is None else round(value, 4)
