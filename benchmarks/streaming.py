#!/usr/bin/env python3
"""Measure how soon dictated words stand still: speakers at the speed of speech, real sockets, real server processes.

Owns the command line and the order of the runs. `benchmarks/README.md` says what each figure means.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from judged import Judged, judge, judged_figures
from latency import delays
from live_results import LiveResults, live_results, pair, publish, read_results, weights_folder
from offline import OfflineDecoder
from own_server import OwnServer
from peers.whisper_live import WhisperLive
from peers.whisperlivekit import WhisperLiveKit
from playback import Playback
from provenance import machine
from pydantic import JsonValue, ValidationError
from server_process import ReadyCheck, ServerFailed, free_port, running
from speech import Corpus, Pauses, SpokenStream, case_corpora, folder_corpus, streams
from systems import System
from traces import Trace

from wardscribe_protocol.errors import InputError, WardscribeError
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE, samples_from_ms

_PEERS: dict[str, Callable[[Path], System]] = {WhisperLiveKit.name: WhisperLiveKit, WhisperLive.name: WhisperLive}
_READY_WITHIN_S = 120.0
_WARM_UP_S = 3.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Streams that are played at once; the same for every system."""

    pauses: Pauses
    speakers: int
    round: int
    streams: tuple[SpokenStream, ...]

    @property
    def name(self) -> str:
        """How its figures are called."""
        return f"{self.pauses.value}_{self.speakers}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it was done, 2 for a bad argument, file or server."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        baseline = read_results(options.baseline) if options.baseline else None
        if options.out and not options.out.parent.is_dir():
            raise InputError(f"{options.out}: cannot be written (its folder is not there)")
        results = _results(options, given)
    except (WardscribeError, ServerFailed) as error:
        _say(str(error))
        return 2
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        _say(f"setting {first['loc'][0]}: {first['msg'].lower()}")
        return 2
    publish(results, out=options.out, baseline=baseline)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/streaming.py", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--speech", action="append", default=[], metavar="LANG=DIR", help="recordings with transcripts.tsv; repeatable"
    )
    parser.add_argument("--cases", type=Path, metavar="PATH", help="case file, JSON lines (with --audio)")
    parser.add_argument("--audio", type=Path, metavar="PATH", help="folder with ID.flac of the spoken cases")
    parser.add_argument(
        "--speakers", nargs="*", type=_count, default=[(1, 1)], metavar="N[xROUNDS]", help="continuous speakers at once"
    )
    parser.add_argument(
        "--ward-round",
        nargs="*",
        type=_count,
        default=[],
        metavar="N[xROUNDS]",
        help="speakers who talk 20 %% of it",
    )
    parser.add_argument("--seconds", type=_seconds, default=75.0, metavar="S", help="about how long a stream is (75)")
    parser.add_argument("--frame-ms", type=int, choices=range(20, 101), default=50, metavar="MS", help="20 to 100 (50)")
    parser.add_argument("--finish-within", type=_seconds, default=45.0, metavar="S", help="wait for the end (45)")
    parser.add_argument("--seed", type=int, default=0, help="of the pauses")
    parser.add_argument("--model", default="base", metavar="NAME", help="model of the manifest, or a folder")
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME=VENV", help=f"another server: {', '.join(_PEERS)}"
    )
    parser.add_argument("--peers-only", action="store_true", help="leave our own server out")
    parser.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="of our server: WARDSCRIBE_NAME=VALUE"
    )
    parser.add_argument("--lexicon", action="store_true", help="leave the lexicon's corrections on in our server")
    parser.add_argument("--offline-cache", type=Path, default=_default_cache(), metavar="FILE", help="offline decodes")
    parser.add_argument("--out", type=Path, metavar="FILE", help="result file; standard output otherwise")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="earlier result file to compare with")
    return parser


def _count(text: str) -> tuple[int, int]:
    speakers, apart, rounds = text.partition("x")
    try:
        found = int(speakers), int(rounds) if apart else 1
    except ValueError:
        found = 0, 0
    if min(found) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give the speakers, or speakers and rounds, such as 1x4")
    return found


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 5 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("5 to 3600 seconds")
    return seconds


def _default_cache() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "wardscribe" / "benchmarks" / "offline.json"


def _results(options: argparse.Namespace, given: Sequence[str]) -> LiveResults:
    corpora = _corpora(options)
    systems = _systems(options)
    folder = weights_folder(options.model)
    plan = _plan(options, corpora)
    at_start = machine()
    decoder = OfflineDecoder(folder, cache=options.offline_cache)
    for trial in plan:
        for stream in trial.streams:
            decoder.hear(stream)
    decoder.forget_model()
    judged = [
        (system.name, trial.name, one)
        for trial in plan
        for system in systems
        for one in _trial(system, trial, folder=folder, decoder=decoder, options=options)
    ]
    settings: dict[str, JsonValue] = {system.name: dict(system.settings) for system in systems}
    return live_results(
        "streaming",
        given=given,
        weights=folder,
        at_start=at_start,
        settings=settings | {"frame_ms": options.frame_ms, "seconds": options.seconds, "seed": options.seed},
        figures=_figures(judged),
        rows=[{"server": system, "trial": trial, **one.row()} for system, trial, one in judged],
    )


def _figures(judged: Sequence[tuple[str, str, Judged]]) -> dict[str, JsonValue]:
    grouped: dict[str, dict[str, list[Judged]]] = {}
    for system, trial, one in judged:
        grouped.setdefault(system, {}).setdefault(trial, []).append(one)
    return {
        system: {trial: judged_figures(group) for trial, group in trials.items()} for system, trials in grouped.items()
    }


def _corpora(options: argparse.Namespace) -> list[Corpus]:
    """Raises: InputError."""
    corpora = [folder_corpus(one) for one in options.speech]
    if options.cases is not None:
        if options.audio is None:
            raise InputError("--cases needs --audio, the folder with the cases' recordings")
        corpora += case_corpora(options.cases, options.audio)
    if not corpora:
        raise InputError("nothing to play: give --speech LANG=DIR, or --cases and --audio")
    return corpora


def _systems(options: argparse.Namespace) -> list[System]:
    """Raises: InputError."""
    settings = dict(pair("--setting", one) for one in options.setting)
    settings.setdefault("lexicon", str(options.lexicon).lower())
    systems: list[System] = [] if options.peers_only else [OwnServer(settings)]
    for name, venv in (pair("--peer", one) for one in options.peer):
        if name not in _PEERS:
            raise InputError(f"--peer {name}: known are {', '.join(_PEERS)}")
        if not (Path(venv) / "bin" / "python").exists():
            raise InputError(f"--peer {name}={venv}: no virtual environment there; make one with the server installed")
        systems.append(_PEERS[name](Path(venv).absolute()))
    return systems


def _plan(options: argparse.Namespace, corpora: Sequence[Corpus]) -> list[Trial]:
    """What is played, the same for every system. Each count begins anew, so that counts share their recordings."""
    plan = []
    for pauses, counts in ((Pauses.CONTINUOUS, options.speakers), (Pauses.WARD_ROUND, options.ward_round)):
        for speakers, rounds in counts:
            playlist = streams(corpora, seconds=options.seconds, pauses=pauses, seed=options.seed)
            plan += [Trial(pauses, speakers, number, tuple(islice(playlist, speakers))) for number in range(rounds)]
    return plan


def _trial(
    system: System, trial: Trial, *, folder: Path, decoder: OfflineDecoder, options: argparse.Namespace
) -> Iterator[Judged]:
    """Play one group of streams at once to a server started for it, and judge what came back."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="streaming-") as scratch:
        launch = system.launch(port=port, model=folder, folder=Path(scratch))
        with running(
            launch.command,
            environment=launch.environment,
            folder=Path(scratch),
            ready=ReadyCheck(port, path=launch.health_path),
            within_s=_READY_WITHIN_S,
        ) as server:
            frame_samples = samples_from_ms(options.frame_ms)
            first = trial.streams[0]
            warm_up = SpokenStream("", "", first.language, first.pcm[: round(_WARM_UP_S * SAMPLE_RATE) * 2], ())
            asyncio.run(_played(system, [warm_up], port=port, frame_samples=frame_samples, within_s=_READY_WITHIN_S))
            before = server.used()
            traces = asyncio.run(
                _played(system, trial.streams, port=port, frame_samples=frame_samples, within_s=options.finish_within)
            )
            cpu_s = server.used().cpu_s - before.cpu_s
            peak_mb = server.peak_memory_mb
    for stream, trace in zip(trial.streams, traces, strict=True):
        offline = decoder.hear(stream)
        late = delays(trace, offline.units, frame_s=options.frame_ms / 1000)
        yield judge(stream, trace, late, offline=offline.text, cpu_s=cpu_s / len(traces), memory_mb=peak_mb)
    _say(f"{system.name}, {trial.name}, round {trial.round + 1}: done")


async def _played(
    system: System, spoken: Sequence[SpokenStream], *, port: int, frame_samples: int, within_s: float
) -> list[Trace]:
    traces = [Trace(stream.language) for stream in spoken]
    playbacks = [Playback(stream.pcm, frame_samples=frame_samples) for stream in spoken]
    await asyncio.gather(
        *(
            system.play(stream, playback, port=port, trace=trace, finish_within_s=within_s)
            for stream, playback, trace in zip(spoken, playbacks, traces, strict=True)
        )
    )
    for trace, playback, stream in zip(traces, playbacks, spoken, strict=True):
        trace.latest_frame_s = playback.latest_frame_s
        if trace.samples_kept not in (None, len(stream.pcm) // BYTES_PER_SAMPLE):
            trace.failure = "samples were lost"
    return traces


def _say(message: str) -> None:
    print(f"benchmarks/streaming.py: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
