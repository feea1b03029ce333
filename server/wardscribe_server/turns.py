"""Work that clients ask for by message, one piece at a time over all sessions, with a longer rest after each.

Composing a record holds the interpreter; without this, a few clients that edit without end would take it from those
who dictate. Knows no session.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_REST = 3.0  # so that all of it together takes no more than a quarter of a core


class Turns:
    """Whose turn it is, first come first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, work, and leave the machine to others for three times as long."""
        now = asyncio.get_running_loop().time
        async with self._lock:
            started = now()
            yield
            await asyncio.sleep(_REST * (now() - started))
