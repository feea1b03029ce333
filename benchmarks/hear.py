#!/usr/bin/env python3
"""Let the recogniser hear recordings of known texts and write what was said beside what was heard, as JSON lines.

Owns the command line and the walk through a recording: the product's speech detector and end points, a beam search over
its weights. What is there already is kept, so that an interrupted run goes on where it stopped.
"""

import argparse
import hashlib
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dictation_tables import TableRow, read_table
from nbest import NbestDecoder
from pairs import HeardSegment, Pair, line_of, read_pairs

from wardscribe_client.recording import read_recording
from wardscribe_models.errors import ModelsError
from wardscribe_models.store import ModelStore
from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers, build_detector
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Hypothesis, SpeechDetector, samples_from_pcm16
from wardscribe_server.pipeline.events import Audio, Decode, DetectSpeech, FlowInput, Speech, Stop
from wardscribe_server.pipeline.flow import Flow, FlowSettings
from wardscribe_server.transcribe import decoded

_ANY_TEMPLATE = "outpatient"  # no words are handed to it
_SILENT = Hypothesis("", (), 0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hear what is not in the file yet; 0 when done, 2 for a bad argument or file."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except WardscribeError as error:
        _say(error.message)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/hear.py", description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, required=True, metavar="TSV", help="what was said (columns id, text, …)")
    parser.add_argument("--audio", type=Path, required=True, metavar="PATH", help="folder with ID.flac")
    parser.add_argument("--language", type=Language, choices=tuple(Language), required=True)
    parser.add_argument("--set", required=True, metavar="NAME", help="groups the figures: tune, heldout, …")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file of pairs, added to")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after N recordings")
    return parser


def _run(options: argparse.Namespace) -> int:
    done = {pair.id for pair in read_pairs(options.out)} if options.out.exists() else set()
    rows = [row for row in read_table(options.table, language=options.language) if row.id not in done]
    spoken = [(row, path) for row in rows if (path := row.recording_in(options.audio)) is not None]
    if not spoken and not done:
        raise InputError(f"{options.audio}: no recording is named after a row of {options.table} (ID.flac)")
    if not spoken:
        return 0
    settings = ServerSettings()
    folder = _weights(settings)
    sha256 = _sha256(folder / "model.bin")
    decoder, detector, readers = NbestDecoder(folder), build_detector(), Readers(settings)
    for row, path in spoken[: options.limit]:
        segments = heard(path, decoder, detector, readers, language=options.language, settings=settings)
        pair = _pair(row, path, segments, language=options.language, group=options.set, sha256=sha256)
        with options.out.open("a", encoding="utf-8") as file:
            file.write(line_of(pair))
        _say(f"{row.id}: {len(segments)} segments")
    return 0


def _weights(settings: ServerSettings) -> Path:
    try:
        return ModelStore(settings.models_dir).locate(settings.model)
    except ModelsError as error:
        raise InputError(str(error)) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def heard(
    path: Path,
    decoder: NbestDecoder,
    detector: SpeechDetector,
    readers: Readers,
    *,
    language: Language,
    settings: ServerSettings,
) -> tuple[HeardSegment, ...]:
    """The segments of a recording with their hypotheses."""
    composer = readers.composer(template=_ANY_TEMPLATE, language=language, recognised=False)
    flow = Flow(composer, settings=replace(FlowSettings(), tails=False))
    speech = detector.stream()
    segments: list[HeardSegment] = []

    def answer(event: FlowInput) -> None:
        waiting: deque[FlowInput] = deque([event])
        while waiting:
            for output in flow.handle(waiting.popleft()):
                match output:
                    case DetectSpeech(pcm):
                        waiting.append(Speech(speech.push(samples_from_pcm16(pcm))))
                    case Decode(_, span, _, pcm):
                        found = decoder.decode(samples_from_pcm16(pcm), language=language)
                        nbest = tuple((one.text, one.logprob) for one in found)
                        segments.append(HeardSegment(span_ms=(span.start // 16, span.end // 16), nbest=nbest))
                        waiting.append(decoded(output, _SILENT))
                    case _:
                        pass

    for block in read_recording(path, max_minutes=settings.max_audio_minutes, warn=_say):
        answer(Audio(block))
    answer(Stop())
    return tuple(segments)


def _pair(
    row: TableRow, path: Path, segments: tuple[HeardSegment, ...], *, language: Language, group: str, sha256: str
) -> Pair:
    return Pair(
        id=row.id,
        set=group,
        language=language,
        template=row.template,
        voice=row.voice,
        audio=str(path),
        model_sha256=sha256,
        text=row.text,
        terms=row.terms,
        segments=segments,
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
