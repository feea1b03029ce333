#!/usr/bin/env python3
"""Dictate for half an hour at the speed of speech: flat memory, no lost sample, no word twice, no growing delay.

One speaker, a real server process, real sockets. `benchmarks/README.md` says what each figure means.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from live_results import live_results, pair, publish, read_results, weights_folder
from measures import compare
from neutral import neutral, neutral_units
from own_server import OwnServer
from playback import Playback
from provenance import machine
from pydantic import JsonValue
from server_process import ReadyCheck, ServerFailed, free_port, running
from speech import Corpus, Pauses, SpokenStream, folder_corpus, streams
from stored import journal, sessions
from traces import joined

from wardscribe_client.link import Link, carried
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import Closed, Commit, CommittedWord, ServerMessage, Start
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, samples_from_ms

_READY_WITHIN_S = 120.0
_RECONNECT_S = 60.0
_BLOCK_S = 300.0  # delays are compared between stretches of five minutes
_LONGEST_REPEAT = 12  # units; a stretch that was taken twice is at least _SHORTEST_REPEAT long
_SHORTEST_REPEAT = 3
_SETTLED_SHARE = 0.2  # memory is judged after this share of the run: caches fill first


@dataclass(slots=True)
class Dictation:
    """What came back."""

    words: list[CommittedWord] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)  # when each word stood
    total_samples: int | None = None
    record_words: str = ""
    stopped_s: float = 0.0
    closed_s: float = 0.0

    def note(self, message: ServerMessage, *, at_s: float) -> None:
        """Write down what one message brought."""
        match message:
            case Commit(words=words):
                self.words += words
                self.at_s += [at_s] * len(words)
            case Closed(total_samples=total, record=record):
                self.total_samples, self.record_words, self.closed_s = total, record.transcript.raw, at_s
            case _:
                pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when nothing was lost or doubled, 1 when it was, 2 for a bad argument, file or server."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        baseline = read_results(options.baseline) if options.baseline else None
        weights, at_start = weights_folder(options.model), machine()
        settings = dict(pair("--setting", one) for one in options.setting)
        stream = long_stream(folder_corpus(options.speech), minutes=options.minutes)
        figures, rows = _dictated(stream, OwnServer(settings), weights, frame_ms=options.frame_ms)
    except (WardscribeError, ServerFailed) as error:
        print(f"benchmarks/endurance.py: {error}", file=sys.stderr)
        return 2
    results = live_results(
        "endurance",
        given=given,
        weights=weights,
        at_start=at_start,
        settings={"minutes": options.minutes, "frame_ms": options.frame_ms, **settings},
        figures=figures,
        rows=rows,
    )
    publish(results, out=options.out, baseline=baseline)
    return int(any(figures[name] for name in ("samples_lost", "stored_bytes_differ", "words_misnumbered")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/endurance.py", description=__doc__.splitlines()[0])
    parser.add_argument("--speech", required=True, metavar="LANG=DIR", help="recordings with transcripts.tsv")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="how long (30)")
    parser.add_argument("--frame-ms", type=int, choices=range(20, 101), default=100, metavar="MS", help="(100)")
    parser.add_argument("--model", default="base", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="WARDSCRIBE_NAME=VALUE")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="earlier result file to compare with")
    return parser


def long_stream(corpus: Corpus, *, minutes: float) -> SpokenStream:
    """One corpus after another time until it is long enough; the pauses differ each time round."""
    pieces: list[SpokenStream] = []
    for stream in streams([corpus], seconds=60, pauses=Pauses.CONTINUOUS, seed=0):
        pieces.append(stream)
        if sum(piece.seconds for piece in pieces) >= minutes * 60:
            break
    pcm = b"".join(piece.pcm for piece in pieces)
    parts = tuple(part for piece in pieces for part in piece.parts)  # their spans count from each piece's start
    return SpokenStream(f"{corpus.name}-{minutes:g}min", corpus.name, corpus.language, pcm, parts)


def _dictated(
    stream: SpokenStream, system: OwnServer, weights: Path, *, frame_ms: int
) -> tuple[dict[str, JsonValue], list[dict[str, JsonValue]]]:
    """Figures of the whole, and a row for every five minutes."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="endurance-") as scratch:
        launch = system.launch(port=port, model=weights, folder=Path(scratch))
        with running(
            launch.command,
            environment=launch.environment,
            folder=Path(scratch),
            ready=ReadyCheck(port, path=launch.health_path),
            within_s=_READY_WITHIN_S,
        ) as server:
            playback = Playback(stream.pcm, frame_samples=samples_from_ms(frame_ms))
            said = asyncio.run(_play(stream, playback, port=port))
            used = server.used()
            memory = list(server.memory)
            peak_mb = server.peak_memory_mb
        data = Path(scratch) / "data"
        stored = b"".join(journal(data, sessions(data)[0]).audio())
    sent = len(stream.pcm) // BYTES_PER_SAMPLE
    heard = joined([word.text for word in said.words], stream.language)
    errors = compare(neutral(stream.text, stream.language), neutral(heard, stream.language), language=stream.language)
    repeats = [repeated(neutral_units(text, stream.language)) for text in (stream.text, heard)]
    figures: dict[str, JsonValue] = {
        "audio_s": round(stream.seconds, 1),
        "samples_sent": sent,
        "samples_lost": sent - (said.total_samples or 0),
        "stored_bytes_differ": stored != stream.pcm,
        "words": len(said.words),
        "words_misnumbered": misnumbered(said.words),
        "words_back_in_time": back_in_time(said.words),
        "stretches_repeated": repeats[1],
        "stretches_repeated_in_reference": repeats[0],
        "error_rate": round(errors.rate, 4),
        "insertions": errors.insertions,
        "deletions": errors.deletions,
        "reference": errors.reference,
        "finish_latency_s": round(said.closed_s - said.stopped_s, 3),
        "commit_latency_p50_s": _quantile(said, 0.5),
        "commit_latency_p95_s": _quantile(said, 0.95),
        "memory_growth_mb_per_hour": memory_growth(memory),
        "memory_peak_mb": round(peak_mb),
        "server_cpu_factor": round(used.cpu_s / stream.seconds, 4),
        "client_latest_frame_s": round(playback.latest_frame_s, 3),
    }
    return figures, _stretches(said, memory, stream.seconds)


async def _play(stream: SpokenStream, playback: Playback, *, port: int) -> Dictation:
    said = Dictation()
    link = Link(
        Start(template="chest_xray", language=stream.language),
        url=f"ws://127.0.0.1:{port}/v1/dictation",
        reconnect_s=_RECONNECT_S,
        on_message=lambda message: said.note(message, at_s=playback.now_s),
    )

    async def feed() -> None:
        async for frame in playback.frames():
            await link.send_audio(frame)
        said.stopped_s = playback.now_s
        link.stop()

    await carried(link, feed())
    return said


def misnumbered(words: Sequence[CommittedWord]) -> int:
    """Words whose number is not the next one."""
    return sum(word.id != index for index, word in enumerate(words))


def back_in_time(words: Sequence[CommittedWord]) -> int:
    """Words that end before the word before them began: said before it and written after it."""
    return sum(after.end_ms <= before.start_ms for before, after in pairwise(words) if after.end_ms > 0)


def repeated(units: Sequence[str]) -> int:
    """Stretches of 3 to 12 units that are said again at once, as when audio was taken twice."""
    found = at = 0
    while at < len(units):
        size = next(
            (
                size
                for size in range(_LONGEST_REPEAT, _SHORTEST_REPEAT - 1, -1)
                if len(units) >= at + 2 * size and list(units[at : at + size]) == list(units[at + size : at + 2 * size])
            ),
            0,
        )
        found += size > 0
        at += max(size, 1)
    return found


def memory_growth(memory: Sequence[tuple[float, float]]) -> float | None:
    """MiB an hour by least squares, once the first fifth of the run is over; None when it was not watched."""
    if not memory:
        return None
    settled = [point for point in memory if point[0] >= _SETTLED_SHARE * memory[-1][0]]
    if len(settled) < 2:
        return None
    at_s, used_mb = zip(*settled, strict=True)
    return round(float(np.polyfit(at_s, used_mb, 1)[0]) * 3600, 1)


def _delays(said: Dictation, *, from_s: float = 0.0, to_s: float = float("inf")) -> list[float]:
    """Seconds from the end of each word, by the server's own times, to when it stood."""
    return [
        at_s - word.end_ms / 1000
        for word, at_s in zip(said.words, said.at_s, strict=True)
        if from_s <= word.end_ms / 1000 < to_s
    ]


def _quantile(said: Dictation, share: float, *, from_s: float = 0.0, to_s: float = float("inf")) -> float | None:
    delays = _delays(said, from_s=from_s, to_s=to_s)
    return round(float(np.quantile(delays, share)), 3) if delays else None


def _stretches(said: Dictation, memory: Sequence[tuple[float, float]], seconds: float) -> list[dict[str, JsonValue]]:
    rows: list[dict[str, JsonValue]] = []
    for from_s in np.arange(0.0, seconds, _BLOCK_S):
        to_s = float(from_s) + _BLOCK_S
        held = [used_mb for at_s, used_mb in memory if from_s <= at_s < to_s]
        rows.append(
            {
                "from_s": float(from_s),
                "words": len(_delays(said, from_s=float(from_s), to_s=to_s)),
                "commit_latency_p50_s": _quantile(said, 0.5, from_s=float(from_s), to_s=to_s),
                "commit_latency_p95_s": _quantile(said, 0.95, from_s=float(from_s), to_s=to_s),
                "memory_mb": round(float(np.median(held)), 1) if held else None,
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
