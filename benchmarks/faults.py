#!/usr/bin/env python3
"""Break everything at random while people dictate: nothing may be lost, doubled or different at the end.

Real server processes on loopback, real client processes with a spool, a line between them that is cut, stalled and
made deaf; `fault_plan.py` says what can go wrong. Every dictation is compared with what was played and with the record
of the same recording when nothing went wrong. Run again with the same --out, it goes on with the next round.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from durability_results import DurabilityResults, durability_results, read_results
from fault_plan import Plan, draw
from fault_recordings import LONG, Recording, recordings
from fault_results import faults_in, figures, row
from fault_round import Round, play_round
from fault_stage import Stage, StageError
from provenance import machine
from pydantic import JsonValue

from wardscribe_protocol.errors import InputError
from wardscribe_server.whole_files import write_whole

_UNDISTURBED = "undisturbed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until enough has gone wrong; 0 when everything held, 1 when not, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    settings = {name: getattr(options, name) for name in ("seed", "engine", "speed", "speakers", "faults_per_round")}
    try:
        before = read_results(options.out) if options.out.exists() else None
        if before is not None and before.settings != settings:
            raise InputError(f"{options.out}: was run with other settings; give another --out, or remove it")
        results = asyncio.run(_rounds(options, settings, before, given))
    except (InputError, StageError) as error:
        print(f"benchmarks/faults.py: {error}", file=sys.stderr)
        return 2
    print(json.dumps(results.figures, indent=1))
    return int(bool(results.figures["dictations_with_a_fault"] or results.figures["rounds_stuck"]))


async def _rounds(
    options: argparse.Namespace,
    settings: dict[str, JsonValue],
    before: DurabilityResults | None,
    given: Sequence[str],
) -> DurabilityResults:
    at_start, began = machine(), time.monotonic()
    rows = list(before.rows) if before is not None else []

    def so_far() -> DurabilityResults:
        return durability_results(
            "faults", given=given, at_start=at_start, settings=settings, figures=figures(rows), rows=rows
        )

    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    known = _played(options.speakers)
    stage = Stage(folder / "stage", known, engine=options.engine)
    keep = False
    try:
        await stage.start()
        undisturbed = await undisturbed_records(
            stage, known, folder / _UNDISTURBED, speed=options.speed, together=options.speakers
        )
        while faults_in(rows) < options.faults and time.monotonic() - began < options.minutes * 60:
            seed = f"{options.seed}/{len(rows)}"
            played = await one_round(stage, known, undisturbed, folder / str(len(rows)), options, seed=seed)
            keep |= not played.good
            rows.append(row(played))
            write_whole(options.out, so_far().to_json())
            print(_line(played, faults_in(rows)), flush=True)
    except BaseException:
        keep = True
        raise
    finally:
        await stage.close()
        if keep:
            print(f"what was left behind is in {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return so_far()


async def one_round(
    stage: Stage,
    known: Mapping[str, Recording],
    undisturbed: Mapping[str, str],
    spools: Path,
    options: argparse.Namespace,
    *,
    seed: str,
) -> Round:
    """Draw a round from its seed and play it."""
    if not stage.server_pid:
        await stage.start_server()
    seconds = max(len(stage.pcm[name].read_bytes()) for name in LONG) / 32_000 / options.speed
    plan = draw(
        seed,
        long=LONG,
        short=tuple(name for name in known if name not in LONG),
        speakers=options.speakers,
        faults=options.faults_per_round,
        seconds=seconds,
    )
    return await play_round(plan, known, undisturbed, stage, spools=spools, speed=options.speed)


async def undisturbed_records(
    stage: Stage, known: Mapping[str, Recording], spools: Path, *, speed: float, together: int
) -> dict[str, str]:
    """The record of each recording when nothing goes wrong, so many at a time.

    Raises: StageError when something goes wrong all the same.
    """
    names, records = list(known), {}
    for at in range(0, len(names), together):
        if not stage.server_pid:
            await stage.start_server()
        playlists = tuple((name,) for name in names[at : at + together])
        folder = spools / str(at)
        played = await play_round(Plan(_UNDISTURBED, playlists, ()), known, {}, stage, spools=folder, speed=speed)
        if not played.good:
            raise StageError(f"an undisturbed dictation is not as it should be: {played.verdicts}")
        for number, (name,) in enumerate(playlists):
            lines = (folder / f"{number}-0-{name}" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
            records[name] = json.dumps(json.loads(lines[-1])["record"])
    return records


def _played(speakers: int) -> dict[str, Recording]:
    """What so many speakers may dictate: the long recordings one each, the short ones by those who are left."""
    return {name: one for name, one in recordings().items() if speakers > len(LONG) or name in LONG[:speakers]}


def _line(played: Round, so_far: int) -> str:
    faults = {name: verdict.faults for name, verdict in played.verdicts.items() if verdict.faults}
    happened = " ".join(kind.value for kind in played.happened)
    said = f"FAILED {faults}" if faults or played.stuck else "held"
    return f"{played.seed}: {so_far} faults so far, {played.seconds:.0f} s, {said}: {happened}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/faults.py", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=300, metavar="N", help="stop after so many")
    parser.add_argument("--minutes", type=float, default=1e6, metavar="M", help="begin no round after so long")
    parser.add_argument("--seed", default="1", help="what goes wrong is drawn from it")
    parser.add_argument("--engine", choices=["knowing", "whisper"], default="knowing", help="what recognises")
    parser.add_argument("--speed", type=float, default=2.0, help="of speech; 1 is real time")
    parser.add_argument("--speakers", type=int, default=4, help="dictations at the same time")
    parser.add_argument("--faults-per-round", type=int, default=8, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="results; gone on with if it is there")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
