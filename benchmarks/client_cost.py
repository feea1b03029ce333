#!/usr/bin/env python3
"""What the client costs while somebody dictates: processor time, memory, and how soon after the key sound is kept.

A process of its own runs what a desktop client runs without its window: microphone, ring, pre-roll, encrypted spool,
link; the server is another process. The sound hardware is a recording played at the speed of speech, its audio thread
counted in.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from durability_results import durability_results
from fault_recordings import recordings
from fault_stage import Stage, StageError
from provenance import machine
from recorded_microphones import CHOSEN, RecordedMicrophones

from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.microphone import Microphone
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLES_PER_MS
from wardscribe_server.whole_files import write_whole

_RECORDING = "en-chest-xray"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0, or 2 when a server or a dictation failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    if options.client is not None:
        print(json.dumps(asyncio.run(_client(options))))
        return 0
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
        "first_sample_after_key_ms_worst": round(max(after), 1),
        "kept_before_key_ms_least": round(min(before), 1),
        "samples_of_speech_clipped": sum(ms < 0 for ms in before),
    }


async def _measured(options: argparse.Namespace, folder: Path) -> list[dict[str, float | list[float]]]:
    stage = Stage(folder / "stage", {_RECORDING: recordings()[_RECORDING]}, engine="knowing")
    rows = []
    try:
        await stage.start()
        for number in range(options.dictations):
            flags = ["--client", f"ws://127.0.0.1:{stage.port}/v1/dictation", "--pcm", str(stage.pcm[_RECORDING])]
            flags += ["--spool", str(folder / str(number)), "--presses", str(options.presses), "--out", "-"]
            process = await asyncio.create_subprocess_exec(sys.executable, __file__, *flags, stdout=subprocess.PIPE)
            said, _ = await process.communicate()
            if process.returncode:
                raise StageError("the client failed")
            rows.append(json.loads(said))
    finally:
        await stage.close()
    return rows


async def _client(options: argparse.Namespace) -> dict[str, float | list[float]]:
    """One dictation; the key is let go and pressed again a few times at the start."""
    pcm = options.pcm.read_bytes()
    start = Start(template="chest_xray", language=Language.EN)
    microphones = RecordedMicrophones(pcm)
    capture = Capture(Microphone(CHOSEN.name, system=microphones))
    chance = random.Random(options.presses)  # noqa: S311 - decides when a key is pressed, guards nothing
    spool = Spool.at(options.spool)
    after_ms: list[float] = []
    before_ms: list[float] = []
    async with (
        capture,
        Dictation.begin(start, spool=spool, server=ServerAccess(url=options.client), capture=capture) as dictation,
    ):
        microphones.play()
        for _ in range(options.presses):
            await asyncio.sleep(0.5 + chance.random() / 10)
            pressed, heard, had = time.monotonic(), microphones.played_samples, dictation.captured_samples
            dictation.record()
            kept = dictation.captured_samples - had
            while dictation.captured_samples == had + kept:
                await asyncio.sleep(0.001)  # the first sample that was spoken after the key went down
            after_ms.append((time.monotonic() - pressed) * 1000)
            # What was kept ends where the recording was; negative where it began too late.
            before_ms.append((kept - (microphones.played_samples - heard)) / SAMPLES_PER_MS if kept else -1.0)
            dictation.pause()
            await dictation.recorded()
        dictation.record()
        began, used = time.monotonic(), _cpu_s()
        while microphones.played_samples < len(pcm) // BYTES_PER_SAMPLE:
            await asyncio.sleep(0.2)
        row = {
            "seconds": round(time.monotonic() - began, 2),
            "cpu_s": round(_cpu_s() - used, 3),
            "resident_mb": _resident_mb(),
            "first_sample_after_key_ms": [round(ms, 1) for ms in after_ms],
            "kept_before_key_ms": [round(ms, 1) for ms in before_ms],
        }
        await dictation.finish()
    return row


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/client_cost.py", description=__doc__.splitlines()[0])
    parser.add_argument("--dictations", type=int, default=3, metavar="N")
    parser.add_argument("--presses", type=int, default=10, metavar="N", help="of the key, before each is measured")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--client", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--pcm", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--spool", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
