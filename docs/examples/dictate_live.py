"""The microphone until Enter: kept on disk before it is sent, whatever becomes of the network."""

import asyncio
import sys
from pathlib import Path

from wardscribe_client import Capture, Dictation, InputDevice, Microphone, ServerAccess, Spool
from wardscribe_protocol.messages import Start


async def dictate(url: str, folder: Path, device: InputDevice) -> None:
    """Print what is told while it is said, then the record."""
    start = Start(template="chest_xray", language="en")
    spool, server = Spool.at(folder), ServerAccess(url=url)
    async with (
        Capture(device) as capture,
        Dictation.begin(start, spool=spool, server=server, capture=capture, on_event=print) as dictation,
    ):
        dictation.record()
        await asyncio.to_thread(sys.stdin.readline)
        print((await dictation.finish()).fields)


if __name__ == "__main__":
    asyncio.run(dictate(sys.argv[1], Path("spool"), Microphone()))
