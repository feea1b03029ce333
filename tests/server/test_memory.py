"""What is free goes back to the system, again and again."""

import asyncio
import subprocess
import sys

import pytest

from wardscribe_server.memory import allocators_trim, keep_small

# Blocks below the size that the C library maps on its own; the last one keeps the heap from shrinking.
_FRAGMENTED = """
import re
from pathlib import Path
from wardscribe_server.memory import allocators_trim

def held_mb():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

blocks = [bytearray(60_000) for _ in range(3_000)]
last = bytearray(60_000)
blocks.clear()
before = held_mb()
allocators_trim()()
print(before, held_mb())
"""


@pytest.mark.skipif(allocators_trim() is None, reason="the C library cannot be told to give back memory")
def test_what_is_free_goes_back_although_something_stays_behind_it() -> None:
    done = subprocess.run([sys.executable, "-c", _FRAGMENTED], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before - after > 100


def test_it_is_given_back_again_and_again() -> None:
    given: list[int] = []

    async def run() -> None:
        task = asyncio.create_task(keep_small(lambda: given.append(1), every_s=0.001))
        while len(given) < 3:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), timeout=10))


def test_where_nothing_can_be_given_back_nobody_waits() -> None:
    asyncio.run(asyncio.wait_for(keep_small(None), timeout=10))
