"""`wardscribe dictate`: dictate with the microphone, in the terminal."""

import asyncio
import signal
from argparse import ArgumentParser, Namespace

from rich.console import Console

from wardscribe_cli import options
from wardscribe_client.link import Link, carried, dictation_url
from wardscribe_client.microphone import Microphone
from wardscribe_client.terminal_view import TerminalView
from wardscribe_protocol.record import Record


def add_arguments(parser: ArgumentParser) -> None:
    """Flags of `wardscribe dictate`."""
    options.add_dictation(parser)
    options.add_credentials(parser)
    parser.add_argument("--url", metavar="ws://HOST:PORT/v1/dictation", help="the server (WARDSCRIBE_URL)")
    parser.add_argument("--input", metavar="NAME", help="input device; the system's default otherwise")


def run(arguments: Namespace) -> int:
    """Show the dictation until Ctrl-C, then print the record."""
    settings = options.client_settings(arguments)
    language = options.language(arguments.lang)
    console = Console(stderr=True)
    view = TerminalView(title=f"{arguments.template}, Ctrl-C ends", language=language)
    link = Link(
        options.start(arguments.template, language, settings),
        url=dictation_url(arguments.url or settings.url),
        reconnect_s=settings.reconnect_seconds,
        credentials=options.credentials(settings),
        on_message=view.take,
    )
    with view.live(console):
        record = asyncio.run(_dictate(link, Microphone(arguments.input)))
    options.emit(record.to_json() + "\n", None)
    return 0


async def _dictate(link: Link, microphone: Microphone) -> Record:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)

    async def feed() -> None:
        blocks = microphone.blocks()
        ending = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                block = asyncio.ensure_future(anext(blocks))
                await asyncio.wait({block, ending}, return_when=asyncio.FIRST_COMPLETED)
                if not block.done():
                    block.cancel()
                    break
                await link.send_audio(block.result())
        finally:
            ending.cancel()
            await blocks.aclose()
        link.stop()

    return await carried(link, feed())
