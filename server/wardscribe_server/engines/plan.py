"""How many decodes at a time, with how many threads, how many windows together: chosen from the machine.

On two cores with base int8 a second thread gained a decode next to nothing and batches gained nothing, so workers come
first there. The rest of the table (more cores, GPU batches) is judgement that no run has confirmed yet.
"""

import os
from dataclasses import dataclass

_MOST_WORKERS = 8
_THREADS_WITH_CORES = ((16, 4), (6, 2), (1, 1))  # from so many cores on, so many threads a decode
_CUDA_BATCH = 16


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Settings of the recogniser and its pool; none is zero."""

    workers: int
    threads: int
    max_batch: int


def device_for(device: str) -> str:
    """The device that `auto` means on this machine."""
    if device != "auto":
        return device
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


def plan_for(
    device: str, *, cores: int | None = None, workers: int = 0, threads: int = 0, max_batch: int = 0
) -> EnginePlan:
    """What suits `device` ("cpu", "cuda") on this machine; what is given is kept, 0 is chosen here."""
    available = cores or len(os.sched_getaffinity(0))
    if device == "cuda":
        return EnginePlan(workers or 1, threads or 1, max_batch or _CUDA_BATCH)
    chosen = threads or next(count for least, count in _THREADS_WITH_CORES if available >= least)
    return EnginePlan(workers or max(1, min(available // chosen, _MOST_WORKERS)), chosen, max_batch or 1)
