#!/usr/bin/env python3
"""Measure Wardscribe over a case file: errors, terms, fields, speed and memory, as JSON.

Owns the command line and what goes into the result file. `benchmarks/README.md` says what each figure means.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from cases import Case, first_of_each_language, read_cases, recording_of
from provenance import command_line, commit, input_file, machine, peak_memory_mb, versions
from pydantic import JsonValue, ValidationError
from results import CaseRow, ModelUsed, Results, comparison, read_results
from runs import AudioRun, TextRun, Workbench, audio_figures, text_figures
from scoring import FieldScorer, Figures

from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers, build_detector, build_recogniser, flow_settings
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Capabilities, Recogniser, SpeechDetector
from wardscribe_server.whole_files import write_whole

_MEASURED_SETTINGS = ("model", "device", "compute_type", "threads", "lexicon", "tagger", "pause_ms", "hear_again")
_Built = TypeVar("_Built")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The product's parts, built, and the seconds that each took."""

    readers: Readers
    recogniser: Recogniser | None
    detector: SpeechDetector | None
    seconds: Figures


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found."""

    texts: list[TextRun]
    recordings: list[AudioRun]
    load_s: Figures
    memory_mb: Figures
    capabilities: Capabilities | None
    templates: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark; 0 when it was done, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        baseline = read_results(options.baseline) if options.baseline else None
        if options.out and not options.out.parent.is_dir():
            raise InputError(f"{options.out}: cannot be written (its folder is not there)")
        results = _results(options, given)
    except WardscribeError as error:
        _say(error.message)
        return 2
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        _say(f"setting {first['loc'][0]}: {first['msg'].lower()}")
        return 2
    on_file = _written(results, options.out)
    if baseline is not None:
        # Beside a result on standard output, the comparison would spoil the JSON.
        print("\n".join(comparison(baseline, results)), file=sys.stdout if on_file else sys.stderr)
    return 2 if options.out and not on_file else 0


def _written(results: Results, out: Path | None) -> bool:
    """Whether the result stands in the file; where it cannot, it goes to standard output: a run is never lost."""
    try:
        if out is not None:
            write_whole(out, results.to_json())
            return True
    except OSError as error:
        _say(f"{out}: cannot be written ({error.strerror}); the result goes to standard output")
    sys.stdout.write(results.to_json())
    return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, required=True, metavar="PATH", help="case file, JSON lines")
    parser.add_argument("--audio", type=Path, metavar="PATH", help="folder with ID.flac for the cases that were spoken")
    parser.add_argument("--scorer", type=Path, metavar="PATH", help="field scorer; without it there is no field F1")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="earlier result file to compare with")
    parser.add_argument("--only", choices=("text", "audio"), help="measure one part only")
    parser.add_argument("--limit", type=_positive, metavar="N", help="N cases a language, for a quick look")
    parser.add_argument("--model", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where the recogniser runs")
    parser.add_argument(
        "--no-lexicon", dest="lexicon", action="store_false", default=None, help="leave text as recognised"
    )
    parser.add_argument(
        "--no-tagger", dest="tagger", action="store_false", default=None, help="rules alone find entities"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _results(options: argparse.Namespace, given: Sequence[str]) -> Results:
    settings = _settings(options)
    cases = read_cases(options.cases)
    scorer = FieldScorer(options.scorer) if options.scorer else None
    spoken = _spoken(options, cases)
    at_start = machine()
    measured = _measured(options, settings, cases, spoken, scorer)
    return Results(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command_line(given),
        commit=commit(),
        machine=at_start,
        versions=versions(),
        model=_model(measured.capabilities),
        settings=settings.model_dump(mode="json", include=set(_MEASURED_SETTINGS) - {"model"}),
        cases_file=input_file(options.cases),
        scorer=input_file(options.scorer) if options.scorer else None,
        templates=measured.templates,
        notes=tuple(_notes(options, cases, measured)),
        figures=_figures(measured),
        cases=_rows(cases, measured),
    )


def _settings(options: argparse.Namespace) -> ServerSettings:
    given: dict[str, Any] = {
        name: value
        for name in ("model", "device", "lexicon", "tagger")
        if (value := getattr(options, name)) is not None
    }
    return ServerSettings(**given)


def _spoken(options: argparse.Namespace, cases: Sequence[Case]) -> dict[str, Path]:
    """Recordings to decode, by case id.

    Raises: InputError when there are none.
    """
    if options.only == "text":
        return {}
    if options.audio is None or not options.audio.is_dir():
        raise InputError("--audio needs a folder with recordings (or give --only text)")
    found = {case.id: path for case in cases if (path := recording_of(case, options.audio)) is not None}
    if not found:
        raise InputError(f"{options.audio}: no recording is named after a case (ID.flac)")
    return found


def _measured(
    options: argparse.Namespace,
    settings: ServerSettings,
    cases: Sequence[Case],
    spoken: dict[str, Path],
    scorer: FieldScorer | None,
) -> Measured:
    loaded = _load(settings, listening=bool(spoken))
    memory: Figures = {"after_load": peak_memory_mb()}
    bench = Workbench(loaded.readers, scorer, cut=flow_settings(settings))
    texts, recordings = [], []
    if options.only != "audio":
        texts = [bench.fill(case) for case in first_of_each_language(cases, options.limit)]
        memory["after_text"] = peak_memory_mb()
    if loaded.recogniser is not None and loaded.detector is not None:
        heard = first_of_each_language([case for case in cases if case.id in spoken], options.limit)
        for number, case in enumerate(heard, start=1):
            run = bench.hear(
                case,
                spoken[case.id],
                recogniser=loaded.recogniser,
                detector=loaded.detector,
                max_minutes=settings.max_audio_minutes,
                warn=_say,
            )
            recordings.append(run)
            _say(f"{number}/{len(heard)} {case.id}: {run.audio_s:.0f} s of audio in {run.wall_s:.1f} s")
    memory["peak"] = peak_memory_mb()
    capabilities = loaded.recogniser.capabilities if loaded.recogniser is not None else None
    return Measured(texts, recordings, loaded.seconds, memory, capabilities, bench.templates)


def _load(settings: ServerSettings, *, listening: bool) -> Loaded:
    seconds: Figures = {}

    def timed(name: str, build: Callable[[], _Built]) -> _Built:
        started = time.perf_counter()
        built = build()
        seconds[name] = round(time.perf_counter() - started, 3)
        return built

    readers = timed("templates", lambda: Readers(settings))
    for language in Language:
        timed(f"reader_{language.value}", partial(readers.understander, language))
        if listening:
            timed(f"corrector_{language.value}", partial(readers.corrector, language))
    recogniser = timed("recogniser", lambda: build_recogniser(settings)) if listening else None
    detector = timed("detector", build_detector) if listening else None
    seconds["total"] = round(sum(value for value in seconds.values() if isinstance(value, float)), 3)
    return Loaded(readers, recogniser, detector, seconds)


def _model(capabilities: Capabilities | None) -> ModelUsed | None:
    if capabilities is None:
        return None
    return ModelUsed(
        name=Path(capabilities.model).name,
        sha256=capabilities.model_sha256,
        device=capabilities.device,
        compute_type=capabilities.compute_type,
    )


def _notes(options: argparse.Namespace, cases: Sequence[Case], measured: Measured) -> list[str]:
    notes = []
    if options.scorer is None:
        notes.append("Field F1 was not measured: no --scorer was given.")
    unknown = sorted({case.template for case in cases} - set(measured.templates))
    if unknown and options.scorer is not None:
        notes.append(
            f"The product does not know the templates {', '.join(unknown)}: their slots count as missed in `all`, "
            "`by_language` and `by_template`; `supported` leaves them out."
        )
    if options.limit is not None:
        notes.append(f"Only the first {options.limit} cases in each language were measured.")
    return notes


def _figures(measured: Measured) -> Figures:
    figures: Figures = {}
    if measured.texts:
        figures["text"] = text_figures(measured.texts)
    if measured.recordings:
        figures["audio"] = audio_figures(measured.recordings)
    return figures | {"load_s": measured.load_s, "memory_mb": measured.memory_mb}


def _rows(cases: Sequence[Case], measured: Measured) -> tuple[CaseRow, ...]:
    texts: dict[str, dict[str, JsonValue]] = {run.case.id: run.row() for run in measured.texts}
    recordings = {run.case.id: run.row() for run in measured.recordings}
    return tuple(
        CaseRow(
            id=case.id,
            template=case.template,
            language=case.language.value,
            text=texts.get(case.id),
            audio=recordings.get(case.id),
        )
        for case in cases
        if case.id in texts or case.id in recordings
    )


def _say(message: str) -> None:
    print(f"benchmarks/run.py: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
