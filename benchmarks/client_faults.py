#!/usr/bin/env python3
"""Break things around the client library at random: not a sample may be lost, and every record is the undisturbed one.

The server is killed, the socket cut, the client killed, the microphone unplugged, while people dictate through the
whole client: microphone, ring, resampler, pre-roll, encrypted spool, link. Everything else is as in `faults.py`, whose
judge and stage this uses. Run again with the same --out, it goes on with the next round.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from durability_results import DurabilityResults, durability_results, read_results
from fault_plan import ON_CLIENT, draw
from fault_recordings import LONG, recordings
from fault_results import faults_in, figures, row
from fault_round import play_round
from fault_stage import Stage, StageError
from faults import undisturbed_records
from provenance import machine
from pydantic import JsonValue

from wardscribe_protocol.errors import InputError
from wardscribe_server.whole_files import write_whole

CLIENT = "client_fault_client.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until enough has gone wrong; 0 when everything held, 1 when not, 2 for a bad argument or file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    settings = {name: getattr(options, name) for name in ("seed", "speed", "speakers", "faults_per_round")}
    try:
        before = read_results(options.out) if options.out.exists() else None
        if before is not None and before.settings != settings:
            raise InputError(f"{options.out}: was run with other settings; give another --out, or remove it")
        results = asyncio.run(_rounds(options, settings, before, given))
    except (InputError, StageError) as error:
        print(f"benchmarks/client_faults.py: {error}", file=sys.stderr)
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
    folder = Path(tempfile.mkdtemp(prefix="client-faults-"))
    known = {name: one for name, one in recordings().items() if options.speakers > len(LONG) or name in LONG}
    stage = Stage(folder / "stage", known, engine="knowing")
    seconds = max(len(one.pcm()) for one in known.values()) / 32_000 / options.speed
    keep = False
    try:
        await stage.start()
        undisturbed = await undisturbed_records(
            stage, known, folder / "undisturbed", speed=options.speed * 2, together=options.speakers
        )
        while faults_in(rows) < options.faults and time.monotonic() - began < options.minutes * 60:
            if not stage.server_pid:
                await stage.start_server()
            plan = draw(
                f"{options.seed}/{len(rows)}",
                long=LONG,
                short=tuple(name for name in known if name not in LONG),
                speakers=options.speakers,
                faults=options.faults_per_round,
                seconds=seconds,
                share=ON_CLIENT,
            )
            spools = folder / str(len(rows))
            played = await play_round(
                plan, known, undisturbed, stage, spools=spools, speed=options.speed, client=CLIENT
            )
            restarts = sum(len(path.read_text().splitlines()) for path in spools.glob("*/restarts"))
            rows.append(row(played) | {"restarts": restarts})
            write_whole(options.out, _results(rows, given, at_start, settings).to_json())
            faults = {name: verdict.faults for name, verdict in played.verdicts.items() if verdict.faults}
            keep |= not played.good
            happened = " ".join(kind.value for kind in played.happened)
            said = f"FAILED {faults}" if faults or played.stuck else "held"
            print(
                f"{plan.seed}: {faults_in(rows)} faults so far, {played.seconds:.0f} s, {said}: {happened}", flush=True
            )
    except BaseException:
        keep = True
        raise
    finally:
        await stage.close()
        if keep:
            print(f"what was left behind is in {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return _results(rows, given, at_start, settings)


def _results(
    rows: list[dict[str, JsonValue]], given: Sequence[str], at_start: object, settings: dict[str, JsonValue]
) -> DurabilityResults:
    found = figures(rows)
    by_kind = found["faults_by_kind"]
    assert isinstance(by_kind, dict), "a count for each kind"
    found["faults_by_kind"] = {kind.value: by_kind[kind.value] for kind in ON_CLIENT}
    found["sessions_begun_anew"] = sum(int(one["restarts"]) for one in rows)
    return durability_results(
        "client_faults", given=given, at_start=at_start, settings=settings, figures=found, rows=rows
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/client_faults.py", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=200, metavar="N", help="stop after so many")
    parser.add_argument("--minutes", type=float, default=1e6, metavar="M", help="begin no round after so long")
    parser.add_argument("--seed", default="1", help="what goes wrong is drawn from it")
    parser.add_argument("--speed", type=float, default=2.0, help="of speech; 1 is real time")
    parser.add_argument("--speakers", type=int, default=2, help="dictations at the same time")
    parser.add_argument("--faults-per-round", type=int, default=8, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="results; gone on with if it is there")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
