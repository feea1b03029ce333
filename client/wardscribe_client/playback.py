"""A recording played to a server at the speed of speech, as a microphone would deliver it."""

import asyncio
from collections.abc import Callable, Iterator

from wardscribe_client.link import Link, carried
from wardscribe_protocol.record import Record
from wardscribe_protocol.timeline import BYTES_PER_SAMPLE, SAMPLE_RATE


async def play(
    link: Link, blocks: Iterator[bytes], *, speed: float, on_first_frame: Callable[[], None] = lambda: None
) -> Record:
    """Send each block when its last sample would have been captured; the record.

    `speed` is 1.0 for wall-clock speed. Decoding runs in a thread so that a slow disk does not delay the clock.
    """
    loop = asyncio.get_running_loop()

    async def feed() -> None:
        started, sent = loop.time(), 0
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            sent += len(block) // BYTES_PER_SAMPLE
            due = started + sent / SAMPLE_RATE / speed
            await asyncio.sleep(max(0.0, due - loop.time()))
            if sent == len(block) // BYTES_PER_SAMPLE:
                on_first_frame()
            await link.send_audio(block)
        link.stop()

    return await carried(link, feed())
