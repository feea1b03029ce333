#!/usr/bin/env python3
"""What the journal costs: processor time of the server and delay of acknowledgements, with it and without it.

Two servers that differ in nothing else, loaded before the first block; the same speakers dictate at the speed of
speech to one and then to the other, block by block, in turns. The engine knows the recordings by heart, so what is
measured is the server. A server without a journal acknowledges what it has not kept: only the benchmark can make one.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from durability_results import durability_results
from fault_recordings import LONG, Recording, recordings
from fault_stage import Stage, StageError
from playback import Playback
from provenance import machine
from pydantic import JsonValue

from wardscribe_client.link import Link, carried
from wardscribe_protocol.errors import WardscribeError
from wardscribe_protocol.messages import ServerAck, ServerMessage, Start
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, samples_from_ms
from wardscribe_server.whole_files import write_whole

_FRAME_SAMPLES = samples_from_ms(100)
_RECONNECT_S = 30.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_SPREAD_S = 0.5  # the speakers of a block begin within this time


@dataclass(slots=True)
class Acknowledged:
    """When each frame was sent, and how long it took until it was called safe."""

    sent: list[tuple[int, float]] = field(default_factory=list)  # end of a frame, when; not yet acknowledged
    delays_ms: list[float] = field(default_factory=list)

    def note(self, message: ServerMessage) -> None:
        """One message of the server."""
        if isinstance(message, ServerAck):
            now = time.monotonic()
            while self.sent and self.sent[0][0] <= message.safe_samples:
                self.delays_ms.append((now - self.sent.pop(0)[1]) * 1000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0, or 2 when a server or a dictation failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    at_start = machine()
    folder = Path(tempfile.mkdtemp(prefix="journal-cost-"))
    try:
        rows = asyncio.run(_blocks(options, folder))
    except (StageError, WardscribeError) as error:
        print(f"benchmarks/journal_cost.py: {error}; see {folder}", file=sys.stderr)
        return 2
    shutil.rmtree(folder, ignore_errors=True)
    results = durability_results(
        "journal_cost",
        given=given,
        at_start=at_start,
        settings={"sessions": options.sessions, "blocks": options.blocks, "frame_ms": 100},
        figures=figures(rows),
        rows=[{name: value for name, value in row.items() if name != "delays_ms"} for row in rows],
    )
    write_whole(options.out, results.to_json())
    print(json.dumps(results.figures, indent=1))
    return 0


async def _blocks(options: argparse.Namespace, folder: Path) -> list[dict[str, JsonValue]]:
    known = {name: one for name, one in recordings().items() if name in LONG}
    stages = {kind: Stage(folder / kind, known, engine="knowing", journal=kind) for kind in ("disk", "memory")}
    rows = []
    try:
        for stage in stages.values():
            await stage.start()
            await _block(stage, known, sessions=2)  # what is loaded at first use
        for number in range(options.blocks):
            order = ("disk", "memory") if number % 2 == 0 else ("memory", "disk")
            for kind in order:
                rows.append({"journal": kind, "pair": number} | await _block(stages[kind], known, options.sessions))
                print({name: value for name, value in rows[-1].items() if name != "delays_ms"}, flush=True)
    finally:
        for stage in stages.values():
            await stage.close()
    return rows


async def _block(stage: Stage, known: Mapping[str, Recording], sessions: int) -> dict[str, JsonValue]:
    names = [list(known)[at % len(known)] for at in range(sessions)]
    acknowledged = [Acknowledged() for _ in names]
    cpu_s, began = _cpu_s(stage.server_pid), time.monotonic()
    await asyncio.gather(
        *(
            _dictate(stage, known[name], one, after_s=_SPREAD_S * at / sessions)
            for at, (name, one) in enumerate(zip(names, acknowledged, strict=True))
        )
    )
    seconds = time.monotonic() - began
    delays_ms = [delay for one in acknowledged for delay in one.delays_ms]
    return {
        "seconds": round(seconds, 2),
        "audio_s": round(sum(len(stage.pcm[name].read_bytes()) for name in names) / 32_000, 1),
        "cpu_s": round(_cpu_s(stage.server_pid) - cpu_s, 3),
        "ack_ms_p50": round(statistics.median(delays_ms), 1),
        "ack_ms_p95": round(statistics.quantiles(delays_ms, n=20)[-1], 1),
        "frames": len(delays_ms),
        "delays_ms": delays_ms,
    }


async def _dictate(stage: Stage, recording: Recording, acknowledged: Acknowledged, *, after_s: float) -> None:
    await asyncio.sleep(after_s)
    link = Link(
        Start(template=recording.template, language=recording.language),
        url=f"ws://127.0.0.1:{stage.port}/v1/dictation",
        reconnect_s=_RECONNECT_S,
        on_message=acknowledged.note,
    )

    async def feed() -> None:
        end = 0
        async for frame in Playback(stage.pcm[recording.name].read_bytes(), frame_samples=_FRAME_SAMPLES).frames():
            end += len(frame) // BYTES_PER_SAMPLE
            acknowledged.sent.append((end, time.monotonic()))
            await link.send_audio(frame)
        link.stop()

    await carried(link, feed())


def figures(rows: Sequence[dict]) -> dict[str, JsonValue]:
    """The journal's share of one core for as many sessions, and what it adds to the delay of acknowledgements."""
    by_kind = {kind: [row for row in rows if row["journal"] == kind] for kind in ("disk", "memory")}
    share = {kind: [100 * row["cpu_s"] / row["seconds"] for row in of] for kind, of in by_kind.items()}
    added = [with_it - without for with_it, without in zip(share["disk"], share["memory"], strict=True)]
    delays = {kind: sorted(delay for row in of for delay in row["delays_ms"]) for kind, of in by_kind.items()}
    p50 = {kind: statistics.median(of) for kind, of in delays.items()}
    p95 = {kind: statistics.quantiles(of, n=20)[-1] for kind, of in delays.items()}
    return {
        "core_percent_with": round(statistics.mean(share["disk"]), 2),
        "core_percent_without": round(statistics.mean(share["memory"]), 2),
        "core_percent_added": round(statistics.mean(added), 2),
        "core_percent_added_by_pair": [round(one, 2) for one in added],
        "ack_ms_p95_with": round(p95["disk"], 1),
        "ack_ms_p95_without": round(p95["memory"], 1),
        "ack_ms_p95_added": round(p95["disk"] - p95["memory"], 1),
        "ack_ms_p50_added": round(p50["disk"] - p50["memory"], 1),
        "frames": {kind: len(of) for kind, of in delays.items()},
    }


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:13]) / _TICKS_A_SECOND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/journal_cost.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=8, help="dictations at the same time")
    parser.add_argument("--blocks", type=int, default=3, metavar="N", help="with the journal, and as many without")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the results go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
