"""Runs the product over cases, in process, by the path that `wardscribe fill` and `wardscribe transcribe` take.

Owns what is run and what is timed; how texts and records are judged is in `measures` and `scoring`.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases import Case
from measures import Edits, TermCount, compare, count_terms
from pydantic import JsonValue
from scoring import FieldScorer, Figures, Scored, field_figures

from wardscribe_client.recording import read_recording
from wardscribe_protocol.record import Language, Record
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE
from wardscribe_server.assembly import Readers
from wardscribe_server.engines.base import Recogniser, SpeechDetector
from wardscribe_server.pipeline.flow import FlowSettings
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing import written_form
from wardscribe_server.transcribe import transcribe

RATE_NAME = {Language.EN: "wer", Language.ZH: "cer"}


@dataclass(frozen=True, slots=True)
class TextRun:
    """The fill of one case from its text."""

    case: Case
    seconds: float
    slots: Scored | None

    def row(self) -> Figures:
        """Figures of this case."""
        return {"ms": round(self.seconds * 1000, 1), **_fields_row(self.slots)}


@dataclass(frozen=True, slots=True)
class Transcription:
    """What came of one recording and what it took. A record is absent where the template is not known."""

    raw: str
    written: str
    record: Record | None
    audio_s: float
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRun:
    """One recording, judged."""

    case: Case
    audio_s: float
    wall_s: float
    cpu_s: float
    raw: Edits
    written: Edits
    terms: TermCount
    terms_raw: TermCount
    reachable: TermCount  # terms found in the reference by the same rule: the most that can be found
    slots: Scored | None
    slots_from_text: Scored | None

    def row(self) -> Figures:
        """Figures of this case."""
        rate = RATE_NAME[self.case.language]
        return {
            "audio_s": round(self.audio_s, 2),
            "wall_s": round(self.wall_s, 2),
            "real_time_factor": round(self.wall_s / self.audio_s, 4),
            f"{rate}_raw": round(self.raw.rate, 4),
            f"{rate}_written": round(self.written.rate, 4),
            "terms": self.terms.terms,
            "terms_found": self.terms.found,
            **_fields_row(self.slots),
        }


class Workbench:
    """The product's readers and the scorer, with what both parts of a run need of them."""

    def __init__(self, readers: Readers, scorer: FieldScorer | None, *, cut: FlowSettings) -> None:
        self._readers = readers
        self._scorer = scorer
        self._cut = cut

    @property
    def templates(self) -> tuple[str, ...]:
        """Templates that the product knows."""
        return self._readers.catalog.ids

    def fill(self, case: Case) -> TextRun:
        """Fill one case from its text."""
        started = time.perf_counter()
        record = self._filled(case)
        return TextRun(case, time.perf_counter() - started, self._scored(case, record))

    def hear(
        self,
        case: Case,
        path: Path,
        *,
        recogniser: Recogniser,
        detector: SpeechDetector,
        max_minutes: float,
        warn: Callable[[str], None],
    ) -> AudioRun:
        """Transcribe the recording of one case and judge what came of it.

        Raises: InputError when the file is not audio.
        """
        blocks = read_recording(path, max_minutes=max_minutes, warn=warn)
        heard = self._transcribed(case, blocks, recogniser, detector)
        language = case.language
        said = self._written(case.text, language)
        terms = [(term, self._written(term, language)) for term in case.terms]
        return AudioRun(
            case=case,
            audio_s=heard.audio_s,
            wall_s=heard.wall_s,
            cpu_s=heard.cpu_s,
            raw=compare(case.text, heard.raw, language=language),
            written=compare(said, heard.written, language=language),
            terms=count_terms(terms, heard.written, language=language),
            terms_raw=count_terms(terms, heard.raw, language=language),
            reachable=count_terms(terms, said, language=language),
            slots=self._scored(case, heard.record),
            slots_from_text=self._scored(case, self._filled(case)),
        )

    def _transcribed(
        self, case: Case, blocks: Iterable[bytes], recogniser: Recogniser, detector: SpeechDetector
    ) -> Transcription:
        known = case.template in self.templates
        # The transcript does not depend on the template, so a case of an unknown one is heard under another.
        template = case.template if known else self.templates[0]
        composer = self._readers.composer(template=template, language=case.language, recognised=True)
        count = _Count()
        started, cpu_started = time.perf_counter(), time.process_time()
        record = transcribe(
            count.watching(blocks), composer=composer, recogniser=recogniser, detector=detector, settings=self._cut
        )
        wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
        transcript = record.transcript
        audio_s = count.bytes / BYTES_PER_SAMPLE / SAMPLE_RATE
        return Transcription(transcript.raw, transcript.text, record if known else None, audio_s, wall_s, cpu_s)

    def _filled(self, case: Case) -> Record | None:
        if case.template not in self.templates:
            return None
        composer = self._readers.composer(template=case.template, language=case.language, recognised=False)
        return composer.compose(words_from_text(case.text), raw=case.text.strip()).record

    def _scored(self, case: Case, record: Record | None) -> Scored | None:
        if self._scorer is None:
            return None
        return Scored(case, self._scorer.score(case, record), supported=case.template in self.templates)

    @staticmethod
    def _written(text: str, language: Language) -> str:
        return written_form.write(words_from_text(text), language=language).text


class _Count:
    def __init__(self) -> None:
        self.bytes = 0

    def watching(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.bytes += len(block)
            yield block


def _fields_row(scored: Scored | None) -> Figures:
    return {} if scored is None else {"fields": scored.slots.figures(), "supported": scored.supported}


def text_figures(runs: Sequence[TextRun]) -> Figures:
    """Figures over all fills."""
    figures: Figures = {
        "cases": len(runs),
        "ms_per_case": round(1000 * sum(run.seconds for run in runs) / max(len(runs), 1), 1),
    }
    return figures | _fields([run.slots for run in runs], "fields")


def audio_figures(runs: Sequence[AudioRun]) -> Figures:
    """Figures over all recordings. Rates are pooled: all errors over all words."""
    audio_s = sum(run.audio_s for run in runs)
    wall_s, cpu_s = sum(run.wall_s for run in runs), sum(run.cpu_s for run in runs)
    by_language: defaultdict[Language, list[AudioRun]] = defaultdict(list)
    for run in runs:
        by_language[run.case.language].append(run)
    figures: Figures = {
        "cases": len(runs),
        "audio_s": round(audio_s, 1),
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "real_time_factor": _ratio(wall_s, audio_s),
        "cpu_factor": _ratio(cpu_s, audio_s),
    }
    for language, own in sorted(by_language.items()):
        figures[language.value] = _language_figures(own, RATE_NAME[language])
    return (
        figures
        | _fields([run.slots for run in runs], "fields")
        | _fields([run.slots_from_text for run in runs], "fields_from_reference_text")
    )


def _language_figures(runs: Sequence[AudioRun], rate: str) -> Figures:
    raw, written = sum((run.raw for run in runs), Edits()), sum((run.written for run in runs), Edits())
    terms = sum((run.terms for run in runs), TermCount())
    reachable = sum((run.reachable for run in runs), TermCount())
    return {
        "cases": len(runs),
        f"{rate}_raw": round(raw.rate, 4),
        f"{rate}_written": round(written.rate, 4),
        "edits_raw": _edits(raw),
        "edits_written": _edits(written),
        "term_recall": _rounded(terms.recall),
        "term_recall_raw": _rounded(sum((run.terms_raw for run in runs), TermCount()).recall),
        "term_recall_of_reference": _rounded(reachable.recall),
        "terms": terms.terms,
        "real_time_factor": _ratio(sum(run.wall_s for run in runs), sum(run.audio_s for run in runs)),
    }


def _edits(edits: Edits) -> Figures:
    return {
        "substitutions": edits.substitutions,
        "deletions": edits.deletions,
        "insertions": edits.insertions,
        "reference": edits.reference,
    }


def _fields(scored: Sequence[Scored | None], name: str) -> Figures:
    given = [one for one in scored if one is not None]
    return {name: field_figures(given)} if given else {}


def _ratio(part: float, whole: float) -> JsonValue:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> JsonValue:
    return None if value is None else round(value, 4)
