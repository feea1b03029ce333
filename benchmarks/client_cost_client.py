#!/usr/bin/env python3
"""The client whose cost is measured: nothing is loaded here that a desktop client does not load."""

import argparse
import asyncio
import json
import os
import random
import resource
import sys
import time
from pathlib import Path

from recorded_microphones import CHOSEN, RecordedMicrophones

from wardscribe_client.capture import Capture
from wardscribe_client.dictation import Dictation
from wardscribe_client.microphone import Microphone
from wardscribe_client.sending import ServerAccess
from wardscribe_client.spool import Spool
from wardscribe_protocol.messages import Start
from wardscribe_protocol.record import Language
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLES_PER_MS


async def dictate(options: argparse.Namespace) -> dict[str, float | list[float]]:
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
        Dictation.begin(start, spool=spool, server=ServerAccess(url=options.url), capture=capture) as dictation,
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


def main() -> int:
    """Dictate, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--pcm", type=Path, required=True)
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--presses", type=int, required=True)
    print(json.dumps(asyncio.run(dictate(parser.parse_args()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
