"""Memory that nobody uses goes back to the system while the server runs.

Decoding takes and frees buffers of megabytes; what of a dictation lies between them keeps the C library from giving
back the rest by itself, and half an hour of speech looked like a leak. Must not know what memory is used for.
"""

import asyncio
import ctypes
import sys
from collections.abc import Callable

_EVERY_S = 60.0


def allocators_trim() -> Callable[[], None] | None:
    """What makes the C library give back free memory; None where it has no such call."""
    if not sys.platform.startswith("linux"):
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    return (lambda: trim(0)) if trim is not None else None


async def keep_small(trim: Callable[[], None] | None, *, every_s: float = _EVERY_S) -> None:
    """Give back what is free, again and again until cancelled; at once over where nothing can be given back."""
    while trim is not None:
        await asyncio.sleep(every_s)
        await asyncio.to_thread(trim)
