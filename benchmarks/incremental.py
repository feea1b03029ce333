#!/usr/bin/env python3
"""Compose a long dictation after every segment, anew and from what was composed before, as JSON.

Owns the command line and the figures. The dictation is made of the clean reports of `tests/seeded_errors`, one after
another; `benchmarks/README.md` says what each figure means.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from provenance import command_line, commit, machine
from pydantic import JsonValue

from wardscribe_protocol.record import Language
from wardscribe_server.assembly import Readers
from wardscribe_server.config import ServerSettings
from wardscribe_server.pipeline.compose import Composed, Composer
from wardscribe_server.pipeline.values import Utterance, words_from_text

_ROOT = Path(__file__).resolve().parent.parent
_UNITS_A_MINUTE = {"en": 150, "zh": 230}  # words; characters
_FILES = ("reports_dev.jsonl", "reports_held_out.jsonl")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when both ways gave the same records, 1 when they did not."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--template", default="outpatient")
    parser.add_argument("--every", type=int, default=6, help="compose anew, to compare, at one segment in so many")
    parser.add_argument("--out", type=Path, help="write the result here instead of to standard output")
    options = parser.parse_args(given)
    readers = Readers(ServerSettings())
    readers.warm()  # as a server does when it starts
    figures: dict[str, JsonValue] = {}
    same = True
    for language in ("en", "zh"):
        segments = dictation(language, minutes=options.minutes)
        one, alike = measured(readers, segments, language, template=options.template, every=options.every)
        figures[language] = one
        same = same and alike
    results: dict[str, JsonValue] = {
        "benchmark": "incremental",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit().model_dump(mode="json"),
        "command": command_line(given, program="benchmarks/incremental.py"),
        "machine": machine().model_dump(mode="json"),
        "template": options.template,
        "minutes": options.minutes,
        "figures": figures,
    }
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0 if same else 1


def dictation(language: str, *, minutes: float) -> tuple[Utterance, ...]:
    """Sentences of our own reports, a segment each, as many as are said in that time."""
    folder = _ROOT / "tests" / "seeded_errors"
    rows = [json.loads(line) for name in _FILES for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    end = "。" if language == "zh" else ". "
    sentences = [
        part.strip() + end.strip()
        for row in rows
        if row["language"] == language
        for part in row["text"].split(end)
        if part.strip(" .")
    ]
    limit = minutes * _UNITS_A_MINUTE[language]
    said: list[str] = []
    units = 0
    while units < limit:
        sentence = sentences[len(said) % len(sentences)]
        said.append(sentence)
        units += len(sentence) if language == "zh" else len(sentence.split())
    return words_from_text(" | ".join(said))


def measured(
    readers: Readers, segments: Sequence[Utterance], language: str, *, template: str, every: int
) -> tuple[dict[str, JsonValue], bool]:
    """Processor milliseconds after each segment both ways, and whether the records were the same."""

    def composer() -> Composer:
        return readers.composer(template=template, language=Language(language), recognised=False)

    growing, anew = composer(), composer()
    growing.compose(segments[:1])
    gc.collect()
    after: list[float] = []
    before: dict[int, float] = {}
    alike = True
    for said in range(1, len(segments) + 1):
        composed, spent = _timed(lambda said=said: growing.compose(segments[:said]))
        after.append(spent)
        if said % every == 0 or said == len(segments):
            anew.forget()
            other, before[said] = _timed(lambda said=said: anew.compose(segments[:said]))
            alike = alike and composed.record == other.record
    quarters = [after[len(after) * part // 4 : len(after) * (part + 1) // 4] for part in range(4)]
    compared = [after[said - 1] for said in before]
    return {
        "segments": len(segments),
        "p50_ms": round(statistics.median(after), 1),
        "p95_ms": round(_share(after, 0.95), 1),
        "by_quarter": [
            {"p50_ms": round(statistics.median(part), 1), "p95_ms": round(_share(part, 0.95), 1)} for part in quarters
        ],
        "anew_p50_ms": round(statistics.median(before.values()), 1),
        "anew_last_ms": round(before[len(segments)], 1),
        "last_ms": round(after[-1], 1),
        "ratio_p50": round(statistics.median(before.values()) / statistics.median(compared), 2),
        "same_records": alike,
    }, alike


def _timed(compose: Callable[[], Composed]) -> tuple[Composed, float]:
    started = time.process_time()
    composed = compose()
    return composed, (time.process_time() - started) * 1000


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    raise SystemExit(main())
