"""Work that clients ask for by message, one piece at a time over all sessions, with as long a rest after each.

Composing a record holds the interpreter; without this, a few clients that edit without end would take it from those
who dictate. Knows no session.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Whose turn it is, first come first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, work, and leave the machine to others for as long as that took."""
        now = asyncio.get_running_loop().time
        async with self._lock:
            started = now()
            yield
            await asyncio.sleep(now() - started)
