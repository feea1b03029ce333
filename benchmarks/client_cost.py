#!/usr/bin/env python3
"""What the client costs while somebody dictates: processor time, memory, and how soon after the key sound is kept.

A process of its own runs what a desktop client runs without its window: microphone, ring, pre-roll, encrypted spool,
link; the server is another process. The sound hardware is a recording played at the speed of speech, its audio thread
counted in.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from durability_results import durability_results
from fault_recordings import recordings
from fault_stage import Stage, StageError
from provenance import machine

from wardscribe_server.whole_files import write_whole

_CLIENT = Path(__file__).with_name("client_cost_client.py")
_RECORDING = "en-chest-xray"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0, or 2 when a server or a dictation failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    at_start = machine()
    folder = Path(tempfile.mkdtemp(prefix="client-cost-"))
    try:
        rows = asyncio.run(_measured(options, folder))
    except StageError as error:
        print(f"benchmarks/client_cost.py: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    settings = {"dictations": options.dictations, "presses": options.presses}
    results = durability_results(
        "client_cost", given=given, at_start=at_start, settings=settings, figures=figures(rows), rows=rows
    )
    write_whole(options.out, results.to_json())
    print(json.dumps(results.figures, indent=1))
    return 0


def figures(rows: Sequence[dict[str, float | list[float]]]) -> dict[str, float]:
    """What all dictations come to."""
    after = [ms for row in rows for ms in row["first_sample_after_key_ms"]]
    before = [ms for row in rows for ms in row["kept_before_key_ms"]]
    return {
        "dictations": len(rows),
        "seconds_dictated": round(sum(row["seconds"] for row in rows), 1),
        "core_percent": round(100 * sum(row["cpu_s"] for row in rows) / sum(row["seconds"] for row in rows), 2),
        "core_percent_worst": round(max(100 * row["cpu_s"] / row["seconds"] for row in rows), 2),
        "resident_mb": max(row["resident_mb"] for row in rows),
        "key_presses": len(after),
        "first_sample_after_key_ms_median": round(statistics.median(after), 1),
        "first_sample_after_key_ms_p95": round(statistics.quantiles(after, n=20)[-1], 1),
        "first_sample_after_key_ms_worst": round(max(after), 1),
        "kept_before_key_ms_least": round(min(before), 1),
        "key_presses_clipped": sum(ms < 0 for ms in before),
    }


async def _measured(options: argparse.Namespace, folder: Path) -> list[dict[str, float | list[float]]]:
    stage = Stage(folder / "stage", {_RECORDING: recordings()[_RECORDING]}, engine="knowing")
    rows = []
    try:
        await stage.start()
        for number in range(options.dictations):
            flags = ["--url", f"ws://127.0.0.1:{stage.port}/v1/dictation", "--pcm", str(stage.pcm[_RECORDING])]
            flags += ["--spool", str(folder / str(number)), "--presses", str(options.presses)]
            process = await asyncio.create_subprocess_exec(sys.executable, _CLIENT, *flags, stdout=subprocess.PIPE)
            said, _ = await process.communicate()
            if process.returncode:
                raise StageError("the client failed")
            rows.append(json.loads(said))
    finally:
        await stage.close()
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/client_cost.py", description=__doc__.splitlines()[0])
    parser.add_argument("--dictations", type=int, default=3, metavar="N")
    parser.add_argument("--presses", type=int, default=10, metavar="N", help="of the key, before each is measured")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
