"""Retention from time to time, beside a running server."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from wardscribe_protocol.errors import WardscribeError
from wardscribe_server.retention.deletion import Deleted

_log = logging.getLogger(__name__)

_EVERY_S = 6 * 3600.0


async def keep_to_rules(
    run: Callable[[], Deleted],
    *,
    every_s: float = _EVERY_S,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Carry out the rules now and from time to time, in a thread, until cancelled. What fails is tried again."""
    while True:
        try:
            deleted = await asyncio.to_thread(run)
            if deleted.sessions:
                _log.info("retention: %d sessions deleted, %d bytes", deleted.sessions, deleted.size_bytes)
        except WardscribeError as error:
            _log.error("retention could not be carried out: %s", error.code.value)
        except OSError as error:
            _log.error("retention could not be carried out: %s", error.strerror)
        await pause(every_s)
