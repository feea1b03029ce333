#!/usr/bin/env python3
"""Measure the medical lexicon, with and without each of its parts, over pairs of said and heard text, as JSON.

Owns the command line and what goes into the result file. `benchmarks/README.md` says what each figure means.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from correctors_run import Outcome, Part, as_heard, takes_alternatives, with_corrector, with_product
from lexicon_figures import CorrectedTranscript, Yardstick, part_figures, transcript_figures
from pairs import Pair, read_pairs
from provenance import Commit, InputFile, Machine, command_line, commit, input_file, machine, peak_memory_mb, versions
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from scoring import Figures
from term_scores import TermList, read_terms
from transcripts import lines_of, read_transcripts

import wardscribe_lexicons
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers, build_detector, build_recogniser, flow_settings
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Recogniser, SpeechDetector
from wardscribe_server.lexicon.correction import Corrector, correct
from wardscribe_server.whole_files import write_whole

_DRUGS = Path(__file__).resolve().parent / "dictations" / "drugs_{language}.txt"


class LexiconResults(BaseModel):
    """One run. Holds figures and digests, never a word of a dictation."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["wardscribe.benchmark.lexicon/1"] = Field(default="wardscribe.benchmark.lexicon/1", alias="schema")
    date: str
    command: str
    commit: Commit
    machine: Machine
    versions: dict[str, str]
    models: tuple[str, ...] = Field(description="Digests of the weights that heard the pairs or the recordings")
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    figures: dict[str, JsonValue]


@dataclass(slots=True)
class Bench:
    """The product's parts, built once, and what building them took."""

    settings: ServerSettings
    load_s: Figures = field(default_factory=dict)
    memory_mb: Figures = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    _correctors: dict[Language, Corrector] = field(default_factory=dict)
    _engine: tuple[Recogniser, SpeechDetector] | None = None
    _readers: dict[bool, Readers] = field(default_factory=dict)

    def corrector(self, language: Language) -> Corrector:
        """The product's corrector of a language."""
        if language not in self._correctors:
            before, started = peak_memory_mb(), time.perf_counter()
            corrector = self.readers(lexicon=True).corrector(language)
            assert corrector is not None, "the lexicon is switched on"
            self._correctors[language] = corrector
            self.load_s[language.value] = round(time.perf_counter() - started, 3)
            self.memory_mb[f"corrector_{language.value}"] = round(peak_memory_mb() - before, 1)
        return self._correctors[language]

    def readers(self, *, lexicon: bool) -> Readers:
        """The product's readers, with or without the lexicon."""
        if lexicon not in self._readers:
            self._readers[lexicon] = Readers(self.settings.model_copy(update={"lexicon": lexicon}))
        return self._readers[lexicon]

    def engine(self) -> tuple[Recogniser, SpeechDetector]:
        """The recogniser and the speech detector."""
        if self._engine is None:
            self._engine = (build_recogniser(self.settings), build_detector())
            self.models.add(self._engine[0].capabilities.model_sha256)
        return self._engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it was done, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        results = _results(options, given)
    except WardscribeError as error:
        print(error.message, file=sys.stderr)
        return 2
    text = results.model_dump_json(by_alias=True, indent=1) + "\n"
    if options.out:
        write_whole(options.out, text)
    else:
        sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/lexicon.py", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pairs", type=Path, nargs="+", default=[], metavar="FILE", help="pairs of said and heard text (hear.py)"
    )
    parser.add_argument(
        "--transcripts",
        type=Path,
        nargs=2,
        action="append",
        default=[],
        metavar=("HEARD", "SAID"),
        help="English transcripts of a recogniser and of people, as CSV with id and dialogue; may be repeated",
    )
    parser.add_argument(
        "--parts",
        type=Part,
        nargs="+",
        choices=tuple(Part),
        default=[Part.HEARD, Part.TEXT, Part.NBEST],
        help="what to switch on; recognised and product decode the recordings again",
    )
    parser.add_argument(
        "--terms", type=Path, nargs="+", default=[], metavar="FILE", help="further medical terms, one a line, English"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="N pairs of each file, for a quick look")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    return parser


def _results(options: argparse.Namespace, given: Sequence[str]) -> LexiconResults:
    if not options.pairs and not options.transcripts:
        raise InputError("nothing to measure: give --pairs, --transcripts or both")
    if options.out and not options.out.parent.is_dir():
        raise InputError(f"{options.out}: cannot be written (its folder is not there)")
    at_start = machine()
    bench = Bench(ServerSettings(threads=1))
    pairs = [pair for path in options.pairs for pair in read_pairs(path)[: options.limit]]
    bench.models.update(pair.model_sha256 for pair in pairs if pair.model_sha256)
    further = [term for path in options.terms for term in read_terms(path)]
    figures: Figures = {}
    for (language, group), own in _grouped(pairs).items():
        terms = [term for pair in pairs if pair.language is language for term in pair.terms]
        yardstick = Yardstick.of(
            language,
            terms=[*terms, *(further if language is Language.EN else ())],
            drugs=read_terms(Path(str(_DRUGS).format(language=language.value))),
        )
        figures[f"{language.value}_{group}"] = _group_figures(own, options.parts, yardstick, bench)
    for heard, said in options.transcripts:
        figures[f"transcripts_{heard.stem}"] = _transcripts(heard, said, further, bench)
    bench.memory_mb["peak"] = peak_memory_mb()
    paths = [*options.pairs, *(path for two in options.transcripts for path in two), *options.terms]
    return LexiconResults(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command_line(given, program="benchmarks/lexicon.py"),
        commit=commit(),
        machine=at_start,
        versions=versions(),
        models=tuple(sorted(bench.models)),
        inputs=tuple(input_file(path) for path in paths),
        notes=tuple(dict.fromkeys(bench.notes)),
        figures=figures | {"load_s": bench.load_s, "memory_mb": bench.memory_mb, "tables_mb": _tables_mb()},
    )


def _grouped(pairs: Iterable[Pair]) -> dict[tuple[Language, str], list[Pair]]:
    groups: defaultdict[tuple[Language, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.language, pair.set].append(pair)
    return groups


def _group_figures(pairs: Sequence[Pair], parts: Sequence[Part], yardstick: Yardstick, bench: Bench) -> Figures:
    figures: Figures = {}
    for part in dict.fromkeys(parts):
        outcomes = _outcomes(pairs, part, bench)
        if outcomes:
            figures[part.value] = part_figures(outcomes, yardstick)
            print(f"{pairs[0].language.value} {pairs[0].set} {part.value}: done", file=sys.stderr)
    return figures


def _outcomes(pairs: Sequence[Pair], part: Part, bench: Bench) -> list[Outcome]:
    """What a part makes of the pairs; nothing, and a note, where the product does not have it or there is no audio."""
    language = pairs[0].language
    match part:
        case Part.HEARD:
            return [as_heard(pair) for pair in pairs]
        case Part.TEXT:
            corrector = bench.corrector(language)
            return [with_corrector(pair, corrector, nbest=False) for pair in pairs]
        case Part.NBEST:
            corrector = bench.corrector(language)
            if not takes_alternatives(corrector):
                bench.notes.append(f"The product's {language.value} corrector takes no other hypotheses.")
                return []
            return [with_corrector(pair, corrector, nbest=True) for pair in pairs]
        case Part.RECOGNISED | Part.PRODUCT:
            return _decoded(pairs, bench, lexicon=part is Part.PRODUCT)


def _decoded(pairs: Sequence[Pair], bench: Bench, *, lexicon: bool) -> list[Outcome]:
    recognise, detector = bench.engine()
    outcomes = []
    for pair in pairs:
        recording = Path(pair.audio)
        if not pair.audio or not recording.is_file():
            bench.notes.append(f"Some recordings of {pair.language.value} {pair.set} are not there: left out.")
            continue
        outcomes.append(
            with_product(
                pair,
                recording,
                bench.readers(lexicon=lexicon),
                recogniser=recognise,
                detector=detector,
                cut=flow_settings(bench.settings),
                max_minutes=bench.settings.max_audio_minutes,
                warn=bench.notes.append,
            )
        )
    return outcomes


def _transcripts(heard: Path, said: Path, terms: Sequence[str], bench: Bench) -> Figures:
    if not terms:
        raise InputError("--transcripts needs --terms: a list of medical terms to look for in them")
    corrector = bench.corrector(Language.EN)
    corrected = []
    for one in read_transcripts(heard, said):
        lines = [correct(line, corrector) for line in lines_of(one.heard)]
        after = "\n".join(line.text for line in lines)
        corrected.append(CorrectedTranscript(one.said, one.heard, after, sum(len(line.corrections) for line in lines)))
    return transcript_figures(corrected, TermList(terms, language=Language.EN))


def _tables_mb() -> Figures:
    """Size of the product's tables of each language."""
    root = Path(wardscribe_lexicons.__file__).parent
    return {
        language.value: round(
            sum(path.stat().st_size for path in (root / language.value).rglob("*") if path.is_file()) / 1_000_000, 2
        )
        for language in Language
    }


if __name__ == "__main__":
    sys.exit(main())
